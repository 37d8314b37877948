import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_softmax, logsumexp, softmax
from sklearn.metrics import (
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skbackprop.objective.losses import LOSSES, OF_CLASSES, OF_NUMBERS

N_ROWS, N_OUTPUTS = 8, 4
each_loss = pytest.mark.parametrize("name", OF_CLASSES)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def pre_activations(scale=3.0):
    return scale * np.random.default_rng(0).normal(size=(N_ROWS, N_OUTPUTS))


def targets(name):
    """Class codes for 'softmax_cross_entropy', else a 0/1 indicator matrix."""
    rng = np.random.default_rng(1)
    if name == "softmax_cross_entropy":
        return rng.integers(N_OUTPUTS, size=N_ROWS)
    return rng.integers(2, size=(N_ROWS, N_OUTPUTS))


def extreme(dtype):
    """Every row has ± the largest magnitudes in another order."""
    size = 1e300 if dtype == np.float64 else 1e38
    row = np.array([size, -size, 0, -size / 2])
    return np.array([np.roll(row, k) for k in range(N_ROWS)], dtype=dtype)


def test_softmax_loss_is_logsumexp_minus_the_pre_activation_of_the_class():
    A, y = pre_activations(), targets("softmax_cross_entropy")
    losses = LOSSES["softmax_cross_entropy"]().fprop(A.copy(), y)
    expected = [logsumexp(a) - a[c] for a, c in zip(A, y, strict=True)]
    assert_allclose(losses, expected, rtol=1e-13, atol=1e-14)


def test_logistic_loss_is_the_sum_of_the_log_losses_of_the_labels():
    A, y = pre_activations(), targets("logistic_cross_entropy")
    losses = LOSSES["logistic_cross_entropy"]().fprop(A.copy(), y)
    F = 1 / (1 + np.exp(-A))
    assert_allclose(losses, -(y * np.log(F) + (1 - y) * np.log(1 - F)).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("size", [30, 700, 1e5, 1e300])
def test_logistic_loss_and_log_outputs_are_exact_where_probabilities_are_0_or_1(size):
    loss = LOSSES["logistic_cross_entropy"]()
    A, y = np.array([[size, -size]] * 2, dtype=float), np.array([[1, 0], [0, 1]])
    right, wrong = loss.fprop(A.copy(), y)
    assert_allclose([right, wrong], [2 * np.exp(-size), 2 * (size + np.exp(-size))], rtol=1e-12)
    assert_allclose(loss.log_outputs(A.copy())[0], [-np.exp(-size), -size], rtol=1e-12)


def test_logistic_gradient_is_minus_y_plus_f():
    A, y = pre_activations(), targets("logistic_cross_entropy")
    F, loss = A.copy(), LOSSES["logistic_cross_entropy"]()
    loss.fprop(F, y)
    assert_allclose(loss.bprop(F, y), -(y - expit(A)), atol=1e-15)


def test_two_softmax_outputs_are_one_logistic_output_of_their_difference():
    a, y = pre_activations()[:, :1], np.arange(N_ROWS) % 2
    softmax_losses = LOSSES["softmax_cross_entropy"]().fprop(np.hstack([0 * a, a]), y)
    logistic_losses = LOSSES["logistic_cross_entropy"]().fprop(a.copy(), y[:, None])
    assert_allclose(softmax_losses, logistic_losses, rtol=1e-13)


@pytest.mark.parametrize("scale", [1, 50, 1e5])
def test_softmax_outputs_and_log_outputs_equal_scipy(scale):
    A, loss = pre_activations(scale), LOSSES["softmax_cross_entropy"]()
    assert_allclose(loss.outputs(A.copy()), softmax(A, axis=1), rtol=1e-12)
    assert_allclose(loss.log_outputs(A.copy()), log_softmax(A, axis=1), rtol=1e-12, atol=1e-15)


def test_softmax_gradient_is_minus_e_y_plus_f():
    A, y = pre_activations(), targets("softmax_cross_entropy")
    F, loss = A.copy(), LOSSES["softmax_cross_entropy"]()
    loss.fprop(F, y)
    assert_allclose(loss.bprop(F, y), -(np.eye(N_OUTPUTS)[y] - softmax(A, axis=1)), atol=1e-14)


def test_softmax_of_one_class_is_one_and_its_loss_and_gradient_are_zero():
    A, y = np.array([[-3.0], [1e300]]), np.zeros(2, int)
    loss = LOSSES["softmax_cross_entropy"]()
    assert_array_equal(loss.fprop(A, y), 0)
    assert_array_equal(A, 1)
    assert_array_equal(loss.bprop(A, y), 0)


def gradient_and_differences(loss, A, y, step=1e-6):
    """Return ∇ₐ of the sum of the losses, and central differences of it."""
    differences = np.empty_like(A)
    for entry in np.ndindex(*A.shape):
        up, down = A.copy(), A.copy()
        up[entry] += step
        down[entry] -= step
        differences[entry] = (loss.fprop(up, y).sum() - loss.fprop(down, y).sum()) / (2 * step)
    F = A.copy()
    loss.fprop(F, y)
    assert loss.bprop(F, y) is F
    return F, differences


def R_pass_and_differences(loss, A, y, step=1e-6):
    """Return R{∇ₐ} in some direction, and central differences of the gradient along it."""
    V = np.random.default_rng(2).normal(size=A.shape)
    gradients = []
    for F in (A + step * V, A - step * V):
        loss.fprop(F, y)
        gradients.append(loss.bprop(F, y))
    R_A, F = V.copy(), loss.outputs(A.copy())
    assert loss.R_bprop(F, R_A, y) is R_A
    return R_A, (gradients[0] - gradients[1]) / (2 * step)


@each_loss
def test_gradient_equals_central_differences_of_the_loss(name):
    pair = gradient_and_differences(LOSSES[name](), pre_activations(), targets(name))
    assert_allclose(*pair, rtol=1e-7, atol=1e-8)


@each_loss
def test_the_R_pass_equals_central_differences_of_the_gradient(name):
    pair = R_pass_and_differences(LOSSES[name](), pre_activations(), targets(name))
    assert_allclose(*pair, rtol=1e-7, atol=1e-9)


@each_loss
def test_fprop_turns_A_into_the_outputs_and_log_outputs_are_their_logarithms(name):
    A, loss = pre_activations(), LOSSES[name]()
    F = A.copy()
    assert loss.fprop(F, targets(name)).shape == (N_ROWS,)
    assert_allclose(F, loss.outputs(A.copy()), rtol=1e-14)
    assert_allclose(np.exp(loss.log_outputs(A.copy())), F, rtol=1e-12)
    assert (F > 0).all() and (F < 1).all()


@each_loss
@each_dtype
def test_loss_gradient_and_log_outputs_are_finite_for_extreme_pre_activations(name, dtype):
    A, y, loss = extreme(dtype), targets(name), LOSSES[name]()
    F = A.copy()
    losses = loss.fprop(F, y)
    assert np.isfinite(losses).all() and (losses >= 0).all()
    assert np.isfinite(loss.bprop(F, y)).all()
    assert np.isfinite(loss.log_outputs(A.copy())).all()
    assert np.isfinite(loss.outputs(A)).all()


@each_loss
@each_dtype
def test_rows_keep_their_dtype_and_everything_is_in_place(name, dtype):
    A, y, loss = pre_activations().astype(dtype), targets(name), LOSSES[name]()
    assert loss.outputs(B := A.copy()) is B
    assert loss.log_outputs(B := A.copy()) is B
    assert loss.fprop(A, y).dtype == dtype
    assert loss.bprop(A, y) is A
    assert A.dtype == B.dtype == dtype


@each_loss
def test_a_row_does_not_depend_on_the_other_rows(name):
    A, y, loss = pre_activations(), targets(name), LOSSES[name]()
    together = loss.fprop(A.copy(), y)
    alone = [loss.fprop(A[t : t + 1].copy(), y[t : t + 1])[0] for t in range(N_ROWS)]
    assert_allclose(together, alone, rtol=1e-14)


# Numbers

QUANTILES = [0.1, 0.4, 0.5, 0.9]
PARAMETERS = {"huber": {"huber_delta": 0.7}, "quantile": {"quantile": QUANTILES}}
each_loss_of_numbers = pytest.mark.parametrize("name", OF_NUMBERS)


def loss_of_numbers(name):
    return LOSSES[name](**PARAMETERS.get(name, {}))


def numbers(name):
    """Numbers that the loss takes."""
    rng = np.random.default_rng(1)
    if name == "quantile":
        return rng.normal(size=(N_ROWS, 1))
    y = rng.normal(size=(N_ROWS, N_OUTPUTS))
    return np.exp(y) if loss_of_numbers(name).out_activation == "exp" else y


def test_losses_of_numbers_are_half_the_errors_of_scikit_learn_or_these():
    A = pre_activations(1.0)
    for name, peer in {
        "squared_error": lambda y, f: mean_squared_error(y, f) / 2,
        "absolute_error": mean_absolute_error,
        "poisson": lambda y, f: mean_poisson_deviance(y.ravel(), f.ravel()) / 2,
        "gamma": lambda y, f: mean_gamma_deviance(y.ravel(), f.ravel()) / 2,
    }.items():
        F, y = A.copy(), numbers(name)
        losses = LOSSES[name]().fprop(F, y)
        assert losses.mean() / N_OUTPUTS == pytest.approx(peer(y, F)), name
    F, y = A.copy(), numbers("quantile")
    losses = loss_of_numbers("quantile").fprop(F, y)
    each = [mean_pinball_loss(y, f, alpha=q) for f, q in zip(F.T, QUANTILES, strict=True)]
    assert losses.mean() == pytest.approx(sum(each))


def test_the_huber_loss_is_squared_within_and_linear_beyond_its_delta():
    A = np.array([[0.5], [-0.5], [0.7], [-3.0]])
    losses = LOSSES["huber"](huber_delta=0.7).fprop(A, np.zeros((4, 1)))
    assert_allclose(losses, [0.125, 0.125, 0.245, 0.7 * (3 - 0.35)])


def test_poisson_takes_zeros_and_no_deviance_is_negative():
    loss, A = LOSSES["poisson"](), np.array([[0.0], [-2.0], [-800.0]])
    assert_allclose(loss.fprop(A, np.zeros((3, 1))), [1, np.exp(-2), 0])
    for name in ("poisson", "gamma"):
        y = np.array([[1e-3], [1.0], [1e3]])
        assert_allclose(LOSSES[name]().fprop(np.log(y), y), 0, atol=1e-12)


def test_quantiles_never_cross_and_one_is_its_pre_activation():
    A = pre_activations(10.0)
    F = loss_of_numbers("quantile").outputs(A.copy())
    assert (np.diff(F, axis=1) >= 0).all()
    assert_array_equal(F[:, 0], A[:, 0])
    assert_array_equal(LOSSES["quantile"](quantile=0.3).outputs(A.copy()), A)


@pytest.mark.parametrize("quantile", [0.0, 1.0, [0.5, 0.5], [0.9, 0.1], [], [[0.5]], ["a"]])
def test_what_are_no_quantiles_is_refused(quantile):
    with pytest.raises(ValueError, match=r"quantile must be|could not convert"):
        LOSSES["quantile"](quantile=quantile)


@each_loss_of_numbers
def test_the_gradient_for_numbers_equals_central_differences(name):
    pair = gradient_and_differences(loss_of_numbers(name), pre_activations(1.0), numbers(name))
    assert_allclose(*pair, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [n for n in OF_NUMBERS if n not in ("absolute_error", "quantile")])
def test_the_R_pass_for_numbers_equals_central_differences_of_the_gradient(name):
    pair = R_pass_and_differences(loss_of_numbers(name), pre_activations(1.0), numbers(name))
    assert_allclose(*pair, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["absolute_error", "quantile"])
def test_losses_with_a_kink_have_no_second_derivative(name):
    assert not hasattr(loss_of_numbers(name), "R_bprop")


@each_loss_of_numbers
def test_fprop_leaves_the_outputs_whose_inverse_is_A(name):
    A, loss = pre_activations(1.0), loss_of_numbers(name)
    F = A.copy()
    assert loss.fprop(F, numbers(name)).shape == (N_ROWS,)
    assert_allclose(F, loss.outputs(A.copy()), rtol=1e-14)
    assert_allclose(loss.inverse(F.copy()), A, rtol=1e-10, atol=1e-12)


@each_loss_of_numbers
@each_dtype
def test_outputs_of_extreme_pre_activations_are_finite_and_keep_their_dtype(name, dtype):
    A, loss = np.array([[1e30, -1e30, 5, 0]] * N_ROWS, dtype), loss_of_numbers(name)
    F = loss.outputs(A)
    assert np.isfinite(F).all() and F.dtype == dtype


@pytest.mark.parametrize("name", ["poisson", "gamma"])
@each_dtype
def test_a_loss_beyond_its_dtype_is_infinite_without_a_warning(name, dtype):
    A, y = np.array([[2000.0, -2000.0]], dtype), np.ones((1, 2))
    loss = LOSSES[name]()
    assert loss.fprop(A, y)[0] == np.inf
    assert not np.isnan(loss.bprop(A, y)).any()
