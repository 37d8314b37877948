"""What turns the columns of a table into h⁰."""

import numpy as np
import pytest
from models import fast, table_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skbackprop.tables.encoding import fit_encoding, root_mean_square

X = np.random.default_rng(0).normal(3, 2, size=(50, 4))
S = np.random.default_rng(1).uniform(0.1, 1, size=50)


def fitted(X, dtype=np.float64, rows=None, weights=None, standardize=True):
    """The encoding of numbers that are brought to mean 0 and deviation 1, if at all."""
    options = {"piecewise": False, "min_frequency": 1, "grows": False}
    table, dtype = table_of(X), np.dtype(dtype)
    return fit_encoding(table, dtype, rows, weights, standardize=standardize, **options)


def encoded(encoding, X=X, dtype=np.float64):
    """h⁰ of all rows."""
    return encoding.inputs(table_of(X), np.dtype(dtype)).gather(np.arange(X.shape[0])).copy()


@pytest.mark.parametrize("rows", [None, np.arange(0, 50, 3)], ids=["all", "some"])
@pytest.mark.parametrize("weights", [None, S], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_are_those_of_scikit_learns_scaler_fitted_on_the_same_rows(rows, weights, dtype):
    seen = slice(None) if rows is None else rows
    s = None if weights is None else weights[seen]
    expected = StandardScaler().fit(X[seen], sample_weight=s).transform(X)
    H = encoded(fitted(X, dtype, rows, weights), dtype=dtype)
    assert H.dtype == dtype
    assert_allclose(H, expected, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-5)


def test_without_a_scaler_inputs_are_as_they_come():
    assert_array_equal(encoded(fitted(X, standardize=False)), X)
    assert (
        encoded(fitted(X, standardize=False), X.astype(np.float32), np.float64).dtype == np.float64
    )


def test_to_see_more_gives_another_encoding_and_leaves_the_first():
    first = fitted(X[:20])
    before = encoded(first)
    both = first.having_seen(table_of(X[20:]), np.dtype(float))
    assert_array_equal(encoded(first), before)
    assert_allclose(encoded(both), encoded(fitted(X)), rtol=1e-9)
    assert first.scaler.n_samples_seen_ == 20
    raw = fitted(X, standardize=False)
    assert raw.having_seen(table_of(X), np.dtype(float)).scaler is None


def test_a_column_without_deviation_is_zero_whatever_it_holds():
    constant = np.column_stack([X, np.full(50, 7.0)])
    encoding = fitted(constant)
    constant[:, -1] = np.arange(50) * 1e300
    assert_array_equal(encoded(encoding, constant)[:, -1], 0)


def test_a_column_that_cannot_be_standardised_is_named():
    huge = X.copy()
    huge[:, 2] *= 1e300
    with pytest.raises(ValueError, match="column 'x2' is no number that float64 can hold"):
        fitted(huge)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_size_of_inputs_is_their_root_mean_square_by_the_formula(form):
    assert root_mean_square(form(X)) == pytest.approx(np.sqrt((X**2).mean()), rel=1e-12)
    by_row = (X**2).mean(axis=1)
    expected = np.sqrt(np.average(by_row, weights=S))
    assert root_mean_square(form(X), S) == pytest.approx(expected, rel=1e-12)
    rows = np.array([1, 4, 9])
    expected = np.sqrt(np.average(by_row[rows], weights=S[rows]))
    assert root_mean_square(form(X), S, rows) == pytest.approx(expected, rel=1e-12)


def test_inputs_too_large_to_be_squared_are_an_error():
    with pytest.raises(ValueError, match="too large to train on as it is"):
        root_mean_square(X * 1e200)


# In a classifier


def test_the_scaler_sees_more_with_every_partial_fit(wine):
    X, y = wine
    model = fast()
    for part in np.array_split(np.random.default_rng(0).permutation(len(y)), 4):
        model.partial_fit(X[part], y[part], classes=[0, 1, 2])
    oracle = StandardScaler().fit(X)
    np.testing.assert_allclose(model.scaler_.mean_, oracle.mean_, rtol=1e-10)
    np.testing.assert_allclose(model.scaler_.scale_, oracle.scale_, rtol=1e-10)


def test_the_scaler_is_scikit_learns_weighted_and_fitted_on_the_rows_trained_on(wine, rng):
    X, y = wine
    weights = rng.uniform(0.1, 1, len(y))
    model = fast().fit(X, y, weights)
    oracle = StandardScaler().fit(X, sample_weight=weights)
    np.testing.assert_allclose(model.scaler_.mean_, oracle.mean_, rtol=1e-10)
    np.testing.assert_allclose(model.scaler_.scale_, oracle.scale_, rtol=1e-10)
    assert fast(standardize=False, learning_rate_init=1e-6).fit(X, y).scaler_ is None
    assert fast(early_stopping=True).fit(X, y).scaler_.n_samples_seen_ == len(y) - 18


def test_columns_that_are_standardised_already_are_not_taken_for_constant(iris):
    X, y = iris
    X = StandardScaler().fit_transform(X)
    one, other = fast().fit(X, y), fast(standardize=False).fit(X, y)
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("value", [1e18, 1.23e19, 1e150, -1e150])
def test_a_constant_column_of_any_size_changes_nothing(iris, value):
    X, y = iris
    wide = np.column_stack([X, np.full(len(y), value)])
    model = fast(max_iter=50).fit(wide, y)
    assert model.score(wide, y) > 0.9
    wide[:, -1] = 0
    assert model.score(wide, y) > 0.9
