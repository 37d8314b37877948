"""What an ensemble costs beside its networks, and what two threads and two processes save.

    python tests/benchmarks/ensembles.py [--repeats N]

Ratios are medians of ratios taken pairwise: the second time divided by the first.

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
from usage import compare, report

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier


def table(n_columns):
    """Return 4,000 rows of ten classes."""
    return make_classification(
        4000, n_columns, n_informative=20, n_classes=10, class_sep=2, random_state=0
    )


def member(repeats):
    """Time eight networks more, and eight fits."""
    X, y = table(40)
    one = BackpropClassifier(l2=1e-3, random_state=0)
    few, many = (BackpropEnsembleClassifier(one, n, variants=None, random_state=0) for n in (3, 11))

    def fits():
        for seed in range(8):
            BackpropClassifier(l2=1e-3, random_state=seed).fit(X, y)

    times = []
    for _ in range(repeats):
        short, long = seconds(lambda: few.fit(X, y)), seconds(lambda: many.fit(X, y))
        times.append((seconds(fits), long - short))
    report("eight fits, eight members more", times)
    part = (3 + 5 * 0.8) / 8
    whole = [(part * seconds(fits), seconds(lambda: few.fit(X, y))) for _ in range(repeats)]
    report("the fits that they are, five folds and three members", whole)


def jobs(repeats):
    """Time n_jobs=2 against n_jobs=1."""
    X, y = table(40)
    one, two = (BackpropEnsembleClassifier(random_state=0, n_jobs=n) for n in (1, 2))
    compare(
        "fit of an ensemble, n_jobs=1 and 2",
        lambda: one.fit(X, y),
        lambda: two.fit(X, y),
        repeats,
    )
    many = np.resize(X, (40_000, X.shape[1]))
    compare(
        "its predictions of 40,000 rows, n_jobs=1 and 2",
        lambda: one.predict_proba(many),
        lambda: two.predict_proba(many),
        repeats,
    )


def search(repeats):
    """Time a search over wide networks in two processes, and in one with two threads."""
    X, y = table(400)
    model = BackpropClassifier(
        l2=1e-4, max_iter=3, batch_size=256, numeric_encoding=None, random_state=0
    )
    grid = {"hidden_layer_sizes": [(512, 512), (768, 256)]}
    one, two = (GridSearchCV(model, grid, cv=3, n_jobs=n, refit=False) for n in (1, 2))
    compare(
        "GridSearchCV over wide networks, n_jobs=1 and 2",
        lambda: one.fit(X, y),
        lambda: two.fit(X, y),
        repeats,
    )


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
