"""The strength of the L2 penalty is chosen by trainings side by side; their number is no matter."""

import threading

import pytest
from models import fast
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

from skbackprop.estimator.assembly import stochastic
from skbackprop.estimator.hyper_parameters import hyper_parameters
from skbackprop.estimator.l2_choice import FACTORS, Trial, choose_l2
from skbackprop.estimator.observers import Stop
from skbackprop.estimator.prepare import prepare
from skbackprop.estimator.problem import pose
from skbackprop.estimator.state import State
from skbackprop.solvers import threads


def posed(n_rows=400, hidden_layer_sizes=(4,)):
    X, y = make_classification(n_rows, 6, flip_y=0.2, random_state=0)
    model = fast(hidden_layer_sizes=hidden_layer_sizes, l2="validate")
    return pose(hyper_parameters(model), prepare(model, X, y, resume=False), State.first(0))


@pytest.fixture(params=[1, 3])
def cores(request, monkeypatch):
    monkeypatch.setattr(threads, "cpu_count", lambda: request.param)
    with threadpool_limits(request.param, user_api="blas"):
        yield request.param


@pytest.mark.parametrize("options", [{"n_rows": 80}, {}, {"hidden_layer_sizes": ()}])
def test_the_choice_is_the_same_for_any_number_of_cores_and_leaves_the_start_alone(cores, options):
    problem = posed(**options)
    before = problem.objective.theta.copy()
    choice = choose_l2(problem, stochastic)
    assert_array_equal(problem.objective.theta, before)
    with threadpool_limits(1, user_api="blas"):
        assert choose_l2(problem, stochastic) == choice


def test_what_follows_a_loss_that_rises_clearly_does_not_count(cores, monkeypatch):
    problem = posed()
    n = problem.facts.n_rows, problem.facts.n_distinct
    strengths = [problem.settled(*n, factor).l2 for factor in FACTORS]
    losses = dict(zip(strengths, [0.9, 0.5, 0.6, 0.1, 0.1], strict=True))
    monkeypatch.setattr(Trial, "loss", lambda trial, l2, observers: losses[l2])
    choice = choose_l2(problem, stochastic)
    assert choice.losses == dict(zip(FACTORS, [0.9, 0.5, 0.6], strict=False))
    assert choice.factor == FACTORS[1]


def test_an_observer_that_has_had_enough_ends_the_choice_and_all_of_its_threads(cores):
    enough, n_threads = threading.Event(), threading.active_count()
    enough.set()
    with pytest.raises(KeyboardInterrupt):
        choose_l2(posed(), stochastic, [Stop(enough)])
    assert threading.active_count() == n_threads
