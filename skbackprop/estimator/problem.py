"""The problem to be minimised, posed from hyper-parameters, data and the state to go on from."""

from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace

import numpy as np

from ..inputs.gather import Inputs, bytes_of_row
from ..network.activations import ACTIVATIONS
from ..network.graph import FlowGraph
from ..network.network import Network
from ..network.parameters import ParameterVector
from ..objective.objective import Objective
from ..objective.penalties import L1, L2
from ..tables.checks import is_memory_map
from ..tables.encoding import fit_encoding
from ..tables.repeats import distinct_rows
from . import rules
from .facts import Facts, InputSize, Weighing
from .hyper_parameters import FULL_BATCH, is_auto, numeric_encoding
from .prepare import Examples
from .settings import BY_ITSELF, settle
from .start import centre, check_width, make_parameters, network_dtype, sizes_of, start
from .state import State
from .weighing import class_mass, rows_that_count, visits, weigh, weights_of_call

MOST_BYTES = 2**28  # of rows that are copied out of a memory map


@dataclass(frozen=True)
class Problem:
    """J(θ), to be minimised, and where to begin.

    Parameters
    ----------
    hyper : SimpleNamespace
        The hyper-parameters, by name, as they were given.
    facts : Facts
        What is known of the data.
    targets : targets
        What the outputs are to tell.
    state : State
        Where to begin, with the settings, and the network in training, whose layers are views on θ.
    parameters : ParameterVector
        θ.
    inputs : Inputs
        h⁰ of the rows that were given.
    training, validation : Examples or None
        These rows, and those to validate on.
    rows : ndarray of int or None
        The rows to train on; None for all.
    row_weights : ndarray or None
        s of each row.
    mean_weight : float
        What their mean counts as: above 1 for a call of `partial_fit` whose classes weigh more than
        those that came before.
    """

    hyper: SimpleNamespace
    facts: Facts
    targets: object
    state: State
    parameters: ParameterVector
    inputs: Inputs
    training: Examples
    validation: Examples | None
    rows: np.ndarray | None
    row_weights: np.ndarray | None
    mean_weight: float = 1.0

    @property
    def settings(self):
        """The values that the hyper-parameters have become."""
        return self.state.settings

    @cached_property
    def objective(self):
        """J over the rows to train on."""
        return self.in_training(self.rows, self.settings)

    @cached_property
    def validation_objective(self):
        """The loss over the validation data; None where there is none."""
        if self.validation is None:
            return None
        s = weigh(self.hyper, self.targets, self.validation, self.state, "X_val, y_val: ")
        return self._objective(self._inputs(self.validation), self.validation.codes, s)

    def settled(self, n_rows, n_distinct, l2_factor=None):
        """Return the Settings of a training on so many rows, with this factor of the penalty."""
        facts = replace(self.facts, n_rows=n_rows, n_distinct=n_distinct, l2_factor=l2_factor)
        return settle(self.hyper, facts)

    @property
    def rows_to_train_on(self):
        """The rows, by number."""
        return np.arange(len(self.training.codes)) if self.rows is None else self.rows

    def in_training(self, rows, settings):
        """Return J over some of the rows, as a training with these settings visits them."""
        size, n_rows = settings.batch_size, len(self.training.codes if rows is None else rows)
        s, terms = self.row_weights, penalties(self.hyper, settings.l2, self.parameters)
        if size is not None and size < n_rows:
            rows, s = visits(self.targets, self.training.codes, rows, s, settings.shuffle)
        return self._over(rows, s, terms)

    def over(self, rows):
        """Return the mean loss over some of the rows."""
        return self._over(rows, self.row_weights)

    def _over(self, rows, s, terms=()):
        options = {"rows": rows, "penalties": terms, "mean_weight": self.mean_weight}
        return self._objective(self.inputs, self.training.codes, s, **options)

    def with_own_parameters(self):
        """Return the same with a copy of θ and with own buffers: another thread may train it."""
        parameters = ParameterVector(self.parameters.layer_sizes, self.parameters.theta.dtype)
        parameters.theta[...] = self.parameters.theta
        network = self.state.network
        network = Network(network.encoding, network.activations, parameters.layers)
        own = {"parameters": parameters, "inputs": self.inputs.with_own_buffers()}
        return replace(self, state=replace(self.state, network=network), **own)

    def with_leaves(self, rows):
        """Return the same with inputs for leaves of trees, which know these rows alone."""
        begin = replace(self.state, network=None, leaves_pay=True)
        sizes, dtype = self.parameters.layer_sizes[1:], self.parameters.theta.dtype
        network, parameters, inputs = set_out(self.hyper, begin, self.training, rows, sizes, dtype)
        seen = {"parameters": parameters, "inputs": inputs, "rows": rows}
        problem = replace(self, state=replace(begin, network=network), **seen)
        centre_inputs(problem)
        return problem

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
        training = self.training[rows]
        seen = {"training": training, "inputs": self._inputs(training), "row_weights": weights}
        copied = replace(self, **seen, rows=None)
        return copied, *(np.searchsorted(rows, part) for part in parts)

    def with_l2(self, choice):
        """Return the same with the strength of the L2 penalty that was chosen."""
        facts = replace(self.facts, l2_factor=choice.factor)
        n = facts.n_rows, facts.n_distinct
        losses = {self.settled(*n, f).l2[0]: loss for f, loss in choice.losses.items()}
        chosen = {"l2_factor": choice.factor, "l2_losses": losses}
        state = replace(self.state, **chosen, settings=settle(self.hyper, facts))
        return replace(self, facts=facts, state=state)

    def _inputs(self, examples):
        return self.state.network.encoding.inputs(examples.table, self.parameters.theta.dtype)

    def _objective(self, inputs, codes, row_weights, **options):
        graph = FlowGraph([ACTIVATIONS[name] for name in self.state.network.activations])
        options["row_weights"] = row_weights
        return Objective(graph, self.targets.loss, self.parameters, inputs, codes, **options)


def pose(hyper, prepared, state, *, partial=False):
    """Return the Problem of a training, or of one more epoch of it if `partial`."""
    targets, training, is_first = prepared.targets, prepared.training, state.network is None
    mass = class_mass(prepared)
    state = replace(state, class_mass=state.class_mass + mass if partial else mass)
    row_weights = weigh(hyper, targets, training, state)
    mean, largest = weights_of_call(hyper, targets, mass, state.class_mass) if partial else (1, 1)
    rows, validation = divide(hyper, prepared, row_weights, state.seed, partial)
    n_rows = len(training.codes) if rows is None else len(rows)
    n_distinct = count_distinct(hyper, training.table, rows, partial)
    dtype = network_dtype(hyper, training.table, n_rows, n_distinct, state)
    working = np.dtype(np.float64) if hyper.solver in FULL_BATCH else dtype
    sizes = [*sizes_of(hyper, state, n_distinct), targets.n_outputs]
    if is_first:
        check_width(hyper, training.table, sizes[0], working)
    begin = hyper, state, training, rows, sizes, working, partial
    network, parameters, inputs = set_out(*begin)
    encoding = network.encoding
    numbers = training.table.numbers if encoding.scaler is None else None
    visited = visits(targets, training.codes, rows, row_weights, hyper.shuffle)
    facts = Facts(
        n_rows=n_rows,
        n_distinct=n_distinct,
        layer_sizes=parameters.layer_sizes,
        activations=network.activations,
        n_bins=encoding.most_bins,
        has_leaves=encoding.leaves is not None,
        n_terms=targets.n_terms,
        pace=getattr(targets.loss, "pace", 1.0),
        dtype=dtype.name,
        inputs=InputSize(inputs, numbers, rows, row_weights),
        weighing=Weighing(training.table, rows, row_weights, mean, largest, visited),
        l2_factor=state.l2_factor,
        partial=partial,
    )
    state = replace(state, network=network, settings=settle(hyper, facts))
    data = parameters, inputs, training, validation, rows, row_weights, mean
    problem = Problem(hyper, facts, targets, state, *data)
    if is_first:
        centre_inputs(problem)
    return problem


def set_out(hyper, state, training, rows, sizes, dtype, partial=False):
    """Return the network where a training begins, θ, and h⁰ of the rows of `training`.

    T has seen those of `rows`; the layers after h⁰ have these sizes.
    """
    encoding = encode(hyper, state, training, dtype, rows, partial)
    parameters = make_parameters(hyper, [encoding.n_inputs, *sizes], dtype)
    network = start(hyper, state, encoding, parameters)
    return network, parameters, encoding.inputs(training.table, dtype)


def centre_inputs(problem):
    """Let hidden layers start as if all inputs had the mean 0, where some are from 0 to 1."""
    network = problem.state.network
    if network.activations and network.encoding.is_off_centre:
        centre(problem.parameters, problem.objective)


def divide(hyper, prepared, row_weights, seed, partial):
    """Return the rows to train on, and Examples to validate on, which may be held out of them."""
    targets, training, validation = prepared.targets, prepared.training, prepared.validation
    rows = rows_that_count(prepared.rows, row_weights)
    if validation is not None or not hyper.early_stopping or partial:
        return rows, validation
    rows = np.arange(len(training.codes)) if rows is None else rows
    distinct = distinct_rows(training.table, rows)
    fraction = hyper.validation_fraction
    parts = targets.hold_out(training.codes, distinct.first, fraction, seed)
    rows, held_out = map(distinct.with_equals, parts)
    return rows, training[held_out]


def count_distinct(hyper, table, rows, partial):
    """Return how many rows are not equal to one before, where a rule depends on it.

    One call of partial_fit does not tell how few there will be.
    """
    rows = np.arange(table.n_rows) if rows is None else rows
    if partial:
        return max(len(rows), rules.SMALLEST_STEP)
    by_rows = hyper.l2 in BY_ITSELF or is_auto(hyper.hidden_layer_sizes)
    if not by_rows and len(rows) > rules.FEW_REPEATS:
        return len(rows)
    return len(distinct_rows(table, rows).first)


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
        numeric_encoding=numeric_encoding(hyper, state.leaves_pay),
        min_frequency=hyper.min_frequency,
        grows=partial,
        targets=training.codes,
        seed=state.seed,
    )


def penalties(hyper, l2, parameters):
    """Return the terms of Ω that have a strength, given that of L2 on the weights of each layer."""
    if len(set(l2)) == 1:
        of_weights = L2(l2[0])
    else:
        of_weights = L2(l2, np.cumsum([a * b for a, b in parameters.shapes]).tolist())
    return [L1(float(hyper.l1))] * (hyper.l1 > 0) + [of_weights] * any(l2)
