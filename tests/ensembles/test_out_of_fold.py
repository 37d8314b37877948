"""What networks predict for the rows that they have not seen."""

import numpy as np
import pytest
from models import ensemble
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, ShuffleSplit

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier


def test_the_out_of_fold_estimate_is_near_the_truth(digits):
    X, y = digits
    part = np.random.default_rng(0).permutation(len(y))
    train, test = part[:600], part[600:]
    network = BackpropClassifier((32,), l2="auto", max_iter=20)
    model = BackpropEnsembleClassifier(network, 3, scoring="neg_log_loss", random_state=0)
    model.fit(X[train], y[train])
    assert model.oof_score_ == pytest.approx(-model.oof_loss_)
    truth = log_loss(y[test], model.predict_proba(X[test]))
    assert 0.7 < model.oof_loss_ / truth < 2  # of few errors


def test_repeats_are_pooled_and_rows_never_held_out_are_nan(iris):
    X, y = iris
    repeats = RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0)
    model = ensemble(0, cv=repeats, calibrate=False).fit(X, y)
    expected = np.zeros((150, 3))
    for member, (_, held_out) in zip(model.estimators_, repeats.split(X, y), strict=True):
        expected[held_out] += member.predict_proba(X[held_out]) / 2
    assert np.allclose(model.oof_probabilities_, expected, atol=1e-6)
    model = ensemble(cv=ShuffleSplit(1, test_size=50, random_state=0)).fit(X, y)
    assert np.isnan(model.oof_probabilities_[:, 0]).sum() == 100
    assert 0 <= model.oof_score_ <= 1
