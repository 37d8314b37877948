"""Sample weights, checked and scaled."""

import numpy as np
import pytest
from models import fast
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.tables.weights import check_weights, relative

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3


def test_weights_are_relative_to_the_largest_and_those_given_are_not_changed():
    given = np.array([1, 4, 0, 2])
    assert_array_equal(check_weights(given, 4), [0.25, 1, 0, 0.5])
    assert_array_equal(given, [1, 4, 0, 2])
    assert check_weights(given.tolist(), 4).dtype == np.float64


@pytest.mark.parametrize("equal", [None, 3, 0.5, np.ones(4), [7, 7, 7, 7]])
def test_equal_weights_are_none(equal):
    assert check_weights(equal, 4) is None


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_their_scale_does_not_matter(scale):
    given = np.array([0.25, 1, 0.5])
    assert_allclose(check_weights(given * scale, 3), given, rtol=1e-15)


def test_weights_that_float32_would_make_zero_are_zero():
    assert_array_equal(relative(np.array([2.0, 2e-29, 1e-31, 0])), [1, 1e-29, 0, 0])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -1, 1], "negative"),
        ([0, 0, 0], "zero for every row"),
        (0, "zero for every row"),
        (-1.0, "negative"),
        ([1, 2], "2 weights for 3 rows"),
        ([[1, 2, 3]], "must be 1D"),
        ([1, np.nan, 1], "NaN"),
        ([1, np.inf, 1], "infinity"),
        (["a", "b", "c"], "could not convert"),
        (np.ma.masked_array([1.0, 2, 3], [False, True, False]), "masked"),
    ],
)
def test_what_is_wrong_is_said_by_the_name_of_the_argument(weights, message):
    with pytest.raises(ValueError, match=f"(?s)^sample_weight_val.*{message}"):
        check_weights(weights, 3, "sample_weight_val")


def test_a_negligible_weight_is_none():
    weights = np.where(np.arange(30) < 20, 1.0, 1e-40)
    expected = fast().fit(X[:20], Y[:20])
    np.testing.assert_allclose(fast().fit(X, Y, weights).coefs_[0], expected.coefs_[0], rtol=1e-9)
