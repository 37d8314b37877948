from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skbackprop.network.parameters import ParameterVector

SIZES = [[3, 2], [4, 5, 2], [1, 1, 1, 1], [7, 3, 6, 2]]


def numbered(sizes):
    parameters = ParameterVector(sizes)
    parameters.theta[...] = np.arange(len(parameters.theta))
    return parameters


@pytest.mark.parametrize("sizes", SIZES)
def test_theta_is_all_weights_layer_by_layer_then_all_biases(sizes):
    parameters = numbered(sizes)
    in_order = [W.ravel() for W, _ in parameters.layers] + [b for _, b in parameters.layers]
    assert_array_equal(np.concatenate(in_order), parameters.theta)


@pytest.mark.parametrize("sizes", SIZES)
def test_layer_k_has_W_of_shape_n_in_n_out_and_b_of_shape_n_out(sizes):
    parameters = ParameterVector(sizes)
    for layers in (parameters.layers, parameters.gradient_layers):
        assert [W.shape for W, _ in layers] == list(pairwise(sizes))
        assert [b.shape for _, b in layers] == [(n,) for n in sizes[1:]]


@pytest.mark.parametrize("sizes", SIZES)
def test_weights_are_the_view_on_all_W_and_on_no_b(sizes):
    parameters = ParameterVector(sizes)
    parameters.weights[...] = 1
    parameters.weight_gradient[...] = 2
    assert all((W == 1).all() and (b == 0).all() for W, b in parameters.layers)
    assert all((W == 2).all() and (b == 0).all() for W, b in parameters.gradient_layers)
    assert parameters.n_weights == sum(W.size for W, _ in parameters.layers)


def test_writing_to_a_layer_writes_to_theta_and_not_to_the_gradient():
    parameters = ParameterVector([4, 3, 2])
    W, b = parameters.layers[1]
    W[2, 1], b[0] = 5, 7
    assert sorted(parameters.theta[parameters.theta != 0]) == [5, 7]
    assert not parameters.gradient.any()


def test_views_of_another_flat_array_are_laid_out_like_theta():
    parameters = numbered([4, 3, 2])
    other = parameters.theta.copy()
    for (W, b), (other_W, other_b) in zip(parameters.layers, parameters.views(other), strict=True):
        assert_array_equal(other_W, W)
        assert_array_equal(other_b, b)
        assert np.shares_memory(other_W, other) and np.shares_memory(other_b, other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_arrays_have_the_dtype_asked_for_and_start_at_zero(dtype):
    parameters = ParameterVector([3, 2, 2], dtype)
    for flat in (parameters.theta, parameters.gradient):
        assert flat.dtype == dtype and not flat.any()
    assert {a.dtype for layer in parameters.layers for a in layer} == {np.dtype(dtype)}
