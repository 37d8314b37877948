"""Judge the default hyper-parameters on held-out folds, against MLPClassifier's on scaled data.

    python tests/benchmarks/defaults.py [FOLDER]                 the table
    python tests/benchmarks/defaults.py [FOLDER] --alternatives  each default against others

The data sets are scikit-learn's own, and those in FOLDER: files NAME.npz with X (numbers, unscaled)
and y. Each also counts with few rows (`--rows`, by default 300 and 6,000), because what is good for
many rows is not for few. The tables are in the README.
"""

import argparse
import os
import pathlib
import sys
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from joblib import Parallel, delayed
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from skbackprop import BackpropClassifier

N_FOLDS = 3
ALTERNATIVES = [
    {},
    {"hidden_layer_sizes": (50,)},
    {"hidden_layer_sizes": (100,)},
    {"hidden_layer_sizes": (100, 50)},
    {"activation": "tanh"},
    {"activation": "elu"},
    {"activation": "softplus"},
    {"solver": "adam"},
    {"l2": 1e-4},
    {"l2": 1e-3},
    {"l2": 4e-3},
    {"batch_size": 16},
    {"batch_size": 64},
    {"learning_rate": "constant"},
    {"learning_rate": "adaptive"},
    {"learning_rate_init": 0.02},
    {"learning_rate_init": 0.1},
    {"delta": 3e-4},
    {"delta": 3e-3},
    {"momentum": 0.0},
    {"tol": 1e-4},
    {"max_iter": 50, "tol": None},
]


def take(X, y, n_rows):
    """Draw at most n_rows rows, of classes with at least one row for each fold."""
    rows = np.random.default_rng(0).permutation(len(y))[:n_rows]
    X, y = X[rows], y[rows]
    kept = np.bincount(y)[y] >= N_FOLDS
    return X[kept], LabelEncoder().fit_transform(y[kept])


def toys(names):
    """Return {name: (X, y)} of scikit-learn's own data sets of these names."""
    return {name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in names}


def read(folder):
    """Return {NAME: (X, y)} of the files NAME.npz in a folder, if there is one."""
    sets = {}
    for path in sorted(folder.glob("*.npz")) if folder else []:
        with np.load(path, allow_pickle=True) as file:
            sets[path.stem] = np.asarray(file["X"], dtype=float), file["y"]
    return sets


def load(folder, sizes):
    """Return {name: (X, y)}, each set at each size that it has."""
    names = "iris", "wine", "breast_cancer", "digits"
    whole = toys(names) | read(folder)
    sets = {}
    for name, (X, y) in whole.items():
        y = LabelEncoder().fit_transform(y)
        for size in [s for s in sizes if s < len(y)] + [len(y)] * (len(y) <= max(sizes)):
            X_taken, y_taken = take(X, y, size)
            sets[f"{name}, {len(y_taken):,} rows"] = X_taken, y_taken
    return sets


def judge(make_classifier, X, y):
    """Return the mean error, log-loss and time of fit over the held-out folds."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    results = []
    for train, test in StratifiedKFold(N_FOLDS, shuffle=True, random_state=0).split(X, y):
        start = time.perf_counter()
        classifier = make_classifier().fit(X[train], y[train])
        seconds = time.perf_counter() - start
        proba = np.clip(classifier.predict_proba(X[test]), 1e-15, 1)
        loss = log_loss(y[test], proba / proba.sum(axis=1, keepdims=True))
        results.append((1 - classifier.score(X[test], y[test]), loss, seconds))
    return np.mean(results, axis=0)


def mlp():
    return make_pipeline(StandardScaler(), MLPClassifier(random_state=0))


def judge_all(sets, make_classifier, jobs):
    return np.array(
        Parallel(jobs)(delayed(judge)(make_classifier, *data) for data in sets.values())
    )


def summarise(ours, theirs):
    """Return shares of sets with lower error (ties count half) and loss, and mean ratios."""
    lower = (ours[:, :2] < theirs[:, :2]) + 0.5 * (ours[:, :2] == theirs[:, :2])
    ratios = np.log((ours[:, :2] + 0.01) / (theirs[:, :2] + 0.01)).mean(axis=0)
    speed = np.exp(np.log(theirs[:, 2] / ours[:, 2]).mean())
    return *lower.mean(axis=0), *np.exp(ratios), speed


def print_table(sets, ours, theirs):
    print("| data | error | MLP | log-loss | MLP | seconds | MLP |\n|---|---|---|---|---|---|---|")
    for name, (e, loss, t), (e_mlp, loss_mlp, t_mlp) in zip(sets, ours, theirs, strict=True):
        cells = [
            f"**{a:.3f}** | {b:.3f}" if a < b else f"{a:.3f} | {b:.3f}"
            for a, b in ((e, e_mlp), (loss, loss_mlp))
        ]
        print(f"| {name} | {cells[0]} | {cells[1]} | {t:.2f} | {t_mlp:.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--alternatives", action="store_true")
    parser.add_argument("--rows", type=int, nargs="+", default=[300, 6000])
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    sets = load(arguments.folder, arguments.rows)
    theirs = judge_all(sets, mlp, arguments.jobs)
    if not arguments.alternatives:
        ours = judge_all(sets, lambda: BackpropClassifier(random_state=0), arguments.jobs)
        print_table(sets, ours, theirs)
        last = {name.split(",")[0]: i for i, name in enumerate(sets)}
        for chosen, which in ((range(len(sets)), "all"), (list(last.values()), "the largest")):
            error, loss, *_, speed = summarise(ours[chosen], theirs[chosen])
            print(f"\nOf {which} {len(chosen)} sets, lower error on {error:.0%} (ties count half),")
            print(f"lower log-loss on {loss:.0%}; fitted {speed:.1f} × as fast (geometric mean).")
        return
    print("| changed | lower error | lower log-loss | error ratio | log-loss ratio | × speed |")
    print("|---|---|---|---|---|---|")
    for change in ALTERNATIVES:
        ours = judge_all(
            sets, lambda c=change: BackpropClassifier(random_state=0, **c), arguments.jobs
        )
        a, b, c, d, speed = summarise(ours, theirs)
        name = ", ".join(f"{k}={v!r}" for k, v in change.items()) or "nothing"
        print(f"| {name} | {a:.0%} | {b:.0%} | {c:.3f} | {d:.3f} | {speed:.1f} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
