"""Stochastic gradient descent: which rows it visits, how it steps, and when it ends."""

import numpy as np
import problems
import pytest
from numpy.testing import assert_allclose
from problems import everything, make_sgd, make_update, train, watch_loss
from scipy.special import log_softmax, softmax

from skbackprop.objective.objective import Objective
from skbackprop.solvers.outcome import Outcome
from skbackprop.solvers.schedules import SCHEDULES
from skbackprop.solvers.updates import UPDATES

N_ROWS, N_IN, N_OUT = 13, 3, 4
RNG = np.random.default_rng(0)
X = np.column_stack([np.arange(N_ROWS), RNG.normal(size=(N_ROWS, N_IN - 1))])  # column 0: the row
Y = RNG.integers(N_OUT, size=N_ROWS)
each_update = pytest.mark.parametrize("rule", UPDATES)


class Recorder(Objective):
    """Writes down the rows of each batch; `before_batch(n)` is called ahead of the n-th."""

    def __init__(self, *args, before_batch=None, **options):
        super().__init__(*args, **options)
        self.visits, self.before_batch = [], before_batch

    def batch_gradient(self, H, y, s=None):
        self.visits.append(H[:, 0].astype(int).tolist())
        if self.before_batch is not None:
            self.before_batch(len(self.visits))
        return super().batch_gradient(H, y, s)


def make_objective(hidden=(), kind=Recorder, **options):
    return problems.make_objective(X, Y, hidden, kind=kind, **options)


def epochs(visits, batch_size):
    """The visits, epoch by epoch."""
    n_batches = -(-N_ROWS // batch_size)
    parts = [visits[k : k + n_batches] for k in range(0, len(visits), n_batches)]
    return [[row for batch in part for row in batch] for part in parts]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("batch_size", [1, 4, 6, N_ROWS, 100])
def test_every_epoch_visits_each_row_once_the_short_last_batch_included(batch_size, shuffle):
    objective = make_objective()
    solver = train(objective, 3, batch_size=batch_size, shuffle=shuffle)
    n_batches = -(-N_ROWS // batch_size)
    sizes = [min(batch_size, N_ROWS)] * (n_batches - 1) + [(N_ROWS - 1) % batch_size + 1]
    assert [len(batch) for batch in objective.visits] == 3 * sizes
    assert [sorted(epoch) for epoch in epochs(objective.visits, batch_size)] == 3 * [[*range(13)]]
    assert (solver.t, solver.n_epochs) == (3 * n_batches, 3)


def test_without_shuffling_rows_are_visited_as_they_come():
    objective = make_objective()
    train(objective, 2, shuffle=False)
    assert epochs(objective.visits, 4) == 2 * [[*range(N_ROWS)]]


def test_orders_differ_between_epochs_and_between_seeds():
    orders = []
    for seed in (0, 1):
        objective = make_objective()
        train(objective, 5, seed=seed)
        orders += epochs(objective.visits, 4)
    assert len({tuple(order) for order in orders}) == 10


def test_the_order_is_a_function_of_seed_and_epoch_alone():
    first, later = make_objective(), make_objective((2,))
    train(first, 5, seed=7)
    np.random.default_rng(3).random(10)
    train(later, 2, "adam", seed=7, n_epochs=3, t=99, batch_size=1, schedule="power")
    assert epochs(later.visits, 1) == epochs(first.visits, 4)[3:]


def test_batches_are_consecutive_parts_of_the_order_whatever_their_size():
    by_one, by_four = make_objective(), make_objective()
    train(by_one, 2, batch_size=1)
    train(by_four, 2, batch_size=4)
    assert epochs(by_one.visits, 1) == epochs(by_four.visits, 4)


@pytest.mark.parametrize("schedule", ["constant", "inverse", "power"])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("batch_size", [1, 4, N_ROWS])
def test_softmax_regression_follows_the_loop_of_the_lecture(batch_size, nesterov, schedule):
    l1, l2, alpha, beta, delta, hold = 0.01, 0.02, 0.05, 0.8, 0.3, 5
    objective = make_objective(l1=l1, l2=l2)
    W, b = (a.copy() for a in objective.parameters.layers[0])
    update = make_update("sgd", objective, momentum=beta, nesterovs_momentum=nesterov)
    train(objective, 3, update=update, batch_size=batch_size, schedule=schedule)

    V, c = np.zeros_like(W), np.zeros_like(b)
    for t, rows in enumerate(objective.visits):
        grad_a = -(np.eye(N_OUT)[Y[rows]] - softmax(X[rows] @ W + b, axis=1))
        grad_W = X[rows].T @ grad_a / len(rows) + 2 * l2 * W
        grad_b = grad_a.mean(axis=0)
        V, c = grad_W + beta * V, grad_b + beta * c
        after_hold = max(0, t - hold)
        alpha_t = {
            "constant": alpha,
            "inverse": alpha / (1 + delta * after_hold),
            "power": alpha / (1 + after_hold) ** delta,
        }[schedule]
        W = W - alpha_t * (grad_W + beta * V if nesterov else V)
        b = b - alpha_t * (grad_b + beta * c if nesterov else c)
        W = np.sign(W) * np.maximum(np.abs(W) - alpha_t * l1 / (1 - beta), 0)
    assert_allclose(objective.parameters.layers[0][0], W, rtol=1e-10, atol=1e-12)
    assert_allclose(objective.parameters.layers[0][1], b, rtol=1e-10, atol=1e-12)


def test_the_loss_of_an_epoch_is_J_at_its_start_where_all_rows_are_one_batch():
    objective = make_objective(l1=0.01, l2=0.02)
    W, b = (a.copy() for a in objective.parameters.layers[0])
    monitor = watch_loss(objective)
    make_sgd(objective, batch_size=N_ROWS).minimize(1, monitor)
    log_f = log_softmax(X @ W + b, axis=1)[np.arange(N_ROWS), Y]
    expected = -log_f.mean() + 0.01 * np.abs(W).sum() + 0.02 * (W**2).sum()
    assert monitor.epochs[0].loss == pytest.approx(expected, rel=1e-12)


def test_the_loss_of_an_epoch_is_the_mean_over_rows_and_not_over_batches():
    objective = make_objective()
    W, b = (a.copy() for a in objective.parameters.layers[0])
    monitor = watch_loss(objective)
    make_sgd(objective, alpha=1e-14).minimize(1, monitor)
    expected = -log_softmax(X @ W + b, axis=1)[np.arange(N_ROWS), Y].mean()
    assert monitor.epochs[0].loss == pytest.approx(expected, rel=1e-10)


def test_the_monitor_is_told_the_learning_rate_at_the_end_of_each_epoch():
    objective = make_objective()
    monitor = watch_loss(objective)
    make_sgd(objective, schedule="inverse", batch_size=4).minimize(3, monitor)
    rates = [epoch.learning_rate for epoch in monitor.epochs]
    assert rates == pytest.approx([0.05, 0.05 / (1 + 0.3 * 3), 0.05 / (1 + 0.3 * 7)])


@each_update
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("n_first", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(rule, schedule, n_first):
    whole = train(make_objective((2,), l1=0.01, l2=0.01), 5, rule, schedule=schedule)
    objective = make_objective((2,), l1=0.01, l2=0.01)
    first = train(objective, n_first, rule, schedule=schedule)
    update = make_update(rule, objective)
    for key, array in first.update.memory.items():
        update.memory[key][...] = array
    second = train(
        objective,
        5 - n_first,
        update=update,
        schedule=schedule,
        t=first.t,
        n_epochs=first.n_epochs,
        slowdown=first.slowdown,
    )
    assert everything(second) == everything(whole)


@each_update
@pytest.mark.parametrize("batch", [9, 10, 12])
def test_an_interrupt_keeps_the_last_whole_epoch(rule, batch):
    def interrupt(n):
        if n == batch:
            raise KeyboardInterrupt

    objective = make_objective((2,), before_batch=interrupt)
    solver, monitor = make_sgd(objective, rule), watch_loss(objective)
    assert solver.minimize(5, monitor) is Outcome.INTERRUPTED
    assert len(monitor.epochs) == 2
    assert everything(solver) == everything(train(make_objective((2,)), 2, rule))


@each_update
def test_an_interrupt_during_evaluation_leaves_theta_and_counts_at_the_last_epoch_recorded(
    rule, interrupted
):
    objective = make_objective((2,))
    solver, monitor = make_sgd(objective, rule), watch_loss(objective, evaluate=interrupted)
    assert solver.minimize(5, monitor) is Outcome.INTERRUPTED
    whole = train(make_objective((2,)), len(monitor.epochs), rule)
    assert everything(solver) == everything(whole)


def test_an_interrupt_in_the_first_epoch_goes_through():
    def interrupt(n):
        raise KeyboardInterrupt

    objective = make_objective(before_batch=interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_sgd(objective).minimize(5, watch_loss(objective))


class Scripted:
    """A monitor that reports a plateau at the epochs it is told to."""

    every_epoch = True

    def __init__(self, plateaus, exhaustive=False, stop_at=None):
        self.plateaus, self.exhaustive, self.stop_at = plateaus, exhaustive, stop_at
        self.epochs, self.rates, self.n_new_looks = [], [], 0
        self.n_begun, self.stopped = 0, False

    def epoch_begins(self):
        self.n_begun += 1

    def epoch_ends(self, loss, learning_rate):
        self.epochs.append(loss)
        self.stopped = len(self.epochs) == self.stop_at
        self.rates.append(learning_rate)
        return len(self.epochs) in self.plateaus

    def notes(self):
        return None

    def look_ahead_again(self):
        self.n_new_looks += 1


@pytest.mark.parametrize("schedule", ["constant", "inverse", "power"])
@pytest.mark.parametrize(("exhaustive", "n_epochs"), [(False, 3), (True, 6)])
def test_a_plateau_ends_training_unless_all_epochs_are_wanted(schedule, exhaustive, n_epochs):
    monitor = Scripted({3}, exhaustive)
    outcome = make_sgd(make_objective(), schedule=schedule).minimize(6, monitor)
    assert outcome is (Outcome.MAX_ITER if exhaustive else Outcome.CONVERGED)
    assert len(monitor.epochs) == n_epochs


@pytest.mark.parametrize("schedule", ["constant", "adaptive"])
@pytest.mark.parametrize("exhaustive", [False, True])
@pytest.mark.parametrize("plateaus", [set(), {3}])
def test_a_request_to_stop_ends_training_whatever_else_holds(schedule, exhaustive, plateaus):
    monitor = Scripted(plateaus, exhaustive, stop_at=3)
    solver = make_sgd(make_objective(), schedule=schedule)
    assert solver.minimize(6, monitor) is Outcome.STOPPED
    assert (monitor.n_begun, len(monitor.epochs), solver.n_epochs) == (3, 3, 3)
    assert monitor.n_new_looks == 0


def test_adaptive_divides_the_rate_by_five_at_a_plateau_and_stops_below_1e_minus_6():
    monitor = Scripted({2, 4, 5})
    solver = make_sgd(make_objective(), schedule="adaptive", alpha=1e-4)
    assert solver.minimize(100, monitor) is Outcome.CONVERGED
    assert monitor.rates == pytest.approx([1e-4, 1e-4, 2e-5, 2e-5, 4e-6], rel=1e-12)
    assert monitor.n_new_looks == 2
