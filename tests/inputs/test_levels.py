"""The block of levels: one-hot in the formulas, looked up in memory."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.preprocessing import OneHotEncoder

from skbackprop.inputs.gather import Part
from skbackprop.inputs.levels import Levels

LEVELS = Levels((["blue", "red", None], [1, 2]), (["mauve"], []), present=2.0, first_column=3)


def category(*given):
    """A column of categories, as it is read."""
    values = list(dict.fromkeys(value for value in given if value is not None))
    places = [-1 if value is None else values.index(value) for value in given]
    return SimpleNamespace(values=values, places=np.array(places, np.int32))


def test_the_inputs_are_those_of_a_one_hot_encoder(rng):
    colours, sizes = rng.choice(["blue", "red"], 30), rng.choice([1, 2, 3], 30)
    levels = Levels((["blue", "red"], [1, 2, 3]), ([], []))
    codes = levels.codes([category(*colours.tolist()), category(*sizes.tolist())])
    X = np.array([colours, sizes], dtype=object).T
    expected = OneHotEncoder().fit_transform(X)
    assert_array_equal(levels.look_up(Part(None, codes=codes), float).toarray(), expected.toarray())


def test_a_value_that_is_no_level_is_a_rare_one_or_none():
    colours = category("red", None, "violet", "mauve", "blue")
    sizes = category(2, None, 3, 1, 2)
    codes = LEVELS.codes([colours, sizes])
    assert codes.dtype == np.int32
    assert_array_equal(codes, [[1, 5], [2, -1], [3, -1], [3, 4], [0, 5]])
    without = Levels((["blue"],), ([],))
    assert_array_equal(without.codes([category(None, "red", "blue")]), [[-1], [-1], [0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_input_is_present_at_each_code_of_a_row(dtype):
    part = Part(None, codes=np.array([[1, 5], [3, -1], [-1, -1]], np.int32))
    H = LEVELS.look_up(part, dtype)
    assert H.dtype == dtype
    assert_array_equal(H.toarray(), [[0, 2, 0, 0, 0, 2], [0, 0, 0, 2, 0, 0], [0] * 6])
    assert (H.toarray() ** 2).sum(axis=1).max() == LEVELS.largest_square


def test_names_and_columns_are_those_of_the_inputs():
    names = ["colour=blue", "colour=red", "colour is missing", "colour is rare", "size=1", "size=2"]
    assert LEVELS.width == 6
    assert LEVELS.names(["a", "b", "c", "colour", "size"]) == names
    assert_array_equal(LEVELS.columns, [3, 3, 3, 3, 4, 4])
