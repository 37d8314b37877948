"""What is to be minimised, posed from hyper-parameters, data and the state to go on from."""

from dataclasses import dataclass, replace

import numpy as np

from ..network.activations import ACTIVATIONS
from ..network.graph import FlowGraph
from ..network.initializers import GlorotUniform
from ..network.network import Network
from ..network.parameters import ParameterVector
from ..objective.losses import LOSSES
from ..objective.objective import Objective
from ..tables.encoding import Encoding, root_mean_square
from . import defaults
from .prepare import Examples
from .state import State


@dataclass(frozen=True)
class Problem:
    """J(θ) on the rows to train on, and on those to validate on.

    Parameters
    ----------
    state : State
        Where to begin, with the network in training, whose layers are views on θ.
    objective, validation_objective : Objective
        The latter without penalties; None without validation data.
    training, validation : Examples or None
        The rows themselves.
    input_size : float
        The root mean square of inputs that are not standardised, else 1.
    n_terms : int
        Of the loss of a row.
    dtype : dtype
        What the network has in the end: float32 or float64.
    """

    state: State
    objective: Objective
    validation_objective: Objective | None
    training: Examples
    validation: Examples | None
    input_size: float
    n_terms: int
    dtype: np.dtype


def pose(hyper, prepared, state, *, partial=False):
    """Return the Problem of a training, or of one more epoch of it if `partial`."""
    targets, training, validation = prepared.targets, prepared.training, prepared.validation
    mass = targets.mass(training.codes, training.sample_weight)
    state = replace(state, class_mass=state.class_mass + mass if partial else mass)
    row_weights = weigh(hyper, targets, training, state)
    rows = None if row_weights is None else np.flatnonzero(row_weights)
    if validation is None and hyper.early_stopping and not partial:
        rows, validation = hold_out(hyper, targets, training, rows, state.seed)
    dtype = network_dtype(training.X) if state.network is None else state.network.dtype
    names, parameters = parameters_at(hyper, state, training.X, targets.n_outputs, dtype)
    working_dtype = parameters.theta.dtype
    encoding = encode(hyper, state, training, working_dtype, rows, partial)
    state = replace(state, network=Network(encoding, names, parameters.layers))
    graph, loss = FlowGraph([ACTIVATIONS[name] for name in names]), LOSSES[targets.type_of_target]

    def objective(examples, row_weights, rows=None, penalties=()):
        inputs, y = encoding.inputs(examples.X, working_dtype), examples.codes
        options = {"row_weights": row_weights, "rows": rows, "penalties": penalties}
        return Objective(graph, loss, parameters, inputs, y, **options)

    n_rows = len(training.codes) if rows is None else len(rows)
    penalties = defaults.penalties(hyper, n_rows, training.X.shape[1], targets.n_terms)
    held_out = validation and objective(
        validation, weigh(hyper, targets, validation, state, "X_val, y_val: ")
    )
    standardised = encoding.scaler is not None
    size = 1.0 if standardised else root_mean_square(training.X, row_weights, rows)
    return Problem(
        state,
        objective(training, row_weights, rows, penalties),
        held_out,
        training,
        validation,
        size,
        targets.n_terms,
        dtype,
    )


def weigh(hyper, targets, examples, state, whose=""):
    """Return s = sample_weight · class_weight of each row, or None where all are 1."""
    s = targets.class_weights(hyper.class_weight, examples.codes, state.class_mass)
    if s is None:
        return examples.sample_weight
    if examples.sample_weight is not None:
        s *= examples.sample_weight
    if not s.any():
        raise ValueError(
            f"{whose}class_weight and the sample weights together leave no row that counts: one "
            "must have a weight above 0 by both."
        )
    return s


def hold_out(hyper, targets, training, rows, seed):
    """Return the rows to train on, and Examples of the others to validate on."""
    rows = np.arange(len(training.codes)) if rows is None else rows
    rows, held_out = targets.hold_out(training.codes, rows, hyper.validation_fraction, seed)
    return rows, training[held_out]


def network_dtype(X):
    """float32 for X of that dtype, else float64."""
    return np.dtype(np.float32 if X.dtype == np.float32 else np.float64)


def parameters_at(hyper, state, X, n_outputs, dtype):
    """Return the names of the activations, and θ as the state has it or as it is drawn first."""
    hidden = defaults.hidden_sizes(hyper)
    names = defaults.activation_names(hyper, len(hidden))
    in_float64 = hyper.solver in defaults.FULL_BATCH
    sizes = [X.shape[1], *hidden, n_outputs]
    try:
        parameters = ParameterVector(sizes, np.float64 if in_float64 else dtype)
    except (MemoryError, ValueError) as error:
        raise ValueError(
            f"hidden_layer_sizes={hyper.hidden_layer_sizes!r} makes more weights than memory "
            f"holds, in layers of {sizes} units: set fewer."
        ) from error
    if state.network is not None:
        load(parameters, state.network, hyper.hidden_layer_sizes)
    elif hidden:  # softmax regression is convex, without symmetry to break: it starts at 0
        GlorotUniform().fill(parameters.layers, np.random.default_rng(state.seed))
    return names, parameters


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


def encode(hyper, state, training, dtype, rows, partial):
    """Return T, having seen the rows where that is due.

    A warm start keeps to the inputs it knows.
    """
    seen = training.X, dtype, rows, training.sample_weight
    if state.network is not None:
        encoding = state.network.encoding
        return encoding.having_seen(*seen) if partial else encoding
    if hyper.standardize and isinstance(training.X, np.ndarray):
        return Encoding.fitted(*seen)
    return Encoding()
