"""Whether the loss or the time of a fit jumps at some number of rows, from 6 to 500.

    python tests/benchmarks/few_rows.py [--seeds 10] [--tables noise iris] [--rows 100 101]

'noise' are five columns of which one tells a little: P(y = 1) = σ(x₀). For each table and number of
rows, the mean log-loss on other rows of the same table is printed with its standard error, beside
that of the frequencies of the classes alone and of LogisticRegression, and the median CPU seconds.
The table in doc/evidence.md is from here.
"""

import argparse
import os
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier

ROWS = [6, 10, 15, 20, 24, 25, 30, 40, 60, 80, 100, 101, 120, 150, 200, 300, 500]
LEAST = 1e-7  # a probability, as it counts in the log-loss


def noise():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 5))
    return X, (rng.random(len(X)) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)


TABLES = {
    "noise": noise,
    "iris": lambda: load_iris(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
    "breast cancer": lambda: load_breast_cancer(return_X_y=True),
}


def models(seed):
    """Return what is compared; the first one is measured by time as well."""
    return [
        BackpropClassifier(random_state=seed),
        DummyClassifier(),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ]


def measure(X, y, n_rows, seed):
    """Return the log-loss of each model on the rows that it has not seen, and the CPU seconds."""
    X, X_test, y, y_test = train_test_split(X, y, train_size=n_rows, stratify=y, random_state=seed)
    losses, seconds = [], []
    for model in models(seed):
        start = time.process_time()
        model.fit(X, y)
        seconds.append(time.process_time() - start)
        F = np.clip(model.predict_proba(X_test), LEAST, 1)
        losses.append(log_loss(y_test, F / F.sum(axis=1, keepdims=True)))
    return *losses, seconds[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("table           rows  log-loss       frequencies  logistic  CPU ms")
    for name in arguments.tables:
        X, y = TABLES[name]()
        for n_rows in (n for n in arguments.rows if n <= 0.8 * len(y)):
            found = np.array([measure(X, y, n_rows, seed) for seed in range(arguments.seeds)])
            loss, prior, logistic, _ = found.mean(axis=0)
            error = found[:, 0].std() / np.sqrt(len(found))
            print(
                f"{name:14} {n_rows:5}  {loss:.3f} ± {error:.3f}  {prior:11.3f}  {logistic:8.3f}  "
                f"{1000 * np.median(found[:, -1]):6.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
