"""The one place that knows both sides: which problems the compiled epoch runs, and its arrays."""

import os

import numpy as np

from .. import _kernel
from ..activations import ELU, SELU, Identity, LeakyReLU, Logistic, ReLU, Softplus, Tanh
from ..inputs import Inputs
from ..losses import LogisticCrossEntropy, SoftmaxCrossEntropy
from ..objective import Objective
from ..penalties import L1, L2
from ..schedules import Adaptive, Constant, InverseTime, Power
from ..updates import Adam, Momentum

ACTIVATIONS = {
    Identity: "identity",
    Logistic: "logistic",
    Tanh: "tanh",
    ReLU: "relu",
    LeakyReLU: "leaky_relu",
    ELU: "elu",
    SELU: "selu",
    Softplus: "softplus",
}
SCHEDULES = {Constant: "constant", Adaptive: "constant", InverseTime: "inverse", Power: "power"}
TARGETS = {SoftmaxCrossEntropy: np.int64, LogisticCrossEntropy: np.uint8}  # of y, by loss
PENALTIES = {L1: "l1", L2: "l2"}
GRADIENT_ROWS = 512  # that are propagated at once for the gradient over all rows
MAX_LAYERS, MAX_UNITS, MAX_COUNT = 64, 2**31 - 1, 2**63 - 1  # for the kernel and BLAS


def compiled_epoch(objective, update, schedule, batch_size):
    """Bind the compiled epoch to a problem.

    Returns
    -------
    Epoch or GatheredEpoch or None
        What has ``run(order, alpha, t)``; None where the reference is to run: for a term that the
        kernel does not know, where it has not been built, or if the environment variable
        ``SKBACKPROP_KERNEL`` is 0.
    """
    if not is_available() or not _knows(objective, update, schedule):
        return None
    arguments = {
        "theta": objective.theta,
        "gradient": objective.gradient,
        "layer_sizes": objective.parameters.layer_sizes,
        "activations": [ACTIVATIONS[type(g)] for g in objective.graph.activations],
        "batch_size": batch_size,
        "schedule": SCHEDULES[type(schedule)],
        "delta": schedule.delta,
        "hold": min(schedule.hold, MAX_COUNT),
        **{PENALTIES[type(penalty)]: penalty.strength for penalty in objective.penalties},
        **_rule(update),
    }
    inputs = objective.inputs
    y = np.ascontiguousarray(objective.y, dtype=TARGETS[type(objective.loss)])
    if inputs.as_stored:
        X = inputs.X
        arguments |= {"mean": inputs.mean, "inverse_scale": inputs.inverse_scale}
    elif inputs.stays_sparse:
        X = inputs.X.data, inputs.X.indices.astype(np.int32, copy=False)
        X = *X, inputs.X.indptr.astype(np.int64)
    else:
        return GatheredEpoch(objective, y, arguments)
    return _kernel.Epoch(X=X, y=y, weights=objective.weights, **arguments)


def compiled_gradient(objective):
    """Bind the compiled epoch as what computes J and ∇J over all rows.

    An update at the rate 0 leaves θ where it is, and its gradient in the velocity.

    Returns
    -------
    callable or None
        Returns what `objective.smooth_value_and_gradient` does; None as for `compiled_epoch`.
    """
    rule = Momentum(objective.theta, momentum=0.5, nesterovs_momentum=False)
    epoch = compiled_epoch(objective, rule, Constant(), GRADIENT_ROWS)
    if epoch is None:
        return None
    n_rows, velocity = objective.n_rows, rule.state["velocity"]

    def smooth_value_and_gradient():
        total, gradient = 0.0, np.zeros_like(velocity)
        for start in range(0, n_rows, GRADIENT_ROWS):
            rows = objective.rows[start : start + GRADIENT_ROWS]
            velocity.fill(0)
            total += epoch.run(rows, 0.0, 0)[0]
            gradient += velocity * (len(rows) / n_rows)
        return total / n_rows + objective.smooth_penalty(), gradient

    return smooth_value_and_gradient


def is_available():
    """Whether the compiled epoch is there and not switched off."""
    return _kernel.Epoch is not None and os.getenv("SKBACKPROP_KERNEL") != "0"


def _knows(objective, update, schedule):
    kinds = [type(penalty) for penalty in objective.penalties]
    sizes = objective.parameters.layer_sizes
    return (
        type(objective) is Objective
        and type(objective.loss) in TARGETS
        and type(objective.inputs) is Inputs
        and type(update) in (Momentum, Adam)
        and type(schedule) in SCHEDULES
        and all(type(g) in ACTIVATIONS for g in objective.graph.activations)
        and all(kind in PENALTIES and kinds.count(kind) == 1 for kind in kinds)
        and len(sizes) <= MAX_LAYERS
        and max(sizes) <= MAX_UNITS
    )


def _rule(update):
    """Return the hyper-parameters and the state of an update rule."""
    if type(update) is Momentum:
        return {"momentum": update.beta, "nesterov": update.nesterov, **update.state}
    names = "beta_1", "beta_2", "epsilon"
    return {name: getattr(update, name) for name in names} | update.state


class GatheredEpoch:
    """The compiled epoch over rows that it cannot read as they are stored, gathered in blocks."""

    def __init__(self, objective, y, arguments):
        self.inputs, self.y, self.weights = objective.inputs, y, objective.weights
        n_rows = min(self.inputs.block_size(arguments["batch_size"]), objective.n_rows)
        self.arrays = {
            "X": np.empty((n_rows, self.inputs.n_features), self.inputs.dtype),
            "y": np.empty((n_rows, *y.shape[1:]), y.dtype),
            "weights": None if self.weights is None else np.empty(n_rows),
        }
        self.epoch = _kernel.Epoch(**arguments, **self.arrays)

    def run(self, order, alpha, t):
        """Make an update for each batch; return Σ s l and how many were made."""
        total, first, n_rows = 0.0, t, len(self.arrays["y"])
        for start in range(0, len(order), n_rows):
            rows = order[start : start + n_rows]
            n = len(rows)
            self.arrays["X"][:n] = self.inputs.gather(rows)
            self.arrays["y"][:n] = self.y[rows]
            if self.weights is not None:
                self.arrays["weights"][:n] = self.weights[rows]
            block_total, n_updates = self.epoch.run(np.arange(n), alpha, t)
            total, t = total + block_total, t + n_updates
            if not np.isfinite(total):
                break
        return total, t - first
