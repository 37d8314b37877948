"""What tables cost: prints a markdown table of times and of memory.

    python tests/benchmarks/tables.py [--rows N] [--repeats N]

Memory is by how much the peak of a fresh process rises over what it was before `fit`. The bar is
twice the integer codes (4 bytes each) plus the numbers (8 bytes each) of the frame.
"""

import argparse
import multiprocessing

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from speed import seconds
from usage import rise_of, status

from skbackprop import BackpropClassifier

N_COLUMNS, N_WORDS = 15, 50  # of numbers, and as many of text; of words in each


def make_frame(n_rows, dtype="str", seed=0):
    """Return a frame, half of numbers and half of text, with missing values, and classes."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word {i}" for i in range(N_WORDS)], dtype=object)
    columns = {}
    for j in range(N_COLUMNS):
        columns[f"number {j}"] = rng.standard_normal(n_rows)
        columns[f"number {j}"][rng.random(n_rows) < 0.05] = np.nan
        columns[f"text {j}"] = pd.Series(words[rng.integers(0, N_WORDS, n_rows)], dtype=dtype)
    X = pd.DataFrame(columns)
    return X, (X["number 0"].fillna(0) + (X["text 0"] == "word 3") > 0).astype(int).to_numpy()


def rise(n_rows, dtype):
    """Return by how many MB fitting a frame raises the peak of resident memory."""
    model = BackpropClassifier((10,), max_iter=1, l2="auto", random_state=0)
    model.fit(*make_frame(1000, dtype))
    X, y = make_frame(n_rows, dtype)
    return rise_of(lambda: model.fit(X, y), "VmRSS"), status("VmRSS")


def memory(n_rows):
    """Fit a frame, half text, in a fresh process."""
    bar = 2 * n_rows * N_COLUMNS * (4 + 8) / 2**20
    for dtype in ("category", "str", "object"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            risen, total = pool.apply(rise, (n_rows, dtype))
        print(
            f"| fit of {n_rows:,} × {2 * N_COLUMNS}, half of dtype {dtype} | +{risen:.0f} MB "
            f"| at most +{bar:.0f} MB | {total:.0f} MB in all |",
            flush=True,
        )


def many_levels(repeats):
    """Train on one column of 10,000 levels, and on one of 10, 100,000 rows each."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 100_000)
    model = BackpropClassifier((64,), max_iter=1, l2="auto", min_frequency=1, random_state=0)
    times = {}
    for n_levels in (10, 10_000):
        X = pd.DataFrame({"c": pd.Categorical(rng.integers(0, n_levels, len(y)))})
        X["x"] = rng.standard_normal(len(y))
        times[n_levels] = min(seconds(lambda X=X: model.fit(X, y)) for _ in range(repeats))
    few, many = times.values()
    print(f"| an epoch of 100,000 rows, 10 levels | {few:.3f} s | | |")
    print(f"| the same, 10,000 levels | {many:.3f} s | {many / few:.2f} × | |", flush=True)


def pipeline(repeats):
    """Fit a frame as it is, and behind the pipeline that one needed before."""
    X, y = make_frame(20_000)
    text = [name for name in X if name.startswith("text")]
    numbers = [name for name in X if name.startswith("number")]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist"), text),
        sparse_threshold=0,
    )
    options = {"max_iter": 5, "l2": "auto", "random_state": 0}
    plain = BackpropClassifier(numeric_encoding=None, **options)
    behind = make_pipeline(columns, BackpropClassifier(standardize=False, **options))
    ours = min(seconds(lambda: plain.fit(X, y)) for _ in range(repeats))
    theirs = min(seconds(lambda: behind.fit(X, y)) for _ in range(repeats))
    whole = min(seconds(lambda: BackpropClassifier(**options).fit(X, y)) for _ in range(repeats))
    print(f"| fit of 20,000 × 30 by 5 epochs, without bins | {ours:.3f} s | | |")
    print(f"| the same behind a pipeline | {theirs:.3f} s | {theirs / ours:.2f} × | |")
    print(f"| the frame with bins | {whole:.3f} s | | |", flush=True)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print("| what | BackpropClassifier | bar, or ratio | |\n|---|---|---|---|")
    many_levels(arguments.repeats)
    pipeline(arguments.repeats)
    memory(arguments.rows)


if __name__ == "__main__":
    main()
