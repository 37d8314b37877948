"""What an ensemble costs beside its networks, and what two threads and two processes save.

    python tests/benchmarks/ensembles.py [--repeats N]

Ratios are medians of ratios taken pairwise: the first time divided by the second.

- One ensemble of networks of one kind with eleven members on all rows against one with three; the
  difference is eight networks, against eight fits of a single classifier.
- `n_jobs=2` against `n_jobs=1`, to fit and to predict.
- GridSearchCV over wide networks with `n_jobs=2`, a thread in each process, against one process in
  which each fit uses both threads.
"""

import argparse

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from speed import seconds

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier


def table(n_rows, n_columns, n_classes=10):
    """Return data as a classification problem of scikit-learn has them."""
    return make_classification(
        n_rows, n_columns, n_informative=20, n_classes=n_classes, class_sep=2, random_state=0
    )


def paired(one, other, repeats):
    """Return the seconds of two calls, made in turn, as an array of shape (repeats, 2)."""
    one(), other()
    return np.array([(seconds(one), seconds(other)) for _ in range(repeats)])


def report(name, times):
    """Print the medians of the times and of their ratio."""
    first, second = np.median(times, axis=0)
    ratio = np.median(times[:, 0] / times[:, 1])
    print(f"| {name} | {first:.3g} s | {second:.3g} s | {ratio:.2f} |", flush=True)


def member(repeats):
    """Time eight networks more, and eight fits."""
    X, y = table(4000, 40)
    one = BackpropClassifier(l2=1e-3, random_state=0)
    few, many = (BackpropEnsembleClassifier(one, n, variants=None, random_state=0) for n in (3, 11))

    def fits():
        for seed in range(8):
            BackpropClassifier(l2=1e-3, random_state=seed).fit(X, y)

    times = []
    for _ in range(repeats):
        short, long = seconds(lambda: few.fit(X, y)), seconds(lambda: many.fit(X, y))
        times.append((long - short, seconds(fits)))
    report("eight members more, eight fits", np.array(times))
    whole = np.array([(seconds(lambda: few.fit(X, y)), seconds(fits)) for _ in range(repeats)])
    whole[:, 1] *= (3 + 5 * 0.8) / 8
    report("five folds and three members, the fits that they are", whole)


def jobs(repeats):
    """Time n_jobs=2 against n_jobs=1."""
    X, y = table(4000, 40)
    one, two = (BackpropEnsembleClassifier(random_state=0, n_jobs=n) for n in (1, 2))
    times = paired(lambda: two.fit(X, y), lambda: one.fit(X, y), repeats)
    report("fit of an ensemble, n_jobs=2 and 1", times)
    many = np.resize(X, (40_000, X.shape[1]))
    times = paired(lambda: two.predict_proba(many), lambda: one.predict_proba(many), repeats)
    report("its predictions of 40,000 rows, n_jobs=2 and 1", times)


def search(repeats):
    """Time a search over wide networks in two processes, and in one with two threads."""
    X, y = table(4000, 400)
    model = BackpropClassifier(
        l2=1e-4, max_iter=3, batch_size=256, numeric_encoding=None, random_state=0
    )
    grid = {"hidden_layer_sizes": [(512, 512), (768, 256)]}
    one, two = (GridSearchCV(model, grid, cv=3, n_jobs=n, refit=False) for n in (1, 2))
    times = paired(lambda: two.fit(X, y), lambda: one.fit(X, y), repeats)
    report("GridSearchCV over wide networks, n_jobs=2 and 1", times)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print("| what | first | second | ratio |\n|---|---|---|---|")
    member(repeats)
    jobs(repeats)
    search(repeats)


if __name__ == "__main__":
    main()
