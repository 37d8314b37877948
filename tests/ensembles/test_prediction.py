"""What an ensemble answers."""

import numpy as np
from models import ensemble
from scipy.special import expit


def test_it_answers_with_the_mean_of_probabilities(iris):
    X, y = iris
    model = ensemble(variants="auto", calibrate=False).fit(X, y)
    assert model.temperature_ == 1
    F = [member.predict_proba(X) for member in model.estimators_]
    mean = np.average(F, axis=0, weights=model.weights_)
    assert np.allclose(model.predict_proba(X), mean, atol=1e-6)
    assert np.allclose(np.exp(model.predict_log_proba(X)), mean, atol=1e-6)
    assert np.array_equal(model.predict(X), mean.argmax(axis=1))
    assert model.decision_function(X).shape == (150, 3)


def test_with_two_classes_the_decision_function_is_a_difference(iris):
    X, y = iris[0][:100], np.array(["no", "yes"])[iris[1][:100]]
    model = ensemble().fit(X, y)
    assert np.allclose(expit(model.decision_function(X)), model.predict_proba(X)[:, 1])
    assert np.array_equal(model.predict(X) == "yes", model.decision_function(X) > 0)
    P = expit(model.oof_decision_function_)
    assert np.allclose(P, model.oof_probabilities_[:, 1])


def test_labels_are_answered_each_by_itself(multilabel):
    X, Y = multilabel
    model = ensemble(calibrate=False).fit(X, Y)
    mean = np.mean([member.predict_proba(X) for member in model.estimators_], axis=0)
    assert np.allclose(model.predict_proba(X), mean, atol=1e-6)
    assert np.array_equal(model.predict(X), mean > 0.5)
    assert np.allclose(np.exp(model.predict_log_proba(X)), mean, atol=1e-6)
    assert np.isfinite(model.oof_probabilities_).all()
