"""Judge what a search over `search_space()` gains over the defaults, on rows held out from both.

    python tests/benchmarks/search.py [FOLDER]

The data sets are five of scikit-learn's own or made from them, and those in FOLDER, as defaults.py
reads them. Each is split three times into at most 1,000 rows to train on and 3,000 to judge by. The
search has 30 draws and 3 folds of the training rows, and chooses by log-loss. It prints a table.
"""

import argparse
import os
import pathlib
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from defaults import load as load_table
from joblib import Parallel, delayed
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import RandomizedSearchCV, train_test_split

from skbackprop import BackpropClassifier, search_space

N_DRAWS, N_FOLDS = 30, 3


def load(folder):
    """Return {name: (X, y)}."""
    names = "wine", "breast_cancer", "digits"
    sets = {name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in names}
    X, y = sets["digits"]
    sets["digits, odd or even"] = X, y % 2
    X, y = datasets.make_hastie_10_2(4000, random_state=0)
    sets["hastie_10_2"] = X, (y > 0).astype(int)
    files = sorted(folder.glob("*.*")) if folder else []
    return sets | {path.stem: load_table(path, 6000) for path in files}


def split(X, y, n_train, seed):
    """Return X and y to train on, and to judge by; classes too rare for all folds are left out."""
    size = min(n_train, 2 * len(y) // 3)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=size, stratify=y, random_state=seed
    )
    frequent = np.flatnonzero(np.bincount(y_train) >= N_FOLDS)
    train, test = np.isin(y_train, frequent), np.isin(y_test, frequent)
    return X_train[train], X_test[test][:3000], y_train[train], y_test[test][:3000]


def judge(classifier, X, y):
    """Return error and log-loss."""
    proba = np.clip(classifier.predict_proba(X), 1e-15, 1)
    loss = log_loss(y, proba / proba.sum(axis=1, keepdims=True), labels=classifier.classes_)
    return 1 - classifier.score(X, y), loss


def compare(X, y, n_train, seed):
    """Return error and log-loss of the default and of the search, and the seconds of the search."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    X_train, X_test, y_train, y_test = split(X, y, n_train, seed)
    default = BackpropClassifier(random_state=seed)
    search = RandomizedSearchCV(
        default,
        search_space(),
        n_iter=N_DRAWS,
        cv=N_FOLDS,
        scoring="neg_log_loss",
        random_state=seed,
    )
    start = time.perf_counter()
    search.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    default.fit(X_train, y_train)
    return *judge(default, X_test, y_test), *judge(search.best_estimator_, X_test, y_test), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=1000, help="most rows to train on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the splits")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    print("| data | error, default | searched | log-loss, default | searched | seconds |")
    print("|---|---|---|---|---|---|")
    results = []
    for name, data in load(arguments.folder).items():
        tasks = (delayed(compare)(*data, arguments.rows, seed) for seed in arguments.seeds)
        results.append(np.mean(Parallel(arguments.jobs)(tasks), axis=0))
        error, loss, error_found, loss_found, seconds = results[-1]
        errors = f"{error:.3f} | {bold(error_found, error)}"
        losses = f"{loss:.3f} | {bold(loss_found, loss)}"
        print(f"| {name} | {errors} | {losses} | {seconds:.0f} |", flush=True)
    summarise(np.array(results))


def bold(number, other):
    return f"**{number:.3f}**" if round(number, 3) < round(other, 3) else f"{number:.3f}"


def summarise(results):
    ratios = np.exp(np.log((results[:, 2:4] + 0.01) / (results[:, :2] + 0.01)).mean(axis=0))
    lower = (results[:, 2:4] < results[:, :2]).sum(axis=0)
    print(f"\nOf {len(results)} sets, lower error on {lower[0]} and lower log-loss on {lower[1]};")
    print(f"mean ratios {ratios[0]:.3f} and {ratios[1]:.3f} (of error and log-loss, each + 0.01).")


if __name__ == "__main__":
    main()
