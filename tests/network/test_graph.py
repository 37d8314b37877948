from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skbackprop.network import graph
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.network.graph import FlowGraph, Linearization, Workspace, rows_per_chunk
from skbackprop.network.parameters import ParameterVector

N_ROWS, N_IN, N_OUT = 6, 4, 3
DEPTHS = {0: [], 1: ["tanh"], 2: ["logistic", "tanh"], 3: ["tanh", "identity", "logistic"]}
PLAIN = {"tanh": np.tanh, "logistic": lambda a: 1 / (1 + np.exp(-a)), "identity": lambda a: a}
each_depth = pytest.mark.parametrize("names", DEPTHS.values(), ids=DEPTHS)


def network(names, seed=0):
    """Return (graph, parameters, workspace of 2 rows too many, X)."""
    rng = np.random.default_rng(seed)
    sizes = [N_IN, *range(5, 5 + len(names)), N_OUT]
    parameters = ParameterVector(sizes)
    parameters.theta[...] = rng.normal(scale=0.7, size=len(parameters.theta))
    workspace = Workspace(sizes, N_ROWS + 2, np.float64)
    X = rng.normal(size=(N_ROWS, N_IN))
    return FlowGraph([ACTIVATIONS[n] for n in names]), parameters, workspace, X


def naive_outputs(names, layers, X):
    """aᴸ⁺¹ of one example after another, in the lecture's column vectors."""
    outputs = []
    for h in X:
        for name, (W, b) in zip(names, layers, strict=False):
            h = PLAIN[name](b + W.T @ h)
        W, b = layers[-1]
        outputs.append(b + W.T @ h)
    return np.array(outputs)


def central_differences(function, theta, step=1e-6):
    differences = np.empty_like(theta)
    for i in range(len(theta)):
        kept = theta[i]
        theta[i] = kept + step
        up = function()
        theta[i] = kept - step
        differences[i] = (up - function()) / (2 * step)
        theta[i] = kept
    return differences


@each_depth
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_fprop_equals_the_equations_example_by_example(names, form):
    net, parameters, workspace, X = network(names)
    H, _ = workspace.first(N_ROWS)
    A = net.fprop(parameters.layers, form(X), H)
    assert A is H[-1]
    assert_allclose(A, naive_outputs(names, parameters.layers, X), rtol=1e-12)


@each_depth
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, sparse.csr_array])
def test_bprop_equals_central_differences_of_the_naive_outputs(names, form):
    net, parameters, workspace, X = network(names)
    grad_A = np.random.default_rng(1).normal(size=(N_ROWS, N_OUT))
    H, grad_H = workspace.first(N_ROWS)
    net.fprop(parameters.layers, form(X), H)
    H[-1][...] = grad_A
    net.bprop(parameters.layers, parameters.gradient_layers, form(X), H, grad_H)
    differences = central_differences(
        lambda: (grad_A * naive_outputs(names, parameters.layers, X)).sum(), parameters.theta
    )
    assert_allclose(parameters.gradient, differences, rtol=1e-7, atol=1e-8)


@each_depth
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_the_R_passes_equal_central_differences_of_fprop_and_bprop(names, form):
    net, parameters, workspace, X = network(names)
    rng, step = np.random.default_rng(1), 1e-6
    v, B = rng.normal(size=len(parameters.theta)), rng.normal(size=(N_ROWS, N_OUT))
    H, grad_H = workspace.first(N_ROWS)
    X = form(X)

    def outputs_and_gradient():  # of the loss l(a) = Σ sin(a) ⊙ B
        A = net.fprop(parameters.layers, X, H).copy()
        H[-1][...] = B * np.cos(A)
        net.bprop(parameters.layers, parameters.gradient_layers, X, H, grad_H)
        return A, parameters.gradient.copy()

    at = Linearization(parameters.layer_sizes, N_ROWS, np.float64)
    at.X = X
    A = net.fprop(parameters.layers, X, [*at.H, at.F])
    at.grad_A[-1][...] = B * np.cos(A)
    net.linearize(parameters.layers, at)
    R_A = net.R_fprop(parameters.layers, parameters.views(v), at)
    ours = [R_A.copy(), np.empty_like(v)]
    R_A *= -B * np.sin(A)
    net.R_bprop(parameters.layers, parameters.views(v), parameters.views(ours[1]), at)

    parameters.theta += step * v
    up = outputs_and_gradient()
    parameters.theta -= 2 * step * v
    for R, u, d in zip(ours, up, outputs_and_gradient(), strict=True):
        assert_allclose(R, (u - d) / (2 * step), rtol=1e-6, atol=1e-7)


@each_depth
def test_neither_inputs_nor_parameters_are_changed(names):
    net, parameters, workspace, X = network(names)
    theta, X_before = parameters.theta.copy(), X.copy()
    X.setflags(write=False)
    H, grad_H = workspace.first(N_ROWS)
    net.fprop(parameters.layers, X, H)
    net.bprop(parameters.layers, parameters.gradient_layers, X, H, grad_H)
    assert_array_equal(parameters.theta, theta)
    assert_array_equal(X, X_before)


def test_one_graph_serves_many_threads_each_with_its_own_workspace():
    net, parameters, _, _ = network(DEPTHS[2])

    def outputs(seed):
        X = np.random.default_rng(seed).normal(size=(N_ROWS, N_IN))
        for _ in range(50):
            H, _ = Workspace(parameters.layer_sizes, N_ROWS, np.float64).first(N_ROWS)
            A = net.fprop(parameters.layers, X, H)
        return np.abs(A - naive_outputs(DEPTHS[2], parameters.layers, X)).max()

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(outputs, range(8))) < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_workspace_has_a_buffer_for_each_layer_and_a_gradient_for_each_hidden_one(dtype):
    H, grad_H = Workspace([9, 4, 5, 3], 7, dtype).first(7)
    assert [h.shape for h in H] == [(7, 4), (7, 5), (7, 3)]
    assert [g.shape for g in grad_H] == [(7, 4), (7, 5)]
    assert {a.dtype for a in H + grad_H} == {np.dtype(dtype)}


def test_fewer_rows_are_the_first_of_the_same_buffers_and_contiguous():
    workspace = Workspace([9, 4, 3], 7, np.float64)
    (whole, _), (part, part_gradient) = workspace.first(7), workspace.first(2)
    assert all(np.shares_memory(h, p) for h, p in zip(whole, part, strict=True))
    part[0].fill(5)
    assert (whole[0][:2] == 5).all()
    assert all(a.flags.c_contiguous and len(a) == 2 for a in part + part_gradient)


def test_a_chunk_of_rows_fills_the_cache_and_is_never_empty(monkeypatch):
    monkeypatch.setattr(graph, "CHUNK_ELEMENTS", 100)
    assert rows_per_chunk([10, 20, 3]) == 3
    assert rows_per_chunk([1000, 5]) == 1
