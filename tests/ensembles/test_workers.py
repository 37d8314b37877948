"""Who trains the networks of an ensemble, and Ctrl-C meanwhile, changes none of them."""

import _thread
import threading
from functools import partial

import numpy as np
import pytest
from joblib import parallel_config
from models import ensemble, same_parameters
from threadpoolctl import threadpool_info, threadpool_limits

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier
from skbackprop.ensembles.members import choose_l2_by_fold
from skbackprop.ensembles.tasks import Task
from skbackprop.ensembles.workers import in_threads
from skbackprop.estimator.hyper_parameters import hyper_parameters
from skbackprop.estimator.prepare import prepare
from skbackprop.estimator.state import State


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


def blas_threads():
    return [
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    ]


class Work:
    """Calls that go on until they are told to stop, two at a time; the first then meets something.

    It begins once the other is at work.
    """

    def __init__(self, meet):
        self.meet, self.stop, self.begun = meet, threading.Event(), threading.Barrier(2)
        self.n_begun = self.n_ended = 0

    def call(self, number):
        self.n_begun += 1
        self.begun.wait(60)
        if number == 0:
            self.meet()
        self.stop.wait(60)
        for _ in range(100_000):  # it takes a moment to end
            pass
        self.n_ended += 1

    def __call__(self):
        in_threads([partial(self.call, k) for k in range(6)], 2, self.stop)


def fail():
    raise RuntimeError("one of them fails")


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    ("meet", "error"), [(_thread.interrupt_main, KeyboardInterrupt), (fail, RuntimeError)]
)
def test_no_thread_is_at_work_when_one_fails_or_by_ctrl_c(meet, error):
    with threadpool_limits(2, "blas"):
        before, work = blas_threads(), Work(meet)
        with pytest.raises(error):
            work()
        assert work.n_begun == 2 and work.n_ended == 2 - (meet is fail)
        assert blas_threads() == before


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("n", [5, 30, 150])
def test_after_ctrl_c_blas_has_its_threads_when_fit_returns(iris, n):
    network = {"scoring": InterruptsAt(n, _thread.interrupt_main), "max_iter": 30}
    model = ensemble(20, n_jobs=2, network=network)
    with threadpool_limits(2, "blas"):
        before = blas_threads()
        try:
            with pytest.warns(UserWarning, match="Training was interrupted"):
                model.fit(*iris)
        except KeyboardInterrupt:
            assert not hasattr(model, "estimators_")
        assert blas_threads() == before


def test_choosing_the_penalty_ends_on_request(digits):
    X, y = digits
    prepared = prepare(BackpropClassifier(), X, y, resume=False)
    stop = threading.Event()
    stop.set()
    rows = np.arange(len(y))
    task, hyper = Task(0, 0, rows[:900], rows[900:]), hyper_parameters(BackpropClassifier())
    assert choose_l2_by_fold(prepared, hyper, task, State(seed=0), stop) is None
