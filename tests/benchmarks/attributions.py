"""How near attributions are to exact Shapley values, and how long they take, beside shap.

    python tests/benchmarks/attributions.py [--rows 100] [--background 20]

On tables of 8 columns, the exact Shapley values of the log-odds (of y, for diabetes) are computed
over all subsets of columns, for a background of some rows. The error of a method is the mean
absolute difference from them, relative to their mean size. KernelExplainer, where shap is
installed, is given few samples and more of them; with 254, it has all subsets and is exact. Times
are CPU seconds for a row. With 30 columns, random orders of columns tell the Shapley values, to two
or three hundredths. The table in doc/evidence.md is from here.
"""

import argparse
import os
import time
import warnings
from functools import partial
from itertools import product
from math import factorial

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_classification

from skbackprop import BackpropClassifier, BackpropRegressor, attribute

D = 8
FEW = 5  # rows of 30 columns


def wine():
    X, y = load_wine(return_X_y=True)
    return X, y == 1


TABLES = {
    "breast cancer": lambda: load_breast_cancer(return_X_y=True),
    "wine": wine,
    "diabetes": lambda: load_diabetes(return_X_y=True),
}


def fitted(name, sizes):
    """Return a network and the columns of its table."""
    X, y = TABLES[name]()
    kind = BackpropRegressor if name == "diabetes" else BackpropClassifier
    return kind(sizes, random_state=0).fit(X[:, :D], y), X[:, :D]


def shapley(f, rows, background):
    """Return the exact Shapley values of each row, averaged over the background."""
    subsets = np.array(list(product([False, True], repeat=D)))
    values = np.empty((len(rows), D))
    for row, out in zip(rows, values, strict=True):
        mixed = np.where(subsets[:, None], row, background[None])
        gains = f(mixed.reshape(-1, D)).reshape(mixed.shape[:2]).mean(axis=1)
        for j in range(D):
            with_j = np.flatnonzero(subsets[:, j])
            size = subsets[with_j].sum(axis=1) - 1
            weights = [factorial(k) * factorial(D - k - 1) / factorial(D) for k in size]
            out[j] = weights @ (gains[with_j] - gains[with_j - 2 ** (D - 1 - j)])
    return values


def timed(call, n_rows):
    """Return what a call returns, and its CPU seconds for a row."""
    begin = time.process_time()
    values = call()
    return values, (time.process_time() - begin) / n_rows


def methods(model, f, rows, background, shap):
    """Yield the name of each method and a call that returns its values."""
    for average in ("inputs", "values"):
        options = {"background": background, "average": average}
        yield (
            f"attribute, average={average!r}",
            lambda options=options: attribute(model, rows, **options).values,
        )
    if shap is not None:
        for n in (32, 64, 128, 254):
            explainer = shap.KernelExplainer(f, background)
            yield (
                f"KernelExplainer, nsamples={n}",
                lambda explainer=explainer, n=n: explainer.shap_values(
                    rows, nsamples=n, silent=True, l1_reg=False
                ),
            )


def compare(name, sizes, n_rows, n_background, shap):
    """Print the error and the time of each method on a table."""
    model, X = fitted(name, sizes)
    f = model.predict if name == "diabetes" else model.decision_function
    order = np.random.default_rng(0).permutation(len(X))
    rows, background = X[order[:n_rows]], X[order[n_rows : n_rows + n_background]]
    exact = shapley(f, rows, background)
    for method, call in methods(model, f, rows, background, shap):
        values, seconds = timed(call, n_rows)
        print(line(name, sizes, method, values, exact, seconds), flush=True)


def line(name, sizes, method, values, truth, seconds):
    """Return a line of the table."""
    error = np.abs(values - truth).mean() / np.abs(truth).mean()
    return f"{name:14} {sizes!s:10} {method:30} error {error:6.3f}  {1000 * seconds:9.2f} ms a row"


def sampled(f, rows, background, n=2000):
    """Return Shapley values by random orders of columns, each with one row of the background."""
    rng, d = np.random.default_rng(0), rows.shape[1]
    values = np.zeros(rows.shape)
    for row, out in zip(rows, values, strict=True):
        for half in range(n // 2):
            order = rng.permutation(d)
            for columns in (order, order[::-1]):
                at = np.repeat(background[[half % len(background)]], d + 1, axis=0)
                for place, j in enumerate(columns):
                    at[place + 1 :, j] = row[j]
                out[columns] += np.diff(f(at)) / n
    return values


def large(shap, n_background):
    """Print the errors and times for 30 columns, and the time for 10,000 rows of them."""
    X, y = make_classification(10_000, 30, n_informative=15, random_state=0)
    for sizes in ((128,), (128, 64)):
        model = BackpropClassifier(sizes, random_state=0).fit(X[:3000], y[:3000])
        f, rows, background = model.decision_function, X[3000:3200], X[:n_background]
        truth = sampled(f, rows[:FEW], background)
        for method, call in methods(model, f, rows, background, None):
            values, seconds = timed(call, len(rows))
            print(line("30 columns", sizes, method, values[:FEW], truth, seconds), flush=True)
        for n in (128, 512, "auto") if shap is not None else ():
            explainer = shap.KernelExplainer(f, background)
            options = {"nsamples": n, "silent": True, "l1_reg": False}
            call = partial(explainer.shap_values, rows[:FEW], **options)
            values, seconds = timed(call, FEW)
            method = f"KernelExplainer, nsamples={n}"
            print(line("30 columns", sizes, method, values, truth, seconds), flush=True)
        for output in ("log_odds", "probability"):
            _, each = timed(lambda m=model, o=output: attribute(m, X, output=o), len(X))
            print(f"10,000 rows x 30 columns, {sizes}, {output}: {each * len(X):.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--background", type=int, default=20)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        import shap
    except ImportError:
        shap = None
        print("shap is not installed: attributions alone are measured")
    for name in TABLES:
        for sizes in ((128,), (128, 64)):
            compare(name, sizes, options.rows, options.background, shap)
    large(shap, options.background)


if __name__ == "__main__":
    main()
