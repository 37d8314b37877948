import numpy as np
import problems
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import watch_loss

from skbackprop.solvers.lbfgs import LBFGS
from skbackprop.solvers.outcome import Outcome

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.integers(3, size=40)


def make_objective(hidden=(4,), l2=1e-2, **options):
    return problems.make_objective(X, Y, hidden, l2=l2, scale=0.5, **options)


@pytest.mark.parametrize("hidden", [(), (4,)], ids=len)
@pytest.mark.parametrize("l1", [1e-3, 1e-2, 3e-2])
def test_with_l1_zeros_are_exact_and_the_subgradient_at_the_end_contains_zero(hidden, l1):
    objective = make_objective(hidden, l1=l1, l2=1e-3)
    assert LBFGS(objective, tol=1e-8).minimize(5000, watch_loss(objective)) is Outcome.CONVERGED
    n = objective.n_weights
    W, gradient = objective.theta[:n], objective.smooth_value_and_gradient()[1]
    zero = W == 0
    assert_allclose(gradient[:n][~zero], -l1 * np.sign(W[~zero]), atol=2e-8)
    assert (np.abs(gradient[:n][zero]) <= l1 + 1e-8).all()
    assert_allclose(gradient[n:], 0, atol=1e-8)
    assert zero.any() or l1 < 1e-2
    assert (np.abs(W[~zero]) > 1e-6).all()


def test_a_strong_l1_leaves_the_biases_alone_which_give_the_shares_of_the_classes():
    objective = make_objective((), l1=10.0)
    LBFGS(objective, tol=1e-9).minimize(1000, watch_loss(objective))
    W, b = objective.parameters.layers[0]
    assert_array_equal(W, 0)
    shares = np.bincount(objective.y) / len(objective.y)
    assert_allclose(np.exp(b) / np.exp(b).sum(), shares, atol=1e-8)


@pytest.mark.parametrize("l1", [0.0, 0.02])
def test_what_scipy_sees_is_J_with_its_gradient(l1):
    objective = make_objective(l1=l1)
    solver, theta, J = LBFGS(objective, tol=0.0), objective.theta.copy(), objective.value()
    x = solver._start()
    value, gradient = solver.evaluate(x)
    assert value == pytest.approx(J, rel=1e-13)
    assert_allclose(objective.theta, theta, atol=1e-16)
    step = 1e-6
    differences = [
        (solver.evaluate(x + step * e)[0] - solver.evaluate(x - step * e)[0]) / (2 * step)
        for e in np.eye(len(x))
    ]
    assert_allclose(gradient, differences, atol=1e-8)
