import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop.network.activations import ACTIVATIONS, SYNONYMS

GRID = np.concatenate([-np.geomspace(8, 1e-3, 60), np.geomspace(1e-3, 8, 60)]).reshape(12, 10)
ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
FORMULAS = {
    "identity": lambda a: a,
    "logistic": lambda a: 1 / (1 + math.exp(-a)),
    "tanh": lambda a: (math.exp(a) - math.exp(-a)) / (math.exp(a) + math.exp(-a)),
    "relu": lambda a: a if a > 0 else 0.0,
    "leaky_relu": lambda a: a if a > 0 else 0.01 * a,
    "elu": lambda a: a if a > 0 else math.exp(a) - 1,
    "selu": lambda a: SCALE * (a if a > 0 else ALPHA * (math.exp(a) - 1)),
    "softplus": lambda a: math.log(1 + math.exp(a)),
}
LIMITS = {  # g(−1000), g(1000)
    "logistic": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, 1000),
    "leaky_relu": (-10, 1000),
    "elu": (-1, 1000),
    "selu": (-SCALE * ALPHA, SCALE * 1000),
    "softplus": (0, 1000),
}
each_activation = pytest.mark.parametrize("g", ACTIVATIONS.values(), ids=ACTIVATIONS)
CURVED = {name: g for name, g in ACTIVATIONS.items() if hasattr(g, "curvature")}
each_with_a_curvature = pytest.mark.parametrize("g", CURVED.values(), ids=CURVED)


@pytest.mark.parametrize("name", FORMULAS)
def test_fprop_is_the_formula_of_the_literature(name):
    expected = np.vectorize(FORMULAS[name])(GRID)
    assert_allclose(ACTIVATIONS[name].fprop(GRID.copy()), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", LIMITS)
def test_extreme_arguments_give_the_limits(name):
    assert_allclose(ACTIVATIONS[name].fprop(np.array([[-1e3, 1e3]])), [LIMITS[name]], atol=1e-300)


@each_activation
def test_derivative_from_h_equals_central_differences_on_both_sides_of_zero(g):
    step = 1e-5 * np.minimum(1, np.abs(GRID))
    differences = (g.fprop(GRID + step) - g.fprop(GRID - step)) / (2 * step)
    H = g.fprop(GRID.copy())
    assert_allclose(g.derivative(H, out=np.empty_like(H)), differences, rtol=1e-7, atol=1e-8)


def derivative(g, A):
    return g.derivative(g.fprop(A), out=np.empty_like(A))


@each_with_a_curvature
def test_curvature_from_h_equals_central_differences_of_the_derivative_off_the_kink(g):
    step = 1e-5 * np.minimum(1, np.abs(GRID))
    differences = (derivative(g, GRID + step) - derivative(g, GRID - step)) / (2 * step)
    curvature = g.curvature(g.fprop(GRID.copy()), out=np.empty_like(GRID))
    assert_allclose(curvature, differences, rtol=1e-6, atol=1e-7)


@each_activation
def test_a_kink_is_where_the_derivative_jumps(g):
    left, right = derivative(g, np.array([[-1e-9]])), derivative(g, np.array([[1e-9]]))
    assert g.kink == (abs(left - right)[0, 0] > 1e-6)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu"])
def test_at_a_kink_the_curvature_is_zero(name):
    assert ACTIVATIONS[name].curvature(np.zeros((1, 1)), out=np.ones((1, 1))) == 0


@each_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_derivatives_of_extreme_arguments_are_finite(g, dtype):
    H = g.fprop(np.array([[-1e3, -200, -0.0, 0.0, 200, 1e3]], dtype=dtype))
    derivative = g.derivative(H, out=np.empty_like(H))
    assert np.isfinite([H, derivative]).all()
    assert (derivative >= 0).all()


@each_with_a_curvature
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_curvature_of_extreme_arguments_is_finite_and_of_the_dtype_given(g, dtype):
    H = g.fprop(np.array([[-1e3, -200, -0.0, 0.0, 200, 1e3]], dtype=dtype))
    out = np.empty_like(H)
    assert g.curvature(H, out=out) is out
    assert np.isfinite(out).all()


@each_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fprop_derivative_and_bprop_write_in_place_in_the_dtype_given(g, dtype):
    A, grad_H = GRID.astype(dtype), np.ones_like(GRID, dtype=dtype)
    assert g.fprop(A) is A
    assert g.bprop(A.copy(), grad_H) is grad_H
    out = np.empty_like(A)
    assert g.derivative(A, out=out) is out
    assert g.derivative(A, out=A) is A
    assert_array_equal(A, out)
    assert {a.dtype for a in (A, grad_H, out)} == {np.dtype(dtype)}


@each_activation
def test_bprop_multiplies_grad_h_by_central_differences_of_fprop(g):
    grad_H = np.random.default_rng(0).normal(size=GRID.shape)
    step = 1e-5 * np.minimum(1, np.abs(GRID))
    differences = (g.fprop(GRID + step) - g.fprop(GRID - step)) / (2 * step)
    expected = grad_H * differences
    assert_allclose(g.bprop(g.fprop(GRID.copy()), grad_H), expected, rtol=1e-7, atol=1e-7)


@each_activation
def test_fprop_increases_and_works_on_part_of_the_rows_of_a_buffer(g):
    buffer = np.sort(GRID.ravel()).reshape(GRID.shape)
    rest = buffer[5:].copy()
    assert (np.diff(g.fprop(buffer[:5]).ravel()) >= 0).all()
    assert_array_equal(buffer[5:], rest)


def test_the_names_of_the_lecture_mean_those_of_scikit_learn():
    assert SYNONYMS == {"linear": "identity", "sigmoid": "logistic"}
    assert set(SYNONYMS.values()) <= set(ACTIVATIONS)
