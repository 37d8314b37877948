"""How BackpropClassifier does where users meet its speed: prints a markdown table and a profile.

    python tests/benchmarks/usage.py [--repeats N] [--skip-memory]

Ratios are medians of ratios taken pairwise, one BLAS thread (in each worker). Memory is by how much
the peak of a fresh process rises over what it was before `fit`: resident memory for an array in
memory; anonymous memory, which leaves out the pages of the file, for a memory map.
"""

import argparse
import cProfile
import multiprocessing
import pstats
import tempfile
import threading
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from speed import seconds
from threadpoolctl import threadpool_limits

from skbackprop import BackpropClassifier

ROWS_OF_400_MB, WIDTH = 781_250, 64


def compare(name, ours, theirs, repeats):
    """Print the times of two calls, and their ratio."""
    ours(), theirs()  # a first time, to start workers and fill caches
    report(name, [(seconds(ours), seconds(theirs)) for _ in range(repeats)])


def report(name, times):
    """Print the medians of pairs of times, and that of the second over the first."""
    times = np.array(times)
    ratio = np.median(times[:, 1] / times[:, 0])
    first, second = np.median(times, axis=0) * 1e3
    print(f"| {name} | {first:.4g} ms | {second:.4g} ms | {ratio:.3g} |", flush=True)


def grid_search(repeats):
    """Search 12 candidates on digits in 3 folds, by 30 epochs each, with two workers."""
    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    shared = {"batch_size": 32, "max_iter": 30, "random_state": 0}
    grid = {
        "hidden_layer_sizes": [(20,), (50,), (100,)],
        "learning_rate_init": [0.01, 0.05],
        "momentum": [0.5, 0.9],
    }
    ours = BackpropClassifier(tol=None, standardize=False, **shared)
    theirs = MLPClassifier(solver="sgd", tol=0.0, n_iter_no_change=31, **shared)
    searches = [GridSearchCV(model, grid, cv=3, n_jobs=2, refit=False) for model in (ours, theirs)]
    compare(
        "GridSearchCV on digits: 12 candidates × 3 folds × 30 epochs, batch 32, n_jobs=2",
        lambda: searches[0].fit(X, y),
        lambda: searches[1].fit(X, y),
        repeats,
    )


def predictions(repeats):
    """Predict many rows at once, and one row many times."""
    X, y = load_digits(return_X_y=True)
    ours = BackpropClassifier((100,), max_iter=5, tol=None, random_state=0).fit(X, y)
    theirs = MLPClassifier((100,), max_iter=5, random_state=0).fit(X, y)
    scaled = make_pipeline(StandardScaler(), theirs).fit(X, y)
    many = np.resize(X, (100_000, X.shape[1]))
    compare(
        "predict_proba of 100,000 × 64 rows",
        lambda: ours.predict_proba(many),
        lambda: theirs.predict_proba(many),
        repeats,
    )
    one = X[:1]
    compare(
        "predict_proba of one row, 1,000 times",
        lambda: [ours.predict_proba(one) for _ in range(1000)],
        lambda: [theirs.predict_proba(one) for _ in range(1000)],
        repeats,
    )
    compare(
        "the same, MLPClassifier behind a StandardScaler as ours is",
        lambda: [ours.predict_proba(one) for _ in range(1000)],
        lambda: [scaled.predict_proba(one) for _ in range(1000)],
        repeats,
    )


def first_epoch(repeats):
    """Fit one epoch on iris, and show where its time goes."""
    X, y = load_iris(return_X_y=True)
    ours = BackpropClassifier((10,), max_iter=1, tol=None, random_state=0)
    theirs = MLPClassifier((10,), max_iter=1, random_state=0)
    compare(
        "fit on iris with max_iter=1, 100 times",
        lambda: [ours.fit(X, y) for _ in range(100)],
        lambda: [theirs.fit(X, y) for _ in range(100)],
        repeats,
    )
    profile = cProfile.Profile()
    profile.runcall(lambda: [ours.fit(X, y) for _ in range(300)])
    return profile


def two_threads(repeats):
    """Fit in one thread, and in two at once."""
    X, y = load_digits(return_X_y=True)

    def fit():
        BackpropClassifier((50,), batch_size=1, max_iter=100, tol=None, random_state=0).fit(X, y)

    def fit_twice():
        threads = [threading.Thread(target=fit) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    compare("digits, batch 1: a fit | two at once, in two threads", fit, fit_twice, repeats)


def status(key):
    """Return an entry of this process's status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def rise_of_peak(path, entry):
    """Return by how many MB fitting an array, or a memory map, raises the peak of an entry."""
    X = np.load(path, mmap_mode="r" if entry == "RssAnon" else None)
    y = np.arange(len(X)) % 3
    model = BackpropClassifier((10,), max_iter=1, tol=None, random_state=0)
    model.fit(X[:1000], y[:1000])
    return rise_of(lambda: model.fit(X, y), entry)


def rise_of(call, entry):
    """Return by how many MB a call raises the peak of an entry of this process's status."""
    before, peak, done = status(entry), [0.0], threading.Event()

    def watch():
        while not done.wait(0.005):
            peak[0] = max(peak[0], status(entry))

    watcher = threading.Thread(target=watch)
    watcher.start()
    call()
    done.set()
    watcher.join()
    return peak[0] - before


def memory():
    """Fit an array of 400 MB, and a memory map of 800 MB."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "X.npy")
        context = multiprocessing.get_context("spawn")
        for times, entry, name in [(1, "VmRSS", "array"), (2, "RssAnon", "memory map")]:
            shape = times * ROWS_OF_400_MB, WIDTH
            X = np.lib.format.open_memmap(path, "w+", dtype=np.float64, shape=shape)
            rng = np.random.default_rng(0)
            for start in range(0, len(X), 50_000):
                part = X[start : start + 50_000]
                part[...] = rng.standard_normal(part.shape)
            X.flush()
            del X
            with context.Pool(1) as pool:
                rise = pool.apply(rise_of_peak, (path, entry))
            print(f"| memory: fit of a float64 {name} of {times * 400} MB | +{rise:.1f} MB | | |")


def main():
    """Print the table, and the profile of a fit of one epoch."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--skip-memory", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| what | BackpropClassifier | MLPClassifier | ratio |\n|---|---|---|---|")
    with threadpool_limits(1):
        predictions(arguments.repeats)
        two_threads(arguments.repeats)
        profile = first_epoch(arguments.repeats)
    grid_search(min(3, arguments.repeats))
    if not arguments.skip_memory:
        memory()
    print("\nWhere the time of a fit of one epoch on iris goes (cumulative):")
    pstats.Stats(profile).sort_stats("cumulative").print_stats("sklearn|skbackprop", 25)


if __name__ == "__main__":
    main()
