"""How well raw tables are learned: prints a markdown table of accuracy, log-loss and time.

    python tests/benchmarks/raw_tables.py FOLDER [--folds N] [--most-rows N]

FOLDER has tables as CSV or Parquet files, whose last column is the target. Each is given to
`BackpropClassifier` and `BackpropEnsembleClassifier` as pandas reads it, on one thread.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier


def tables_in(folder, most_rows):
    """Yield (name, columns, target) of each table in a folder, of so many rows at most."""
    for path in sorted(p for p in Path(folder).iterdir() if p.suffix in (".csv", ".parquet")):
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        if len(frame) > most_rows:
            frame = frame.sample(most_rows, random_state=0)
        frame = frame.dropna(subset=frame.columns[-1]).reset_index(drop=True)
        yield path.stem, frame.iloc[:, :-1], frame.iloc[:, -1]


def parser(description):
    """Return what parses the arguments: a folder, folds, and most rows."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("folder")
    arguments.add_argument("--folds", type=int, default=3)
    arguments.add_argument("--most-rows", type=int, default=6000)
    return arguments


def score(estimator, X, y, train, test):
    """Fit on some rows; return accuracy and log-loss on others, and the seconds of the fit."""
    began = time.process_time()
    model = estimator(random_state=0).fit(X.iloc[train], y[train])
    seconds = time.process_time() - began
    P = model.predict_proba(X.iloc[test])
    labels = model.classes_[P.argmax(axis=1)]
    return accuracy_score(y[test], labels), log_loss(y[test], P, labels=model.classes_), seconds


def main(folder, n_folds, most_rows):
    print("| table | model | accuracy | log-loss | seconds |\n|---|---|---|---|---|")
    means = {BackpropClassifier: [], BackpropEnsembleClassifier: []}
    for name, X, target in tables_in(folder, most_rows):
        y = target.astype(str).to_numpy()
        folds = list(StratifiedKFold(n_folds, shuffle=True, random_state=0).split(X, y))
        for estimator, of_tables in means.items():
            of_tables.append(np.mean([score(estimator, X, y, *fold) for fold in folds], axis=0))
            show(name, estimator, of_tables[-1])
    for estimator, of_tables in means.items():
        show("mean", estimator, np.mean(of_tables, axis=0))


def show(table, estimator, scores):
    accuracy, loss, seconds = scores
    print(f"| {table} | {estimator.__name__} | {accuracy:.4f} | {loss:.4f} | {seconds:.2f} |")


if __name__ == "__main__":
    options = parser(__doc__.splitlines()[0]).parse_args()
    main(options.folder, options.folds, options.most_rows)
