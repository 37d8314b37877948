"""What it changes that equal rows stay together in splits: log-loss, beside that of splits by row.

    python tests/benchmarks/equal_rows.py [--seeds 4] [--early-stopping]

Copies (a noisy table five times, or with its positives repeated until they are as many as the
negatives) are to gain by it. Tables of a few discrete columns, whose rows are equal by chance, are
to lose nothing. 'grid' are all combinations of a few values, many times, with 2 % other labels. The
table in doc/evidence.md is from here.
"""

import argparse
import os
import warnings
from unittest.mock import patch

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from skbackprop import BackpropClassifier
from skbackprop.estimator import l2_choice, problem
from skbackprop.tables.repeats import Distinct

N_TEST = 3000


def noisy(rng, n_rows, offset=0.0):
    X = rng.normal(size=(n_rows + N_TEST, 5))
    y = (rng.random(len(X)) < 1 / (1 + np.exp(offset - 1.5 * X[:, 0]))).astype(int)
    return X, y


def discrete(rng, n_rows, n_columns, n_levels, share_of_noise=None):
    """Return a frame of text, and labels by its levels and pairs of them, drawn or nearly clear."""
    weights = rng.normal(size=(n_columns, n_levels))
    pairs = rng.normal(size=(n_levels, n_levels))
    codes = rng.integers(0, n_levels, (n_rows + N_TEST, n_columns))
    a = weights[np.arange(n_columns), codes].sum(axis=1) + pairs[codes[:, 0], codes[:, -1]]
    if share_of_noise is None:
        y = rng.random(len(a)) < 1 / (1 + np.exp(-a))
    else:
        y = (a > np.median(a)) ^ (rng.random(len(a)) < share_of_noise)
    letters = np.array([*"abcdefghijklmnopqrstuvwxyz"])
    return pd.DataFrame(letters[codes]).rename(columns=str), y.astype(int)


def five_times(X, y, n):
    return [np.arange(n)] * 5


def balanced(X, y, n):
    """Repeat the positives of the first rows until they are about half."""
    times = np.where(y[:n] == 1, max(1, round((y[:n] == 0).sum() / max(1, y[:n].sum()))), 1)
    return [np.repeat(np.arange(n), times)]


def as_they_are(X, y, n):
    return [np.arange(n)]


TABLES = {
    "noise, 120 rows, five times": (120, noisy, (), five_times),
    "noise, 400 rows, positives repeated": (400, noisy, (3.0,), balanced),
    "3 columns of 4 levels, 300 rows": (300, discrete, (3, 4), as_they_are),
    "3 columns of 10 levels, 1,000 rows": (1000, discrete, (3, 10), as_they_are),
    "6 columns of 3 levels, 500 rows": (500, discrete, (6, 3), as_they_are),
    "2 columns of 20 levels, 1,000 rows": (1000, discrete, (2, 20), as_they_are),
    "grid of 16, 1,000 rows": (1000, discrete, (2, 4, 0.02), as_they_are),
    "grid of 64, 1,000 rows": (1000, discrete, (3, 4, 0.02), as_they_are),
    "grid of 216, 1,000 rows": (1000, discrete, (3, 6, 0.02), as_they_are),
    "grid of 625, 1,000 rows": (1000, discrete, (4, 5, 0.02), as_they_are),
}


def each_by_itself(table, rows):
    return Distinct(rows, rows, np.arange(len(rows)))


def measure(name, seed, early_stopping):
    """Return the log-loss on new rows by splits of rows, and with equal rows together."""
    n_rows, make, options, choose = TABLES[name]
    X, y = make(np.random.default_rng(seed), n_rows, *options)
    rows, test = np.concatenate(choose(X, y, n_rows)), np.arange(n_rows, len(y))
    if choose is balanced:  # what is learned is the balanced table
        test = np.concatenate([test, np.repeat(test[y[test] == 1], len(rows) // n_rows)])
    of = X.iloc.__getitem__ if hasattr(X, "iloc") else X.__getitem__
    model = BackpropClassifier(random_state=seed, early_stopping=early_stopping)
    together = log_loss(y[test], model.fit(of(rows), y[rows]).predict_proba(of(test)))
    with (
        patch.object(problem, "distinct_rows", each_by_itself),
        patch.object(l2_choice, "distinct_rows", each_by_itself),
    ):
        apart = log_loss(y[test], model.fit(of(rows), y[rows]).predict_proba(of(test)))
    return apart, together


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--early-stopping", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| table | by row | equal rows together |\n|---|---|---|")
    for name in TABLES:
        found = [measure(name, s, arguments.early_stopping) for s in range(arguments.seeds)]
        apart, together = np.mean(found, axis=0)
        print(f"| {name} | {apart:.3f} | {together:.3f} |", flush=True)


if __name__ == "__main__":
    main()
