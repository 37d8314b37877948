"""What is measured at the end of an epoch."""

import numpy as np
import pandas as pd
import pytest
from models import ensemble, fast
from problems import make_objective
from sklearn.base import clone
from sklearn.metrics import log_loss

from skbackprop.estimator.evaluation import Evaluation, negative_score
from skbackprop.solvers.checkpoint import DivergenceError, UnmeasurableError
from skbackprop.solvers.full_batch import EndOfTraining
from skbackprop.solvers.monitor import Epoch

X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.arange(20) % 3


def test_what_is_not_asked_for_is_none():
    objective, score = make_objective(X, Y), lambda network, examples: (network, examples)
    assert Evaluation(None, None, "network", "examples")() == (None, None)
    assert Evaluation(objective, None, "network", "examples")() == (objective.value(), None)
    measured = Evaluation(None, score, "network", "examples")()
    assert measured == (None, ("network", "examples"))


def test_the_loss_follows_the_parameters_in_training():
    objective = make_objective(X, Y)
    evaluation = Evaluation(objective, None, None, None)
    before, _ = evaluation()
    objective.theta[...] = 0
    assert evaluation()[0] == pytest.approx(np.log(3), rel=1e-12) != before


def test_a_loss_that_is_not_finite_is_an_error_that_says_what_to_do():
    objective = make_objective(X, Y)
    objective.theta[0] = np.nan
    with pytest.raises(ValueError, match="validation data is not finite: rescale X"):
        Evaluation(objective, None, None, None)()


def test_a_score_that_rises_is_a_value_that_falls():
    assert negative_score(Epoch(1.0, 2.0, 0.75, 0.1)) == -0.75


def test_a_scorer_is_shown_a_model_of_the_moment_that_is_not_the_one_in_training(iris):
    shown = []

    def scoring(model, X, y):
        shown.append((model, model.coefs_[0].copy(), X.shape, y.shape))
        return 0.5

    ours = fast(scoring=scoring, max_iter=3).fit(*iris)
    assert len(shown) == 3
    assert all(model is not ours for model, *_ in shown)
    assert len({W.tobytes() for _, W, *_ in shown}) == 3
    assert np.array_equal(shown[-1][1], ours.coefs_[0])
    assert {shapes for *_, X, y in shown for shapes in [(X, y)]} == {((150, 4), (150,))}


# In a classifier


def test_a_scorer_is_watched_and_its_best_epoch_restored(digits):
    X, y = digits
    model = fast(early_stopping=True, scoring="accuracy", max_iter=12).fit(
        X[:300], y[:300], X_val=X[1000:], y_val=y[1000:]
    )
    assert model.score(X[1000:], y[1000:]) == max(model.validation_scores_)
    assert len(model.validation_scores_) == len(model.validation_loss_curve_) == 12
    assert model.best_loss_ is None


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "f1_macro", "balanced_accuracy"])
def test_any_scorer_works_with_strings_names_and_weights(iris, scoring):
    X, y = pd.DataFrame(iris[0][:100], columns=list("abcd")), np.array(["no", "yes"])[iris[1][:100]]
    model = fast(early_stopping=True, scoring=scoring).fit(X, y, np.linspace(1, 2, 100))
    assert np.isfinite(model.validation_scores_).all()


def test_a_scorer_without_validation_data_watches_the_training_data(iris):
    X, y = iris
    model = fast(scoring="accuracy", tol=1e-3, n_iter_no_change=2, max_iter=300).fit(X, y)
    assert model.n_iter_ < 300
    assert model.validation_scores_ is None


def test_validation_weights_weigh_the_validation_loss(iris, rng):
    X, y = iris
    weights = rng.integers(0, 3, len(y[1::2]))
    model = fast().fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2], sample_weight_val=weights)
    expected = log_loss(y[1::2], model.predict_proba(X[1::2]), sample_weight=weights)
    assert model.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("value", [np.nan, np.inf, "a", None])
def test_a_scorer_that_gives_no_finite_number_is_a_clear_error(iris, value):
    with pytest.raises(ValueError, match="scoring"):
        fast(early_stopping=True, scoring=lambda *_: value).fit(*iris)


# What a scorer raises


class OwnError(Exception):
    """An error of a user's."""


ERRORS = KeyError, AssertionError, RuntimeError, MemoryError, StopIteration, UserWarning, OwnError
OF_SOLVERS = DivergenceError, UnmeasurableError, EndOfTraining


@pytest.mark.parametrize("kind", [*ERRORS, *OF_SOLVERS])
@pytest.mark.parametrize(
    "model",
    [
        fast(max_iter=2),
        fast(max_iter=2, early_stopping=True),
        fast(max_iter=2, hidden_layer_sizes=3, solver="lbfgs"),
        fast(max_iter=2, hidden_layer_sizes=3, solver="newton"),
        ensemble(1, cv=2),
        ensemble(1, cv=2, n_jobs=2),
    ],
    ids=["sgd", "held-out rows", "lbfgs", "newton", "ensemble", "ensemble in threads"],
)
def test_what_a_scorer_raises_is_the_cause_of_one_error_that_names_scoring(iris, model, kind):
    raised = kind("of its own")

    def scorer(model, X, y):
        raise raised

    with pytest.raises(ValueError, match=f"^scoring=.*{kind.__name__}: .*of its own") as caught:
        clone(model).set_params(scoring=scorer).fit(*iris)
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is raised


def test_what_the_scorer_of_a_network_in_an_ensemble_raises_is_told_likewise(iris):
    raised = OwnError("of its own")

    def scorer(model, X, y):
        raise raised

    for n_jobs in (1, 2):
        with pytest.raises(ValueError, match=r"^scoring=.*OwnError: of its own") as caught:
            ensemble(1, cv=2, network={"scoring": scorer}, n_jobs=n_jobs).fit(*iris)
        assert caught.value.__cause__ is raised


def test_an_error_of_a_scorer_leaves_the_model_as_it_was(iris):
    def scorer(model, X, y):
        raise OwnError

    for model in (fast(), ensemble(1, cv=2)):
        before = model.fit(*iris).predict_proba(iris[0])
        with pytest.raises(ValueError, match="scoring"):
            model.set_params(scoring=scorer).fit(*iris)
        assert np.array_equal(model.predict_proba(iris[0]), before)
