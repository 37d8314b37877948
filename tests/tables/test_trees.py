"""Trees find what depends on several columns at once, whatever the scale of the numbers."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skbackprop import BackpropClassifier, BackpropRegressor
from skbackprop.tables.trees import FEWEST_ROWS, N_LEAVES, N_TREES, grow

N_ROWS = 600


@pytest.fixture
def corners(rng):
    """Rows of two columns beside noise, of which those in two corners are of another class."""
    X = rng.normal(size=(N_ROWS, 4))
    one, other = (X[:, 0] > 0.5) & (X[:, 2] < 0), (X[:, 0] < -0.5) & (X[:, 2] > 0)
    return X, (one | other).astype(int)


def grown(X, y, **options):
    return grow(
        X,
        **{"codes": None, "rows": None, "weights": None, "reached": 2.0, "seed": 0} | options,
        targets=y,
    )


def test_each_row_meets_the_conditions_of_one_leaf_of_each_tree(corners):
    X, y = corners
    leaves = grown(X, y)
    assert leaves.n_trees == N_TREES
    assert np.diff(leaves.starts).max() <= N_LEAVES
    above = (X[:, leaves.columns] > leaves.thresholds)[:, :, None]
    meets = ((leaves.paths == 0) | (above == (leaves.paths > 0))).all(axis=1)
    assert_array_equal(np.nonzero(meets)[1].reshape(N_ROWS, N_TREES), leaves.codes(X, None))
    assert meets.sum(axis=0).min() >= FEWEST_ROWS


@pytest.mark.parametrize("scale", [lambda X: 1e9 + X, lambda X: X**101, lambda X: 1e-300 * X])
def test_numbers_of_another_scale_reach_the_same_leaves(corners, scale):
    X, y = np.round(100 * corners[0]), corners[1]
    other = scale(X)
    assert_array_equal(grown(other, y).codes(other, None), grown(X, y).codes(X, None))


def test_repeats_are_as_one_row_that_weighs_as_much(corners):
    X, y = corners
    times = np.arange(N_ROWS) % 3
    by_weight = grown(X, y, rows=np.flatnonzero(times), weights=times / 2)
    by_repeats = grown(X.repeat(times, axis=0), y.repeat(times))
    for name in ("columns", "thresholds", "paths", "starts"):
        assert_array_equal(getattr(by_weight, name), getattr(by_repeats, name))


def test_missing_numbers_and_frequent_levels_are_told_from_others(rng):
    X = pd.DataFrame({"size": rng.normal(size=N_ROWS), "colour": rng.choice([*"abc"], N_ROWS)})
    X.loc[::3, "size"] = np.nan
    y = (X["size"].isna() & (X["colour"] == "b")).astype(int)
    network = BackpropClassifier(numeric_encoding="leaves", random_state=0, max_iter=1).fit(X, y)
    names = network.get_input_names()
    of_leaves = names[network.get_input_columns() == -1]
    assert {name for name in of_leaves if name.startswith("size is missing and ")}
    assert {name for name in of_leaves if name.endswith("colour=b")}


def test_nothing_to_split_grows_no_leaves(corners):
    X, y = corners
    assert grown(X, 0 * y) is None
    assert grown(0 * X, y) is None
    assert grown(X[:9], y[:9]) is None


@pytest.mark.parametrize("make", [BackpropClassifier, BackpropRegressor])
def test_corners_are_learned_better_with_leaves(corners, make):
    X, y = corners
    score = [
        make((), numeric_encoding=encoding, random_state=0)
        .fit(X[:400], y[:400])
        .score(X[400:], y[400:])
        for encoding in ("piecewise", "leaves")
    ]
    assert score[1] > score[0] + 0.02
