import numpy as np
import problems
import pytest
from numpy.testing import assert_allclose
from problems import watch_loss
from scipy.special import log_softmax, softmax

from skbackprop.objective.objective import Objective
from skbackprop.solvers.schedules import SCHEDULES, Horizon
from skbackprop.solvers.sgd import SGD, DivergenceError
from skbackprop.solvers.updates import UPDATES

N_ROWS, N_IN, N_OUT = 13, 3, 4
RNG = np.random.default_rng(0)
X = np.column_stack([np.arange(N_ROWS), RNG.normal(size=(N_ROWS, N_IN - 1))])  # column 0: the row
Y = RNG.integers(N_OUT, size=N_ROWS)
HYPER_PARAMETERS = {
    "momentum": 0.9,
    "nesterovs_momentum": True,
    "beta_1": 0.9,
    "beta_2": 0.99,
    "epsilon": 1e-8,
}
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


class Spoiled(Recorder):
    """Its loss, gradient or both are worthless as long as `spoils()` says so."""

    def __init__(self, *args, spoils, what, **options):
        super().__init__(*args, **options)
        self.spoils, self.what = spoils, what

    def batch_gradient(self, H, y, s=None):
        loss = super().batch_gradient(H, y, s)
        if not self.spoils():
            return loss
        if "gradient" in self.what:
            self.gradient[1] = np.inf
        return np.nan if "loss" in self.what else loss


def make_objective(hidden=(), kind=Recorder, **options):
    return problems.make_objective(X, Y, hidden, kind=kind, **options)


def make_update(rule, objective, **hyper_parameters):
    values = HYPER_PARAMETERS | hyper_parameters
    return UPDATES[rule](
        objective.theta, **{name: values[name] for name in UPDATES[rule].hyper_parameters}
    )


def make_solver(objective, rule="sgd", *, schedule="constant", update=None, **options):
    options = {"alpha": 0.05, "batch_size": 4, "shuffle": True, "seed": 0} | options
    update = make_update(rule, objective) if update is None else update
    return SGD(objective, update, SCHEDULES[schedule](0.3, 5), horizon=Horizon(0, 10**6), **options)


def train(objective, n_epochs, rule="sgd", **options):
    """Run so many epochs; return the solver."""
    solver = make_solver(objective, rule, **options)
    assert solver.minimize(n_epochs, watch_loss(objective)) == "max_iter"
    return solver


def epochs(visits, batch_size):
    """The visits, epoch by epoch."""
    n_batches = -(-N_ROWS // batch_size)
    parts = [visits[k : k + n_batches] for k in range(0, len(visits), n_batches)]
    return [[row for batch in part for row in batch] for part in parts]


def everything(solver):
    """θ, the optimiser's state and the counts, as one comparable list."""
    arrays = [solver.objective.theta, *solver.update.state.values()]
    return [a.tolist() for a in arrays], solver.t, solver.epoch, solver.slowdown


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("batch_size", [1, 4, 6, N_ROWS, 100])
def test_every_epoch_visits_each_row_once_the_short_last_batch_included(batch_size, shuffle):
    objective = make_objective()
    solver = train(objective, 3, batch_size=batch_size, shuffle=shuffle)
    n_batches = -(-N_ROWS // batch_size)
    sizes = [min(batch_size, N_ROWS)] * (n_batches - 1) + [(N_ROWS - 1) % batch_size + 1]
    assert [len(batch) for batch in objective.visits] == 3 * sizes
    assert [sorted(epoch) for epoch in epochs(objective.visits, batch_size)] == 3 * [[*range(13)]]
    assert (solver.t, solver.epoch) == (3 * n_batches, 3)


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
    train(later, 2, "adam", seed=7, epoch=3, t=99, batch_size=1, schedule="power")
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
    make_solver(objective, batch_size=N_ROWS).minimize(1, monitor)
    log_f = log_softmax(X @ W + b, axis=1)[np.arange(N_ROWS), Y]
    expected = -log_f.mean() + 0.01 * np.abs(W).sum() + 0.02 * (W**2).sum()
    assert monitor.epochs[0].loss == pytest.approx(expected, rel=1e-12)


def test_the_loss_of_an_epoch_is_the_mean_over_rows_and_not_over_batches():
    objective = make_objective()
    W, b = (a.copy() for a in objective.parameters.layers[0])
    monitor = watch_loss(objective)
    make_solver(objective, alpha=1e-14).minimize(1, monitor)
    expected = -log_softmax(X @ W + b, axis=1)[np.arange(N_ROWS), Y].mean()
    assert monitor.epochs[0].loss == pytest.approx(expected, rel=1e-10)


def test_the_monitor_is_told_the_learning_rate_at_the_end_of_each_epoch():
    objective = make_objective()
    monitor = watch_loss(objective)
    make_solver(objective, schedule="inverse", batch_size=4).minimize(3, monitor)
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
    for key, array in first.update.state.items():
        update.state[key][...] = array
    second = train(
        objective,
        5 - n_first,
        update=update,
        schedule=schedule,
        t=first.t,
        epoch=first.epoch,
        slowdown=first.slowdown,
    )
    assert everything(second) == everything(whole)


@each_update
@pytest.mark.parametrize("what", ["loss", "gradient", "loss and gradient"])
def test_divergence_goes_back_to_the_start_of_the_epoch_and_halves_alpha(rule, what):
    """From batch 10 on (in the third epoch of 4 batches) only a quarter of α is endured."""

    def spoils():
        return len(objective.visits) >= 10 and solver.slowdown > 1 / 4

    objective = make_objective((2,), Spoiled, l1=0.01, spoils=spoils, what=what)
    solver = make_solver(objective, rule, schedule="inverse")
    monitor = watch_loss(objective)
    assert solver.minimize(4, monitor) == "max_iter"
    assert (solver.n_halvings, solver.slowdown) == (2, 1 / 4)
    assert len(monitor.epochs) == 4 and np.isfinite([e.loss for e in monitor.epochs]).all()

    calm = make_objective((2,), l1=0.01)
    before = train(calm, 2, rule, schedule="inverse")
    options = {"update": before.update, "t": 8, "epoch": 2, "schedule": "inverse"}
    after = train(calm, 2, slowdown=1 / 4, **options)
    assert everything(solver) == everything(after)


@each_update
@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_after_ten_halvings_an_error_is_raised_with_theta_as_it_was(rule, what):
    objective = make_objective(kind=Spoiled, spoils=lambda: True, what=what)
    solver = make_solver(objective, rule, batch_size=N_ROWS)
    before = everything(solver)[0]
    with pytest.raises(DivergenceError, match=r"diverges even at a learning rate of 4\.88e-05"):
        solver.minimize(5, watch_loss(objective))
    assert len(objective.visits) == 1 + 10
    assert everything(solver)[0] == before
    assert (solver.t, solver.epoch) == (0, 0)


@pytest.mark.parametrize("batch_size", [1, 4, N_ROWS])
def test_a_run_that_explodes_over_several_epochs_is_saved_by_a_lower_rate(batch_size):
    """θ grows up to 1e155 before J is infinite; at α / 1024 the same run is stable."""
    stable = make_objective((5, 5), l2=5.0)
    assert train(stable, 40, alpha=30 / 1024, batch_size=batch_size).n_halvings == 0
    objective = make_objective((5, 5), l2=5.0)
    solver = make_solver(objective, alpha=30.0, batch_size=batch_size)
    monitor = watch_loss(objective)
    assert solver.minimize(40, monitor) == "max_iter"
    assert np.isfinite(objective.theta).all()
    assert np.isfinite([epoch.loss for epoch in monitor.epochs]).all()


@pytest.mark.parametrize("hidden", [(2,), (3,), (2, 2)])
def test_a_layer_that_loses_all_units_starts_again_at_half_the_rate(hidden):
    """As if training had begun at the rate at which some units of each layer live."""
    options = {"activations": ["relu"] * len(hidden)}
    objective = make_objective(hidden, **options)
    solver = make_solver(objective, alpha=0.2)
    monitor = watch_loss(objective)
    assert solver.minimize(6, monitor) == "max_iter"
    assert solver.n_halvings > 0 and not objective.is_constant()
    assert len(monitor.epochs) == 6

    calm = make_objective(hidden, **options)
    assert train(calm, 6, alpha=0.2 * solver.slowdown).n_halvings == 0
    assert_allclose(objective.theta, calm.theta, rtol=1e-12)


def without_revival(objective, n_epochs, **options):
    """Train to the end whatever becomes of the units; return the solver."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(objective.graph), "may_die", False)
        return train(objective, n_epochs, **options)


@pytest.mark.parametrize("l1", [1.0, 10.0])
def test_outputs_that_penalties_keep_constant_are_what_training_finds_at_its_own_rate(l1):
    objective, other = (make_objective((3,), activations=["relu"], l1=l1) for _ in range(2))
    solver = train(objective, 14, alpha=0.02)
    alone = without_revival(other, 14, alpha=0.02)
    assert objective.is_constant()
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
    assert other.is_constant() and solver.n_revivals == 0
    assert everything(solver) == everything(alone)


def test_a_single_epoch_is_never_begun_again():
    """As in partial_fit, whose calls see few rows."""
    objective = make_objective((2,), activations=["relu"])
    for _ in range(3):
        assert train(objective, 1, alpha=2.0).n_revivals == 0
    assert objective.is_constant()


def test_units_that_cannot_die_are_not_looked_at(monkeypatch):
    objective = make_objective((3,), l1=10.0)
    monkeypatch.setattr(objective, "is_constant", None)
    assert train(objective, 3).n_revivals == 0


@pytest.mark.parametrize("hidden", [(), (3,)])
def test_outputs_that_are_constant_from_the_start_halve_no_rate(hidden):
    objective = problems.make_objective(np.ones((N_ROWS, 2)), Y, hidden)
    assert make_solver(objective, alpha=0.1).minimize(6, watch_loss(objective)) == "max_iter"
    assert train(objective, 3).n_halvings == 0


@each_update
@pytest.mark.parametrize("batch", [9, 10, 12])
def test_an_interrupt_keeps_the_last_whole_epoch(rule, batch):
    def interrupt(n):
        if n == batch:
            raise KeyboardInterrupt

    objective = make_objective((2,), before_batch=interrupt)
    solver, monitor = make_solver(objective, rule), watch_loss(objective)
    assert solver.minimize(5, monitor) == "interrupted"
    assert len(monitor.epochs) == 2
    assert everything(solver) == everything(train(make_objective((2,)), 2, rule))


@each_update
def test_an_interrupt_during_evaluation_leaves_theta_and_counts_at_the_last_epoch_recorded(
    rule, interrupted
):
    objective = make_objective((2,))
    solver, monitor = make_solver(objective, rule), watch_loss(objective, evaluate=interrupted)
    assert solver.minimize(5, monitor) == "interrupted"
    whole = train(make_objective((2,)), len(monitor.epochs), rule)
    assert everything(solver) == everything(whole)


def test_an_interrupt_in_the_first_epoch_goes_through():
    def interrupt(n):
        raise KeyboardInterrupt

    objective = make_objective(before_batch=interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_solver(objective).minimize(5, watch_loss(objective))


class Scripted:
    """A monitor that reports a plateau at the epochs it is told to."""

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
    outcome = make_solver(make_objective(), schedule=schedule).minimize(6, monitor)
    assert outcome == ("max_iter" if exhaustive else "converged")
    assert len(monitor.epochs) == n_epochs


@pytest.mark.parametrize("schedule", ["constant", "adaptive"])
@pytest.mark.parametrize("exhaustive", [False, True])
@pytest.mark.parametrize("plateaus", [set(), {3}])
def test_a_request_to_stop_ends_training_whatever_else_holds(schedule, exhaustive, plateaus):
    monitor = Scripted(plateaus, exhaustive, stop_at=3)
    solver = make_solver(make_objective(), schedule=schedule)
    assert solver.minimize(6, monitor) == "stopped"
    assert (monitor.n_begun, len(monitor.epochs), solver.epoch) == (3, 3, 3)
    assert monitor.n_new_looks == 0


def test_adaptive_divides_the_rate_by_five_at_a_plateau_and_stops_below_1e_minus_6():
    monitor = Scripted({2, 4, 5})
    solver = make_solver(make_objective(), schedule="adaptive", alpha=1e-4)
    assert solver.minimize(100, monitor) == "converged"
    assert monitor.rates == pytest.approx([1e-4, 1e-4, 2e-5, 2e-5, 4e-6], rel=1e-12)
    assert monitor.n_new_looks == 2
