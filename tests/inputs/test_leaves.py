"""Leaves: a row reaches that of each tree which scikit-learn's tree of the same splits says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.inputs.gather import Part
from skbackprop.inputs.leaves import Leaves
from skbackprop.inputs.levels import Levels

INF = np.inf


@pytest.fixture
def two_trees():
    """x1 > 3 ? (colour = b ? 2 : 1) : 0, and: x0 known ? (x0 > 5 ? 5 : 4) : 3."""
    paths = np.array(
        [
            [0, 0, 0, -1, 1, 1],  # x0 > −∞
            [0, 0, 0, 0, -1, 1],  # x0 > 5
            [-1, 1, 1, 0, 0, 0],  # x1 > 3
            [0, -1, 1, 0, 0, 0],  # colour = b
        ],
        np.int8,
    )
    columns, thresholds = np.array([0, 0, 1], np.int32), np.array([-INF, 5, 3])
    of_levels = Levels((["k"], ["a", "b", None]), (["j"], []), 2.0, first_column=2)
    starts = np.array([0, 3, 6])
    return Leaves(columns, thresholds, np.array([3], np.int32), paths, starts, 2.0, 2, of_levels)


NUMBERS = np.array([[np.nan, 3], [5, 3.5], [6, 4], [-1e300, np.nan]])
LEVELS = np.array([[0, 3], [0, 2], [-1, 3], [1, 3]], np.int32)
REACHED = np.array([[0, 3], [1, 4], [2, 5], [0, 4]])


def test_a_row_reaches_the_leaves_whose_conditions_it_meets(two_trees):
    codes = two_trees.codes(NUMBERS, LEVELS)
    assert_array_equal(codes, 5 + REACHED)
    assert codes.dtype == np.int32
    part = Part(NUMBERS, codes=np.concatenate([LEVELS, codes], axis=1))
    expected = 2 * np.eye(6)[REACHED].sum(axis=1)
    assert_array_equal(two_trees.look_up(part, np.float64).toarray(), expected)
    assert two_trees.largest_square == np.square(expected).sum(axis=1).max()
    by_levels = two_trees.of_levels.look_up(part, np.float64).toarray()
    assert_array_equal(by_levels, two_trees.of_levels.look_up(Part(0, codes=LEVELS), "d").toarray())


def test_a_leaf_is_named_after_its_conditions_and_shared_by_their_columns(two_trees):
    assert two_trees.names(["size", "age", "shape", "colour"]) == [
        "age <= 3",
        "age > 3 and not colour=b",
        "age > 3 and colour=b",
        "size is missing",
        "size is known and size <= 5",
        "size is known and size > 5",
    ]
    shares = [[0, 1, 0, 0], *[[0, 0.5, 0, 0.5]] * 2, *[[1, 0, 0, 0]] * 3]
    assert_allclose(two_trees.shares.toarray(), shares)
