"""Small problems for the tests of objectives, solvers and the compiled epoch."""

from operator import attrgetter

import numpy as np
from scipy.special import log_softmax

from skbackprop.inputs.gather import Inputs
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.network.graph import FlowGraph
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses.classes import SoftmaxCrossEntropy
from skbackprop.objective.objective import Objective
from skbackprop.objective.penalties import L1, L2
from skbackprop.solvers.monitor import Monitor
from skbackprop.solvers.outcome import Outcome
from skbackprop.solvers.schedules import SCHEDULES, Horizon
from skbackprop.solvers.sgd import SGD
from skbackprop.solvers.updates import UPDATES

HYPER_PARAMETERS = {
    "momentum": 0.9,
    "nesterovs_momentum": True,
    "beta_1": 0.9,
    "beta_2": 0.99,
    "epsilon": 1e-8,
}


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
        SoftmaxCrossEntropy(),
        parameters,
        Inputs(X, dtype),
        y,
        penalties=[L1(l1)] * (l1 > 0) + [L2(l2)] * (l2 > 0),
        **options,
    )


def naive_J(theta, X, y, n_hidden, s=None, l1=0, l2=0):
    """J of a net with a layer of tanh, written out; θ is W¹, W², b¹, b²."""
    n_in = X.shape[1]
    n_out = (len(theta) - n_hidden * (n_in + 1)) // (n_hidden + 1)
    sizes = [n_in * n_hidden, n_hidden * n_out, n_hidden, n_out]
    W1, W2, b1, b2 = np.split(theta, np.cumsum(sizes)[:-1])
    H = np.tanh(X @ W1.reshape(n_in, n_hidden) + b1)
    losses = -log_softmax(H @ W2.reshape(n_hidden, n_out) + b2, axis=1)[np.arange(len(y)), y]
    W = np.concatenate([W1, W2])
    return np.average(losses, weights=s) + l1 * np.abs(W).sum() + l2 * (W**2).sum()


def watch_loss(objective, **options):
    """A monitor of the training loss that lets training run to its end."""
    options = {"tol": 0.0, "patience": 10, "exhaustive": True} | options
    return Monitor(objective.theta, watch=attrgetter("loss"), **options)


def slope(objective):
    """The largest entry of ∇J."""
    return np.abs(objective.value_and_gradient()[1]).max()


def make_update(rule, objective, **hyper_parameters):
    """An update rule of θ, by its name."""
    values = HYPER_PARAMETERS | hyper_parameters
    return UPDATES[rule](
        objective.theta, **{name: values[name] for name in UPDATES[rule].hyper_parameters}
    )


def make_sgd(objective, rule="sgd", *, schedule="constant", update=None, **options):
    """SGD in batches of 4 at a rate of 0.05, unless the options say otherwise."""
    options = {"alpha": 0.05, "batch_size": 4, "shuffle": True, "seed": 0} | options
    update = make_update(rule, objective) if update is None else update
    return SGD(objective, update, SCHEDULES[schedule](0.3, 5), horizon=Horizon(0, 10**6), **options)


def train(objective, n_more, rule="sgd", **options):
    """Run so many epochs; return the solver."""
    solver = make_sgd(objective, rule, **options)
    assert solver.minimize(n_more, watch_loss(objective)) is Outcome.MAX_ITER
    return solver


def everything(solver):
    """θ, what the update rule remembers, and the counts, as one comparable list."""
    arrays = [solver.objective.theta, *solver.update.memory.values()]
    return [a.tolist() for a in arrays], solver.t, solver.n_epochs, solver.slowdown
