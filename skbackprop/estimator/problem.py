"""What is to be minimised, posed from hyper-parameters, data and the state to go on from."""

from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from ..inputs.gather import bytes_of_row, sum_of_squares
from ..network.activations import ACTIVATIONS
from ..network.graph import FlowGraph
from ..network.initializers import GlorotUniform
from ..network.network import Network
from ..network.parameters import ParameterVector
from ..objective.objective import Objective
from ..tables.checks import is_memory_map
from ..tables.encoding import fit_encoding
from ..tables.moments import root_mean_square
from . import defaults
from .prepare import Examples
from .state import State

MOST_BYTES = 2**28  # of rows that are copied out of a memory map
CENTRED_ROWS, CENTRED_BATCH = 2000, 500  # rows whose mean h⁰ counts, and at a time


@dataclass(frozen=True)
class Problem:
    """What is to be minimised, and where to begin.

    Parameters
    ----------
    hyper : SimpleNamespace
        The hyper-parameters, by name.
    targets : targets
        What the outputs are to tell.
    state : State
        Where to begin, with the network in training, whose layers are views on θ.
    parameters : ParameterVector
        θ.
    training, validation : Examples or None
        The rows that were given, and those to validate on.
    rows : ndarray of int or None
        The rows to train on; None for all.
    row_weights : ndarray or None
        s of each row.
    dtype : dtype
        What the network has in the end: float32 or float64.
    """

    hyper: SimpleNamespace
    targets: object
    state: State
    parameters: ParameterVector
    training: Examples
    validation: Examples | None
    rows: np.ndarray | None
    row_weights: np.ndarray | None
    dtype: np.dtype

    @cached_property
    def objective(self):
        """J over the rows to train on."""
        return self.over(self.rows, self.l2(self.state.l2_factor))

    @cached_property
    def validation_objective(self):
        """The loss over the validation data; None where there is none."""
        if self.validation is None:
            return None
        s = weigh(self.hyper, self.targets, self.validation, self.state, "X_val, y_val: ")
        return self._objective(self._inputs(self.validation), self.validation.codes, s)

    @cached_property
    def mean_square(self):
        """The mean of |h⁰|², by evenly spaced rows."""
        J = self.objective
        rows, step = evenly_spaced(J.rows, CENTRED_BATCH), J.inputs.block_size(1)
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        with np.errstate(over="ignore"):
            return sum(sum_of_squares(J.inputs.gather(part)) for part in parts) / len(rows)

    @cached_property
    def input_size(self):
        """The root mean square of numbers that are not standardised, else 1."""
        numbers = self.training.table.numbers
        if self.state.network.encoding.scaler is not None or not numbers.shape[1]:
            return 1.0
        return root_mean_square(numbers, self.row_weights, self.rows)

    @property
    def n_rows(self):
        """How many rows there are to train on."""
        return len(self.training.codes) if self.rows is None else len(self.rows)

    def l2(self, factor, n_rows=None):
        """Return the strength of the L2 penalty on each layer, for a factor and so many rows."""
        hyper, sizes = self.hyper, self.parameters.layer_sizes
        n_rows = self.n_rows if n_rows is None else n_rows
        return defaults.l2_strengths(hyper, n_rows, sizes, self.targets.n_terms, factor)

    def over(self, rows, strengths=None):
        """Return J over some of the rows, with an L2 penalty of these strengths, or without any."""
        penalties = ()
        if strengths is not None:
            penalties = defaults.penalties(self.hyper, strengths, self.parameters)
        options = {"rows": rows, "penalties": penalties}
        return self._objective(self._own_inputs, self.training.codes, self.row_weights, **options)

    def near(self, *parts):
        """Return the same over these parts of the rows alone, and the places of the parts in it.

        Some rows of a memory map, which are to be visited again and again, are copied into memory:
        read one by one, each would bring its neighbours along.
        """
        table, rows = self.training.table, np.unique(np.concatenate(parts))
        size = len(rows) * bytes_of_row(table.numbers)
        if not is_memory_map(table.numbers) or len(rows) == table.n_rows or size > MOST_BYTES:
            return self, *parts
        weights = None if self.row_weights is None else self.row_weights[rows]
        copied = replace(self, training=self.training[rows], row_weights=weights, rows=None)
        return copied, *(np.searchsorted(rows, part) for part in parts)

    def with_l2(self, choice):
        """Return the same with the strength of the L2 penalty that was chosen."""
        losses = {self.l2(factor)[0]: loss for factor, loss in choice.losses.items()}
        l2 = self.l2(choice.factor)[0]
        state = replace(self.state, l2_factor=choice.factor, l2=l2, l2_losses=losses)
        return replace(self, state=state)

    @cached_property
    def _own_inputs(self):
        return self._inputs(self.training)

    def _inputs(self, examples):
        return self.state.network.encoding.inputs(examples.table, self.parameters.theta.dtype)

    def _objective(self, inputs, codes, row_weights, **options):
        graph = FlowGraph([ACTIVATIONS[name] for name in self.state.network.activations])
        options["row_weights"] = row_weights
        return Objective(graph, self.targets.loss, self.parameters, inputs, codes, **options)


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
    parameters = make_parameters(hyper, [encoding.n_inputs, *hidden, targets.n_outputs], working)
    state = replace(state, network=start(hyper, state, encoding, names, parameters))
    rest = training, validation, rows, row_weights, dtype
    problem = Problem(hyper, targets, state, parameters, *rest)
    problem = replace(problem, state=replace(state, l2=problem.l2(state.l2_factor)[0]))
    if is_first and hidden and encoding.is_off_centre:
        centre(parameters, problem.objective)
    return problem


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


def network_dtype(hyper, table, n_rows, state):
    """Return what the network computes in, for good."""
    if state.network is not None:
        return state.network.dtype
    if hyper.dtype != "auto":
        return np.dtype(hyper.dtype)
    stochastic = hyper.solver not in defaults.FULL_BATCH
    single = table.numbers.dtype == np.float32 or (stochastic and n_rows > defaults.SMALL)
    return np.dtype(np.float32 if single else np.float64)


def make_parameters(hyper, sizes, dtype):
    """Return θ for a network of these layers."""
    try:
        return ParameterVector(sizes, dtype)
    except (MemoryError, ValueError) as error:
        raise ValueError(
            f"hidden_layer_sizes={hyper.hidden_layer_sizes!r} makes more weights than memory "
            f"holds, in layers of {sizes} units: set fewer."
        ) from error


def start(hyper, state, encoding, names, parameters):
    """Return the network at θ as the state has it, or as it is drawn first."""
    if state.network is not None:
        load(parameters, state.network, hyper.hidden_layer_sizes)
    elif names:  # softmax regression is convex, without symmetry to break: it starts at 0
        GlorotUniform().fill(parameters.layers, np.random.default_rng(state.seed))
    return Network(encoding, names, parameters.layers)


def evenly_spaced(rows, n):
    """Return so many of the rows, or all."""
    return rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(int)]


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
