"""Measure how the cost of a fit grows with rows, columns, levels, classes, units and layers.

    python tests/benchmarks/scaling.py [--folder FOLDER] [--most SECONDS] [--only AXIS]

Each point is a fit in a process of its own, on one thread: its seconds are those of the processor,
not of the clock, and its memory is the peak above that before the fit. The networks make three
epochs in batches of 128, MLPClassifier as well; HistGradientBoosting makes 30 iterations, and so
does LightGBM, where it is installed. A point that the one before it lets expect to take longer than
--most is skipped. It writes doc/_static/scaling.json, where each run replaces the axes it has
measured, and draws scaling.png.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

STATIC = pathlib.Path(__file__).parents[2] / "doc" / "_static"
AXES = {  # name: (sizes, what else there is)
    "rows": [10**3, 10**4, 10**5, 10**6, 10**7],
    "dense columns": [10, 100, 1000, 10_000, 100_000],
    "sparse columns": [100, 1000, 10_000, 100_000],
    "levels": [10, 100, 1000, 10_000, 100_000],
    "classes": [2, 10, 100, 1000],
    "hidden units": [16, 64, 256, 1024, 4096],
    "layers": [1, 2, 4, 8, 16, 32],
}
MODELS = ["BackpropClassifier", "MLPClassifier", "HistGradientBoosting"]
if find_spec("lightgbm"):
    MODELS.append("LightGBM")
MAPPED = 10**7  # rows from which X is a memory map


def make_data(axis, n, folder):
    """Return X, y and the hidden layers of a point."""
    rng, hidden = np.random.default_rng(0), (32,)
    n_rows = {"rows": n, "dense columns": 500, "levels": 100_000}.get(axis, 10_000)
    if axis == "sparse columns":
        from scipy import sparse

        columns = rng.integers(0, n, n_rows * 20)
        X = (np.ones(n_rows * 20, np.float32), columns, np.arange(0, n_rows * 20 + 1, 20))
        return sparse.csr_matrix(X, shape=(n_rows, n)), rng.integers(0, 2, n_rows), hidden
    n_columns = n if axis == "dense columns" else 20
    if n_rows >= MAPPED:
        path = pathlib.Path(folder) / "X.npy"
        X = np.lib.format.open_memmap(path, "w+", "f4", (n_rows, n_columns))
    else:
        X = np.empty((n_rows, n_columns), np.float32)
    for begin in range(0, n_rows, 10**5):
        X[begin : begin + 10**5] = rng.standard_normal(X[begin : begin + 10**5].shape, "f4")
    y = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int)
    if axis == "levels":
        import pandas as pd

        X = pd.DataFrame(X[:, :5], columns=list("abcde"))
        X["f"] = pd.Categorical(rng.integers(0, n, n_rows), categories=range(n))
    if axis == "classes":
        y = rng.permutation(np.arange(n_rows) % n)
    if axis == "hidden units":
        hidden = (n,)
    if axis == "layers":
        hidden = (64,) * n
    return X, y, hidden


def make_model(name, axis, n, hidden):
    """Return a model, or None where it is not made for such data."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.neural_network import MLPClassifier

    from skbackprop import BackpropClassifier

    common = {"batch_size": 128, "max_iter": 3, "random_state": 0}
    if name == "BackpropClassifier":
        return BackpropClassifier(hidden, l2=1e-4, tol=None, **common)
    if name == "MLPClassifier":
        network = MLPClassifier(hidden, solver="sgd", n_iter_no_change=9, **common)
        return None if axis == "levels" else network
    if axis in ("sparse columns", "hidden units", "layers") or (axis == "levels" and n > 255):
        return None
    if name == "LightGBM":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(n_estimators=30, n_jobs=1, random_state=0, verbose=-1)
    return HistGradientBoostingClassifier(
        max_iter=30, early_stopping=False, categorical_features="from_dtype", random_state=0
    )


def memory(name):
    """Return a line of what Linux knows of the memory of this process, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def measure(axis, n, name, folder):
    """Fit once; print seconds and bytes."""
    import warnings

    warnings.simplefilter("ignore")
    X, y, hidden = make_data(axis, n, folder)
    model = make_model(name, axis, n, hidden)
    if model is None:
        return
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")  # the peak is that from now on
    before, start = memory("VmRSS"), time.process_time()
    model.fit(X, y)
    print(json.dumps([time.process_time() - start, memory("VmHWM") - before]))


def run(axis, most, folder):
    """Return {model: [[size, seconds, bytes], …]} of an axis."""
    points = {}
    for name in MODELS:
        own = points[name] = []
        for n in AXES[axis]:
            growth = n / own[-1][0] if own else 1
            if own and own[-1][1] * growth > most:
                break
            command = [sys.executable, __file__, "--point", axis, str(n), name, "--folder", folder]
            done = subprocess.run(command, capture_output=True, text=True)
            if not done.stdout.strip():
                print(axis, n, name, "-", done.stderr.strip()[-200:], flush=True)
                break
            own.append([n, *json.loads(done.stdout)])
            print(axis, *own[-1], name, f"slope {slope(own):.2f}", flush=True)
    return points


def slope(points):
    """Return the exponent by which the seconds have grown from the last point but one."""
    if len(points) < 2:
        return np.nan
    (a, before, _), (b, after, _) = points[-2:]
    return np.log(after / before) / np.log(b / a)


def draw(table):
    """Draw seconds and memory against each size."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2,
        len(table),
        figsize=(2.6 * len(table), 5),
        sharey="row",
        squeeze=False,
        layout="constrained",
    )
    for column, (axis, models) in enumerate(table.items()):
        for ax, place, scale in zip(axes[:, column], (1, 2), (1, 1e6), strict=True):
            for name, points in models.items():
                sizes = [point[0] for point in points]
                values = [max(point[place], 1e-3) / scale for point in points]
                ax.loglog(sizes, values, ".-", label=name)
            ax.grid(alpha=0.3)
        axes[1, column].set_xlabel(axis)
        axes[1, column].set_ylim(bottom=0.1)
    axes[0, 0].set_ylabel("seconds of a processor")
    axes[1, 0].set_ylabel("memory of the fit, MB")
    axes[0, 0].legend(fontsize=7)
    figure.savefig(STATIC / "scaling.png", dpi=110)


def main(arguments):
    """Measure, write and draw."""
    file = STATIC / "scaling.json"
    table = json.loads(file.read_text("utf-8")) if file.exists() else {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for axis in [arguments.only] if arguments.only else AXES:
            table[axis] = run(axis, arguments.most, folder)
            table = {name: table[name] for name in AXES if name in table}
            file.write_text(json.dumps(table) + "\n", "utf-8")
    draw(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the memory map is written")
    parser.add_argument("--most", type=float, default=180.0, help="seconds of a point")
    parser.add_argument("--only", choices=AXES, help="one axis alone")
    parser.add_argument("--point", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        axis, n, name = options.point
        measure(axis, int(n), name, options.folder)
    else:
        main(options)
