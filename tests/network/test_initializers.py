import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import kstest

from skbackprop.network.initializers import GlorotUniform
from skbackprop.network.parameters import ParameterVector


def filled(sizes, seed=0, dtype=np.float64):
    parameters = ParameterVector(sizes, dtype)
    parameters.theta.fill(9)
    GlorotUniform().fill(parameters.layers, np.random.default_rng(seed))
    return parameters


def test_weights_are_uniform_on_plus_minus_root_6_over_root_of_both_layer_sizes():
    for W, _ in filled([40, 60, 30]).layers:
        n_in, n_out = W.shape
        r = np.sqrt(6) / np.sqrt(n_in + n_out)
        assert np.abs(W).max() <= r
        assert kstest(W.ravel(), "uniform", args=(-r, 2 * r)).pvalue > 1e-3
        assert W.var() == pytest.approx(2 / (n_in + n_out), rel=0.1)


def test_biases_are_zero():
    assert not any(b.any() for _, b in filled([4, 3, 2]).layers)


def test_the_generator_alone_decides():
    assert_array_equal(filled([4, 3, 2], seed=3).theta, filled([4, 3, 2], seed=3).theta)
    assert (filled([4, 3, 2], seed=3).weights != filled([4, 3, 2], seed=4).weights).all()


def test_layers_of_the_same_shape_differ():
    (first, _), (second, _) = filled([5, 5, 5]).layers
    assert (first != second).all()


def test_float32_weights_are_the_float64_ones_rounded():
    expected = filled([4, 3, 2]).theta.astype(np.float32)
    assert_array_equal(filled([4, 3, 2], dtype=np.float32).theta, expected)
