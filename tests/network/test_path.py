from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop.network.activations import ACTIVATIONS
from skbackprop.network.network import Network
from skbackprop.network.path import Path, head_secant, integrate, secant, states

each_activation = pytest.mark.parametrize("name", ACTIVATIONS)


class Product:
    """f = a_1 · a_2 of the outputs of one network, and their sum."""

    def value(self, A):
        return np.array([A[0, :, 0] * A[0, :, 1], A[0].sum(axis=1)])

    def gradient(self, A):
        return np.array([[A[0, :, ::-1], np.ones_like(A[0])]])


def network(name, rng, sizes=(4, 6, 5, 2)):
    layers = [(rng.normal(size=shape), rng.normal(size=shape[1])) for shape in pairwise(sizes)]
    return Network(None, [name] * (len(sizes) - 2), layers)


def path_of(net, start, H):
    W, b = net.layers[0]
    return Path(net, states(net, start[None, None] @ W + b), states(net, H @ W + b))


def f(net, H):
    W, b = net.layers[0]
    outputs, _ = states(net, H @ W + b)[-1]
    return Product().value(outputs[None])


@each_activation
def test_the_secant_is_the_change_of_h_by_that_of_a_and_the_derivative_where_there_is_none(name):
    g = ACTIVATIONS[name]
    A, B = np.array([-2.0, -0.3, 0.4, 1.5]), np.array([1.0, -0.3, 0.4 + 1e-12, -1.0])
    slope = secant(g, A, g.fprop(A.copy()), B, g.fprop(B.copy()))
    change = g.fprop(B.copy()) - g.fprop(A.copy())
    assert_allclose(slope[[0, 3]] * (B - A)[[0, 3]], change[[0, 3]])
    e = 1e-6
    difference = (g.fprop(A + e) - g.fprop(A - e)) / (2 * e)
    assert_allclose(slope[[1, 2]], difference[[1, 2]], rtol=1e-6)


@each_activation
@pytest.mark.parametrize("n_steps", [1, 7])
def test_any_number_of_steps_adds_up_to_the_change_of_f(name, n_steps, rng):
    net, start, H = network(name, rng), rng.normal(size=4), rng.normal(size=(20, 4))
    path = path_of(net, start, H)
    (G,) = integrate([path], Product(), n_steps)
    expected = f(net, H) - f(net, start[None])
    assert_allclose(np.einsum("vstj,stj->vt", G, path.change), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["tanh", "relu", "selu"])
def test_steps_converge_to_the_integral_of_finite_differences(name, rng):
    net, start, H = network(name, rng), rng.normal(size=4), rng.normal(size=(5, 4))
    e, n = 1e-6, 2000
    expected = np.zeros((2, 5, 4))
    for t in (np.arange(n) + 0.5) / n:
        at = start + t * (H - start)
        for i, way in enumerate(e * np.eye(4)):
            expected[:, :, i] += (f(net, at + way) - f(net, at - way)) / (2 * e * n)
    (G,) = integrate([path_of(net, start, H)], Product(), 256)
    found = G[:, 0] @ net.layers[0][0].T
    assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


def test_a_head_that_does_not_change_has_its_gradient(rng):
    A = rng.normal(size=(1, 3, 2))
    assert_allclose(head_secant(Product(), A, A, np.zeros((2, 3))), Product().gradient(A))
