"""The block of numbers: as they are, standardised, or held back as well."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from skbackprop.inputs.gather import Part
from skbackprop.inputs.numbers import FARTHEST, Numbers


def written(block, x, dtype=None):
    """The inputs of some rows."""
    out = np.empty((len(x), block.width), dtype or x.dtype)
    block.write(Part(x), out)
    return out


@pytest.fixture
def X(rng):
    return 3 + 5 * rng.standard_normal((20, 4))


def standardised(X, clip=None):
    scaler = StandardScaler().fit(X)
    return Numbers(X.shape[1], scaler.mean_, 1 / scaler.scale_, clip)


def test_without_a_mean_numbers_stay_as_they_are(X):
    assert_array_equal(written(Numbers(4), X), X)
    assert_array_equal(written(Numbers(4), X, np.float32), X.astype(np.float32))


def test_with_a_mean_they_are_what_a_standard_scaler_makes_of_them(X):
    assert_allclose(written(standardised(X), X), StandardScaler().fit_transform(X))


def test_with_a_clip_they_are_held_back_smoothly(X):
    z = StandardScaler().fit_transform(X)
    assert_allclose(written(standardised(X, 2.0), X), z / np.sqrt(1 + (z / 2) ** 2))
    held = standardised(X, 2.0).astype(np.float32)
    far = written(held, np.full((1, 4), 3e38, np.float32))
    assert_allclose(far, 2, rtol=1e-6)


def test_what_is_computed_in_the_dtype_of_x_is_brought_to_that_of_the_network(X):
    block = standardised(X, 2.0)
    assert_array_equal(written(block, X, np.float32), written(block, X).astype(np.float32))


def test_numbers_may_be_written_where_they_are(X):
    block, apart, before = standardised(X, 2.0), standardised(X, 2.0), X.copy()
    expected = written(apart, X)
    assert_array_equal(X, before)
    block.write(Part(X), X)
    assert_array_equal(X, expected)


def test_a_scale_that_a_dtype_cannot_hold_does_not_fit_it():
    assert Numbers(2).fits(np.float32)
    assert Numbers(1, np.zeros(1), np.array([1e30])).fits(np.float32)
    tiny = Numbers(1, np.zeros(1), np.array([1e60]))
    assert tiny.fits(np.float64) and not tiny.fits(np.float32)
    with np.errstate(all="raise"):
        assert np.isfinite(tiny.astype(np.float32).inverse_scale).all()


def test_only_what_is_held_back_has_a_largest_square(X):
    assert Numbers(4).largest_square == standardised(X).largest_square == np.inf
    assert Numbers(0).largest_square == 0
    H = written(standardised(X, 2.0), np.full((1, 4), FARTHEST))
    assert (H**2).sum() == pytest.approx(standardised(X, 2.0).largest_square)


def test_each_input_is_that_of_a_column():
    assert Numbers(2).names(["a", "b", "colour"]) == ["a", "b"]
    assert_array_equal(Numbers(2).columns, [0, 1])
