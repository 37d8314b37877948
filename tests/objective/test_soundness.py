"""Whether a network is finite and depends on its inputs, against outputs written out."""

import numpy as np
import problems
import pytest
from scipy import sparse
from scipy.special import log_softmax

N_ROWS = 12
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, 4))
Y = np.arange(N_ROWS) % 3


def test_outputs_are_constant_where_no_unit_of_a_hidden_layer_acts():
    objective = problems.make_objective(X, Y, (4, 3), activations=["relu", "relu"])
    assert not objective.soundness().is_constant()
    objective.parameters.layers[1][1][...] = -1e3  # the biases of the second hidden layer
    assert objective.soundness().is_constant()


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_outputs_that_differ_in_a_single_row_are_not_constant(form):
    flags = np.zeros((5000, 2))
    objective = problems.make_objective(form(flags), np.arange(5000) % 2, (4,))
    assert objective.soundness().is_constant()
    flags[3210, 1] = 1
    objective = problems.make_objective(form(flags), np.arange(5000) % 2, (4,))
    assert not objective.soundness().is_constant()


def test_outputs_of_a_single_row_are_constant():
    assert problems.make_objective(X[:1], Y[:1], (4,)).soundness().is_constant()


def test_only_units_that_can_die_may():
    for name, dies in {"relu": True, "tanh": False, "leaky_relu": False}.items():
        objective = problems.make_objective(X, Y, (4, 3), activations=["tanh", name])
        assert objective.soundness().may_die == dies


@pytest.mark.parametrize("weights", [None, np.arange(N_ROWS) + 1.0])
@pytest.mark.parametrize("step", [-1.0, 0.0, 1e-4, 0.2])
def test_what_is_learned_is_in_vain_where_the_mean_output_is_nearly_as_good(weights, step):
    objective = problems.make_objective(X, Y, row_weights=weights, l2=3.0)
    objective.theta[...] = 0
    objective.theta[...] = -step * objective.value_and_gradient()[1]
    before = objective.theta.copy()
    ((W, b),) = objective.parameters.layers
    mean = log_softmax(np.average(X @ W + b, axis=0, weights=weights))
    constant, loss = (np.average(x, weights=weights) for x in (-mean[Y], losses(objective)))
    in_vain = objective.soundness().is_in_vain()
    assert in_vain == (loss >= 0.99 * constant) == (step < 0.1)
    assert (objective.theta == before).all()


def losses(objective):
    """−log f(x)_y of all rows, written out for the activations below."""
    g = {"Identity": lambda A: A, "ReLU": lambda A: np.maximum(A, 0), "Tanh": np.tanh}
    H, (*hidden, (W, b)) = objective.inputs.X, objective.parameters.layers
    for (V, c), activation in zip(hidden, objective.graph.activations, strict=True):
        H = g[type(activation).__name__](H @ V + c)
    return -log_softmax(H @ W + b, axis=1)[np.arange(N_ROWS), Y]


def is_finite(objective, limit=np.inf):
    with np.errstate(all="ignore"):
        return objective.soundness().is_finite(limit)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["identity", "relu", "tanh"])
@pytest.mark.parametrize("n_layers", [0, 1, 2, 6])
def test_it_is_finite_where_theta_and_the_outputs_of_all_rows_are(n_layers, name, dtype):
    """At sizes of θ and of x from harmless to hopeless."""
    told, most = set(), float(np.finfo(dtype).max)
    for of_theta in np.geomspace(1e-5, 0.6 * most, 12):
        for of_x in (1.0, 0.1 * most**0.5, 0.1 * most):
            x = (of_x * X).astype(dtype)
            objective = problems.make_objective(
                x, Y, (4,) * n_layers, activations=[name] * n_layers, dtype=dtype
            )
            with np.errstate(all="ignore"):
                objective.theta *= dtype(of_theta)
                expected = (
                    np.isfinite(objective.theta).all() and np.isfinite(losses(objective)).all()
                )
            assert is_finite(objective) == expected
            told.add(bool(expected))
    assert told == {True, False}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_parameter_or_an_input_that_is_not_finite_is_found(bad):
    objective = problems.make_objective(X, Y, (4,), activations=["relu"])
    objective.theta[-1] = bad
    assert not is_finite(objective)
    spoiled = X.copy()
    spoiled[7, 1] = bad
    assert not is_finite(problems.make_objective(spoiled, Y, (4,), activations=["relu"]))


def test_small_parameters_prove_it_without_a_look_at_the_rows(monkeypatch):
    objective = problems.make_objective(X, Y, (4, 3))
    soundness = objective.soundness()
    assert soundness.is_finite(0.0)
    monkeypatch.setattr(objective, "inputs", None)
    objective.theta *= 100
    assert soundness.is_finite(0.0)


@pytest.mark.parametrize("scale", [1e7, 1e9])
def test_where_the_rows_are_looked_at_J_must_not_exceed_the_limit(scale):
    objective = problems.make_objective(X, Y, (4,), scale=scale)
    J = objective.value()
    assert is_finite(objective, 1.01 * J)
    assert not is_finite(objective, 0.99 * J)
