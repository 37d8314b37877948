"""What is to be minimised, posed from hyper-parameters, data and the state to go on from."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..network.activations import ACTIVATIONS
from ..network.graph import FlowGraph
from ..network.initializers import GlorotUniform
from ..network.network import Network
from ..network.parameters import ParameterVector
from ..objective.losses import LOSSES
from ..objective.objective import Objective
from ..tables.encoding import fit_encoding, root_mean_square
from . import defaults
from .prepare import Examples
from .state import State

CENTRED_ROWS, CENTRED_BATCH = 2000, 500  # rows whose mean h⁰ counts, and at a time


@dataclass(frozen=True)
class Problem:
    """J(θ) on the rows to train on, and on those to validate on.

    Parameters
    ----------
    state : State
        Where to begin, with the network in training, whose layers are views on θ.
    objective : Objective
        J over the rows to train on.
    l2 : callable
        Returns the strength of the L2 penalty on each layer, for a factor and a number of rows.
    over : callable
        Returns J over other rows, and with other such strengths.
    validation_objective : Objective or None
        Over the validation data, without penalties.
    training, validation : Examples or None
        The rows themselves.
    input_size : float
        The root mean square of inputs that are not standardised, else 1.
    mean_square : float
        The mean of |h⁰|².
    n_terms : int
        Of the loss of a row.
    dtype : dtype
        What the network has in the end: float32 or float64.
    """

    state: State
    objective: Objective
    l2: Callable
    over: Callable
    validation_objective: Objective | None
    training: Examples
    validation: Examples | None
    input_size: float
    mean_square: float
    n_terms: int
    dtype: np.dtype

    def with_l2(self, choice):
        """Return the same with the strength of the L2 penalty that was chosen."""
        strengths = self.l2(choice.factor)
        losses = {self.l2(factor)[0]: loss for factor, loss in choice.losses.items()}
        chosen = {"l2_factor": choice.factor, "l2": strengths[0], "l2_losses": losses}
        objective = self.over(self.objective.rows, strengths)
        return replace(self, state=replace(self.state, **chosen), objective=objective)


def pose(hyper, prepared, state, *, partial=False):
    """Return the Problem of a training, or of one more epoch of it if `partial`."""
    targets, training, validation = prepared.targets, prepared.training, prepared.validation
    is_first = state.network is None
    mass = class_mass(prepared)
    state = replace(state, class_mass=state.class_mass + mass if partial else mass)
    row_weights = weigh(hyper, targets, training, state)
    rows = rows_that_count(prepared.rows, row_weights)
    if validation is None and hyper.early_stopping and not partial:
        rows, validation = hold_out(hyper, targets, training, rows, state.seed)
    n_rows = len(training.codes) if rows is None else len(rows)
    dtype = network_dtype(hyper, training.table, n_rows, state)
    working = np.dtype(np.float64) if hyper.solver in defaults.FULL_BATCH else dtype
    encoding = encode(hyper, state, training, working, rows, partial)
    hidden = defaults.hidden_sizes(hyper)
    names = defaults.activation_names(hyper, len(hidden))
    parameters = ParameterVector([encoding.n_inputs, *hidden, targets.n_outputs], working)
    state = replace(state, network=start(hyper, state, encoding, names, parameters))
    graph, loss = FlowGraph([ACTIVATIONS[name] for name in names]), LOSSES[targets.type_of_target]

    inputs = encoding.inputs(training.table, working)

    def l2(factor, n_rows=n_rows):
        own = defaults.changed(hyper, l2_factor=factor)
        return defaults.l2_strengths(own, n_rows, parameters.layer_sizes, targets.n_terms)

    def over(rows, strengths=None):
        """Return J over some of the rows, with an L2 penalty of these strengths, or with none."""
        penalties = () if strengths is None else defaults.penalties(hyper, strengths, parameters)
        options = {"row_weights": row_weights, "rows": rows, "penalties": penalties}
        return Objective(graph, loss, parameters, inputs, training.codes, **options)

    strengths = l2(state.l2_factor)
    state = replace(state, l2=strengths[0])
    J = over(rows, strengths)
    if is_first and hidden and encoding.is_off_centre:
        centre(parameters, J)
    held_out = None
    if validation is not None:
        s = weigh(hyper, targets, validation, state)
        own = encoding.inputs(validation.table, working)
        held_out = Objective(graph, loss, parameters, own, validation.codes, row_weights=s)
    numbers = training.table.numbers
    raw = encoding.scaler is None and numbers.shape[1] > 0
    return Problem(
        state=state,
        objective=J,
        l2=l2,
        over=over,
        validation_objective=held_out,
        training=training,
        validation=validation,
        input_size=root_mean_square(numbers, row_weights, rows) if raw else 1.0,
        mean_square=mean_square_norm(J),
        n_terms=targets.n_terms,
        dtype=dtype,
    )


def class_mass(prepared):
    """Return the total sample weight of each class in the rows to train on."""
    codes, s = prepared.training.codes, prepared.training.sample_weight
    if prepared.rows is not None:
        codes, s = codes[prepared.rows], None if s is None else s[prepared.rows]
    return prepared.targets.mass(codes, s)


def rows_that_count(rows, row_weights):
    """Return those of the rows that weigh something; None where all rows do."""
    if row_weights is None:
        return rows
    counts = row_weights > 0
    return np.flatnonzero(counts) if rows is None else rows[counts[rows]]


def weigh(hyper, targets, examples, state):
    """Return s = sample_weight · class_weight of each row, or None where all are 1."""
    s = targets.class_weights(hyper.class_weight, examples.codes, state.class_mass)
    if s is None:
        return examples.sample_weight
    if examples.sample_weight is not None:
        s *= examples.sample_weight
    if not s.any():
        raise ValueError("class_weight and sample_weight together leave no row that counts.")
    return s


def hold_out(hyper, targets, training, rows, seed):
    """Return the rows to train on, and Examples of the others to validate on."""
    rows = np.arange(len(training.codes)) if rows is None else rows
    rows, held_out = targets.hold_out(training.codes, rows, hyper.validation_fraction, seed)
    return rows, training[held_out]


def network_dtype(hyper, table, n_rows, state):
    """Return what the network computes in, for good."""
    if state.network is not None:
        return state.network.dtype
    if hyper.dtype != "auto":
        return np.dtype(hyper.dtype)
    stochastic = hyper.solver not in defaults.FULL_BATCH
    single = table.numbers.dtype == np.float32 or (stochastic and n_rows > defaults.SMALL)
    return np.dtype(np.float32 if single else np.float64)


def start(hyper, state, encoding, names, parameters):
    """Return the network at θ as the state has it, or as it is drawn first."""
    if state.network is not None:
        load(parameters, state.network, hyper.hidden_layer_sizes)
    elif names:  # softmax regression is convex, without symmetry to break: it starts at 0
        GlorotUniform().fill(parameters.layers, np.random.default_rng(state.seed))
    return Network(encoding, names, parameters.layers)


def mean_square_norm(J):
    """Return the mean of |h⁰|², by evenly spaced rows."""
    rows = J.rows[np.linspace(0, J.n_rows - 1, min(CENTRED_BATCH, J.n_rows)).astype(int)]
    with np.errstate(over="ignore"):
        return sum_of_squares(J.inputs.gather(rows)) / len(rows)


def sum_of_squares(H):
    """Return Σ h² of all entries."""
    if isinstance(H, np.ndarray):
        return float(np.square(H, dtype=np.float64).sum())
    if hasattr(H, "dense"):
        return sum_of_squares(H.dense) + np.count_nonzero(H.codes >= 0)
    return float(np.square(H.data, dtype=np.float64).sum())


def centre(parameters, J):
    """Let the pre-activations of the first layer start with mean 0: b¹ = −Wᵀ (mean of h⁰).

    Inputs from 0 to 1 (bins, levels) are so to the network what standardised ones are.
    """
    W, b = parameters.layers[0]
    rows = J.rows[np.linspace(0, J.n_rows - 1, min(CENTRED_ROWS, J.n_rows)).astype(int)]
    mean, mass = 0.0, 0.0
    for H, _, s in J.batches(CENTRED_BATCH, rows):
        s = np.ones(H.shape[0], W.dtype) if s is None else s.astype(W.dtype)
        mean, mass = mean + H.T @ s[:, None], mass + s.sum(dtype=np.float64)
    b[...] = -(W.T @ (mean[:, 0] / mass))


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
    seen = training.table, dtype, rows, training.sample_weight
    if state.network is not None:
        encoding = state.network.encoding
        return encoding.having_seen(*seen) if partial else encoding
    return fit_encoding(
        *seen,
        standardize=hyper.standardize,
        piecewise=defaults.is_piecewise(hyper),
        min_frequency=hyper.min_frequency,
        grows=partial,
    )
