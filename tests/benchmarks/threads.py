"""Time a fit on one thread and on all, and MLPClassifier with all, for wide and for small nets.

    python tests/benchmarks/threads.py [--repeats 7]

All train the same net on the same data with batches of the same size for three epochs. One thread
and all take turns, then the peer follows; medians are printed, and ratios of medians. The machine
should have nothing else to do.
"""

import argparse
import time
import warnings
from functools import partial
from statistics import median

import numpy as np
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from skbackprop import BackpropClassifier

NETS = [  # layer sizes, rows of a batch, rows, dtype
    ((4, 10, 3), 32, 3000, "float64"),
    ((64, 100, 10), 32, 3000, "float64"),
    ((64, 100, 10), 200, 6000, "float32"),
    ((50, 256, 256, 5), 128, 10_000, "float32"),
    ((50, 256, 256, 5), 128, 10_000, "float64"),
    ((784, 256, 10), 128, 6000, "float32"),
    ((784, 256, 10), 128, 6000, "float64"),
    ((784, 512, 512, 10), 256, 4000, "float32"),
    ((784, 512, 512, 10), 256, 4000, "float64"),
]
EPOCHS = 3


def ours(sizes, batch_size, dtype):
    return BackpropClassifier(
        sizes[1:-1],
        batch_size=batch_size,
        max_iter=EPOCHS,
        l2=1e-4,
        numeric_encoding=None,
        standardize=False,
        dtype=dtype,
        random_state=0,
    )


def peer(sizes, batch_size):
    return MLPClassifier(
        sizes[1:-1],
        solver="sgd",
        batch_size=batch_size,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=0,
    )


def seconds(fit, n_threads=None):
    """Return how long a fit takes, with so many threads; None is all."""
    with threadpool_limits(n_threads, user_api="blas"):
        start = time.perf_counter()
        fit()
        return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore")
    columns = ["net", "batch", "dtype", "s, one thread", "s, all", "gain", "MLPClassifier / ours"]
    print("|", " | ".join(columns), "|")
    print("|---" * 7 + "|")
    rng = np.random.default_rng(0)
    for sizes, batch_size, n_rows, dtype in NETS:
        X = rng.normal(size=(n_rows, sizes[0])).astype(dtype)
        y = rng.integers(0, sizes[-1], n_rows)
        fit = partial(ours(sizes, batch_size, dtype).fit, X, y)
        theirs = partial(peer(sizes, batch_size).fit, X, y)
        pairs = [(seconds(fit, 1), seconds(fit)) for _ in range(repeats)]
        one, all_threads = (median(values) for values in zip(*pairs, strict=True))
        other = median(seconds(theirs) for _ in range(repeats))
        net = "-".join(map(str, sizes))
        ratios = f"{one / all_threads:.2f} | {other / all_threads:.2f}"
        print(f"| {net} | {batch_size} | {dtype} | {one:.3f} | {all_threads:.3f} | {ratios} |")


if __name__ == "__main__":
    main()
