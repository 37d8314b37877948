"""Errors out of fold, and what they tell of new predictions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop.ensembles.intervals import FEWEST, Errors, lower_end


def errors_of(predicted, errors, spread=None, weights=None):
    n = len(errors)
    spread = np.zeros(n) if spread is None else spread
    return Errors(predicted, errors, spread, np.ones(n) if weights is None else weights)


@pytest.mark.parametrize("tail", [0.05, 0.1, 0.3])
def test_the_ends_are_the_errors_of_conformal_rank(rng, tail):
    errors = rng.normal(size=199)
    rank = int(200 * tail + 1e-9)
    low, high = (sign * lower_end(sign * errors, np.ones(199), tail) for sign in (1, -1))
    assert (low, high) == (np.sort(errors)[rank - 1], np.sort(errors)[-rank])


def test_weights_on_any_scale_are_shares(rng):
    errors, weights = rng.normal(size=300), rng.uniform(0.5, 2, size=300)
    assert lower_end(errors, weights, 0.1) == lower_end(errors, 1e-6 * weights, 0.1)
    heavy = np.where(errors > 1, 20.0, 1.0)
    assert lower_end(errors, heavy, 0.1) > lower_end(errors, np.ones(300), 0.1)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [60, 300, 3000])
def test_new_errors_are_within_the_ends_as_often_as_asked_for(coverage, n):
    rng, covered = np.random.default_rng(0), []
    for _ in range(40):
        f, new = rng.uniform(1, 5, size=n), rng.uniform(1, 5, size=1000)
        low, high = errors_of(f, f * rng.standard_t(4, size=n)).ends(new, coverage)
        error = new * rng.standard_t(4, size=1000)
        covered.append((low <= error) & (error <= high))
    assert np.mean(covered) == pytest.approx(coverage, abs=0.03)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_where_no_number_is_below_the_lower_end_more_are_above_the_upper_one(coverage):
    rng, covered = np.random.default_rng(0), []

    def counts(f):  # of which most are 0
        return rng.poisson(rng.gamma(0.5, f / 0.5))

    for _ in range(20):
        f, new = rng.uniform(0.2, 1, size=1000), rng.uniform(0.2, 1, size=1000)
        low, high = errors_of(f, counts(f) - f).ends(new, coverage)
        y = counts(new)
        assert (new + low <= y).mean() > 0.97
        covered.append((new + low <= y) & (y <= new + high))
    assert np.mean(covered) == pytest.approx(coverage, abs=0.03)


def test_errors_that_grow_with_the_prediction_have_wider_intervals_there(rng):
    f = rng.uniform(1, 10, size=4000)
    known = errors_of(f, f * rng.normal(size=4000))
    low, high = known.ends(np.array([2.0, 9.0]), 0.9)
    assert_allclose(high - low, 2 * 1.645 * np.array([2, 9]), rtol=0.15)
    assert_allclose(known.deviation(np.array([2.0, 9.0])), [2, 9], rtol=0.15)


def test_the_deviation_of_errors_is_without_the_spread_of_the_variants(rng):
    f, spread = rng.normal(size=5000), np.full(5000, np.sqrt(0.75))
    known = errors_of(f, rng.normal(size=5000), spread)
    assert known.deviation(f).mean() == pytest.approx(0.5, abs=0.08)
    assert errors_of(f, rng.normal(size=5000), 4 * spread).deviation(np.zeros(1)) == [0]


def test_errors_whose_squares_are_beyond_a_float_have_a_deviation(rng):
    f, errors = rng.normal(size=(2, 500))
    of_ones, of_large = errors_of(f, errors), errors_of(f, 1e300 * errors)
    assert_allclose(of_large.deviation(f), 1e300 * of_ones.deviation(f))


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_the_unit_of_weights_does_not_matter(rng, unit):
    f, errors, new = rng.normal(size=(3, 500))
    weights = rng.uniform(0.5, 2, size=500)
    known, other = (errors_of(f, errors, weights=s) for s in (weights, unit * weights))
    assert_allclose(other.ends(new, 0.9), known.ends(new, 0.9))
    assert_allclose(other.deviation(new), known.deviation(new))


def test_rows_without_a_prediction_or_a_weight_are_left_out(rng):
    errors = rng.normal(size=3 * FEWEST)
    some, weights = errors.copy(), np.ones(len(errors))
    some[::3], weights[1::3], errors[1::3] = np.nan, 0, 1e9
    known = errors_of(np.arange(len(errors)), some, weights=weights)
    assert_allclose(np.sort(known.errors), np.sort(errors[2::3]))


def test_a_coverage_beyond_what_the_rows_can_tell_is_refused(rng):
    known = errors_of(rng.normal(size=100), rng.normal(size=100))
    known.ends(np.zeros(1), 0.98)
    with pytest.raises(ValueError, match=r"cannot be told from 100 rows .* lower it to 0.98, or"):
        known.ends(np.zeros(1), 0.99)
