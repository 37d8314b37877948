"""BackpropEnsembleRegressor: a mean, weighed and measured by predictions out of fold."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize_scalar
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.metrics import d2_pinball_score, mean_absolute_error, r2_score
from sklearn.model_selection import GroupKFold, KFold
from test_estimator_checks import run_checks

from skbackprop import BackpropEnsembleRegressor, BackpropRegressor

FAST = {"hidden_layer_sizes": (8,), "l2": 1e-3, "max_iter": 5}


def ensemble(n_estimators=2, *, network=None, **options):
    options = {"cv": 3, "random_state": 0, "variants": None} | options
    return BackpropEnsembleRegressor(
        BackpropRegressor(**FAST | (network or {})), n_estimators, **options
    )


@pytest.fixture(scope="module")
def data():
    return make_friedman1(200, noise=1.0, random_state=0)


@pytest.fixture(scope="module")
def fitted(data):
    return ensemble(variants=[{}, {"numeric_encoding": None}]).fit(*data)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_check_passes_without_bins_and_variants():
    network = {"hidden_layer_sizes": (16,), "max_iter": 60, "numeric_encoding": None}
    assert run_checks(ensemble(cv=2, network=network, random_state=None), {}) >= 59


def test_it_predicts_the_weighted_mean(data, fitted):
    X, _ = data
    each = [member.predict(X) for member in fitted.estimators_]
    assert len(each) == 8 and fitted.weights_.sum() == pytest.approx(1)
    assert_allclose(fitted.predict(X), np.average(each, axis=0, weights=fitted.weights_))


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_the_mean_of_positive_numbers_is_theirs_not_that_of_logarithms(data, loss):
    X, y = data
    model = ensemble(network={"loss": loss}).fit(X, np.exp(y / 8))
    each = [member.predict(X) for member in model.estimators_]
    assert_allclose(model.predict(X), np.average(each, axis=0, weights=model.weights_), rtol=1e-6)
    low, _ = model.predict_interval(X)
    assert (low >= 0).all()


def test_out_of_fold_predictions_are_those_of_networks_that_have_not_seen_the_row(data):
    X, y = data
    folds = list(KFold(4, shuffle=True, random_state=1).split(X))
    model = ensemble(cv=folds).fit(X, y)
    for member, (_, held_out) in zip(model.estimators_, folds, strict=False):
        assert_allclose(model.oof_prediction_[held_out], member.predict(X[held_out]))
    assert model.oof_score_ == pytest.approx(r2_score(y, model.oof_prediction_))
    z = (model.oof_prediction_ - y) / y.std()
    assert model.oof_loss_ == pytest.approx((z**2).mean() / 2)
    assert not hasattr(model, "temperature_") and not hasattr(model, "classes_")


def test_the_weights_of_two_variants_have_the_lowest_loss(data):
    X, y = data
    variants = [{"max_iter": 20}, {"max_iter": 2}]
    model = ensemble(variants=variants).fit(X, y)
    each = [ensemble(variants=[v], cv=3).fit(X, y).oof_prediction_ for v in variants]
    best = minimize_scalar(
        lambda w: ((w * each[0] + (1 - w) * each[1] - y) ** 2).mean(),
        bounds=(0, 1),
        method="bounded",
    )
    assert model.variant_weights_[0] == pytest.approx(best.x, abs=0.1)
    assert model.variant_weights_[0] > 0.6


def test_a_scorer_sees_the_predictions_out_of_fold(data):
    X, y = data
    model = ensemble(scoring="neg_mean_absolute_error").fit(X, y)
    assert model.oof_score_ == pytest.approx(-mean_absolute_error(y, model.oof_prediction_))


def test_folds_of_an_int_have_y_spread_alike_and_a_splitter_may_keep_groups(data):
    X, y = data
    model = ensemble(cv=2).fit(X, y)
    assert np.isfinite(model.oof_prediction_).all()
    groups = np.arange(200) % 7
    model = ensemble(cv=GroupKFold(3)).fit(X, y, groups=groups)
    assert len(model.estimators_) == 5


def test_several_columns_are_predicted_together(data):
    X, y = data
    model = ensemble().fit(X, np.column_stack([y, -1000 * y]))
    assert model.predict(X).shape == model.oof_prediction_.shape == (200, 2)
    f, std = model.predict(X, return_std=True)
    low, high = model.predict_interval(X)
    assert f.shape == std.shape == low.shape == high.shape == (200, 2)
    assert ((low < f) & (f < high) & (std > 0)).all()
    assert_allclose(std[:, 1] / std[:, 0], 1000, rtol=0.5)


def test_intervals_hold_what_is_asked_for_and_deviations_are_those_of_errors():
    X, y = make_friedman1(2000, noise=2.0, random_state=0)
    model = ensemble(0, network={"max_iter": 30}, cv=5).fit(X[:1000], y[:1000])
    X, y = X[1000:], y[1000:]
    for coverage in (0.5, 0.8, 0.95):
        low, high = model.predict_interval(X, coverage=coverage)
        assert np.mean((low <= y) & (y <= high)) == pytest.approx(coverage, abs=0.05)
    f, std = model.predict(X, return_std=True)
    assert_array_equal(f, model.predict(X))
    assert np.std((y - f) / std) == pytest.approx(1, abs=0.1)


def test_quantiles_are_pooled_and_are_the_interval_themselves(data):
    X, y = data
    network = {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}
    model = ensemble(network=network).fit(X, y)
    f = model.predict(X)
    assert f.shape == model.oof_prediction_.shape == (200, 3) and (np.diff(f) > 0).all()
    each = [member.predict(X) for member in model.estimators_]
    assert_allclose(f, np.average(each, axis=0, weights=model.weights_), rtol=1e-4)
    scores = [d2_pinball_score(y, p, alpha=q) for p, q in zip(f.T, [0.1, 0.5, 0.9], strict=True)]
    assert model.score(X, y) == pytest.approx(np.mean(scores))
    for call in (model.predict_interval, lambda X: model.predict(X, return_std=True)):
        with pytest.raises(ValueError, match="The networks predict several quantiles"):
            call(X)


@pytest.mark.parametrize("coverage", [0, 1, -0.1, 90])
def test_a_coverage_is_between_0_and_1(data, fitted, coverage):
    with pytest.raises(ValueError, match="coverage must be between 0 and 1"):
        fitted.predict_interval(data[0], coverage=coverage)


def test_without_predictions_out_of_fold_there_is_no_interval(data):
    model = ensemble(1).fit(data[0][:1], data[1][:1])
    assert np.isnan(model.oof_score_)
    with pytest.raises(ValueError, match="No row has been predicted out of fold"):
        model.predict_interval(data[0])


def test_a_warm_start_adds_networks_and_a_pickle_predicts_the_same(data, fitted):
    X, y = data
    model = clone(fitted).set_params(warm_start=True).fit(X, y)
    before = model.predict_interval(X)
    model.set_params(n_estimators=4).fit(X, y)
    assert len(model.estimators_) == 10
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(X), model.predict(X))
    assert_array_equal(again.predict_interval(X), model.predict_interval(X))
    assert np.shape(before) == (2, 200)


def test_a_row_of_weight_0_is_absent_but_predicted(data):
    X, y = data
    s = np.ones(200)
    s[:20] = 0
    y = np.where(s == 0, 1e6, y)
    model = ensemble().fit(X, y, s)
    assert np.abs(model.predict(X)).max() < 100
    assert np.isfinite(model.oof_prediction_).all()
    low, high = model.predict_interval(X)
    assert (high - low).max() < 100


def test_what_all_networks_share_is_no_variant(data):
    with pytest.raises(ValueError, match=r"variants\[0\] sets loss"):
        ensemble(variants=[{"loss": "huber"}]).fit(*data)


@pytest.mark.parametrize("unit", [1e308, 1e-200])
def test_numbers_whose_squares_are_no_floats_have_a_score_a_deviation_and_an_interval(data, unit):
    X, y = data
    y = np.sign(y - y.mean()) * unit
    model = BackpropEnsembleRegressor(n_estimators=1, cv=3, random_state=0).fit(X, y)
    assert 0.5 < model.oof_score_ < model.score(X, y) <= 1
    for numbers in (*model.predict(X, return_std=True), *model.predict_interval(X)):
        assert 0.1 * unit < np.abs(numbers).max() < np.inf
