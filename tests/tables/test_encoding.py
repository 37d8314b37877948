"""T, what turns a table into h⁰: fitted on some rows, read on others."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop import BackpropClassifier
from skbackprop.tables import moments
from skbackprop.tables.columns import read_table
from skbackprop.tables.encoding import Encoding, fit_encoding

DEFAULTS = {"standardize": True, "piecewise": False, "min_frequency": 1, "grows": False}


def read(X, **hyper_parameters):
    """The Table of X."""
    return read_table(BackpropClassifier(**hyper_parameters), X, reset=True)


def fit(X, rows=None, weights=None, dtype=np.float64, categorical_features="from_dtype", **options):
    """The Encoding of X."""
    table = read(X, categorical_features=categorical_features)
    return fit_encoding(table, np.dtype(dtype), rows, weights, **DEFAULTS | options)


def encode(encoding, X, dtype=np.float64):
    """h⁰ of the rows of X, as a matrix."""
    H = encoding.inputs(read(X), np.dtype(dtype)).gather(slice(0, X.shape[0]))
    if hasattr(H, "dense"):
        return np.hstack([H.dense, H.one_hot().toarray()])
    return H.toarray() if sparse.issparse(H) else H.copy()


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


def test_values_of_the_other_kind_are_refused():
    encoding = fit(colours("red", "blue"))
    with pytest.raises(
        ValueError, match=r"'colour' of X holds numbers where .* text: give the same"
    ):
        encoding.codes(read(colours(1, 2), categorical_features=["colour"]))
    encoding = fit(np.array([[1], [2]]), categorical_features=[0])
    with pytest.raises(ValueError, match=r"'x0' of X holds text where .* numbers: give the same"):
        encoding.codes(read(np.array([["1"], ["2"]])))


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
    encoding = fit(X, standardize=standardize, piecewise=True, dtype=dtype)
    H = encode(encoding, np.array([[np.nan, 3], [7, 3]], dtype=dtype), dtype)
    assert np.isfinite(H).all()
    assert H[0, 0] == 0 and H[0, 2] > 0 and H[1, 2] == 0
    assert standardize is False or H[1, 0] == 0


@pytest.mark.parametrize("weighted", [False, True])
def test_a_column_missing_in_the_first_rows_is_standardised_by_the_others(
    monkeypatch, weighted, rng
):
    X = rng.standard_normal((60, 2))
    X[:40, 0] = np.nan
    weights = rng.random(60) + 0.1 if weighted else None
    whole = fit(X, weights=weights).scaler
    monkeypatch.setattr(moments, "SCALER_ELEMENTS", 20)
    blockwise = fit(X, weights=weights).scaler
    assert_allclose(blockwise.mean_, whole.mean_, rtol=1e-12)
    assert_allclose(blockwise.scale_, whole.scale_, rtol=1e-12)
    w = np.ones(20) if weights is None else weights[40:]
    assert_allclose(whole.mean_[0], np.average(X[40:, 0], weights=w), rtol=1e-12)


def test_more_rows_move_means_and_deviations_and_nothing_else(rng):
    X = rng.standard_normal((50, 2))
    X[::4, 0] = np.nan
    first = fit(X[:10], piecewise=True)
    both = first.having_seen(read(X[10:]), np.dtype(np.float64))
    assert_allclose(both.scaler.mean_, np.nanmean(X, axis=0))
    assert_allclose(both.means, np.nanmean(X, axis=0))
    assert_allclose(both.scaler.scale_, np.nanstd(X, axis=0))
    assert_allclose(first.scaler.mean_[1], X[:10, 1].mean())  # as it was
    assert both.bins is first.bins


def test_weights_count_as_repeated_rows_do(rng):
    X = rng.standard_normal((40, 2))
    X[rng.random((40, 2)) < 0.2] = np.nan
    weights = rng.integers(1, 4, 40)
    for standardize in (True, False):
        weighted = fit(X, weights=weights.astype(float), standardize=standardize)
        repeated = fit(np.repeat(X, weights, axis=0), standardize=standardize)
        assert_allclose(encode(weighted, X), encode(repeated, X), atol=1e-12)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_weights_that_round_tell_of_no_missing_numbers(dtype, standardize, rng):
    X, weights = (9 * rng.standard_normal((5000, 3))).astype(dtype), rng.random(5000)
    assert len(fit(X, weights=weights.astype(np.float32), standardize=standardize).indicators) == 0
    if dtype is not np.int64:
        X[17, 1] = np.nan
        assert fit(X, weights=weights, standardize=standardize).indicators.tolist() == [1]


@pytest.mark.parametrize("value", [1e200, 1e300, -1e308])
def test_a_deviation_that_overflows_is_refused_by_name(value):
    X = pd.DataFrame({"a": np.arange(10.0), "huge": [value] + [0.0] * 9})
    with pytest.raises(ValueError, match="column 'huge' is no number"):
        fit(X)


@pytest.mark.parametrize("value", [1e300, -1e308, 1e-320, np.nan])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_far_from_those_of_training_are_held_back(value, dtype, rng):
    encoding = fit(rng.standard_normal((50, 1)), piecewise=True, dtype=dtype)
    with np.errstate(over="ignore"):  # as in prediction
        H = encode(encoding, np.array([[value]]), dtype)
    assert np.isfinite(H).all() and np.abs(H).max() <= encoding.clip


def test_numbers_beside_bins_are_smoothly_clipped(rng):
    X = rng.standard_normal((200, 1))
    encoding = fit(X, piecewise=True)
    z = (X - X.mean()) / X.std()
    assert_allclose(encode(encoding, X)[:, :1], z / np.sqrt(1 + (z / encoding.clip) ** 2))
    assert fit(X).clip is None


# Sparse matrices


@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_a_sparse_matrix_stores_as_missing_is_the_mean_of_the_column(form, weighted, rng):
    X = rng.standard_normal((30, 3)) * (rng.random((30, 3)) < 0.5)
    X[:4, 0] = np.nan
    weights = rng.random(30) if weighted else None
    encoding = fit(form(X), weights=weights)
    assert encoding.scaler is None
    filled = X.copy()
    w = np.ones(26) if weights is None else weights[4:]
    filled[:4, 0] = np.average(X[4:, 0], weights=w)
    expected = np.column_stack([filled, np.isnan(X[:, 0])])
    before = form(X)
    assert_allclose(encode(encoding, before), expected, atol=1e-12)
    assert_array_equal(before.toarray(), X)
    later = X.copy()
    later[5, 1] = np.nan  # where training had none
    assert np.isfinite(encode(encoding, form(later))).all()


# Names, and storing


def test_inputs_have_names_in_their_order():
    X = pd.DataFrame({"age": [20.0, np.nan] * 9, "colour": ["red", None] * 9, "id": range(18)})
    X.loc[0, "colour"] = "blue"
    encoding = fit(X, piecewise=True, min_frequency=2)
    table = read(X)
    names = encoding.names(table.number_names, table.category_names)
    assert len(names) == encoding.n_inputs
    assert names[:3] == ["age", "id", "age is missing"]
    assert names[3].startswith("id from 0 to ")
    assert names[-3:] == ["colour=red", "colour is missing", "colour is rare"]


def test_an_encoding_comes_back_from_plain_arrays_lists_and_numbers():
    X = pd.DataFrame({"age": [20.0, np.nan] * 9, "colour": ["red", None] * 9, "id": range(18)})
    encoding = fit(X, piecewise=True)
    stored = encoding.as_dict()
    plain = (np.ndarray, list, float, int, str, type(None))
    assert all(isinstance(value, plain) for value in stored.values())
    again = Encoding.from_dict(encoding.scaler, stored)
    assert_array_equal(encode(again, X), encode(encoding, X))
