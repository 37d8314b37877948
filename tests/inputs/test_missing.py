"""The block that tells where numbers are missing."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skbackprop.inputs.gather import Part
from skbackprop.inputs.missing import Missing

BLOCK = Missing(np.array([0, 3], np.int32), present=2.0)
NAN = np.nan
X = np.array([[NAN, 1, 2, 3], [4, NAN, 5, 6], [NAN, 7, NAN, NAN]])
TOLD = [[2, 0], [0, 0], [2, 2]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_input_is_present_where_a_number_of_its_column_is_missing(dtype):
    out = np.full((3, 2), NAN, dtype)
    BLOCK.write(Part(np.nan_to_num(X), np.isnan(X)), out)
    assert_array_equal(out, TOLD)
    BLOCK.write(Part(X), out)  # where none can be
    assert_array_equal(out, 0)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_a_sparse_matrix_only_what_is_stored_can_be_missing(form, dtype):
    S = form(np.nan_to_num(X, nan=-1.0).astype(dtype))
    told = BLOCK.of_sparse(S, S.data == -1)
    assert told.dtype == dtype
    assert_array_equal(told.toarray(), TOLD)


def test_as_many_columns_as_an_index_can_count_cost_nothing():
    last = 2**31 - 2
    S = sparse.csr_array(([NAN, NAN], [5, last], [0, 2]), shape=(1, last + 1))
    told = Missing(np.array([7, last], np.int32)).of_sparse(S, np.isnan(S.data))
    assert_array_equal(told.toarray(), [[0, 1]])


def test_names_columns_and_the_largest_square_are_those_of_the_inputs():
    assert BLOCK.width == 2
    assert BLOCK.names(["a", "b", "c", "d", "colour"]) == ["a is missing", "d is missing"]
    assert_array_equal(BLOCK.columns, [0, 3])
    assert BLOCK.largest_square == 8
