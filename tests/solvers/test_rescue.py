"""Epochs that training cannot go on from: diverged, unmeasurable or dead."""

import numpy as np
import problems
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import everything, make_sgd, train, watch_loss

from skbackprop.objective.objective import Objective
from skbackprop.objective.soundness import Soundness
from skbackprop.solvers.checkpoint import DivergenceError, UnmeasurableError
from skbackprop.solvers.outcome import Outcome
from skbackprop.solvers.sgd import ReferenceEpoch
from skbackprop.solvers.updates import UPDATES

N_ROWS = 13
RNG = np.random.default_rng(0)
X = np.column_stack([np.arange(N_ROWS), RNG.normal(size=(N_ROWS, 2))])
Y = RNG.integers(4, size=N_ROWS)
each_update = pytest.mark.parametrize("rule", UPDATES)


class Spoiled(Objective):
    """Its loss, gradient or both are worthless as long as `spoils()` says so."""

    def __init__(self, *args, spoils, what, **options):
        super().__init__(*args, **options)
        self.spoils, self.what, self.n_batches = spoils, what, 0

    def batch_gradient(self, H, y, s=None):
        self.n_batches += 1
        loss = super().batch_gradient(H, y, s)
        if not self.spoils():
            return loss
        if "gradient" in self.what:
            self.gradient[1] = np.inf
        return np.nan if "loss" in self.what else loss


def make_objective(hidden=(), kind=Objective, **options):
    return problems.make_objective(X, Y, hidden, kind=kind, **options)


class SeveralEpochs(ReferenceEpoch):
    """Makes several epochs at once, as the compiled epoch does."""

    def run_all(self, orders, rates):
        theta = self.objective.theta
        totals, squares, n_updates = [], [theta @ theta], 0
        for order in orders:
            total, n = self.run(order, rates[n_updates:])
            totals, squares = [*totals, total], [*squares, theta @ theta]
            n_updates += n
            if not np.isfinite(total + squares[-1]):
                return total, squares[-1], n_updates
        return max(totals), max(squares), n_updates


def is_constant(objective):
    return objective.soundness().is_constant()


@each_update
@pytest.mark.parametrize("what", ["loss", "gradient", "loss and gradient"])
def test_divergence_goes_back_to_the_start_of_the_epoch_and_halves_alpha(rule, what):
    """From batch 10 on (in the third epoch of 4 batches) only a quarter of α is endured."""

    def spoils():
        return objective.n_batches >= 10 and solver.slowdown > 1 / 4

    objective = make_objective((2,), Spoiled, l1=0.01, spoils=spoils, what=what)
    solver = make_sgd(objective, rule, schedule="inverse")
    monitor = watch_loss(objective)
    assert solver.minimize(4, monitor) is Outcome.MAX_ITER
    assert (solver.n_halvings, solver.slowdown) == (2, 1 / 4)
    assert len(monitor.epochs) == 4 and np.isfinite([e.loss for e in monitor.epochs]).all()

    calm = make_objective((2,), l1=0.01)
    before = train(calm, 2, rule, schedule="inverse")
    options = {"update": before.update, "t": 8, "n_epochs": 2, "schedule": "inverse"}
    after = train(calm, 2, slowdown=1 / 4, **options)
    assert everything(solver) == everything(after)


@each_update
def test_an_epoch_that_fails_three_times_sends_training_back_to_its_start(rule):
    """As if it had begun at the rate that is endured."""

    def spoils():
        return objective.n_batches >= 10 and solver.slowdown > 1 / 8

    objective = make_objective((2,), Spoiled, spoils=spoils, what="loss")
    solver, monitor = make_sgd(objective, rule), watch_loss(objective)
    assert solver.minimize(4, monitor) is Outcome.MAX_ITER
    assert (solver.n_halvings, len(monitor.epochs)) == (3, 4)
    assert everything(solver) == everything(train(make_objective((2,)), 4, rule, slowdown=1 / 8))


@each_update
@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_after_ten_halvings_an_error_is_raised_with_theta_as_it_was(rule, what):
    objective = make_objective(kind=Spoiled, spoils=lambda: True, what=what)
    solver = make_sgd(objective, rule, batch_size=N_ROWS)
    before = everything(solver)[0]
    with pytest.raises(DivergenceError, match=r"diverges even at a learning rate of 4\.88e-05"):
        solver.minimize(5, watch_loss(objective))
    assert objective.n_batches == 1 + 10
    assert everything(solver)[0] == before
    assert (solver.t, solver.n_epochs) == (0, 0)


@pytest.mark.parametrize("batch_size", [1, 4, N_ROWS])
def test_a_run_that_explodes_over_several_epochs_is_saved_by_a_lower_rate(batch_size):
    """θ grows up to 1e155 before J is infinite; at α / 1024 the same run is stable."""
    stable = make_objective((5, 5), l2=5.0)
    assert train(stable, 40, alpha=30 / 1024, batch_size=batch_size).n_halvings == 0
    objective = make_objective((5, 5), l2=5.0)
    solver = make_sgd(objective, alpha=30.0, batch_size=batch_size)
    monitor = watch_loss(objective)
    assert solver.minimize(40, monitor) is Outcome.MAX_ITER
    assert np.isfinite(objective.theta).all()
    assert np.isfinite([epoch.loss for epoch in monitor.epochs]).all()


def measuring(objective, is_possible):
    """A monitor whose evaluation is possible where `is_possible(θ)` says so."""

    def evaluate():
        if not is_possible(objective.theta):
            raise UnmeasurableError("not finite")
        return None, None

    return watch_loss(objective, evaluate=evaluate)


@each_update
def test_an_epoch_after_which_nothing_can_be_measured_is_repeated_at_half_the_rate(rule):
    """Only θ within a distance of the start can be measured, which α / 4 does not leave."""
    calm = make_objective((2,))
    start = calm.theta.copy()
    after = train(calm, 1, rule, slowdown=1 / 4)
    farthest = np.abs(calm.theta - start).max()

    objective = make_objective((2,))
    solver = make_sgd(objective, rule)
    monitor = measuring(objective, lambda theta: np.abs(theta - start).max() <= farthest)
    assert solver.minimize(1, monitor) is Outcome.MAX_ITER
    assert (solver.n_halvings, len(monitor.epochs)) == (2, 1)
    assert everything(solver) == everything(after)


@each_update
def test_what_cannot_be_measured_at_the_start_either_is_an_error_at_once(rule):
    objective = make_objective((2,))
    solver = make_sgd(objective, rule)
    with pytest.raises(UnmeasurableError, match="not finite"):
        solver.minimize(3, measuring(objective, lambda theta: False))
    assert solver.n_halvings == 0


def test_what_can_be_measured_at_the_start_alone_is_an_error_after_ten_halvings():
    objective = make_objective((2,))
    start, solver = objective.theta.copy(), make_sgd(objective)
    monitor = measuring(objective, lambda theta: np.array_equal(theta, start))
    with pytest.raises(UnmeasurableError, match="not finite"):
        solver.minimize(3, monitor)
    assert solver.n_halvings == 10
    assert_array_equal(objective.theta, start)


@pytest.mark.parametrize("hidden", [(2,), (3,), (2, 2)])
def test_a_layer_that_loses_all_units_starts_again_at_half_the_rate(hidden):
    """As if training had begun at the rate at which some units of each layer live."""
    options = {"activations": ["relu"] * len(hidden)}
    objective = make_objective(hidden, **options)
    solver = make_sgd(objective, alpha=0.2)
    monitor = watch_loss(objective)
    assert solver.minimize(6, monitor) is Outcome.MAX_ITER
    assert solver.n_halvings > 0 and not is_constant(objective)
    assert len(monitor.epochs) == 6

    calm = make_objective(hidden, **options)
    assert train(calm, 6, alpha=0.2 * solver.slowdown).n_halvings == 0
    assert_allclose(objective.theta, calm.theta, rtol=1e-12)


def without_revival(objective, n_epochs, **options):
    """Train to the end whatever becomes of the units; return the solver."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Soundness, "may_die", False)
        return train(objective, n_epochs, **options)


@pytest.mark.parametrize("l1", [1.0, 10.0])
def test_outputs_that_penalties_keep_constant_are_what_training_finds_at_its_own_rate(l1):
    objective, other = (make_objective((3,), activations=["relu"], l1=l1) for _ in range(2))
    solver = train(objective, 14, alpha=0.02)
    alone = without_revival(other, 14, alpha=0.02)
    assert is_constant(objective)
    assert (solver.n_halvings, solver.n_revivals, solver.slowdown) == (0, 0, 1)
    assert everything(solver) == everything(alone)


def test_a_lower_rate_that_is_no_better_than_constant_outputs_is_given_up():
    """The classes do not depend on the inputs: nothing is learned at any rate."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(200, 20)), rng.integers(2, size=200)
    objective, other = (
        problems.make_objective(*data, (3, 3), activations=["relu"] * 2, l2=0.05) for _ in range(2)
    )
    solver, alone = train(objective, 14, alpha=0.3), without_revival(other, 14, alpha=0.3)
    assert is_constant(other) and solver.n_revivals == 0
    assert everything(solver) == everything(alone)


def test_a_single_epoch_is_never_begun_again():
    """As in partial_fit, whose calls see few rows."""
    objective = make_objective((2,), activations=["relu"])
    for _ in range(3):
        assert train(objective, 1, alpha=2.0).n_revivals == 0
    assert is_constant(objective)


def test_units_that_cannot_die_are_not_looked_at(monkeypatch):
    objective = make_objective((3,), l1=10.0)
    monkeypatch.setattr(Soundness, "is_constant", None)
    assert train(objective, 3).n_revivals == 0


@pytest.mark.parametrize("hidden", [(), (3,)])
def test_outputs_that_are_constant_from_the_start_halve_no_rate(hidden):
    objective = problems.make_objective(np.ones((N_ROWS, 2)), Y, hidden)
    assert make_sgd(objective, alpha=0.1).minimize(6, watch_loss(objective)) is Outcome.MAX_ITER
    assert train(objective, 3).n_halvings == 0


@each_update
@pytest.mark.parametrize("alpha", [0.05, 1e3])  # which is endured, and which is not
@pytest.mark.parametrize(("activation", "n_early"), [("tanh", 0), ("relu", 10)])
def test_epochs_that_nobody_watches_are_the_same_made_at_once(rule, alpha, activation, n_early):
    solvers, monitors = [], []
    for every_epoch in (True, False):
        objective = make_objective((3,), activations=[activation], l1=1e-3, l2=1e-3)
        solver = make_sgd(objective, rule, alpha=alpha, schedule="linear")
        solver.epoch = SeveralEpochs(objective, solver.update, solver.batch_size)
        monitor = watch_loss(objective, every_epoch=every_epoch)
        assert solver.minimize(50, monitor) is Outcome.MAX_ITER
        solvers, monitors = [*solvers, solver], [*monitors, monitor]
    assert everything(solvers[0]) == everything(solvers[1])
    assert len(monitors[0].epochs) == 50
    if alpha < 1:
        assert solvers[0].n_halvings == 0 and len(monitors[1].epochs) == n_early + 1
        largest = max(epoch.loss for epoch in monitors[0].epochs[n_early:])
        assert largest <= monitors[1].epochs[-1].loss < 2 * largest
    else:
        assert solvers[0].n_halvings > 0
