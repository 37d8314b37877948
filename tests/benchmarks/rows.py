"""Measure how long a fit with the defaults takes, by the number of rows.

    python tests/benchmarks/rows.py [--rows 1000 10000 100000]

The table has 20 columns of numbers, and two classes of which a tenth of the labels are random.
Seconds are those of the processor, with one thread. The regressors predict the last column.
"""

import argparse
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"

from sklearn.datasets import make_classification

import skbackprop

MODELS = (
    "BackpropClassifier",
    "BackpropRegressor",
    "BackpropEnsembleClassifier",
    "BackpropEnsembleRegressor",
)


def seconds_of_fit(name, X, y):
    """Return the seconds of a fit."""
    X, y = (X[:, :-1], X[:, -1]) if name.endswith("Regressor") else (X, y)
    model = getattr(skbackprop, name)(random_state=0)
    begin = time.process_time()
    model.fit(X, y)
    return time.process_time() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    n_rows = parser.parse_args().rows
    tables = [
        make_classification(n, 20, n_informative=10, flip_y=0.1, random_state=0) for n in n_rows
    ]
    print(f"{'rows':28}", *(f"{n:8,d}" for n in n_rows))
    for name in MODELS:
        print(
            f"{name:28}", *(f"{seconds_of_fit(name, *table):8.2f}" for table in tables), flush=True
        )


if __name__ == "__main__":
    main()
