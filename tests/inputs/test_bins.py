"""The block of bins: how far a number has come through each; tables/test_bins.py has the cuts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.inputs.bins import Bins
from skbackprop.inputs.gather import Part

EDGES = {2: [0.0, 1.0, 3.0], 0: [-5.0, 5.0]}  # of columns
BINS = Bins(
    np.array([2, 0], np.int32),
    np.array([0, 2, 3]),
    np.array([0.0, 1.0, -5.0]),
    1 / np.array([1.0, 2.0, 10.0]),
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("X_dtype", [np.float32, np.float64])
def test_the_inputs_of_a_column_sum_up_to_its_interpolation_by_the_numbers_of_bins(
    X_dtype, dtype, rng
):
    x, out = (4 * rng.standard_normal((50, 3))).astype(X_dtype), np.empty((50, 3), dtype)
    before = x.copy()
    BINS.write(Part(x), out)
    assert_array_equal(x, before)
    assert out.min() >= 0 and out.max() <= 1
    sums = np.add.reduceat(out, BINS.starts[:-1], axis=1)
    for total, (column, edges) in zip(sums.T, EDGES.items(), strict=True):
        assert_allclose(total, np.interp(x[:, column], edges, range(len(edges))), atol=1e-6)


def test_what_is_computed_in_the_dtype_of_x_is_brought_to_that_of_the_network(rng):
    x, double, single = rng.standard_normal((9, 3)), np.empty((9, 3)), np.empty((9, 3), "f4")
    BINS.write(Part(x), double), BINS.write(Part(x), single)
    assert_array_equal(single, double.astype("f4"))


def test_names_columns_and_the_largest_square_are_those_of_the_inputs():
    assert BINS.width == BINS.largest_square == 3
    assert_array_equal(BINS.columns, [2, 2, 0])
    names = ["c from 0 to 1", "c from 1 to 3", "a from -5 to 5"]
    assert BINS.names(["a", "b", "c", "colour"]) == names
