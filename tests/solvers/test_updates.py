"""Update rules; the trajectories of torch.optim come from benchmarks/torch_trajectories.py."""

import json
from pathlib import Path

import numpy as np
import pytest
from models import plain
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize

from skbackprop._kernel.bind import RULES as RULES_OF_THE_KERNEL
from skbackprop.objective.penalties import L1
from skbackprop.solvers.updates import UPDATES

TORCH = np.load(Path(__file__).parents[1] / "data" / "torch_trajectories.npz")
CASES = json.loads(TORCH["cases"].item())
N_WEIGHTS, N_BIASES, L1_STRENGTH = 6, 2, 0.8
RULES = {  # with what the step size needs, for an exact minimum to be reached
    "plain": ("sgd", 0.1, {"momentum": 0.0, "nesterovs_momentum": False}),
    "momentum": ("sgd", 0.02, {"momentum": 0.9, "nesterovs_momentum": False}),
    "nesterov": ("sgd", 0.02, {"momentum": 0.9, "nesterovs_momentum": True}),
    "adam": ("adam", 0.02, {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 0.1}),
    "adam_without_memory": ("adam", 0.02, {"beta_1": 0.0, "beta_2": 0.5, "epsilon": 0.1}),
}
each_update = pytest.mark.parametrize("Update", UPDATES.values(), ids=UPDATES)


def by_default(Update, theta):
    """The rule with the estimator's defaults of its hyper-parameters."""
    defaults = plain().get_params()
    return Update(theta, **{name: defaults[name] for name in Update.hyper_parameters})


def torch_problem_gradient(theta):
    A, b, c, omega = (TORCH[name] for name in ("A", "b", "c", "omega"))
    return A @ theta - b - c * omega * np.sin(omega * theta)


def quadratic():
    """A and b of ½ θᵀ A θ − bᵀ θ, strictly convex, of which the first N_WEIGHTS are penalised."""
    rng = np.random.default_rng(10)
    n = N_WEIGHTS + N_BIASES
    B = rng.normal(size=(n, n))
    return B @ B.T / n + np.eye(n), 2 * rng.normal(size=n)


def lasso_minimiser(A, b):
    """By L-BFGS-B, each weight split into its positive and its negative part."""

    def join(parts):
        return np.append(parts[:N_WEIGHTS] - parts[N_WEIGHTS : 2 * N_WEIGHTS], parts[-N_BIASES:])

    def value_and_gradient(parts):
        theta = join(parts)
        residual = A @ theta - b
        value = (residual - b) @ theta / 2 + L1_STRENGTH * parts[:-N_BIASES].sum()
        weights, biases = residual[:N_WEIGHTS], residual[N_WEIGHTS:]
        return value, np.concatenate([weights + L1_STRENGTH, -weights + L1_STRENGTH, biases])

    bounds = [(0, None)] * (2 * N_WEIGHTS) + [(None, None)] * N_BIASES
    start = np.ones(len(bounds))
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000}
    result = minimize(value_and_gradient, start, jac=True, bounds=bounds, options=options)
    return join(result.x)


def descend(update, theta, A, b, rates):
    """Step and prox, once for each rate."""
    penalty, scratch = L1(L1_STRENGTH), np.empty(N_WEIGHTS)
    for rate in rates:
        update.step(theta, A @ theta - b, rate)
        penalty.prox(theta[:N_WEIGHTS], update.prox_step(rate, N_WEIGHTS), scratch)
    return theta


@pytest.mark.parametrize("name", CASES)
def test_trajectory_equals_that_of_torch_optim(name):
    case, theta = CASES[name], TORCH["theta_0"].copy()
    update = UPDATES[case["rule"]](theta, **case["hyper_parameters"])
    steps = []
    for _ in range(len(TORCH[name])):
        update.step(theta, torch_problem_gradient(theta), case["rate"])
        steps.append(theta.copy())
    assert_allclose(steps, TORCH[name], rtol=0, atol=1e-10)


def test_torch_covers_every_rule_that_the_kernel_has_too():
    assert {UPDATES[case["rule"]] for case in CASES.values()} == set(RULES_OF_THE_KERNEL)


@pytest.mark.parametrize("name", RULES)
def test_step_and_l1_prox_end_in_the_minimiser_of_J_with_its_exact_zeros(name):
    rule, rate, hyper_parameters = RULES[name]
    (A, b), theta = quadratic(), np.ones(N_WEIGHTS + N_BIASES)
    descend(UPDATES[rule](theta, **hyper_parameters), theta, A, b, [rate] * 4000)
    expected = lasso_minimiser(A, b)
    zero = np.abs(expected) < 1e-6
    assert 2 <= zero.sum() <= N_WEIGHTS - 2
    assert_array_equal(theta == 0, zero)
    assert_allclose(theta, expected, atol=1e-6)
    gradient = (A @ theta - b)[:N_WEIGHTS]
    weights, zero = theta[:N_WEIGHTS], zero[:N_WEIGHTS]
    assert (np.abs(gradient[zero]) <= L1_STRENGTH).all()
    assert_allclose(gradient[~zero], -L1_STRENGTH * np.sign(weights[~zero]), atol=1e-9)


@pytest.mark.parametrize("name", RULES)
def test_a_diagonal_quadratic_ends_in_its_soft_thresholded_coordinates(name):
    rule, rate, hyper_parameters = RULES[name]
    d, b = np.linspace(1, 2, N_WEIGHTS), np.array([-3, -0.9, -0.5, 0.2, 1, 2])
    theta = np.ones(N_WEIGHTS)
    descend(UPDATES[rule](theta, **hyper_parameters), theta, np.diag(d), b, [rate] * 4000)
    expected = np.sign(b) * np.maximum(np.abs(b) - L1_STRENGTH, 0) / d
    assert_array_equal(theta == 0, expected == 0)
    assert_allclose(theta, expected, atol=1e-9)


@each_update
def test_with_defaults_and_falling_rates_every_rule_nears_the_minimiser(Update):
    (A, b), theta = quadratic(), np.ones(N_WEIGHTS + N_BIASES)
    descend(by_default(Update, theta), theta, A, b, 0.05 / (1 + 0.01 * np.arange(6000)))
    expected = lasso_minimiser(A, b)
    assert_array_equal(theta == 0, np.abs(expected) < 1e-6)
    assert_allclose(theta, expected, atol=1e-3)


@each_update
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_theta_is_moved_in_place_in_its_dtype(Update, dtype):
    theta = np.array([1, -2, 3], dtype=dtype)
    before, update = theta.copy(), by_default(Update, theta)
    update.step(theta, np.array([1, -1, 2], dtype=dtype), 0.01)
    assert theta.dtype == dtype
    assert_array_equal(np.sign(theta - before), [-1, 1, -1])
    floats = [a for a in update.memory.values() if a.dtype.kind == "f"]
    assert all(a.dtype == dtype for a in floats)


@each_update
def test_a_rule_resumed_from_its_state_goes_on_bit_for_bit(Update):
    def run(update, theta, n_steps):
        for _ in range(n_steps):
            update.step(theta, torch_problem_gradient(theta), 0.05)

    theta = TORCH["theta_0"].copy()
    whole = by_default(Update, theta)
    run(whole, theta, 9)
    parted = TORCH["theta_0"].copy()
    first = by_default(Update, parted)
    run(first, parted, 4)
    second = by_default(Update, parted)
    for key, array in first.memory.items():
        second.memory[key][...] = array
    run(second, parted, 5)
    assert_array_equal(parted, theta)
    assert_array_equal(second.prox_step(0.05, 3), whole.prox_step(0.05, 3))


@each_update
def test_a_zero_gradient_from_the_start_moves_nothing(Update):
    theta = np.array([1.0, -2.0])
    by_default(Update, theta).step(theta, np.zeros(2), 0.1)
    assert_array_equal(theta, [1, -2])
