"""How many times faster than its peers a network trains: prints a markdown table.

    python tests/benchmarks/speed.py [--rows TEXT] [--repeats N] [--picture PNG]

Every contender does equal work: the same data, net, batches and number of epochs, ReLU, SGD with
Nesterov momentum 0.9 and an L2 penalty of the same strength, stopping switched off, one BLAS
thread. In each repeat all contenders run one after the other; a ratio is the median of the ratios
of each repeat, so that a slow minute of the machine slows both sides of it.

Columns: the time of one update of the compiled epoch; scikit-learn's time over that of the
compiled epoch, and of the reference epoch (numpy); PyTorch's time over that of the compiled epoch;
the time of the compiled epoch over that of its bare matrix products in numpy. A dash means that
the contender is not installed, or cannot do this row. Where y is a number, the network is a
BackpropRegressor, its peer an MLPRegressor, and the loss the squared error.
"""

import argparse
import os
import time
import warnings
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skbackprop import BackpropClassifier, BackpropRegressor

try:
    import torch
except ImportError:
    torch = None
try:
    from skbackprop._kernel import Epoch
except ImportError:
    Epoch = None

ALPHA, MOMENTUM, LEARNING_RATE = 1e-4, 0.9, 1e-3


class Row(NamedTuple):
    """A row of the table."""

    name: str
    data: callable
    hidden: tuple
    batch_size: int
    epochs: int
    dtypes: tuple = (np.float64,)


def scaled(load):
    """Return a toy data set with standardised columns."""
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def numbers(load):
    """Return a toy data set whose classes are numbers to predict."""
    X, y = scaled(load)
    return X, (y - y.mean()) / y.std()


def noise(n_rows, n_features, n_classes):
    """Return normal inputs and random classes."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n_rows, n_features)), rng.integers(n_classes, size=n_rows)


def sparse_noise():
    """Return a CSR matrix of 10,000 × 20,000, of which 0.5 % is not zero, and random classes."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((10_000, 20_000), density=0.005, format="csr", rng=rng)
    return X, rng.integers(2, size=X.shape[0])


BOTH = np.float32, np.float64
ROWS = [
    Row("iris 4-10-3", lambda: scaled(load_iris), (10,), 1, 200),
    Row("iris 4-10-3", lambda: scaled(load_iris), (10,), 32, 300),
    Row("digits 64-50-10", lambda: scaled(load_digits), (50,), 1, 6),
    Row("digits 64-100-10", lambda: scaled(load_digits), (100,), 32, 20),
    Row("digits 64-100-10", lambda: scaled(load_digits), (100,), 200, 60, BOTH),
    Row("digits 64-100-1, number", lambda: numbers(load_digits), (100,), 32, 20),
    Row("digits 64-100-1, number", lambda: numbers(load_digits), (100,), 200, 60),
    Row("784-100-10", lambda: noise(1000, 784, 10), (100,), 1, 4, BOTH[:1]),
    Row("50-256-256-5", lambda: noise(10_000, 50, 5), (256, 256), 128, 4, BOTH),
    Row("784-256-10", lambda: noise(5_000, 784, 10), (256,), 128, 6, BOTH),
    Row("CSR 20000-50-2", sparse_noise, (50,), 32, 2),
    Row("CSR 20000-50-2", sparse_noise, (50,), 128, 3),
]


def n_outputs(y):
    """Return how many outputs a network has: one for a number."""
    return 1 if y.dtype.kind == "f" else int(y.max()) + 1


def train_ours(X, y, row, *, kernel):
    """Fit a BackpropClassifier or a BackpropRegressor."""
    network = BackpropRegressor if n_outputs(y) == 1 else BackpropClassifier
    model = network(
        row.hidden,
        l2=ALPHA / (2 * X.shape[0]),
        batch_size=row.batch_size,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        max_iter=row.epochs,
        tol=None,
        learning_rate="constant",
        standardize=False,
        numeric_encoding=None,
        dtype=X.dtype.name,
        random_state=0,
    )
    os.environ["SKBACKPROP_KERNEL"] = "1" if kernel else "0"
    model.fit(X, y)


def train_sklearn(X, y, row):
    """Fit an MLPClassifier or an MLPRegressor."""
    network = MLPRegressor if n_outputs(y) == 1 else MLPClassifier
    network(
        hidden_layer_sizes=row.hidden,
        solver="sgd",
        alpha=ALPHA,
        batch_size=row.batch_size,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        max_iter=row.epochs,
        n_iter_no_change=row.epochs + 1,
        tol=0.0,
        random_state=0,
    ).fit(X, y)


def train_torch(X, y, row):
    """Train an nn.Sequential by torch.optim.SGD in eager mode."""
    sizes = [X.shape[1], *row.hidden, n_outputs(y)]
    loss = torch.nn.MSELoss() if sizes[-1] == 1 else torch.nn.CrossEntropyLoss()
    y = y[:, None].astype(X.dtype) if sizes[-1] == 1 else y
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out, dtype=X.dtype), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(
        net.parameters(),
        lr=LEARNING_RATE,
        momentum=MOMENTUM,
        nesterov=True,
        weight_decay=ALPHA / len(y),
    )
    for _ in range(row.epochs):
        order = torch.randperm(len(y))
        for batch in order.split(row.batch_size):
            optimizer.zero_grad()
            loss(net(X[batch]), y[batch]).backward()
            optimizer.step()


def bare_products(X, y, row):
    """Compute the matrix products of all updates, each into a buffer, and nothing else."""
    sizes = [X.shape[1], *row.hidden, n_outputs(y)]
    b = min(row.batch_size, len(y))
    H = [np.ones((b, size), X.dtype) for size in sizes]
    W = [np.ones(shape, X.dtype) for shape in pairwise(sizes)]
    grad_H, grad_W = [np.empty_like(h) for h in H], [np.empty_like(w) for w in W]
    for _ in range(row.epochs * len(y) // b):
        for k in range(len(W)):
            np.dot(H[k], W[k], out=grad_H[k + 1])
        for k in reversed(range(len(W))):
            np.dot(H[k].T, H[k + 1], out=grad_W[k])
            if k:
                np.dot(H[k + 1], W[k].T, out=grad_H[k])


def seconds(contender, *args, **kwargs):
    """Return how long a call takes."""
    start = time.perf_counter()
    contender(*args, **kwargs)
    return time.perf_counter() - start


def measure(row, dtype, repeats):
    """Return the times of each contender, or None, by name."""
    X, y = row.data()
    X = X.astype(dtype)
    dense = isinstance(X, np.ndarray)
    contenders = {"reference": lambda: train_ours(X, y, row, kernel=False)}
    if Epoch is not None:
        contenders["kernel"] = lambda: train_ours(X, y, row, kernel=True)
    contenders["sklearn"] = lambda: train_sklearn(X, y, row)
    if torch is not None and dense:
        contenders["torch"] = lambda: train_torch(X, y, row)
    if dense:
        contenders["products"] = lambda: bare_products(X, y, row)
    runs = [{name: seconds(run) for name, run in contenders.items()} for _ in range(repeats)]
    return {name: np.array([run[name] for run in runs]) for name in contenders}


def cells(row, dtype, times):
    """Return the cells of a row of the table."""

    def ratio(slow, fast):
        if slow not in times or fast not in times:
            return "–"
        return f"{np.median(times[slow] / times[fast]):.3g}"

    X, _ = row.data()
    updates = row.epochs * -(-X.shape[0] // row.batch_size)
    update = f"{np.median(times['kernel']) / updates * 1e6:.3g}" if "kernel" in times else "–"
    return [
        row.name,
        str(row.batch_size),
        np.dtype(dtype).name,
        update,
        ratio("sklearn", "kernel"),
        ratio("sklearn", "reference"),
        ratio("torch", "kernel"),
        ratio("kernel", "products"),
    ]


def draw(measured, path):
    """Draw, for each row, how many times faster than scikit-learn's network each contender is."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 0.34 * len(measured) + 1.1), layout="constrained")
    ax = figure.subplots()
    marks = {
        "kernel": ("o", "C0", "skbackprop, compiled"),
        "reference": ("o", "w", "skbackprop, numpy"),
        "torch": ("x", "0.4", "PyTorch"),
    }
    for name, (marker, colour, label) in marks.items():
        known = [(place, times) for place, (_, times) in enumerate(measured) if name in times]
        gains = [np.median(times["sklearn"] / times[name]) for _, times in known]
        edge = {"markeredgecolor": "C0"} if marker == "o" else {"markeredgecolor": colour}
        places = [place for place, _ in known]
        ax.plot(gains, places, marker, color=colour, markersize=7, label=label, **edge)
    ax.axvline(1, color="0.3", linewidth=1)
    ax.set(xscale="log", xlabel="times as fast as scikit-learn's network at equal work")
    ax.set_yticks(range(len(measured)), [name for name, _ in measured])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.invert_yaxis()
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.legend(loc="center right", bbox_to_anchor=(1, 0.35), frameon=False)
    figure.savefig(path, dpi=130)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", default="", help="only rows whose name contains this")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--picture", help="where to draw it")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    if torch is not None:
        torch.set_num_threads(1)
    head = "| net | batch | dtype | µs an update | scikit-learn / kernel "
    print(head + "| scikit-learn / reference | PyTorch / kernel | kernel / bare products |")
    print("|---|---|---|---|---|---|---|---|")
    measured = []
    with threadpool_limits(1):
        for row in ROWS:
            if arguments.rows in row.name:
                for dtype in row.dtypes:
                    times = measure(row, dtype, arguments.repeats)
                    print("| " + " | ".join(cells(row, dtype, times)) + " |", flush=True)
                    name = f"{row.name}, batch {row.batch_size}, {np.dtype(dtype).name}"
                    measured.append((name, times))
    if arguments.picture:
        draw(measured, arguments.picture)


if __name__ == "__main__":
    main()
