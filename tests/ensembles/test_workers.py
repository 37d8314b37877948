"""Who trains the networks of an ensemble, and Ctrl-C meanwhile, changes none of them."""

import _thread

import numpy as np
import pytest
from joblib import parallel_config
from models import ensemble, same_parameters

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier


def test_the_result_is_the_same_for_any_number_of_jobs(digits):
    X, y = digits
    X, y = X[:300], y[:300]
    network = BackpropClassifier((8,), max_iter=3)
    one, two, three = (
        BackpropEnsembleClassifier(network, 3, cv=3, n_jobs=n, random_state=0).fit(X, y)
        for n in (1, 2, 3)
    )
    for other in (two, three):
        pairs = zip(one.estimators_, other.estimators_, strict=True)
        assert all(same_parameters(a, b) for a, b in pairs)
        assert np.array_equal(one.oof_probabilities_, other.oof_probabilities_)
        assert np.array_equal(one.predict_proba(X), other.predict_proba(X))
        assert one.temperature_ == other.temperature_
        assert one.l2_validation_losses_ == other.l2_validation_losses_


def test_networks_are_trained_by_a_backend_that_yields_nothing_before_the_end(iris):
    X, y = iris
    usual = ensemble().fit(X, y)
    with parallel_config("multiprocessing", n_jobs=2):
        model = ensemble().fit(X, y)
    assert np.array_equal(model.predict_proba(X), usual.predict_proba(X))


class InterruptsAt:
    """A scorer that meets Ctrl-C at its n-th call, also where it has been copied before."""

    def __init__(self, n, interrupt):
        self.n, self.calls, self.interrupt = n, [], interrupt

    def __deepcopy__(self, memo):
        return self

    def __call__(self, model, X, y):
        self.calls.append(1)
        if len(self.calls) == self.n:
            self.interrupt()
        return 0.5


def interrupt():
    raise KeyboardInterrupt


def test_ctrl_c_before_the_end_of_the_first_network_leaves_the_model_as_it_was(iris):
    model = ensemble(network={"scoring": InterruptsAt(3, interrupt)})
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    assert not hasattr(model, "estimators_")


@pytest.mark.parametrize(("at", "n_members"), [(7, 1), (15, 3), (19, 4), (22, 5)])
def test_ctrl_c_leaves_the_networks_that_have_been_trained(iris, at, n_members):
    # Three networks of folds come first, of four epochs each; then those on all rows.
    model = ensemble(3, network={"scoring": InterruptsAt(at, interrupt)})
    with pytest.warns(UserWarning, match="Training was interrupted: . of 6 networks"):
        model.fit(*iris)
    assert len(model.estimators_) == n_members
    assert np.isfinite(model.predict_proba(iris[0])).all()
    assert np.isnan(model.oof_probabilities_[:, 0]).any() == (at == 7)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_threads_too(iris):
    network = {"scoring": InterruptsAt(150, _thread.interrupt_main), "max_iter": 30}
    model = ensemble(20, n_jobs=2, network=network)
    with pytest.warns(UserWarning, match="Training was interrupted"):
        model.fit(*iris)
    assert 1 <= len(model.estimators_) < 23
