"""Which networks an ensemble trains, at once or by warm starts, and what is known of them then."""

import warnings

import numpy as np
import pandas as pd
import pytest
from models import ensemble
from sklearn.exceptions import ConvergenceWarning


def test_a_row_without_weight_is_as_good_as_absent(iris, rng):
    X, y = iris
    s = np.where(rng.uniform(size=len(y)) < 0.3, 0.0, 1.0)
    rows = np.flatnonzero(s)
    weighted, absent = ensemble().fit(X, y, s), ensemble().fit(X[rows], y[rows])
    assert np.allclose(weighted.predict_proba(X), absent.predict_proba(X), atol=1e-6)
    assert weighted.oof_loss_ == pytest.approx(absent.oof_loss_, rel=1e-5)
    assert np.isfinite(weighted.oof_probabilities_).all()


def test_a_warm_start_adds_members(iris):
    X, y = iris
    model = ensemble(1, variants="auto", warm_start=True).fit(X, y)
    before = model.estimators_
    assert len(before) == 13
    model.set_params(n_estimators=3).fit(X, y)
    assert all(a is b for a, b in zip(model.estimators_, before, strict=False))
    at_once = ensemble(3, variants="auto").fit(X, y)
    assert len(at_once.estimators_) == 15
    assert np.array_equal(at_once.predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match="n_estimators=2 must be at least the 3"):
        model.set_params(n_estimators=2).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=False"):
        model.set_params(n_estimators=4).fit(X, y + 1)


def test_a_warm_start_changes_nothing_but_the_number(iris):
    X, y = iris
    model = ensemble(1, variants="auto", warm_start=True).fit(X, y)
    model.set_params(n_estimators=2, estimator__max_iter=1, variants=None).fit(X, y)
    at_once = ensemble(2, variants="auto").fit(X, y)
    assert np.array_equal(at_once.predict_proba(X), model.predict_proba(X))
    assert model.estimator_.max_iter == 4


def test_a_warm_start_refuses_another_kind_of_data(iris):
    X, y = iris
    labels = np.eye(3, dtype=int)[y]
    names = pd.DataFrame(X, columns=list("abcd"))
    model = ensemble(1, warm_start=True).fit(names, y)
    before = model.estimators_
    model.set_params(n_estimators=2)
    with pytest.raises(ValueError, match="y is multilabel-indicator, but was multiclass"):
        model.fit(names, labels)
    for other in (X[:, :3], names[["b", "a", "c", "d"]], names.astype({"a": "category"})):
        with pytest.raises(ValueError, match=r"X has .*, but the ensemble has"):
            model.fit(other, y)
    assert model.estimators_ is before
    assert len(model.fit(X, y).estimators_) == 5


def test_a_warm_start_trains_what_an_interrupt_has_left_out(iris):
    X, y = iris
    at_once = ensemble(4).fit(X, y)
    model = ensemble(3, warm_start=True).fit(X, y)
    del model.estimators_[4], model._variants[4]  # the second of all rows, in another thread
    model.weights_, model._n_on_all_rows = np.delete(model.weights_, 4), 2
    model.set_params(n_estimators=4).fit(X, y)
    seeds = sorted(member.random_state for member in model.estimators_)
    assert seeds == sorted(member.random_state for member in at_once.estimators_)
    assert np.allclose(at_once.predict_proba(X), model.predict_proba(X))


def test_no_fold_can_be_made_of_one_row(rng):
    with pytest.raises(ValueError, match="no folds"):
        ensemble(0).fit(rng.normal(size=(1, 2)), [0])


def test_the_score_is_what_scoring_says(iris, rng):
    X, y = iris
    s = rng.uniform(0.1, 1, len(y))
    model = ensemble().fit(X, y, s)
    hits = model.oof_probabilities_.argmax(axis=1) == y
    assert model.oof_score_ == pytest.approx(np.average(hits, weights=s))
    with pytest.raises(ValueError, match="scoring"):
        ensemble(scoring="no such score").fit(X, y)
    with pytest.raises(ValueError, match="scoring='roc_auc' cannot be computed"):
        ensemble(scoring="roc_auc").fit(X, y)


@pytest.mark.parametrize("returned", [None, [1, 2]])
def test_a_scorer_that_returns_no_number_is_told_of(iris, returned):
    with pytest.raises(ValueError, match=r"scoring=.* cannot be computed"):
        ensemble(scoring=lambda model, X, y: returned).fit(*iris)


def test_what_networks_warn_of_is_told_once(iris):
    model = ensemble(network={"learning_rate": "inverse", "tol": 1e-9})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*iris)
    (warning,) = caught
    assert issubclass(warning.category, ConvergenceWarning)
    assert str(warning.message).startswith("In 5 of 5 networks: Training ended")
    assert warning.filename == __file__
