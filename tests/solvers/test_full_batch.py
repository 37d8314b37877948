"""What newton and lbfgs share, as solvers on an Objective and as the classifier's."""

import pickle

import numpy as np
import problems
import pytest
from models import plain
from numpy.testing import assert_allclose, assert_array_equal
from problems import slope, watch_loss
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop.estimator.hyper_parameters import FULL_BATCH
from skbackprop.objective.objective import Objective
from skbackprop.solvers.checkpoint import DivergenceError
from skbackprop.solvers.outcome import Outcome

N_ROWS, N_IN, N_OUT = 40, 3, 3
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(N_ROWS, N_IN)), RNG.integers(N_OUT, size=N_ROWS)
each_solver = pytest.mark.parametrize("Solver", FULL_BATCH.values(), ids=FULL_BATCH)
each_name = pytest.mark.parametrize("solver", FULL_BATCH)


class Observed(Objective):
    """Calls `before(n)` ahead of its n-th evaluation; J is what `value` makes of it."""

    def __init__(self, *args, before=None, value=lambda objective, J: J, **options):
        super().__init__(*args, **options)
        self.before, self.value_of, self.n_calls = before, value, 0

    def smooth_value_and_gradient(self):
        self.n_calls += 1
        if self.before is not None:
            self.before(self.n_calls)
        J, gradient = super().smooth_value_and_gradient()
        return self.value_of(self, J), gradient


def make_objective(hidden=(4,), l2=1e-2, scale=0.5, **options):
    return problems.make_objective(X, Y, hidden, kind=Observed, l2=l2, scale=scale, **options)


@each_solver
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)], ids=len)
def test_it_converges_to_a_point_without_slope_that_curves_up_in_all_directions(Solver, hidden):
    objective = make_objective(hidden)
    monitor = watch_loss(objective)
    solver = Solver(objective, tol=1e-8, t=7)
    assert solver.minimize(1000, monitor) is Outcome.CONVERGED
    assert slope(objective) <= 1e-8
    curvature = objective.curvature()
    H = [curvature.hessian_vector(e) for e in np.eye(len(objective.theta))]
    assert np.linalg.eigvalsh(H).min() > -1e-12  # 0 where biases may move together
    assert solver.t == 7 + len(monitor.epochs)


@each_solver
def test_the_loss_of_a_step_is_J_after_it_and_never_rises(Solver):
    objective, seen = make_objective(), []
    monitor = watch_loss(objective, evaluate=lambda: (seen.append(objective.value()), None))
    start = objective.value()
    Solver(objective, tol=1e-6).minimize(1000, monitor)
    losses = [epoch.loss for epoch in monitor.epochs]
    assert_allclose(losses, seen, rtol=1e-13)
    assert (np.diff([start, *losses]) <= 1e-14).all()
    assert all(np.isnan(epoch.learning_rate) for epoch in monitor.epochs)


@each_solver
@pytest.mark.parametrize("max_iter", [1, 2, 7])
def test_max_iter_counts_steps(Solver, max_iter):
    objective = make_objective()
    monitor = watch_loss(objective)
    assert Solver(objective, tol=0.0).minimize(max_iter, monitor) is Outcome.MAX_ITER
    assert len(monitor.epochs) == max_iter


@each_solver
def test_where_training_starts_at_the_minimum_theta_stays_there(Solver):
    objective = make_objective()
    Solver(objective, tol=1e-7).minimize(1000, watch_loss(objective))
    theta, monitor = objective.theta.copy(), watch_loss(objective)
    assert Solver(objective, tol=1e-7).minimize(1000, monitor) is Outcome.CONVERGED
    assert_array_equal(objective.theta, theta)
    assert len(monitor.epochs) == 1


@each_solver
@pytest.mark.parametrize("hidden", [(), (4,)], ids=len)
def test_without_tolerance_it_goes_on_to_the_limit_of_rounding_and_ends(Solver, hidden):
    objective = make_objective(hidden)
    assert Solver(objective, tol=0.0).minimize(100_000, watch_loss(objective)) is Outcome.STALLED
    assert slope(objective) < 1e-8


@each_solver
@pytest.mark.parametrize("exhaustive", [False, True])
def test_a_plateau_of_what_is_watched_ends_training_unless_all_steps_are_wanted(Solver, exhaustive):
    objective = make_objective()
    monitor = watch_loss(objective, tol=1.0, patience=3, exhaustive=exhaustive)
    outcome = Solver(objective, tol=0.0).minimize(9, monitor)
    assert (outcome, len(monitor.epochs)) == (
        (Outcome.MAX_ITER, 9) if exhaustive else (Outcome.CONVERGED, 4)
    )


@each_solver
def test_an_interrupt_keeps_the_last_whole_step(Solver, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")

    def interrupt(n):
        if n == 8:
            raise KeyboardInterrupt

    objective = make_objective(before=interrupt)
    solver, monitor = Solver(objective, tol=0.0), watch_loss(objective)
    assert solver.minimize(100, monitor) is Outcome.INTERRUPTED
    whole, n_steps = make_objective(), len(monitor.epochs)
    assert n_steps >= 2
    Solver(whole, tol=0.0).minimize(n_steps, watch_loss(whole))
    assert_array_equal(objective.theta, whole.theta)
    assert solver.t == n_steps


@each_solver
def test_an_interrupt_during_evaluation_leaves_theta_at_the_last_step_noted(Solver, interrupted):
    objective = make_objective()
    solver, monitor = Solver(objective, tol=0.0), watch_loss(objective, evaluate=interrupted)
    assert solver.minimize(100, monitor) is Outcome.INTERRUPTED
    whole = make_objective()
    Solver(whole, tol=0.0).minimize(2, watch_loss(whole))
    assert_array_equal(objective.theta, whole.theta)
    assert len(monitor.epochs) == solver.t == 2


@each_solver
def test_an_interrupt_before_the_first_step_goes_through(Solver, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")

    def interrupt(n):
        raise KeyboardInterrupt

    objective = make_objective(before=interrupt)
    with pytest.raises(KeyboardInterrupt):
        Solver(objective, tol=0.0).minimize(5, watch_loss(objective))


@each_solver
@pytest.mark.parametrize("worthless", [np.nan, np.inf])
def test_a_step_to_where_J_is_not_finite_is_refused(Solver, worthless, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    limit = 1.02 * np.linalg.norm(make_objective().theta)

    def value(objective, J):
        return J if np.linalg.norm(objective.theta) < limit else worthless

    objective = make_objective(value=value, l2=1e-4)
    monitor = watch_loss(objective)
    start = objective.value()
    Solver(objective, tol=1e-8).minimize(100, monitor)
    assert np.linalg.norm(objective.theta) < limit
    assert np.isfinite([epoch.loss for epoch in monitor.epochs]).all()
    assert objective.value() < start


@each_solver
def test_a_start_that_is_not_finite_is_an_error(Solver):
    objective = make_objective(scale=1e200)
    with pytest.raises(DivergenceError, match="not finite where training starts"):
        Solver(objective, tol=0.0).minimize(5, watch_loss(objective))


# As solvers of the classifier


def gradient_at(model, X, y, l2):
    """The largest entry of ∇J of one tanh layer, written out in numpy."""
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    H = np.tanh(model.scaler_.transform(X) @ W1 + b1)
    F = np.exp(H @ W2 + b2)
    grad_A2 = (F / F.sum(axis=1, keepdims=True) - np.eye(F.shape[1])[y]) / len(y)
    grad_A1 = (grad_A2 @ W2.T) * (1 - H**2)
    gradients = [
        model.scaler_.transform(X).T @ grad_A1 + 2 * l2 * W1,
        H.T @ grad_A2 + 2 * l2 * W2,
        grad_A1.sum(axis=0),
        grad_A2.sum(axis=0),
    ]
    return max(np.abs(g).max() for g in gradients)


@each_name
@pytest.mark.parametrize("dataset", ["iris", "wine", "breast_cancer"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_small_net_is_trained_to_a_gradient_below_1e_8(dataset, solver, seed, request):
    if dataset == "breast_cancer":
        X, y = load_breast_cancer(return_X_y=True)
    else:
        X, y = request.getfixturevalue(dataset)
    model = plain((10,), "tanh", solver=solver, l2=1e-3, tol=5e-9, max_iter=2000, random_state=seed)
    model.fit(X, y)
    assert gradient_at(model, X, y, 1e-3) < 1e-8
    assert len(model.loss_curve_) == model.n_iter_ == model.t_


@each_name
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("dataset", ["iris", "wine", "digits"])
def test_with_defaults_it_converges_and_predicts_as_well_as_mlp_classifier(
    dataset, activation, solver, request
):
    X, y = (a[:300] for a in request.getfixturevalue(dataset))
    options = {"activation": activation, "random_state": 0}
    theirs = make_pipeline(StandardScaler(), MLPClassifier(solver="lbfgs", **options))
    ours = plain((100,), solver=solver, **options)
    assert cross_val_score(ours, X, y).mean() > cross_val_score(theirs, X, y).mean() - 0.01


@each_name
def test_float32_is_computed_in_float64_and_returned_in_float32(iris, solver):
    X, y = iris
    options = {"solver": solver, "tol": 1e-8, "max_iter": 2000, "l2": 1e-2, "dtype": "auto"}
    X = X.astype(np.float32)
    single = plain((), **options).fit(X, y)
    double = plain((), **options).fit(X.astype(float), y)
    assert {a.dtype for a in single.coefs_ + single.intercepts_} == {np.dtype(np.float32)}
    assert single.predict_proba(X).dtype == np.float32
    assert_allclose(single.coefs_[0], double.coefs_[0], rtol=1e-5, atol=1e-6)
    single.set_params(warm_start=True, max_iter=1, tol=None).fit(X, y)
    assert single.coefs_[0].dtype == np.float32


@each_name
def test_early_stopping_looks_after_each_step_and_restores_the_best(wine, solver):
    X, y = wine
    model = plain(
        (50,), "tanh", solver=solver, l2=0.0, early_stopping=True, n_iter_no_change=4, tol=0.0
    )
    model.set_params(random_state=3, validation_fraction=0.4).fit(X[::2], y[::2], X_val=X, y_val=y)
    curve = model.validation_loss_curve_
    assert len(curve) == model.n_iter_ == np.argmin(curve) + 1 + 4
    proba = model.predict_proba(X)[np.arange(len(y)), y]
    assert -np.log(proba).mean() == pytest.approx(min(curve), rel=1e-9)
    assert model.best_loss_ == min(curve)


@each_name
def test_a_scorer_can_be_watched(wine, solver):
    model = plain(solver=solver, early_stopping=True, scoring="accuracy", random_state=0).fit(*wine)
    assert len(model.validation_scores_) == model.n_iter_ < 40


@each_name
def test_a_warm_start_goes_on_where_the_last_fit_ended(wine, solver):
    model = plain(
        (8,), "tanh", solver=solver, warm_start=True, tol=None, max_iter=5, random_state=0
    )
    first = model.fit(*wine).loss_
    again = pickle.loads(pickle.dumps(model)).fit(*wine)
    assert again.loss_ < first
    assert again.n_iter_ == again.t_ == len(again.loss_curve_) == 10


@each_name
def test_it_finishes_what_sgd_began_and_sgd_goes_on_after_it(wine, unconverged, solver):
    model = plain((8,), "tanh", warm_start=True, max_iter=20, random_state=0)
    by_sgd = model.fit(*wine).loss_
    polished = model.set_params(solver=solver, tol=1e-8, max_iter=1000).fit(*wine).loss_
    assert polished < by_sgd
    model.set_params(solver="sgd", tol=None, max_iter=1, learning_rate_init=1e-6).fit(*wine)
    assert model.loss_ == pytest.approx(polished, rel=1e-4)


@each_name
def test_partial_fit_is_not_there_and_says_why(iris, solver):
    model = plain(solver=solver)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        model.partial_fit(*iris, classes=[0, 1, 2])
    assert "partial_fit needs solver='sgd' or 'adam'" in str(caught.value.__cause__)
    assert solver in str(caught.value.__cause__)


@each_name
def test_a_tolerance_that_was_missed_is_a_warning_and_a_chosen_budget_is_none(wine, solver):
    model = plain((8,), "tanh", solver=solver, max_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"max_iter=3 steps.*gradient.*tol=0.0003"):
        model.fit(*wine)
    model.set_params(tol=None).fit(*wine)
    assert model.n_iter_ == 3


@each_name
def test_a_tolerance_below_rounding_is_a_warning(wine, solver):
    model = plain((), solver=solver, tol=1e-19, max_iter=10_000, n_iter_no_change=9999)
    with pytest.warns(ConvergenceWarning, match="none lowers the objective"):
        model.fit(*wine)
    model.set_params(tol=None).fit(*wine)


@each_name
def test_the_kinks_of_relu_end_training_by_a_look_ahead(wine, solver):
    model = plain(solver=solver, random_state=0, max_iter=500).fit(*wine)
    assert model.n_iter_ < 250


@each_name
def test_the_same_seed_gives_the_same_model_bit_for_bit(wine, solver):
    models = [plain((8,), "tanh", solver=solver, random_state=5).fit(*wine) for _ in range(2)]
    for a, b in zip(*[m.coefs_ + m.intercepts_ for m in models], strict=True):
        assert_array_equal(a, b)


@each_name
def test_parameters_of_mini_batches_do_not_matter(iris, solver):
    one = plain((4,), solver=solver, random_state=0).fit(*iris)
    other = plain((4,), solver=solver, random_state=0, batch_size=7, momentum=0.0)
    other.set_params(learning_rate_init=9.0, shuffle=False).fit(*iris)
    assert_array_equal(one.coefs_[0], other.coefs_[0])


@each_name
def test_verbose_prints_a_line_for_each_step(iris, solver, capsys):
    plain((), solver=solver, tol=None, max_iter=3, verbose=True).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all("loss" in line and "learning rate" not in line for line in lines)


@each_name
def test_one_class_is_learnt(iris, solver):
    model = plain((4,), solver=solver).fit(iris[0], np.zeros(150, int))
    assert model.n_iter_ >= 1
    assert (model.predict(iris[0]) == 0).all()
