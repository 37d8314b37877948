"""A network as a value."""

import itertools

import numpy as np
import pytest
from models import table_of
from numpy.testing import assert_allclose
from scipy import sparse

from skbackprop.network.network import Network
from skbackprop.tables.encoding import fit_encoding

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, size=(50, 4))
SIZES = [4, 6, 5, 3]
LAYERS = [
    (RNG.normal(size=(n_in, n_out)), RNG.normal(size=n_out))
    for n_in, n_out in itertools.pairwise(SIZES)
]
FUNCTIONS = [np.tanh, lambda A: np.maximum(A, 0), lambda A: A]


def encoding_of(X, standardize=False):
    options = {"numeric_encoding": None, "min_frequency": 1, "grows": False}
    dtype = np.dtype(np.float64)
    return fit_encoding(table_of(X), dtype, None, None, standardize=standardize, **options)


def outputs(network, X):
    """Its pre-activations of the outputs."""
    return network.propagate(table_of(X), 3)


def network(encoding=None, dtype=np.float64):
    layers = [(W.astype(dtype), b.astype(dtype)) for W, b in LAYERS]
    return Network(encoding or encoding_of(X), ["tanh", "relu"], layers)


def by_formula(X, depth=3):
    for (W, b), g in zip(LAYERS[:depth], FUNCTIONS, strict=False):
        X = g(X @ W + b)
    return X


def test_it_knows_its_sizes_and_its_precision():
    for dtype in (np.float32, np.float64):
        assert network(dtype=dtype).layer_sizes == SIZES
        assert network(dtype=dtype).dtype == dtype


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_each_layer_is_by_the_formula_and_the_last_without_an_activation(depth, form):
    assert_allclose(network().propagate(table_of(form(X)), depth), by_formula(X, depth), rtol=1e-12)


def test_its_inputs_are_what_the_encoding_makes_of_a_table():
    encoding = encoding_of(X, standardize=True)
    H = (X - X.mean(axis=0)) / X.std(axis=0)
    assert_allclose(outputs(network(encoding), X), by_formula(H), rtol=1e-9)


def test_many_rows_give_what_they_give_one_by_one():
    rows = RNG.normal(size=(20_000, 4))
    whole = outputs(network(), rows)
    assert_allclose(whole, by_formula(rows), rtol=1e-9, atol=1e-12)
    for place in (0, 9_999, 19_999):
        alone = outputs(network(), rows[place : place + 1])
        assert_allclose(alone[0], whole[place], rtol=1e-12)


def test_its_parameters_are_those_given_so_that_it_follows_a_training():
    layers = [(W.copy(), b.copy()) for W, b in LAYERS]
    following = Network(encoding_of(X), ["tanh", "relu"], layers)
    layers[-1][1][...] += 1
    assert_allclose(outputs(following, X), by_formula(X) + 1, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_of_absurd_size_give_finite_numbers_and_leave_other_rows_as_they_are(dtype):
    huge = X.astype(dtype)
    huge[7] = np.finfo(dtype).max
    A = outputs(network(dtype=dtype), huge)
    assert np.isfinite(A).all()
    others = np.arange(50) != 7
    assert_allclose(A[others], by_formula(X)[others], rtol=1e-4 if dtype == np.float32 else 1e-12)
    assert huge[7, 0] == np.finfo(dtype).max
