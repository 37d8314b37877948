"""Where a training begins: the sizes of the network, and its θ, drawn or as it was left."""

import numpy as np

from ..network.initializers import GlorotUniform
from ..network.network import Network
from ..network.parameters import ParameterVector
from ..solvers.buffers import would_give
from . import rules
from .facts import evenly_spaced
from .hyper_parameters import FULL_BATCH, activation_names, hidden_sizes, is_auto

BYTES_OF_MOMENTS = 24  # of each column: its mean, variance and deviation
UNASKED_BYTES = 2**28  # that are taken without asking
CENTRED_ROWS, CENTRED_BATCH = 2000, 500  # rows whose mean h⁰ counts, and at a time


def network_dtype(hyper, table, n_rows, n_distinct, state):
    """Return what the network computes in, for good."""
    if state.network is not None:
        return state.network.dtype
    if hyper.dtype != "auto":
        return np.dtype(hyper.dtype)
    in_batches = hyper.solver not in FULL_BATCH
    return np.dtype(rules.dtype(n_rows, n_distinct, table.numbers.dtype.name, in_batches))


def sizes_of(hyper, state, n_distinct):
    """Return the units of each hidden layer, by themselves those of a network in training."""
    if state.network is not None and is_auto(hyper.hidden_layer_sizes):
        return state.network.layer_sizes[1:-1]
    return hidden_sizes(hyper, n_distinct)


def check_width(hyper, table, n_units, dtype):
    """Refuse more columns than memory holds moments, W and ∂J/∂W of, before any is made."""
    n_columns = table.numbers.shape[1]
    n_bytes = n_columns * (BYTES_OF_MOMENTS + 2 * n_units * dtype.itemsize)
    if n_bytes > UNASKED_BYTES and not would_give(n_bytes):
        raise ValueError(
            f"hidden_layer_sizes={hyper.hidden_layer_sizes!r} and the {n_columns:,} columns of X "
            f"take {n_bytes / 2**30:,.0f} GiB, more than memory holds: set fewer units, or leave "
            "columns out."
        )


def make_parameters(hyper, sizes, dtype):
    """Return θ for a network of these layers."""
    try:
        return ParameterVector(sizes, dtype)
    except (MemoryError, ValueError) as error:
        raise ValueError(
            f"hidden_layer_sizes={hyper.hidden_layer_sizes!r} makes more weights than memory "
            f"holds, in layers of {sizes} units: set fewer."
        ) from error


def start(hyper, state, encoding, parameters):
    """Return the network at θ as the state has it, or as it is drawn first."""
    names = activation_names(hyper, len(parameters.layers) - 1)
    if state.network is not None:
        load(parameters, state.network, hyper.hidden_layer_sizes)
    elif names:  # softmax regression is convex, without symmetry to break: it starts at 0
        GlorotUniform().fill(parameters.layers, np.random.default_rng(state.seed))
    return Network(encoding, names, parameters.layers)


def load(parameters, network, asked_for):
    """Set θ to the parameters of a network of the same sizes."""
    if network.layer_sizes != parameters.layer_sizes:
        fitted = tuple(network.layer_sizes[1:-1])
        raise ValueError(
            f"hidden_layer_sizes={asked_for!r} is not what the model was trained with, {fitted!r}: "
            "keep it, or start anew by fit with warm_start=False."
        )
    for (W, b), (old_W, old_b) in zip(parameters.layers, network.layers, strict=True):
        W[...], b[...] = old_W, old_b


def centre(parameters, J):
    """Let the pre-activations of the first layer start with mean 0: b¹ = −Wᵀ (mean of h⁰).

    Inputs from 0 to 1 (bins, levels) are so to the network what standardised ones are.
    """
    W, b = parameters.layers[0]
    rows = evenly_spaced(J.rows, CENTRED_ROWS)
    mean, mass = 0.0, 0.0
    for H, _, s in J.batches(CENTRED_BATCH, rows):
        s = np.ones(H.shape[0], W.dtype) if s is None else s.astype(W.dtype)
        mean, mass = mean + H.T @ s[:, None], mass + s.sum(dtype=np.float64)
    b[...] = -(W.T @ (mean[:, 0] / mass))
