import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize_scalar

from skbackprop.objective.penalties import L1, L2

W = np.array([-2.0, -0.7, -1e-3, 0.0, 1e-3, 0.4, 3.0])
each_penalty = pytest.mark.parametrize("Penalty", [L1, L2])


def after_prox(penalty, W, step):
    W = W.copy()
    penalty.prox(W, step, np.empty_like(W))
    return W


@pytest.mark.parametrize(("Penalty", "power"), [(L1, 1), (L2, 2)])
def test_value_is_the_strength_times_the_sum_of_powers_without_a_half(Penalty, power):
    assert Penalty(0.3).value(W) == pytest.approx(sum(0.3 * abs(w) ** power for w in W))


@each_penalty
def test_the_bound_holds_for_all_weights_and_is_met_by_equal_ones(Penalty):
    penalty, square = Penalty(0.3), float(W @ W)
    assert penalty.value(W) <= penalty.bound(square, len(W)) * (1 + 1e-12)
    equal = np.full(5, 2.0)
    assert penalty.bound(20.0, 5) == pytest.approx(penalty.value(equal))


def test_the_bound_of_l2_is_that_of_its_strongest_layer():
    assert L2([0.1, 0.3], ends=[4, 7]).bound(2.0, 7) == pytest.approx(0.6)


@each_penalty
def test_add_gradient_adds_central_differences_of_the_value(Penalty):
    penalty, weights, step = Penalty(0.3), W[W != 0], 1e-6
    differences = [
        (penalty.value(weights + step * e) - penalty.value(weights - step * e)) / (2 * step)
        for e in np.eye(len(weights))
    ]
    gradient = np.arange(len(weights), dtype=float)
    penalty.add_gradient(weights, gradient)
    assert_allclose(gradient - np.arange(len(weights)), differences, atol=1e-8)


def test_add_hessian_vector_adds_central_differences_of_the_gradient_of_l2():
    penalty, V, step = L2(0.3), np.arange(7.0), 1e-3
    up, down, product = np.zeros(7), np.zeros(7), np.ones(7)
    penalty.add_gradient(W + step * V, up)
    penalty.add_gradient(W - step * V, down)
    penalty.add_hessian_vector(W, V, product)
    assert_allclose(product - 1, (up - down) / (2 * step), atol=1e-9)


@each_penalty
def test_the_gradient_at_zero_is_zero(Penalty):
    gradient = np.zeros(3)
    Penalty(0.3).add_gradient(np.zeros(3), gradient)
    assert_array_equal(gradient, 0)


@each_penalty
def test_float32_stays_float32(Penalty):
    weights, gradient = W.astype(np.float32), np.zeros(len(W), dtype=np.float32)
    Penalty(0.3).add_gradient(weights, gradient)
    assert gradient.dtype == np.float32
    assert isinstance(Penalty(0.3).value(weights), float)


@pytest.mark.parametrize("step", [0.5, np.linspace(0.1, 4, len(W))], ids=["number", "per_weight"])
def test_l1_prox_minimises_the_penalty_plus_half_the_squared_distance(step):
    l1 = 0.6
    expected = [
        minimize_scalar(
            lambda u, w=w, s=s: s * l1 * abs(u) + (u - w) ** 2 / 2,
            bounds=(-5, 5),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
        for w, s in zip(W, np.broadcast_to(step, W.shape), strict=True)
    ]
    assert_allclose(after_prox(L1(l1), W, step), expected, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("as_step", [float, np.float64, lambda s: np.full(len(W), s, np.float32)])
def test_l1_prox_sets_to_exactly_zero_all_weights_up_to_the_threshold(dtype, as_step):
    result = after_prox(L1(1.5), W.astype(dtype), as_step(0.5))
    assert result.dtype == dtype
    assert_array_equal(result == 0, np.abs(W) <= 0.75)
    assert_array_equal(np.sign(result[result != 0]), np.sign(W[result != 0]))


def test_l1_prox_of_step_zero_changes_nothing():
    assert_array_equal(after_prox(L1(1.5), W, 0.0), W)


def test_only_l1_takes_part_by_a_prox():
    assert hasattr(L1, "prox") and not hasattr(L2, "prox")
