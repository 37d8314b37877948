import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skbackprop.network import affine

N_ROWS, N_IN, N_OUT = 6, 5, 3
FORMS = {"dense": np.asarray, "csr_matrix": sparse.csr_matrix, "csr_array": sparse.csr_array}


@pytest.fixture(params=[np.float32, np.float64])
def arrays(request):
    """H (half of it zeros), W, b and ∇A."""
    rng = np.random.default_rng(0)
    H = rng.normal(size=(N_ROWS, N_IN)) * (rng.random((N_ROWS, N_IN)) < 0.5)
    others = [rng.normal(size=shape) for shape in ((N_IN, N_OUT), N_OUT, (N_ROWS, N_OUT))]
    return [a.astype(request.param) for a in (H, *others)]


def tolerance(array):
    return {"rtol": 20 * np.finfo(array.dtype).eps, "atol": 20 * np.finfo(array.dtype).eps}


@pytest.mark.parametrize("form", FORMS)
def test_fprop_computes_b_plus_W_h_for_every_row(arrays, form):
    H, W, b, grad_A = arrays
    out = np.full_like(grad_A, np.nan)
    assert affine.fprop(FORMS[form](H), W, b, out) is out
    for t in range(N_ROWS):
        for j in range(N_OUT):
            a = b[j] + sum(W[i, j] * H[t, i] for i in range(N_IN))
            assert_allclose(out[t, j], a, **tolerance(H))


@pytest.mark.parametrize("form", FORMS)
def test_bprop_sums_the_outer_products_of_h_and_grad_a_over_rows(arrays, form):
    H, W, b, grad_A = arrays
    grad_W, grad_b = np.full_like(W, np.nan), np.full_like(b, np.nan)
    affine.bprop_parameters(FORMS[form](H), grad_A, grad_W, grad_b)
    outer = sum(np.outer(h, grad_a) for h, grad_a in zip(H, grad_A, strict=True))
    assert_allclose(grad_W, outer, **tolerance(H))
    assert_allclose(grad_b, sum(grad_A), **tolerance(H))


def test_bprop_gives_each_input_row_W_times_grad_a(arrays):
    H, W, _, grad_A = arrays
    out = np.full_like(H, np.nan)
    assert affine.bprop_inputs(W, grad_A, out) is out
    for t in range(N_ROWS):
        expected = [sum(W[i, j] * grad_A[t, j] for j in range(N_OUT)) for i in range(N_IN)]
        assert_allclose(out[t], expected, **tolerance(H))


@pytest.mark.parametrize("form", FORMS)
def test_inputs_weights_and_grad_a_are_left_as_they_are(arrays, form):
    before = [a.copy() for a in arrays]
    H, W, b, grad_A = arrays
    given = FORMS[form](H)
    affine.fprop(given, W, b, np.empty_like(grad_A))
    affine.bprop_parameters(given, grad_A, np.empty_like(W), np.empty_like(b))
    affine.bprop_inputs(W, grad_A, np.empty_like(H))
    assert all((a == old).all() for a, old in zip(arrays, before, strict=True))
    assert (given @ np.eye(N_IN) == before[0]).all()
