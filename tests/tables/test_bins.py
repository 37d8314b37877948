"""Bins: where they are cut, and that they are the splines of degree 1 with knots at their edges."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import SplineTransformer

from skbackprop.inputs.gather import Inputs
from skbackprop.tables.bins import FEW_VALUES, FEWEST_VALUES, MOST_INPUTS, N_BINS, cut

N_ROWS = 400
ANY = st.floats(allow_nan=True, allow_infinity=False, width=64)
COLUMNS = {
    "normal": lambda rng: rng.standard_normal(N_ROWS),
    "lognormal": lambda rng: np.exp(5 * rng.standard_normal(N_ROWS)),
    "integers": lambda rng: rng.integers(0, 12, N_ROWS).astype(float),
    "mostly 0": lambda rng: np.maximum(rng.standard_normal(N_ROWS) - 1, 0),
    "far out": lambda rng: np.where(np.arange(N_ROWS) < 3, 1e12, rng.standard_normal(N_ROWS)),
    "missing": lambda rng: np.where(rng.random(N_ROWS) < 0.4, np.nan, rng.random(N_ROWS)),
    "tiny": lambda rng: 1e-250 * rng.standard_normal(N_ROWS),
}


def edges_of(bins):
    """The edges of the bins of each column."""
    return [
        np.append(bins.lower[a:b], bins.lower[b - 1] + 1 / bins.inverse_width[b - 1])
        for a, b in zip(bins.starts[:-1], bins.starts[1:], strict=True)
    ]


def encode(X, bins):
    """The inputs of the bins alone."""
    return Inputs(X, np.float64, [bins]).gather(slice(0, len(X)))


def assert_same_bins(ours, theirs):
    for name, array in vars(ours).items():
        assert_array_equal(array, getattr(theirs, name))


def residual(A, B):
    """How far the columns of B are from linear combinations of those of A and a constant."""
    A = np.column_stack([A, np.ones(len(A))])
    return np.abs(A @ np.linalg.lstsq(A, B, rcond=None)[0] - B).max()


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_bins_are_the_spline_of_degree_1_up_to_a_linear_map(column, rng):
    X = column(rng)[:, None]
    bins = cut(X)
    (edges,) = edges_of(bins)
    x = X[~np.isnan(X)][:, None]
    beyond = np.concatenate([x, edges[[0]][:, None] - 1, edges[[-1]][:, None] + 1])
    spline = SplineTransformer(
        n_knots=len(edges), degree=1, knots=edges[:, None], extrapolation="constant"
    )
    ours, theirs = encode(beyond, bins), spline.fit(x).transform(beyond)
    assert residual(ours, theirs) < 1e-9 and residual(theirs, ours) < 1e-9


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_edges_are_values_of_the_data_in_order_and_span_it(column, rng):
    x = column(rng)
    (edges,) = edges_of(cut(x[:, None]))
    assert 3 <= len(edges) <= N_BINS + 1
    assert np.all(np.diff(edges) > 0)
    assert_allclose([edges[0], edges[-1]], [np.nanmin(x), np.nanmax(x)], rtol=1e-12)


def test_few_values_have_an_edge_each_and_fewer_are_not_cut():
    values = np.arange(FEWEST_VALUES, dtype=float)
    (edges,) = edges_of(cut(np.tile(values, 5)[:, None]))
    assert_array_equal(edges, values)
    assert cut(np.tile(values[:-1], 5)[:, None]) is None


def test_bins_hold_about_as_many_rows_each(rng):
    x = rng.lognormal(sigma=3, size=10_000)
    (edges,) = edges_of(cut(x[:, None]))
    counts = np.histogram(x, edges)[0]
    assert len(counts) == N_BINS
    assert np.abs(counts / 10_000 - 1 / N_BINS).max() < 0.005


def test_a_value_of_many_rows_counts_for_one_bin_only(rng):
    x = np.concatenate([np.zeros(9000), rng.random(1000)])
    (edges,) = edges_of(cut(x[:, None]))
    assert len(edges) >= N_BINS - 2


def test_weights_count_as_repeated_rows_do(rng):
    x, weights = rng.standard_normal(200), rng.integers(1, 5, 200)
    weighted = cut(x[:, None], weights=weights.astype(float))
    repeated = cut(np.repeat(x, weights)[:, None])
    assert_same_bins(weighted, repeated)


def test_only_the_given_rows_are_looked_at(rng):
    X = rng.standard_normal((200, 2))
    rows = np.arange(0, 200, 2)
    assert_same_bins(cut(X, rows), cut(X[rows]))


@pytest.mark.parametrize("n_columns", [1, 20, 64, 200, 300])
def test_the_network_has_no_more_inputs_for_bins_than_it_should(n_columns, rng):
    bins = cut(rng.standard_normal((100, n_columns)), n_others=n_columns)
    n_bins = 0 if bins is None else len(bins.lower)
    assert n_columns + n_bins <= MOST_INPUTS or bins is None
    assert (bins is None) == (n_columns > 170)


@pytest.mark.parametrize("fill", [np.nan, 0.0, 1e300])
def test_a_constant_or_missing_column_is_not_cut(fill):
    assert cut(np.full((100, 1), fill)) is None


@settings(deadline=None, max_examples=100)
@given(arrays(np.float64, (40, 1), elements=ANY), st.sampled_from([np.float64, np.float32]))
def test_whatever_the_numbers_inputs_are_from_0_to_1_and_rise_with_x(X, dtype):
    with np.errstate(over="ignore"):
        X = X.astype(dtype)
    X[np.isinf(X)] = 0
    bins = cut(X)
    if bins is None:
        return
    with np.errstate(over="ignore", invalid="raise"):
        H = encode(np.sort(X[~np.isnan(X)])[:, None], bins)
    assert np.isfinite(H).all() and H.min() >= 0 and H.max() <= 1
    assert np.all(np.diff(H, axis=0) >= 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32, np.uint8, bool])
def test_columns_of_any_dtype_can_be_cut(dtype, rng):
    X = (20 * rng.random((300, 2))).astype(dtype)
    bins = cut(X)
    assert (bins is None) == (dtype is bool)


# Edges that know the targets


@pytest.mark.parametrize("offset", [0.0, 1.7e9])
def test_where_targets_change_there_is_an_edge_halfway_between_two_values(offset, rng):
    x = np.sort(rng.random(N_ROWS)) + offset
    jumps = np.array([37, 211, 390])
    steps = np.searchsorted(jumps, np.arange(N_ROWS), side="right")
    halfway = (x[jumps - 1] + x[jumps]) / 2
    labels = np.column_stack([steps > 0, steps > 1, steps > 2]).astype(int)
    for targets in (steps, labels, steps.astype(float), labels.astype(float)):
        (edges,) = edges_of(cut(x[:, None], targets=targets))
        assert len(edges) == N_BINS // 2 + 1 + 3
        assert_allclose(np.abs(edges[:, None] - halfway).min(axis=0), 0, atol=1e-6 * (offset > 0))
        assert np.isin(edges_of(cut(x[:, None]))[0][::2], edges).all()


def test_targets_that_do_not_change_add_no_edges_and_few_values_have_an_edge_each():
    x = np.arange(100.0)[:, None]
    assert np.diff(cut(x, targets=np.zeros(100, int)).starts) == [N_BINS // 2]
    few = np.arange(100.0)[:, None] % 12
    assert_same_bins(cut(few, targets=np.arange(100) % 2), cut(few))


def test_where_numbers_are_told_a_column_of_few_values_has_an_edge_at_each():
    x, numbers = np.arange(330.0)[:, None], np.arange(330.0)
    few, many = x % FEW_VALUES, x % (FEW_VALUES + 1)
    (edges,) = edges_of(cut(few, targets=numbers))
    assert_array_equal(edges, np.arange(FEW_VALUES))
    for targets in (None, numbers.astype(int) % 5):
        assert np.diff(cut(few, targets=targets).starts) <= N_BINS
    assert np.diff(cut(many, targets=numbers).starts) <= N_BINS
    starts = cut(np.hstack([few, many]), n_others=MOST_INPUTS - 40, targets=numbers).starts
    assert starts[1] == FEW_VALUES - 1 and starts[2] <= 40
    starts = cut(np.hstack([few, many]), n_others=MOST_INPUTS - 35, targets=numbers).starts
    assert np.diff(starts).max() <= N_BINS  # there is no room for both


@pytest.mark.parametrize("n_columns", [40, 90, 160])
def test_bins_that_know_targets_keep_to_the_limit_of_inputs_as_well(n_columns, rng):
    X = rng.random((N_ROWS, n_columns))
    X[:, ::3] = np.round(20 * X[:, ::3])
    for targets in ((X[:, 0] > 0.5).astype(int), X[:, 1]):
        bins = cut(X, n_others=n_columns, targets=targets)
        assert bins.width + n_columns <= MOST_INPUTS


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_edges_that_know_targets_are_in_order_and_the_same_by_weights_as_by_repeats(column, rng):
    x, targets = column(rng)[:, None], rng.integers(0, 3, N_ROWS)
    weights = rng.integers(1, 4, N_ROWS)
    bins = cut(x, weights=weights.astype(float), targets=targets)
    assert np.isfinite(bins.inverse_width).all() and (bins.inverse_width > 0).all()
    repeated = cut(np.repeat(x, weights, axis=0), targets=np.repeat(targets, weights))
    assert_same_bins(bins, repeated)


def test_the_sorted_values_of_no_more_than_a_column_are_in_memory():
    X = np.random.default_rng(0).standard_normal((3000, 60))
    tracemalloc.start()
    cut(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.3 * X.nbytes  # with a copy of the rows that are looked at


def test_a_column_is_cut_by_all_of_its_values_not_by_the_first():
    X = np.zeros((400, 2))
    X[-FEWEST_VALUES:, 0] = np.arange(FEWEST_VALUES)
    assert_array_equal(cut(X).cut, [0])
