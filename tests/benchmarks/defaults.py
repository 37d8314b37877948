"""What changes when one default is another, on held-out folds of tables as they are.

    python tests/benchmarks/defaults.py FOLDER [--rows N]

FOLDER has a file for each data set: NAME.parquet, a data frame whose last column is the target,
with missing values and categories as they are; or NAME.npz with X (numbers, unscaled) and y. At
most `--rows` rows of each are used, in 3 stratified folds; classes with fewer rows than folds are
left out. All compute with one thread, one after another.

Prints the means over all sets, and on how many of them the log-loss is higher than that of the
defaults. peers.py compares these with other libraries on the same folds. The figures in
doc/evidence.md are from here.
"""

import argparse
import os
import pathlib
import time
import warnings
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import LabelEncoder

from skbackprop import BackpropClassifier

N_FOLDS = 3
LEAST = 1e-7  # a probability, as it counts in the log-loss: no single row decides a mean
MEASURED = ["accuracy", "log_loss", "seconds"]
ALTERNATIVES = [
    {"hidden_layer_sizes": (64,)},
    {"hidden_layer_sizes": (128,)},
    {"hidden_layer_sizes": (64, 64)},
    {"hidden_layer_sizes": (128, 64)},
    {"hidden_layer_sizes": (256,)},
    {"hidden_layer_sizes": (128, 128)},
    {"activation": "tanh"},
    {"solver": "adam"},
    {"l2": "auto"},
    {"l2": 1e-3},
    {"batch_size": 64},
    {"batch_size": 128},
    {"learning_rate": "cosine"},
    {"learning_rate": "inverse"},
    {"learning_rate_init": 0.04},
    {"learning_rate_init": 0.15},
    {"momentum": 0.0},
    {"numeric_encoding": None},
    {"numeric_encoding": "target_aware"},
    {"numeric_encoding": "leaves"},
    {"min_frequency": 1},
    {"dtype": "float64"},
    {"early_stopping": True},
]


def ours(X, **changes):
    return BackpropClassifier(random_state=0, **changes)


def categories(X):
    return [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]


def load(path, n_rows):
    """Return a data frame and the encoded target of at most so many rows."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        X, y = frame.iloc[:, :-1], frame.iloc[:, -1].to_numpy()
    else:
        with np.load(path) as file:
            X, y = pd.DataFrame(file["X"]), file["y"]
        X.columns = X.columns.astype(str)
    rows = np.random.default_rng(0).permutation(len(y))[:n_rows]
    X, y = X.iloc[rows], LabelEncoder().fit_transform(y[rows].astype(str))
    kept = np.bincount(y)[y] >= N_FOLDS
    X, y = X[kept].reset_index(drop=True), LabelEncoder().fit_transform(y[kept])
    texts = {name: X[name].astype(object).fillna("missing").astype(str) for name in categories(X)}
    return X.assign(**texts), y


def split(X, y):
    """Return the rows to train on and those to test on, for each fold."""
    return list(StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(X, y))


def score(model, X, y, train, test, clock=time.perf_counter):
    """Return the accuracy and the log-loss of the held-out rows, and the seconds of the fit."""
    start = clock()
    model.fit(X.iloc[train], y[train])
    seconds = clock() - start
    proba = np.clip(model.predict_proba(X.iloc[test]).astype(float), LEAST, 1)
    proba /= proba.sum(axis=1, keepdims=True)
    accuracy = np.mean(proba.argmax(axis=1) == y[test])
    return accuracy, log_loss(y[test], proba, labels=np.unique(y)), seconds


def judge(make, X, y):
    """Return the mean accuracy, log-loss and seconds of a fit over the held-out folds."""
    warnings.simplefilter("ignore")
    return np.mean([score(make(X), X, y, *fold) for fold in split(X, y)], axis=0)


def paths_of(folder):
    return sorted(path for path in folder.iterdir() if path.suffix in (".npz", ".parquet"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=6000)
    arguments = parser.parse_args()
    sets = [load(path, arguments.rows) for path in paths_of(arguments.folder)]
    print("| default changed |", " | ".join(MEASURED), "| log-loss higher on |", flush=True)
    print("|---" * 5 + "|")
    unchanged = None
    for change in ({}, *ALTERNATIVES):
        results = np.array([judge(partial(ours, **change), X, y) for X, y in sets])
        unchanged = results if unchanged is None else unchanged
        accuracy, loss, seconds = results.mean(axis=0)
        higher = np.sum(results[:, 1] > unchanged[:, 1])
        shown = ", ".join(f"{key}={value!r}" for key, value in change.items()) or "none"
        row = f"| {shown} | {accuracy:.3f} | {loss:.3f} | {seconds:.2f} | {higher}/{len(sets)} |"
        print(row, flush=True)


if __name__ == "__main__":
    main()
