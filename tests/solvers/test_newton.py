import numpy as np
import problems
import pytest
from models import plain
from problems import slope, watch_loss

from skbackprop.solvers.newton import Newton
from skbackprop.solvers.outcome import Outcome

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.integers(3, size=40)


def make_objective(hidden=(4,), l2=1e-2, **options):
    return problems.make_objective(X, Y, hidden, l2=l2, scale=0.5, **options)


def test_near_the_minimum_the_gradient_of_a_step_is_the_square_of_the_one_before():
    objective, slopes = make_objective(()), []
    evaluate = lambda: (slopes.append(slope(objective)), None)
    Newton(objective, tol=1e-12).minimize(100, watch_loss(objective, evaluate=evaluate))
    slopes = np.array([s for s in slopes if s < 1e-2])
    assert len(slopes) >= 2
    assert (slopes[1:] < 30 * slopes[:-1] ** 1.5 + 1e-15).all()


def test_it_leaves_the_saddle_where_two_hidden_units_are_the_same():
    """All units alike stay alike by symmetry: there, only negative curvature leads on."""
    objective = make_objective((4,), l2=1e-3)
    for array in objective.parameters.layers[0]:
        array[...] = array[..., :1]
    objective.parameters.layers[1][0][...] = objective.parameters.layers[1][0][:1]
    objective.theta += 1e-6 * np.random.default_rng(0).normal(size=len(objective.theta))
    assert Newton(objective, tol=1e-9).minimize(500, watch_loss(objective)) is Outcome.CONVERGED
    W1 = objective.parameters.layers[0][0]
    distances = np.linalg.norm(W1[:, :, None] - W1[:, None], axis=0)[~np.eye(4, dtype=bool)]
    assert distances.max() > 0.1
    curvature = objective.curvature()
    H = [curvature.hessian_vector(e) for e in np.eye(len(objective.theta))]
    assert np.linalg.eigvalsh(H).min() > -1e-12


@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)], ids=len)
def test_a_gradient_below_the_resolution_of_J_is_reached(hidden):
    objective = make_objective(hidden)
    assert Newton(objective, tol=1e-14).minimize(500, watch_loss(objective)) is Outcome.CONVERGED
    assert slope(objective) <= 1e-14


def test_an_l1_penalty_is_an_error_that_says_what_to_use(iris):
    model = plain(solver="newton", l1=1e-3)
    with pytest.raises(ValueError, match=r"solver='newton'.*l1=0, or solver='lbfgs'"):
        model.fit(*iris)
    assert not hasattr(model, "coefs_")
