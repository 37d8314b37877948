"""X as it comes, checked."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skbackprop import BackpropClassifier
from skbackprop.tables.columns import has_columns, is_memory_map, read_table

X = np.random.default_rng(0).normal(size=(8, 3))
Y = np.arange(8) % 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int8, bool])
def test_an_array_in_c_order_is_taken_as_it_is(dtype):
    given = X.astype(dtype)
    table, _ = read_table(BackpropClassifier(), given, Y, reset=True)
    checked = table.numbers
    assert checked is given or np.shares_memory(checked, given)
    assert checked.dtype == dtype


def test_an_array_in_another_order_is_brought_into_c_order():
    checked = read_table(BackpropClassifier(), np.asfortranarray(X), reset=True).numbers
    assert checked.flags.c_contiguous
    assert_array_equal(checked, X)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_memory_map_is_not_copied_in_any_order(tmp_path, order):
    mapped = np.memmap(tmp_path / "X", np.float64, "w+", shape=X.shape, order=order)
    mapped[...] = X
    assert np.shares_memory(read_table(BackpropClassifier(), mapped, reset=True).numbers, mapped)


def test_a_view_on_a_memory_map_is_one(tmp_path):
    mapped = np.memmap(tmp_path / "X", np.float64, "w+", shape=(8, 3))
    assert is_memory_map(mapped)
    assert is_memory_map(np.asarray(mapped)[2:, 1:])
    assert not is_memory_map(np.array(mapped))
    assert not is_memory_map(X[2:])
    assert not is_memory_map(sparse.csr_array(X))


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_a_sparse_matrix_of_any_form_becomes_csr(form):
    checked = read_table(BackpropClassifier(), form(X), reset=True).numbers
    assert checked.format == "csr"
    assert_array_equal(checked.toarray(), X)


def test_the_estimator_is_told_of_its_columns_once_and_keeps_to_them():
    model = BackpropClassifier()
    read_table(model, pd.DataFrame(X, columns=[*"abc"]), reset=True)
    assert model.n_features_in_ == 3
    assert_array_equal(model.feature_names_in_, [*"abc"])
    with pytest.raises(ValueError, match="feature names"):
        read_table(model, pd.DataFrame(X, columns=[*"abd"]))


def test_infinity_is_an_error_and_huge_numbers_and_missing_ones_are_none():
    with pytest.raises(ValueError, match="X contains infinity"):
        read_table(BackpropClassifier(), np.where(X > 0, np.inf, X), reset=True)
    missing = np.where(X > 0, np.nan, X)
    assert_array_equal(read_table(BackpropClassifier(), missing, reset=True).numbers, missing)
    huge = np.full((8, 3), np.finfo(float).max)
    assert_array_equal(read_table(BackpropClassifier(), huge, reset=True).numbers, huge)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([0, 1], False),
        ([[0], [1]], False),
        ([[0, 1], [1, 1]], True),
        (np.zeros((3, 2)), True),
        (sparse.csr_array(np.eye(3)), True),
        (pd.DataFrame({"u": [0], "v": [1]}), True),
        (pd.Series([0, 1]), False),
        ([[0], [1, 2]], False),
        (None, False),
        ("no_validation", False),
    ],
)
def test_whether_y_of_any_sort_has_several_columns(y, expected):
    assert has_columns(y) == expected
