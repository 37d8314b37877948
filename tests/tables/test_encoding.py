"""T, what turns a table into h⁰: fitted on some rows, read on others."""

import re

import numpy as np
import pandas as pd
import pytest
from columns import read
from encoded import encode, fit
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop.tables.encoding import Encoding


def colours(*values):
    return pd.DataFrame({"colour": pd.Series(values, dtype=object)})


# Levels


def test_each_level_has_an_input_and_they_are_sorted():
    encoding = fit(colours("red", "blue", "red", "green"))
    assert encoding.levels == (["blue", "green", "red"],)
    assert_array_equal(encode(encoding, colours("red", "blue")), [[0, 0, 1], [1, 0, 0]])


def test_a_missing_value_is_a_level_of_its_own_where_there_were_some():
    encoding = fit(colours("red", None, "blue"))
    assert encoding.levels == (["blue", "red", None],)
    assert_array_equal(encode(encoding, colours(None, "red")), [[0, 0, 1], [0, 1, 0]])
    assert_array_equal(encode(fit(colours("red", "blue")), colours(None)), [[0, 0]])


def test_an_unknown_value_contributes_nothing_or_counts_as_a_rare_one():
    assert_array_equal(encode(fit(colours("red", "blue")), colours("violet")), [[0, 0]])
    encoding = fit(colours("red", "red", "blue", "green"), min_frequency=2)
    assert (encoding.levels, encoding.rare) == ((["red"],), (["blue", "green"],))
    H = encode(encoding, colours("violet", "blue", "red"))
    assert_array_equal(H, [[0, 1], [0, 1], [1, 0]])


@pytest.mark.parametrize("min_frequency", [1, 2, 3, 10])
def test_levels_of_fewer_rows_share_one(min_frequency):
    X = colours(*"aaabbc", None)
    encoding = fit(X, min_frequency=min_frequency)
    counts = {"a": 3, "b": 2, "c": 1}
    frequent = [level for level, n in counts.items() if n >= min_frequency]
    assert encoding.levels == ([*frequent, None],)
    assert encoding.rare == ([level for level in counts if level not in frequent],)
    assert encode(encoding, X).sum() == len(X)


def test_only_the_rows_that_count_decide_on_levels():
    X = colours("a", "b", "b", None)
    assert fit(X, rows=np.array([0, 1])).levels == (["a", "b"],)
    assert fit(X, rows=np.array([1, 3])).levels == (["b", None],)


def test_levels_that_a_dtype_announces_count_where_more_rows_will_follow():
    X = pd.DataFrame({"c": pd.Categorical(["b"], categories=["b", "a", "z"])})
    assert fit(X).levels == (["b"],)
    assert fit(X, grows=True, min_frequency=2).levels == (["a", "b", "z"],)
    assert fit(colours("b"), grows=True).levels == (["b"],)


@pytest.mark.parametrize("other", ["category", "string", object])
def test_a_value_is_the_same_in_a_column_of_any_dtype(other):
    X = colours("red", "blue", None)
    encoding = fit(X)
    assert_array_equal(encode(encoding, X.astype(other)), encode(encoding, X))


def test_whole_floats_are_the_integers_that_they_are():
    options = {"categorical_features": [0]}
    encoding = fit(np.array([[1], [2]]), **options)
    table = read(np.array([[2.0], [1.0], [np.nan], [1.5]]), **options)
    assert encoding.codes(table).ravel().tolist() == [1, 0, -1, -1]


# Numbers


def test_a_missing_number_is_the_mean_and_has_an_indicator_where_training_had_some():
    X = np.array([[1.0, 5.0], [np.nan, 6.0], [3.0, 7.0]])
    encoding = fit(X)
    assert_array_equal(encoding.indicators, [0])
    assert_array_equal(encode(encoding, np.full((1, 2), np.nan)), [[0, 0, 1]])
    raw = fit(X, standardize=False)
    assert_array_equal(encode(raw, np.full((1, 2), np.nan)), [[2, 6, 1]])
    assert_array_equal(encode(raw, X)[:, 0], [1, 2, 3])


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_column_that_is_missing_throughout_is_0(standardize, dtype):
    X = np.column_stack([np.full(20, np.nan), np.arange(20)]).astype(dtype)
    encoding = fit(X, standardize=standardize, numeric_encoding="piecewise", dtype=dtype)
    H = encode(encoding, np.array([[np.nan, 3], [7, 3]], dtype=dtype), dtype)
    assert np.isfinite(H).all()
    assert H[0, 0] == 0 and H[0, 2] > 0 and H[1, 2] == 0
    assert standardize is False or H[1, 0] == 0


@pytest.mark.parametrize("value", [1e300, -1e308, 1e-320, np.nan])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_far_from_those_of_training_are_held_back(value, dtype, rng):
    encoding = fit(rng.standard_normal((50, 1)), numeric_encoding="piecewise", dtype=dtype)
    with np.errstate(over="ignore"):  # as in prediction
        H = encode(encoding, np.array([[value]]), dtype)
    assert np.isfinite(H).all() and np.abs(H).max() <= encoding.clip


def test_numbers_beside_bins_are_smoothly_clipped(rng):
    X = rng.standard_normal((200, 1))
    encoding = fit(X, numeric_encoding="piecewise")
    z = (X - X.mean()) / X.std()
    assert_allclose(encode(encoding, X)[:, :1], z / np.sqrt(1 + (z / encoding.clip) ** 2))
    assert fit(X).clip is None


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("how", ["leaves", None])
def test_rows_of_a_sparse_matrix_later_are_what_the_dense_ones_are(standardize, how, rng):
    X = rng.standard_normal((60, 3)) * (rng.random((60, 3)) < 0.5)
    X[:4, 0] = np.nan
    targets = (X[:, 1] > X[:, 2]).astype(int)
    encoding = fit(X, standardize=standardize, numeric_encoding=how, targets=targets)
    assert_allclose(encode(encoding, sparse.csr_array(X)), encode(encoding, X), atol=1e-12)


def test_bins_and_levels_are_off_centre_and_numbers_are_not():
    X = np.column_stack([np.arange(20.0), np.where(np.arange(20) < 5, np.nan, 1.0)])
    assert not fit(X).is_off_centre
    assert fit(X, numeric_encoding="piecewise").is_off_centre
    assert fit(colours("red", "blue")).is_off_centre


# Names, columns, and storing


def test_each_input_comes_from_one_column_which_its_name_tells():
    X = pd.DataFrame({"age": [20.0, np.nan] * 9, "colour": ["red", None] * 9, "id": range(18)})
    encoding, table = fit(X, numeric_encoding="piecewise"), read(X)
    names = encoding.names(table.number_names, table.category_names)
    columns = [*table.number_names, *table.category_names]
    assert [columns[j] for j in encoding.columns] == [re.match(r"\w+", name)[0] for name in names]
    assert set(encoding.columns) == {0, 1, 2}


def test_inputs_have_names_in_their_order():
    X = pd.DataFrame({"age": [20.0, np.nan] * 9, "colour": ["red", None] * 9, "id": range(18)})
    X.loc[0, "colour"] = "blue"
    encoding = fit(X, numeric_encoding="piecewise", min_frequency=2)
    table = read(X)
    names = encoding.names(table.number_names, table.category_names)
    assert len(names) == encoding.n_inputs
    assert names[:3] == ["age", "id", "age is missing"]
    assert names[3].startswith("id from 0 to ")
    assert names[-3:] == ["colour=red", "colour is missing", "colour is rare"]


def test_an_encoding_comes_back_from_plain_arrays_lists_and_numbers():
    X = pd.DataFrame({"age": [20.0, np.nan] * 9, "colour": ["red", None] * 9, "id": range(18)})
    encoding = fit(X, numeric_encoding="leaves", targets=np.arange(18) // 9)
    stored = encoding.as_dict()
    plain = (np.ndarray, list, float, int, str, type(None))
    assert all(isinstance(value, plain) for value in stored.values())
    again = Encoding.from_dict(encoding.scaler, stored)
    assert_array_equal(encode(again, X), encode(encoding, X))


def test_targets_of_rows_that_do_not_count_have_no_say_in_the_edges(rng):
    X, rows = rng.random((200, 1)), np.arange(0, 200, 2)
    targets = (X[:, 0] > 0.3).astype(int)
    others = targets.copy()
    others[1::2] = rng.integers(0, 2, 100)
    options = {"rows": rows, "numeric_encoding": "target_aware"}
    one, other = (fit(X, **options, targets=t).bins for t in (targets, others))
    assert np.array_equal(one.lower, other.lower)
    without = fit(X, rows=rows, numeric_encoding="piecewise").bins
    assert not np.array_equal(one.lower, without.lower)
