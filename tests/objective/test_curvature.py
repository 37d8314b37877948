"""∇²J v against second differences of J, written out, and differences of ∇J."""

import numpy as np
import problems
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop.network import graph
from skbackprop.network.activations import ACTIVATIONS, Activation
from skbackprop.network.graph import FlowGraph
from skbackprop.objective import curvature
from skbackprop.objective.objective import Objective
from skbackprop.objective.penalties import L1, L2

N_ROWS, N_IN, N_HIDDEN, N_OUT = 12, 4, 5, 3
CURVED = [name for name, g in ACTIVATIONS.items() if hasattr(g, "curvature")]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, N_IN)) * (RNG.random((N_ROWS, N_IN)) < 0.7)
Y = np.arange(N_ROWS) % N_OUT
S = RNG.uniform(0.1, 2, size=N_ROWS)


def make_objective(X=X, y=Y, *, activations=("tanh",), weights=None, **options):
    hidden = [N_HIDDEN] * len(activations)
    return problems.make_objective(
        X, y, hidden, activations=activations, row_weights=weights, **options
    )


def gradient_of(objective):
    return objective.value_and_gradient()[1].copy()


def direction(objective):
    return np.random.default_rng(3).normal(size=len(objective.theta))


def naive_hessian(theta, **data):
    """Second differences of J; Richardson's extrapolation takes their error to O(step⁴)."""

    def J(theta):
        return problems.naive_J(theta, X, Y, N_HIDDEN, **data)

    def at(step):
        E = step * np.eye(len(theta))
        return [
            [J(theta + e + f) - J(theta + e - f) - J(theta - e + f) + J(theta - e - f) for f in E]
            for e in E
        ] / np.float64(4 * step**2)

    return (4 * at(1e-3) - at(2e-3)) / 3


@pytest.mark.parametrize("s", [None, S], ids=["unweighted", "weighted"])
def test_hessian_vector_is_that_of_the_naive_formula(s):
    objective = make_objective(weights=s, l2=0.05)
    H = objective.curvature()
    ours = [H.hessian_vector(e) for e in np.eye(len(objective.theta))]
    expected = naive_hessian(objective.theta, s=s, l2=0.05)
    assert_allclose(ours, expected, atol=2e-8)
    assert_allclose(ours, np.transpose(ours), atol=1e-15)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("s", [None, S], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("names", [[], ["relu"], *([g, "tanh"] for g in CURVED)])
def test_hessian_vector_equals_central_differences_of_the_gradient(names, s, form):
    objective = make_objective(form(X), weights=s, l2=0.05, activations=names)
    theta, step = objective.theta.copy(), 1e-6
    v = direction(objective)
    product = objective.curvature().hessian_vector(v)
    gradients = []
    for objective.theta[...] in (theta + step * v, theta - step * v):
        gradients.append(gradient_of(objective))
    assert_allclose(product, (gradients[0] - gradients[1]) / (2 * step), atol=1e-8)


def test_the_second_order_taylor_expansion_errs_by_the_third_power_of_the_step():
    objective = make_objective(weights=S, l2=0.05)
    theta, v = objective.theta.copy(), direction(objective)
    value, gradient = objective.value(), gradient_of(objective)
    bend = v @ objective.curvature().hessian_vector(v)
    steps, errors = np.geomspace(1e-3, 1e-1, 7), []
    for step in steps:
        objective.theta[...] = theta + step * v
        expansion = value + step * gradient @ v + step**2 * bend / 2
        errors.append(abs(objective.value() - expansion))
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("elements", [1, 40, 90])
def test_rows_linearised_chunk_by_chunk_give_the_same_products(monkeypatch, elements, form):
    options = {"weights": S, "l2": 0.05, "rows": np.array([7, 2, 0, 11, 4])}
    objective = make_objective(form(X), **options)
    v = direction(objective)
    expected = objective.curvature().hessian_vector(v)
    monkeypatch.setattr(curvature, "LINEARIZED_ELEMENTS", elements)
    monkeypatch.setattr(graph, "CHUNK_ELEMENTS", elements)
    product = objective.curvature().hessian_vector(v)
    assert_allclose(product, expected, rtol=1e-12, atol=1e-15)


def test_products_follow_theta_whatever_has_been_computed_between():
    objective = make_objective(weights=S, l2=0.05)
    H, v = objective.curvature(), np.ones(len(objective.theta))
    first = H.hessian_vector(v)
    objective.value_and_gradient()
    list(objective.batches(2, np.arange(5)))
    assert_array_equal(H.hessian_vector(v), first)
    objective.theta *= 2
    moved = H.hessian_vector(v)
    assert_array_equal(moved, objective.curvature().hessian_vector(v))
    assert not np.allclose(moved, first)


def test_the_l1_penalty_has_no_curvature():
    with_l1, without = make_objective(l1=0.4).curvature(), make_objective().curvature()
    v = direction(make_objective())
    assert_array_equal(with_l1.hessian_vector(v), without.hessian_vector(v))


def test_what_has_no_second_derivative_is_named_once_each():
    class Flat(Activation):
        pass

    class Rough:
        pass

    class Wall(L2):
        def prox(self, W, step, scratch):
            pass

    objective = make_objective(l2=0.1)
    assert objective.curvature().missing() == []
    graph, parameters, inputs = FlowGraph([Flat(), Flat()]), objective.parameters, objective.inputs
    other = Objective(graph, Rough(), parameters, inputs, Y, penalties=[L1(0.1), Wall(0.1)])
    assert other.curvature().missing() == ["Flat", "L1", "Rough", "Wall"]
