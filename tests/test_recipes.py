"""The recipes of the contributing guide, each followed from outside of the package."""

import logging
import math
import pickle
from functools import partial
from numbers import Real

import numpy as np
import pandas as pd
import pytest
from models import fast, same_parameters
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    _kernel,
    check_gradient,
    register_onnx_converter,
)
from skbackprop.estimator import problem
from skbackprop.estimator.hyper_parameters import FULL_BATCH
from skbackprop.estimator.sklearn_private import Interval
from skbackprop.network.activations import ACTIVATIONS, Activation
from skbackprop.objective.losses import LOSSES, SoftmaxCrossEntropy
from skbackprop.solvers.full_batch import FullBatch
from skbackprop.solvers.schedules import SCHEDULES, Constant
from skbackprop.solvers.updates import UPDATES, Adam
from skbackprop.tables.encoding import BLOCKS
from skbackprop.tables.targets import Classes

pytestmark = pytest.mark.usefixtures("unconverged")

SOLVERS = ["sgd", "adam", "newton", "lbfgs"]
each_solver = pytest.mark.parametrize("solver", SOLVERS)
needs_the_kernel = pytest.mark.skipif(
    _kernel.Epoch is None, reason="the compiled epoch has not been built"
)
network = partial(
    fast, hidden_layer_sizes=(6,), activation="tanh", max_iter=30, learning_rate_init=0.02
)
softmax_regression = partial(fast, hidden_layer_sizes=(), l2=1e-2)
TO_THE_END = {  # of softmax regression on iris: the minimum, by steps on all rows
    "sgd": {"batch_size": 150, "learning_rate": "constant", "max_iter": 2000},
    "adam": {"batch_size": 150, "learning_rate": "inverse", "max_iter": 4000}
    | {"learning_rate_init": 0.05, "delta": 1e-2},
    "newton": {"tol": 1e-8, "max_iter": 100},
    "lbfgs": {"tol": 1e-8, "max_iter": 1000},
}


def learn(model, X, y):
    """Fit a model whose gradient is right, with the curvature where there is one; it tells well."""
    checked = check_gradient(model, X, y)
    assert checked.max_relative_error < 1e-7
    assert checked.hessian is None or checked.hessian.max_relative_error < 1e-7
    model.fit(X, y)
    if model.solver not in FULL_BATCH:  # which end where ∇J is but rounding
        assert check_gradient(model, X, y).max_relative_error < 1e-7
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert model.score(X, y) > 0.8
    assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    return model


def convert(model, X):
    """Return the probabilities that a model has as an ONNX graph."""
    onnxruntime, skl2onnx = map(pytest.importorskip, ("onnxruntime", "skl2onnx"))
    register_onnx_converter()
    X = X.astype(np.float32)
    converted = skl2onnx.to_onnx(model, X[:1], options={"zipmap": False}).SerializeToString()
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: X})[1]


def add_parameter(monkeypatch, name, default):
    """Give BackpropClassifier a hyper-parameter, as a line in classifier.py does."""
    constraint = [Interval(Real, 0, None, closed="left")]
    monkeypatch.setitem(BackpropClassifier._parameter_constraints, name, constraint)
    monkeypatch.setattr(BackpropClassifier, name, default, raising=False)


def add_penalty(monkeypatch, make):
    """Let J have one more penalty, as a line in problem.penalties does."""
    usual = problem.penalties
    monkeypatch.setattr(
        problem, "penalties", lambda hyper, *sizes: [*usual(hyper, *sizes), make(hyper)]
    )


def minimum(penalty, X, y, l2=1e-2, **options):
    """The weights of softmax regression where its J, written out, is least, by scipy."""
    X, n_classes = scale(X), y.max() + 1
    n = X.shape[1] * n_classes

    def J(theta):
        A = X @ theta[:n].reshape(-1, n_classes) + theta[n:]
        loss = -log_softmax(A, axis=1)[np.arange(len(y)), y].mean()
        return loss + l2 * theta[:n] @ theta[:n] + penalty(theta[:n])

    result = minimize(J, np.zeros(n + n_classes), method="L-BFGS-B", tol=1e-14, **options)
    return result.x[:n].reshape(-1, n_classes)


# An activation


class BareSoftsign(Activation):
    """g(a) = a / (1 + |a|), g' = (1 − |h|)²: the two methods that an activation must have."""

    def fprop(self, A):
        A /= 1 + np.abs(A)
        return A

    def derivative(self, H, out):
        return np.square(1 - np.abs(H), out=out)


class Softsign(BareSoftsign):
    """The same with all that it may have: g'' = −2 sign(h) (1 − |h|)³, and ONNX's name."""

    onnx = ("Softsign", {})

    def curvature(self, H, out):
        return np.multiply(-2 * np.sign(H), (1 - np.abs(H)) ** 3, out=out)


@each_solver
@pytest.mark.parametrize("kind", [BareSoftsign, Softsign])
def test_an_activation_is_two_methods_and_newton_asks_for_its_curvature(
    iris, monkeypatch, kind, solver
):
    monkeypatch.setitem(ACTIVATIONS, "softsign", kind())
    model = network(activation="softsign", solver=solver)
    if solver == "newton" and kind is BareSoftsign:
        with pytest.raises(ValueError, match="second derivatives, which BareSoftsign does not"):
            model.fit(*iris)
        return
    learn(model, *iris)
    A = scale(iris[0]) @ model.coefs_[0] + model.intercepts_[0]
    assert_allclose(model.hidden_activations(iris[0]), A / (1 + abs(A)), rtol=1e-12, atol=1e-12)


def test_the_curvature_of_an_activation_is_checked_where_there_is_one(iris, monkeypatch):
    for kind, has_curvature in ((BareSoftsign, False), (Softsign, True)):
        monkeypatch.setitem(ACTIVATIONS, "softsign", kind())
        checked = check_gradient(network(activation="softsign"), *iris)
        assert (checked.hessian is not None) == has_curvature


def test_an_activation_converts_by_the_operator_it_names_or_is_refused_by_name(iris, monkeypatch):
    X, y = iris
    monkeypatch.setitem(ACTIVATIONS, "softsign", Softsign())
    model = network(activation="softsign").fit(X, y)
    assert_allclose(convert(model, X), model.predict_proba(X), atol=1e-5)
    monkeypatch.setitem(ACTIVATIONS, "softsign", BareSoftsign())
    with pytest.raises(NotImplementedError, match="activation BareSoftsign has no operator"):
        convert(model, X)


# An input block


class BareWaves:
    """h = sin x of each column of numbers: all that training and prediction need of a block."""

    def __init__(self, width):
        self.width = width

    def write(self, part, out):
        np.sin(part.numbers, out=out)

    @property
    def columns(self):
        return np.arange(self.width)

    def names(self, columns):
        return [f"sine of {columns[j]}" for j in self.columns]


class Waves(BareWaves):
    """The same with its bound on ‖h‖², and its nodes in ONNX."""

    @property
    def largest_square(self):
        return self.width

    def onnx(self, node, x, missing, dtype):
        return node("Sin", x)


class Pairs:
    """An input for each pair of levels of two columns of categories, which is looked up."""

    def __init__(self, levels, rare):
        self.n = [len(a) + bool(b) for a, b in zip(levels, rare, strict=True)]
        self.width = self.n[0] * self.n[1]

    def look_up(self, part, dtype):
        first, second = part.codes.T
        rows, pairs = np.arange(len(first)), first * self.n[1] + second - self.n[0]
        shape = len(rows), self.width
        return sparse.csr_matrix((np.ones(len(rows), dtype), (rows, pairs)), shape=shape)


def add_waves(monkeypatch, kind):
    """Let h⁰ have one more block, as a line in BLOCKS does."""
    monkeypatch.setitem(BLOCKS, "waves", lambda encoding: kind(len(encoding.means)))


@each_solver
@pytest.mark.parametrize("kind", [BareWaves, Waves])
def test_a_block_of_inputs_is_added_to_the_others_by_a_line(iris, monkeypatch, kind, solver):
    add_waves(monkeypatch, kind)
    X, y = iris
    model = learn(network(solver=solver), X, y)
    A = np.hstack([scale(X), np.sin(X)]) @ model.coefs_[0] + model.intercepts_[0]
    assert_allclose(model.hidden_activations(X), np.tanh(A), rtol=1e-12, atol=1e-12)
    assert model.get_input_names().tolist()[3:6] == ["x3", "sine of x0", "sine of x1"]


def test_a_block_stands_before_those_that_are_looked_up(iris, monkeypatch):
    add_waves(monkeypatch, Waves)
    X = pd.DataFrame(iris[0], columns=list("abcd")).assign(species=np.array([*"xyz"])[iris[1]])
    names = network().fit(X, iris[1]).get_input_names()
    assert names[-4:].tolist() == ["sine of d", "species=x", "species=y", "species=z"]


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_block_that_looks_up_pairs_tells_softmax_regression_which_levels_go_together(
    monkeypatch, solver
):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.choice(["no", "yes"], (200, 2)), columns=["a", "b"])
    y = (X["a"] == X["b"]).to_numpy().astype(int)
    make = partial(softmax_regression, solver=solver, l2=1e-3, max_iter=30)
    assert make().fit(X, y).score(X, y) < 0.8
    monkeypatch.setitem(BLOCKS, "pairs", lambda encoding: Pairs(encoding.levels, encoding.rare))
    model = make().fit(X, y)
    assert model.coefs_[0].shape == (4 + 4, 2) and model.score(X, y) == 1
    assert check_gradient(make(), X, y).max_relative_error < 1e-7


def test_a_block_sees_the_rows_of_a_sparse_x_as_those_of_a_dense_one(iris, monkeypatch):
    add_waves(monkeypatch, Waves)
    X, y = iris
    S, options = sparse.csr_array(X), {"standardize": False}
    of_dense, of_sparse = (network(**options).fit(rows, y) for rows in (X, S))
    assert_allclose(of_sparse.predict_proba(X), of_dense.predict_proba(X), rtol=1e-9)
    assert_allclose(of_sparse.predict_proba(S), of_sparse.predict_proba(X), rtol=1e-12)


@needs_the_kernel
def test_a_block_that_the_kernel_does_not_know_trains_on_numpy_and_is_named(
    iris, monkeypatch, caplog
):
    add_waves(monkeypatch, Waves)
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    fits = []
    for value in "01":
        monkeypatch.setenv("SKBACKPROP_KERNEL", value)
        fits.append(network().fit(*iris))
    told = "training runs in numpy: the compiled epoch does not know the block of inputs Waves"
    assert caplog.messages == [told]
    assert same_parameters(*fits)


def test_a_block_converts_by_its_nodes_or_is_refused_by_name(iris, monkeypatch):
    X, y = iris
    add_waves(monkeypatch, Waves)
    model = network().fit(X, y)
    assert_allclose(convert(model, X), model.predict_proba(X), atol=1e-5)
    add_waves(monkeypatch, BareWaves)
    with pytest.raises(NotImplementedError, match="inputs of BareWaves are not converted to ONNX"):
        convert(model, X)


def test_a_model_is_refused_where_a_block_of_its_training_is_not_registered(iris, monkeypatch):
    with monkeypatch.context() as patch:
        add_waves(patch, Waves)
        model = network().fit(*iris)
    with pytest.raises(ValueError, match=r"coefs_\[0\] has 8 rows, .* columns for 4 inputs"):
        model.predict(iris[0])


# A penalty


class Box:
    """|W_ij| ≤ bound: a constraint, whose prox is the projection onto it."""

    def __init__(self, bound):
        self.bound = bound

    def value(self, W):
        return 0.0

    def add_gradient(self, W, grad_W):
        pass

    def prox(self, W, step, scratch):
        np.clip(W, -self.bound, self.bound, out=W)


class BareLogCosh:
    """strength Σ log cosh W_ij, with gradient strength · tanh W."""

    def __init__(self, strength):
        self.strength = strength

    def value(self, W):
        return self.strength * float((np.logaddexp(W, -W) - math.log(2)).sum())

    def add_gradient(self, W, grad_W):
        grad_W += self.strength * np.tanh(W)


class LogCosh(BareLogCosh):
    """The same with its second derivative, strength · (1 − tanh² W)."""

    def add_hessian_vector(self, W, V, R_grad_W):
        R_grad_W += self.strength * (1 - np.tanh(W) ** 2) * V


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_a_penalty_with_a_prox_leads_to_the_minimum_within_its_constraint(
    iris, monkeypatch, solver
):
    add_parameter(monkeypatch, "bound", 0.5)
    add_penalty(monkeypatch, lambda hyper: Box(hyper.bound))
    model = softmax_regression(solver=solver, **TO_THE_END[solver]).fit(*iris)
    bounds = [(-0.5, 0.5)] * 12 + [(None, None)] * 3
    expected = minimum(lambda W: 0.0, *iris, bounds=bounds)
    assert (np.abs(expected) == 0.5).any() and (np.abs(expected) < 0.5).any()
    assert_allclose(model.coefs_[0], expected, atol=1e-3)
    assert np.abs(model.coefs_[0]).max() == 0.5
    learn(network(solver=solver), *iris)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_a_constraint_is_refused_by_name_where_its_prox_is_not_taken(iris, monkeypatch, solver):
    add_penalty(monkeypatch, lambda hyper: Box(0.5))
    with pytest.raises(ValueError, match=f"solver='{solver}' .* Box .*: set "):
        network(solver=solver).fit(*iris)


def test_newton_refuses_a_prox_that_comes_with_a_hessian_product_too(iris, monkeypatch):
    class SmoothBox(Box):
        def add_hessian_vector(self, W, V, R_grad_W):
            pass

    add_penalty(monkeypatch, lambda hyper: SmoothBox(0.5))
    with pytest.raises(ValueError, match="SmoothBox"):
        network(solver="newton").fit(*iris)


@each_solver
@pytest.mark.parametrize("kind", [BareLogCosh, LogCosh])
def test_a_smooth_penalty_leads_all_solvers_to_the_minimum_newton_by_its_hessian_product(
    iris, monkeypatch, kind, solver
):
    add_parameter(monkeypatch, "log_cosh", 0.1)
    add_penalty(monkeypatch, lambda hyper: kind(hyper.log_cosh))
    model = softmax_regression(solver=solver, **TO_THE_END[solver])
    if solver == "newton" and kind is BareLogCosh:
        with pytest.raises(ValueError, match="second derivatives, which BareLogCosh does not"):
            model.fit(*iris)
        return
    model.fit(*iris)
    expected = minimum(lambda W: 0.1 * np.log(np.cosh(W)).sum(), *iris)
    assert_allclose(model.coefs_[0], expected, atol=1e-3)
    learn(network(solver=solver), *iris)


# A schedule


class Steps(Constant):
    """α_t = α / 2^⌊δ t⌋."""

    auto_delta = 1 / 50

    def rates(self, alpha, t, n, horizon):
        """Return α_t … α_{t+n−1}."""
        return alpha / 2 ** np.floor(self.delta * self.waited(t, n))


class Cosine(Constant):
    """α_t = α (1 + cos(π t / T)) / 2 in a training of T updates, and 0 after it."""

    has_horizon = True

    def rates(self, alpha, t, n, horizon):
        """Return α_t … α_{t+n−1}."""
        done = np.arange(t, t + n) - horizon.begin
        part = np.minimum(done / (horizon.end - horizon.begin), 1)
        return alpha * (1 + np.cos(math.pi * part)) / 2


FORMULAS = {
    Steps: lambda t, horizon: 0.5 ** (t // 50),
    Cosine: lambda t, horizon: math.cos(math.pi * t / horizon / 2) ** 2,
}


@each_solver
@pytest.mark.parametrize("kind", FORMULAS)
def test_a_schedule_gives_its_rates_to_the_update_rules_and_nothing_to_the_other_solvers(
    iris, monkeypatch, kind, solver
):
    monkeypatch.setitem(SCHEDULES, "mine", kind)
    learn(network(solver=solver, learning_rate="mine"), *iris)


@pytest.mark.parametrize("kind", FORMULAS)
def test_the_rates_of_a_schedule_are_its_formula_from_the_first_update_to_the_last(
    iris, monkeypatch, kind
):
    monkeypatch.setitem(SCHEDULES, "mine", kind)
    model = network(learning_rate="mine", batch_size=32).fit(*iris)
    expected = [0.02 * FORMULAS[kind](5 * epoch, 150) for epoch in range(1, 31)]
    assert_allclose(model.learning_rate_curve_, expected, atol=1e-15)


@needs_the_kernel
def test_a_schedule_of_ones_own_runs_in_the_kernel(iris, monkeypatch, caplog):
    monkeypatch.setitem(SCHEDULES, "mine", Cosine)
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    curves = []
    for value in "01":
        monkeypatch.setenv("SKBACKPROP_KERNEL", value)
        curves.append(network(learning_rate="mine").fit(*iris).loss_curve_)
    assert not caplog.messages
    assert_allclose(*curves, rtol=1e-9)


# An update rule


class AdaGrad:
    """v ← v + ∇², θ ← θ − α ∇ / (√v + ε)."""

    hyper_parameters = ("epsilon",)
    auto_rate, scale_free = 0.1, True

    def __init__(self, theta, *, epsilon):
        self.epsilon, self.memory = epsilon, {"v": np.zeros_like(theta)}

    def step(self, theta, gradient, rate):
        self.memory["v"] += gradient**2
        theta -= rate * gradient / self._scale()

    def prox_step(self, rate, n_weights):
        return rate / self._scale()[:n_weights]

    def _scale(self):
        return np.sqrt(self.memory["v"]) + self.epsilon


class AdamW(Adam):
    """Adam with θ ← θ − α w θ beside its step (Loshchilov & Hutter, arXiv:1711.05101)."""

    hyper_parameters = (*Adam.hyper_parameters, "weight_decay")

    def __init__(self, theta, *, weight_decay, **moments):
        super().__init__(theta, **moments)
        self.weight_decay = weight_decay

    def step(self, theta, gradient, rate):
        theta *= 1 - rate * self.weight_decay
        super().step(theta, gradient, rate)


RULES = {"adagrad": AdaGrad, "adamw": AdamW}
each_rule = pytest.mark.parametrize("rule", RULES)


@pytest.fixture
def rules(monkeypatch):
    """Both rules, as values of `solver`."""
    add_parameter(monkeypatch, "weight_decay", 0.01)
    for name, rule in RULES.items():
        monkeypatch.setitem(UPDATES, name, rule)


@each_rule
def test_an_update_rule_is_a_value_of_solver_with_a_rate_of_its_own(iris, rules, rule):
    options = {"learning_rate": "constant", "learning_rate_init": "auto", "max_iter": 150}
    model = learn(network(solver=rule, **options), *iris)
    assert model.learning_rate_curve_ == [RULES[rule].auto_rate] * 150


@each_rule
def test_an_update_rule_takes_part_in_proximal_steps(iris, rules, rule):
    weak, strong = (network(solver=rule, l1=l1).fit(*iris).coefs_[0] for l1 in (1e-4, 0.1))
    assert np.count_nonzero(strong == 0) > np.count_nonzero(weak == 0)


@each_rule
def test_calls_of_partial_fit_with_an_update_rule_are_one_fit_also_pickled(iris, rules, rule):
    X, y = iris
    model = network(solver=rule, max_iter=5, standardize=False, l2=1e-3)
    whole, parts = model.fit(X, y), network(**model.get_params())
    for _ in range(5):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y, classes=[0, 1, 2])))
    assert same_parameters(whole, parts)


def test_adamw_decays_theta_by_alpha_w_beside_the_step_of_adam(rng):
    moments = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
    theta = start = rng.normal(size=7)
    for t in (1, 2):
        by_adam, by_adamw = start.copy(), start.copy()
        gradient = rng.normal(size=7)
        Adam(by_adam, **moments).step(by_adam, gradient.copy(), 0.1)
        AdamW(by_adamw, weight_decay=0.2, **moments).step(by_adamw, gradient.copy(), 0.1)
        assert_allclose(by_adamw, by_adam - 0.1 * 0.2 * theta, rtol=1e-12, err_msg=str(t))


def test_adamw_without_decay_is_adam(iris, rules, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    monkeypatch.setattr(BackpropClassifier, "weight_decay", 0.0)
    assert same_parameters(*(network(solver=name).fit(*iris) for name in ("adam", "adamw")))


# A loss


class Brier:
    """l = ½ Σ_c (f_c − e(y)_c)² of f = softmax(a), ∇ₐ l = f ⊙ (d − Σ_c d_c f_c), d = f − e(y).

    All that training and prediction need of a loss.
    """

    hyper_parameters = ()
    out_activation = "softmax"

    def outputs(self, A):
        A[...] = softmax(A, axis=1)
        return A

    def log_outputs(self, A):
        A[...] = log_softmax(A, axis=1)
        return A

    def fprop(self, A, y):
        F = self.outputs(A)
        return ((F - self._targets(F, y)) ** 2).sum(axis=1) / 2

    def bprop(self, F, y):
        d = F - self._targets(F, y)
        F *= d - (d * F).sum(axis=1, keepdims=True)
        return F

    def _targets(self, F, y):
        return np.eye(F.shape[1], dtype=F.dtype)[y]


class LabelSmoothing(SoftmaxCrossEntropy):
    """l = −Σ_c q_c log f_c with q = (1 − ε) e(y) + ε / K; its R_bprop is that of softmax."""

    hyper_parameters = ("label_smoothing",)

    def __init__(self, *, label_smoothing):
        self.label_smoothing = label_smoothing

    def fprop(self, A, y):
        log_F = log_softmax(A, axis=1)
        A[...] = np.exp(log_F)
        right = log_F[np.arange(len(y)), y]
        return -(1 - self.label_smoothing) * right - self.label_smoothing * log_F.mean(axis=1)

    def bprop(self, F, y):
        F -= self.label_smoothing / F.shape[1]
        F[np.arange(len(y)), y] -= 1 - self.label_smoothing
        return F


class Steep(SoftmaxCrossEntropy):
    """f = softmax(β a): a loss whose outputs, too, depend on its parameter."""

    hyper_parameters = ("steepness",)

    def __init__(self, *, steepness):
        self.steepness = steepness

    def outputs(self, A):
        return super().outputs(np.multiply(A, self.steepness, out=A))

    def log_outputs(self, A):
        return super().log_outputs(np.multiply(A, self.steepness, out=A))

    def fprop(self, A, y):
        return super().fprop(np.multiply(A, self.steepness, out=A), y)

    def bprop(self, F, y):
        return np.multiply(super().bprop(F, y), self.steepness, out=F)

    def R_bprop(self, F, R_A, y):
        return np.multiply(super().R_bprop(F, R_A, y), self.steepness**2, out=R_A)


@pytest.fixture
def use_loss(monkeypatch):
    """Return what lets BackpropClassifier have a loss, with its hyper-parameter."""
    for name, default in (("label_smoothing", 0.1), ("steepness", 2.0)):
        add_parameter(monkeypatch, name, default)
    return partial(monkeypatch.setitem, LOSSES, "softmax_cross_entropy")


@each_solver
@pytest.mark.parametrize("loss", [Brier, LabelSmoothing, Steep])
def test_a_loss_is_a_class_in_losses_and_newton_asks_for_its_second_derivative(
    iris, use_loss, loss, solver
):
    use_loss(loss)
    model = network(solver=solver, l2=1e-4)
    if solver == "newton" and loss is Brier:
        with pytest.raises(ValueError, match="second derivatives, which Brier does not have"):
            model.fit(*iris)
    else:
        learn(model, *iris)


def test_the_brier_loss_of_all_rows_is_half_the_mean_squared_distance(iris, use_loss):
    X, y = iris
    use_loss(Brier)
    model = network(solver="lbfgs", l2=0.0).fit(X, y)
    distance = model.predict_proba(X) - np.eye(3)[y]
    assert model.loss_ == pytest.approx((distance**2).sum(axis=1).mean() / 2, rel=1e-9)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_label_smoothing_is_logistic_regression_on_every_class_with_its_share(
    iris, use_loss, monkeypatch, solver, smoothing
):
    X, y = iris
    use_loss(LabelSmoothing)
    monkeypatch.setattr(BackpropClassifier, "label_smoothing", smoothing)
    model = softmax_regression(solver=solver, **TO_THE_END[solver]).fit(X, y)
    shares = (1 - smoothing) * np.eye(3)[y] + smoothing / 3
    peer = LogisticRegression(C=1 / (2 * 150 * 1e-2), solver="newton-cholesky", tol=1e-10)
    peer.fit(np.repeat(scale(X), 3, axis=0), np.tile([0, 1, 2], 150), shares.ravel())
    assert_allclose(model.predict_proba(X), peer.predict_proba(scale(X)), atol=1e-5)


def test_the_parameter_of_a_loss_is_fitted_and_a_training_that_goes_on_has_the_new_one(
    iris, use_loss
):
    X, y = iris
    use_loss(Steep)
    model = pickle.loads(pickle.dumps(network(warm_start=True).fit(X, y)))
    P, A = model.predict_proba(X), model.decision_function(X)
    assert_allclose(P, softmax(2 * A, axis=1))
    model.steepness = 5.0
    assert_array_equal(model.predict_proba(X), P)
    assert_allclose(model.fit(X, y).predict_proba(X), softmax(5 * model.decision_function(X), 1))


@pytest.mark.parametrize("loss", [Brier, LabelSmoothing])
def test_an_ensemble_has_the_loss_of_its_networks(iris, use_loss, loss):
    X, y = iris
    use_loss(loss)
    model = BackpropEnsembleClassifier(network(), 2, variants=None, calibrate=False, random_state=0)
    model.fit(X, y)
    assert all(member._loss == model._loss for member in model.estimators_)
    mean = np.average(
        [member.predict_proba(X) for member in model.estimators_], axis=0, weights=model.weights_
    )
    assert_allclose(model.predict_proba(X), mean)
    A = model.oof_decision_function_.copy()
    losses = loss(**{name: 0.1 for name in loss.hyper_parameters}).fprop(A, y)
    assert model.oof_loss_ == pytest.approx(losses.mean())


def test_a_model_whose_loss_is_not_registered_says_so(iris, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(LOSSES, "brier", Brier)
        patch.setattr(Classes, "default_loss", "brier")
        model = network().fit(*iris)
    with pytest.raises(ValueError, match="loss='brier', which is not registered here"):
        model.predict(iris[0])


def test_a_loss_converts_by_the_operator_it_names_or_is_refused_by_name(iris, use_loss):
    X, y = iris
    use_loss(LabelSmoothing)
    model = network().fit(X, y)
    assert_allclose(convert(model, X), model.predict_proba(X), atol=1e-5)
    use_loss(Brier)
    with pytest.raises(NotImplementedError, match="loss Brier has no operator"):
        convert(network().fit(X, y), X)


def test_outputs_of_any_name_convert_to_one_class_where_the_targets_are_classes(iris, monkeypatch):
    class Named(SoftmaxCrossEntropy):
        out_activation = "normalised exponential"

    monkeypatch.setitem(LOSSES, "multiclass", Named())
    model = network().fit(*iris)
    assert_allclose(convert(model, iris[0]), model.predict_proba(iris[0]), atol=1e-5)


# A solver


class SteepestDescent(FullBatch):
    """Steps θ ← θ − α ∇J, α halved until J falls by α ‖∇J‖² / 2, and doubled after."""

    @staticmethod
    def check(objective):
        if objective.proximal:
            raise ValueError("solver='steepest' takes smooth penalties only: set l1=0.")

    def _search(self):
        rate = 1.0
        while rate > 1e-9:
            x, value, gradient = self._now
            if self.evaluate(x - rate * gradient)[0] <= value - rate / 2 * gradient.dot(gradient):
                self.step_ends(x - rate * gradient)
                rate *= 2
            else:
                rate /= 2


@pytest.fixture
def steepest(monkeypatch):
    monkeypatch.setitem(FULL_BATCH, "steepest", SteepestDescent)


def test_a_solver_is_a_value_of_solver_and_finds_the_minimum(iris, steepest):
    model = softmax_regression(solver="steepest", tol=1e-7, max_iter=5000).fit(*iris)
    assert model.n_iter_ < 5000
    assert_allclose(model.coefs_[0], minimum(lambda W: 0.0, *iris), atol=1e-4)
    assert np.isnan(model.learning_rate_curve_).all()


def test_a_solver_trains_networks(iris, steepest):
    learn(network(solver="steepest", max_iter=100), *iris)


def test_a_solver_says_what_it_does_not_take_and_has_no_partial_fit(iris, steepest):
    with pytest.raises(ValueError, match="smooth penalties only: set l1=0"):
        network(solver="steepest", l1=0.1).fit(*iris)
    assert not hasattr(network(solver="steepest"), "partial_fit")


# ONNX, names, and what the kernel does not know


@pytest.mark.parametrize("solver", ["sgd", "adamw", "steepest"])
def test_how_a_network_was_trained_has_no_part_in_its_onnx_model(
    iris, monkeypatch, rules, steepest, solver
):
    monkeypatch.setitem(SCHEDULES, "mine", Cosine)
    add_penalty(monkeypatch, lambda hyper: BareLogCosh(0.01))
    model = network(solver=solver, learning_rate="mine").fit(*iris)
    assert_allclose(convert(model, iris[0]), model.predict_proba(iris[0]), atol=1e-5)


@pytest.mark.parametrize("name", ["activation", "solver", "learning_rate"])
def test_a_name_that_nobody_registered_is_refused_also_after_others_were(iris, rules, name):
    with pytest.raises(ValueError, match=f"{name}.*must be.*among"):
        network(**{name: "unheard-of"}).fit(*iris)


@needs_the_kernel
def test_what_the_kernel_does_not_know_is_named_in_the_log(
    iris, monkeypatch, rules, use_loss, caplog
):
    monkeypatch.setitem(ACTIVATIONS, "softsign", Softsign())
    monkeypatch.setenv("SKBACKPROP_KERNEL", "1")
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    network().fit(*iris)
    assert not caplog.messages
    network(activation="softsign").fit(*iris)
    network(solver="adamw").fit(*iris)
    with monkeypatch.context() as patch:
        add_penalty(patch, lambda hyper: Box(0.5))
        network().fit(*iris)
    use_loss(LabelSmoothing)
    network(solver="lbfgs").fit(*iris)
    named = ["activation Softsign", "update rule AdamW", "penalty Box", "loss LabelSmoothing"]
    assert caplog.messages == [
        f"training runs in numpy: the compiled epoch does not know the {part}" for part in named
    ]


def test_without_a_kernel_or_a_listener_nothing_is_said(iris, monkeypatch, caplog):
    monkeypatch.setitem(ACTIVATIONS, "softsign", Softsign())
    network(activation="softsign").fit(*iris)
    monkeypatch.setattr(_kernel, "Epoch", None)
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    network(activation="softsign").fit(*iris)
    assert not caplog.messages


def test_two_models_of_a_rule_from_outside_are_the_same_bit_for_bit(iris, rules):
    models = [network(solver="adamw").fit(*iris) for _ in range(2)]
    assert same_parameters(*models)
    assert_array_equal(*(model.predict_proba(iris[0]) for model in models))
