"""A training, assembled from values."""

import math
import pickle

import numpy as np
import pytest
from models import fast
from numpy.testing import assert_array_equal

from skbackprop.estimator.assembly import assemble, least_fall
from skbackprop.estimator.hyper_parameters import FULL_BATCH, hyper_parameters, solver_names
from skbackprop.estimator.prepare import prepare, with_validation
from skbackprop.estimator.state import State, restore
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.solvers.monitor import Epoch
from skbackprop.solvers.sgd import SGD
from skbackprop.solvers.updates import UPDATES

X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 3


def parts(model, *, resume=False):
    """The hyper-parameters of a model, what there is to learn, and where to begin."""
    prepared = prepare(model, X, Y, resume=resume)
    return hyper_parameters(model), prepared, restore(model) if resume else State.first(0)


def assembled(**options):
    keywords = {name: options.pop(name) for name in ("partial", "score") if name in options}
    return assemble(*parts(fast(**options)), **keywords)


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_neither_assembling_nor_running_changes_the_state_or_the_data(solver, partial):
    model = fast(solver=solver, warm_start=True, class_weight="balanced").fit(X, Y)
    hyper, prepared, state = parts(model, resume=True)
    before = pickle.dumps((vars(hyper), prepared, state))
    one, other = (assemble(hyper, prepared, state, partial=partial) for _ in range(2))
    assert pickle.dumps((vars(hyper), prepared, state)) == before
    first = one.run([], model_now=None)
    assert pickle.dumps((vars(hyper), prepared, state)) == before
    second = other.run([], model_now=None)
    assert first.curves == second.curves
    for (W, b), (V, c) in zip(first.network.layers, second.network.layers, strict=True):
        assert_array_equal(W, V)
        assert_array_equal(b, c)


@pytest.mark.parametrize("name", sorted(solver_names()))
def test_the_name_of_a_solver_tells_what_minimises(name):
    solver = assembled(solver=name).solver
    if name in FULL_BATCH:
        assert type(solver) is FULL_BATCH[name]
    else:
        assert type(solver) is SGD
        assert type(solver.update) is UPDATES[name]


def test_a_solver_goes_on_at_the_update_epoch_and_slowdown_where_the_state_is():
    hyper, prepared, _ = parts(fast(batch_size=10))
    solver = assemble(hyper, prepared, State(0, n_updates=7, n_epochs=3, slowdown=0.25)).solver
    assert (solver.t, solver.n_epochs, solver.slowdown) == (7, 3, 0.25)
    assert solver.rate() == pytest.approx(solver.alpha / 4 / (1 + 1e-3 * 7), rel=1e-12)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_what_an_update_rule_remembers_is_taken_over_by_one_of_its_kind_only(solver):
    model = fast(solver=solver).partial_fit(X, Y, classes=[0, 1, 2])
    hyper, prepared, state = parts(model, resume=True)
    assert any(array.any() for array in state.update.values())
    taken = assemble(hyper, prepared, state).solver.update.memory
    for name, array in state.update.items():
        assert_array_equal(taken[name], array)
        assert not np.shares_memory(taken[name], array)
    hyper = hyper_parameters(model, solver="adam" if solver == "sgd" else "sgd")
    other = assemble(hyper, prepared, state).solver.update.memory
    assert not any(array.any() for array in other.values())


def test_what_is_watched_is_the_loss_or_that_of_validation_data_or_a_score():
    epoch = Epoch(loss=1.0, validation_loss=2.0, score=3.0, learning_rate=math.nan)
    score = lambda state, examples: 0.5
    for options, watched in (
        ({}, 1.0),
        ({"early_stopping": True}, 2.0),
        ({"score": score}, -3.0),
        ({"early_stopping": True, "score": score}, -3.0),
        ({"early_stopping": True, "partial": True}, 1.0),
    ):
        assert assembled(**options).monitor.watch(epoch) == watched


def test_validation_data_alone_is_measured_and_does_not_steer():
    model = fast()
    hyper, prepared, state = parts(model)
    prepared = with_validation(model, prepared, X[:9], Y[:9], None)
    monitor = assemble(hyper, prepared, state).monitor
    assert monitor.watch(Epoch(1.0, 2.0, None, 0.1)) == 1.0
    loss, score = monitor.evaluate()
    assert math.isfinite(loss) and score is None


@pytest.mark.parametrize(("options", "exhaustive"), [({}, False), ({"partial": True}, True)])
def test_one_epoch_of_partial_fit_looks_at_no_plateau(options, exhaustive):
    assert assembled(tol=1e-3, **options).monitor.exhaustive == exhaustive
    assert assembled(tol=None, **options).monitor.exhaustive


@pytest.mark.parametrize("batch_size", [1, 7, 40, 1000])
@pytest.mark.parametrize("solver", UPDATES)
def test_the_horizon_is_the_number_of_updates_that_max_iter_epochs_make(batch_size, solver):
    model = fast(batch_size=batch_size, solver=solver, max_iter=np.int8(3))
    end = model.fit(X, Y).t_
    hyper, prepared, _ = parts(model)
    for begin in (0, 9):
        state = State(0, n_updates=begin)
        horizon = assemble(hyper, prepared, state).solver._rates.horizon
        assert horizon == (begin, begin + end)


def test_counts_in_few_bits_do_not_overflow():
    assert fast(max_iter=np.int8(127), batch_size=np.int8(1)).fit(X, Y).t_ == 127 * 40


def test_the_least_fall_is_tol_but_for_full_batches_that_end_where_the_gradient_vanishes():
    def fall(*names, score=None, **given):
        settings = assembled(tol=1e-3, **given).settings
        return least_fall(settings, [ACTIVATIONS[n] for n in names], score)

    assert fall("tanh") == 1e-3
    assert fall("tanh", solver="lbfgs") == 0.0
    assert fall("tanh", "relu", solver="lbfgs") == 1e-3
    assert fall("tanh", solver="lbfgs", early_stopping=True) == 1e-3
    assert fall("tanh", solver="newton", score=lambda state, examples: 0.5) == 1e-3
    assert least_fall(assembled(tol=None).settings, []) == 0.0
