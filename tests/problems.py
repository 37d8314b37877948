"""Small problems for the tests of objectives, solvers and the compiled epoch."""

from operator import attrgetter

import numpy as np

from skbackprop.inputs.gather import Inputs
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.network.graph import FlowGraph
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses import LOSSES
from skbackprop.objective.objective import Objective
from skbackprop.objective.penalties import L1, L2
from skbackprop.solvers.monitor import Monitor


def make_objective(
    X,
    y,
    hidden=(),
    *,
    kind=Objective,
    activations=None,
    l1=0.0,
    l2=0.0,
    dtype=np.float64,
    scale=1.0,
    **options,
):
    """J of a net of tanh layers, or of others, at parameters that are always the same."""
    parameters = ParameterVector([X.shape[1], *hidden, int(y.max()) + 1], dtype)
    parameters.theta[...] = np.random.default_rng(1).normal(scale=scale, size=len(parameters.theta))
    return kind(
        FlowGraph([ACTIVATIONS[name] for name in activations or ["tanh"] * len(hidden)]),
        LOSSES["multiclass"],
        parameters,
        Inputs(X, dtype),
        y,
        penalties=[L1(l1)] * (l1 > 0) + [L2(l2)] * (l2 > 0),
        **options,
    )


def watch_loss(objective, **options):
    """A monitor of the training loss that lets training run to its end."""
    options = {"tol": 0.0, "patience": 10, "exhaustive": True} | options
    return Monitor(objective.theta, watch=attrgetter("loss"), **options)


def slope(objective):
    """The largest entry of ∇J."""
    return np.abs(objective.value_and_gradient()[1]).max()
