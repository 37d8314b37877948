"""Means and deviations of columns: some rows are seen at a time, and some values are missing."""

import numpy as np
import pandas as pd
import pytest
from columns import read
from encoded import encode, fit
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop.tables import moments


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
    first = fit(X[:10], numeric_encoding="piecewise")
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
