"""BackpropEnsembleClassifier as its users meet it: scikit-learn's conventions, and little data."""

import pickle

import numpy as np
import pytest
import sklearn
from models import ensemble
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from test_estimator_checks import WEIGHT_CHECKS, run_checks

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier


def test_every_check_passes_but_that_of_weights_as_repeats():
    reason = "a weighted row is one row to the bins and to the priors of variants and temperature"
    quick = BackpropEnsembleClassifier(BackpropClassifier(max_iter=30), n_estimators=1, cv=2)
    assert run_checks(quick, dict.fromkeys(WEIGHT_CHECKS, reason)) >= 59


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_check_passes_without_bins_variants_and_temperature():
    network = BackpropClassifier((16,), max_iter=60, numeric_encoding=None)
    quick = BackpropEnsembleClassifier(network, 2, cv=2, variants=None, calibrate=False)
    assert run_checks(quick, {}) >= 59


def test_a_search_reaches_the_parameters_of_the_networks(iris):
    search = GridSearchCV(ensemble(), {"estimator__l2": [1e-4, 1.0]}, cv=2)
    assert search.fit(*iris).best_params_ == {"estimator__l2": 1e-4}


def test_an_ensemble_survives_clone_and_pickling_and_shows_itself(iris):
    X, y = iris
    model = ensemble().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert not hasattr(clone(model), "estimators_")
    assert "BackpropClassifier" in model._repr_html_()


def test_groups_come_by_metadata_routing(iris):
    X, y = iris
    groups = np.arange(len(y)) % 10
    with sklearn.config_context(enable_metadata_routing=True):
        model = ensemble(cv=GroupKFold(3)).set_fit_request(groups=True)
        params = {"groups": groups}
        found = cross_validate(model, X, y, cv=GroupKFold(2), params=params, return_estimator=True)
    assert np.isfinite(found["test_score"]).all()


def test_a_search_reaches_the_variants(iris):
    choices = [None, [{"l2": 1e-4}, {"activation": "tanh"}]]
    search = GridSearchCV(ensemble(), {"variants": choices}, cv=2).fit(*iris)
    assert search.best_params_["variants"] in choices


def test_another_estimator_is_refused(iris):
    with pytest.raises(ValueError, match="'estimator' parameter"):
        BackpropEnsembleClassifier(GroupKFold()).fit(*iris)


@pytest.mark.parametrize("n", [1, 2, 10])
def test_few_rows_are_enough(n, rng):
    X, y = rng.normal(size=(n, 2)), np.arange(n) % 3
    model = ensemble(cv=5).fit(X, y)
    assert model.predict_proba(X).shape == (n, min(n, 3))
    assert np.isnan(model.oof_score_) == (n == 1)


def test_one_class_is_predicted_with_certainty(rng):
    X = rng.normal(size=(20, 2))
    model = ensemble().fit(X, np.full(20, "only"))
    assert (model.predict(X) == "only").all()
    assert model.temperature_ == 1
    assert model.oof_score_ == 1


def test_what_numpy_does_with_errors_makes_no_difference(iris):
    X, y = iris
    far = X * 1e5
    usual = ensemble(variants="auto").fit(X, y)
    with np.errstate(all="raise"):
        model = ensemble(variants="auto").fit(X, y)
        answers = [model.predict_proba(far), model.predict_log_proba(far), model.predict(far)]
        assert np.isfinite(model.decision_function(far)).all()
    assert all(np.isfinite(answer).all() for answer in answers)
    assert np.array_equal(model.predict_proba(X), usual.predict_proba(X))
