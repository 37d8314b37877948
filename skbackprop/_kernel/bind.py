"""The one place that knows both sides: which problems the compiled epoch runs, and its arrays."""

import logging
import os

import numpy as np

from .. import _kernel
from ..inputs.bins import Bins
from ..inputs.gather import Inputs
from ..inputs.leaves import Leaves
from ..inputs.levels import Levels
from ..inputs.missing import Missing
from ..inputs.numbers import Numbers
from ..inputs.words import Words
from ..network.activations import ACTIVATIONS
from ..network.graph import FlowGraph
from ..objective.losses.classes import LogisticCrossEntropy, SoftmaxCrossEntropy
from ..objective.losses.numbers import AbsoluteError, HuberError, PinballError, SquaredError
from ..objective.losses.positive import Gamma, Poisson
from ..objective.objective import Objective
from ..objective.penalties import L1, L2
from ..solvers.updates import Adam, Momentum
from .checks import MAX_LAYERS, MAX_UNITS, check_range

# What the kernel calls the parts it knows, for a loss with the dtype of y and its hyper-parameters.
# A class of another name, or of a name that was registered later, is none of them.
ACTIVATION_NAMES = {type(g): name for name, g in ACTIVATIONS.items() if name in _kernel.ACTIVATIONS}
# The blocks of h⁰, in the one order in which it has them.
BLOCKS = Numbers, Missing, Bins, Levels, Leaves, Words
LOSSES = {
    SoftmaxCrossEntropy: ("softmax", np.int64, ()),
    LogisticCrossEntropy: ("logistic", np.uint8, ()),
    SquaredError: ("squared", np.float64, ()),
    AbsoluteError: ("absolute", np.float64, ()),
    HuberError: ("huber", np.float64, ("huber_delta",)),
    PinballError: ("quantile", np.float64, ("quantile",)),
    Poisson: ("poisson", np.float64, ()),
    Gamma: ("gamma", np.float64, ()),
}
PENALTIES = {L1: "l1", L2: "l2"}
RULES = {Momentum: "momentum", Adam: "adam"}

log = logging.getLogger("skbackprop")


def is_available():
    """Whether the compiled epoch is there and not switched off."""
    return _kernel.Epoch is not None and os.getenv("SKBACKPROP_KERNEL") != "0"


def compiled_epoch(objective, update, batch_size):
    """Bind the compiled epoch to a problem.

    Returns
    -------
    Epoch or GatheredEpoch or None
        What has ``run(order, rates)``; None where the reference is to run: for a part that the
        kernel does not know, where it has not been built, or if the environment variable
        ``SKBACKPROP_KERNEL`` is 0.
    """
    if not is_available() or not knows(objective, update):
        return None
    return bound(objective, batch_size, **rule_arguments(update))


def compiled_gradient(objective):
    """Bind the compiled epoch as what computes J and ∇J over all rows.

    Returns
    -------
    callable or None
        Returns what `objective.smooth_value_and_gradient` does; None as for `compiled_epoch`.
    """
    if not is_available() or not knows(objective):
        return None
    epoch, parameters = bound(objective, objective.rows_per_gradient), objective.parameters

    def smooth_value_and_gradient():
        total = epoch.backpropagate(objective.rows)
        for penalty in objective.smooth:
            penalty.add_gradient(parameters.weights, parameters.weight_gradient)
        return total / objective.n_rows + objective.smooth_penalty(), objective.gradient

    return smooth_value_and_gradient


def bound(objective, batch_size, **rule):
    """Hand a problem that the kernel knows over to it."""
    inputs, (loss, dtype, names) = objective.inputs, LOSSES[type(objective.loss)]
    arguments = {
        "theta": objective.theta,
        "gradient": objective.gradient,
        "layer_sizes": objective.parameters.layer_sizes,
        "activations": [ACTIVATION_NAMES[type(g)] for g in objective.graph.activations],
        "loss": loss,
        "loss_parameters": parameters_of(objective.loss, names),
        "batch_size": batch_size,
        **{PENALTIES[type(penalty)]: penalty.strength for penalty in objective.penalties},
        **rule,
    }
    y = readable(objective.y, dtype)
    if not inputs.stays_sparse:
        arguments |= encoding_arguments(inputs)
    if inputs.as_stored:
        X, arguments["codes"] = inputs.X, inputs.codes
        if inputs.words is not None:
            arguments["terms"] = terms_of(inputs.words)
    elif inputs.stays_sparse:
        parts = inputs.X.data, inputs.X.indices, inputs.X.indptr
        X = tuple(map(readable, parts, (inputs.dtype, np.int32, np.int64)))
    else:
        return GatheredEpoch(objective, y, arguments)
    weights = None if objective.row_weights is None else readable(objective.row_weights, "f8")
    return _kernel.Epoch(X=X, y=y, weights=weights, **arguments)


def parameters_of(loss, names):
    """Return the hyper-parameters of a loss as an array of numbers."""
    return np.concatenate([[], *(np.atleast_1d(getattr(loss, name)) for name in names)])


def encoding_arguments(inputs):
    """Return what makes h⁰ of dense rows, but for the rows."""
    arguments = {"fill": inputs.fill}
    for block in inputs.blocks:
        arguments |= block.kernel_arguments()
    arrays = {k: a for k, a in arguments.items() if isinstance(a, np.ndarray)}
    return arguments | {name: readable(array, array.dtype) for name, array in arrays.items()}


def terms_of(words):
    """Return the terms of all rows, and where those of each begin and end."""
    ends = readable(words.indptr, np.int64)
    return readable(words.indices, np.int32), ends[:-1], ends[1:]


def readable(array, dtype):
    """Return an array as the kernel reads it: C-contiguous and aligned."""
    return np.require(array, dtype, ["C", "A"])


def knows(objective, update=None):
    """Whether the kernel has all the parts of a problem; what it has not is told to the log."""
    unknown = unknown_part(objective, update)
    if unknown is not None:
        log.debug("training runs in numpy: the compiled epoch does not know %s", unknown)
    return unknown is None


def unknown_part(objective, update=None):
    """Return what of a problem the kernel does not know, in words; None where it knows all."""
    kinds = [type(penalty) for penalty in objective.penalties]
    sizes = objective.parameters.layer_sizes
    parts = [
        ("this objective", objective, {Objective}),
        ("the graph", objective.graph, {FlowGraph}),
        ("the inputs", objective.inputs, {Inputs}),
        *(("the block of inputs", block, BLOCKS) for block in objective.inputs.blocks),
        ("the loss", objective.loss, LOSSES),
        *(("the activation", g, ACTIVATION_NAMES) for g in objective.graph.activations),
        *(("the penalty", penalty, PENALTIES) for penalty in objective.penalties),
        *([("the update rule", update, RULES)] if update is not None else []),
    ]
    for role, part, known in parts:
        if type(part) not in known:
            return f"{role} {type(part).__name__}"
    *_, names = LOSSES[type(objective.loss)]
    for name in objective.loss.hyper_parameters:
        if name not in names:
            return f"{name} of the loss {type(objective.loss).__name__}"
    if not go_together(objective.inputs.blocks):
        names = ", ".join(type(block).__name__ for block in objective.inputs.blocks)
        return f"the blocks of inputs {names} together"
    if len(set(kinds)) < len(kinds):
        return "several penalties of a kind"
    if len(sizes) > MAX_LAYERS + 1:
        return f"nets of more than {MAX_LAYERS} layers"
    return f"layers of more than {MAX_UNITS} units" if max(sizes) > MAX_UNITS else None


def go_together(blocks):
    """Whether the kernel has these blocks in this order, and `present` as the same number."""
    kinds = [type(block) for block in blocks]
    in_order = kinds == [kind for kind in BLOCKS if kind is Numbers or kind in kinds]
    return in_order and len({b.present for b in blocks if hasattr(b, "present")}) < 2


def rule_arguments(update):
    """Return the name, the hyper-parameters and the state of an update rule."""
    if type(update) is Momentum:
        options = {"momentum": update.beta, "nesterov": update.nesterov}
    else:
        options = {name: getattr(update, name) for name in ("beta_1", "beta_2", "epsilon")}
    return {"rule": RULES[type(update)], **options, **update.memory}


class GatheredEpoch:
    """The compiled epoch over rows that it cannot read as they are stored, gathered in blocks."""

    def __init__(self, objective, y, arguments):
        self.inputs, self.y = objective.inputs, y
        self.weights, self.gradient = objective.row_weights, objective.gradient
        n_rows = min(self.inputs.block_size(arguments["batch_size"]), objective.n_rows)
        if arguments["loss"] == "softmax":
            check_range("y", y, 0, arguments["layer_sizes"][-1])
        codes = self.inputs.codes
        if codes is not None:
            check_range("codes", codes, -1, arguments["n_levels"])
            codes = np.full((n_rows, codes.shape[1]), -1, np.int32)
        self.ends, terms = None, None
        if self.inputs.words is not None:
            entries, *self.ends = terms_of(self.inputs.words)
            terms = entries, *(np.zeros(n_rows, np.int64) for _ in self.ends)
        self.arrays = {
            "X": np.empty((n_rows, self.inputs.n_columns), self.inputs.stored),
            "codes": codes,
            "terms": terms,
            "y": np.zeros((n_rows, *y.shape[1:]), y.dtype),
            "weights": None if self.weights is None else np.empty(n_rows),
        }
        self.epoch = _kernel.Epoch(**arguments, **self.arrays)

    @property
    def shares(self):
        """Whether threads may share its work."""
        return self.epoch.shares

    @property
    def n_threads(self):
        """How many they are."""
        return self.epoch.n_threads

    @n_threads.setter
    def n_threads(self, n):
        self.epoch.n_threads = n

    def run(self, order, rates):
        """Make an update for each batch; return Σ s l and how many were made."""
        total, n_updates = 0.0, 0
        for places in self._blocks(order):
            block_total, n = self.epoch.run(places, rates[n_updates:])
            total, n_updates = total + block_total, n_updates + n
            if not np.isfinite(total):
                break
        return total, n_updates

    def backpropagate(self, rows):
        """Return Σ s l; leave Σ s ∇l / n_rows in `gradient`."""
        total, gradient = 0.0, np.zeros_like(self.gradient)
        for places in self._blocks(rows):
            total += self.epoch.backpropagate(places)
            gradient += self.gradient * (len(places) / len(rows))
        self.gradient[...] = gradient
        return total

    def _blocks(self, order):
        """Gather rows block by block; yield their places in the block."""
        n_rows = len(self.arrays["y"])
        for start in range(0, len(order), n_rows):
            rows = order[start : start + n_rows]
            n = len(rows)
            self.arrays["X"][:n] = self.inputs.gather_numbers(rows)
            if self.inputs.codes is not None:
                self.arrays["codes"][:n] = self.inputs.codes[rows]
            if self.ends is not None:
                for part, of_all in zip(self.arrays["terms"][1:], self.ends, strict=True):
                    part[:n] = of_all[rows]
            self.arrays["y"][:n] = self.y[rows]
            if self.weights is not None:
                self.arrays["weights"][:n] = self.weights[rows]
            yield np.arange(n)
