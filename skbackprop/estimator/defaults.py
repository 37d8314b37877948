"""Hyper-parameters resolved: plain numbers, what 'auto' means, one activation per layer."""

import math
import sys
from collections import ChainMap
from collections.abc import Iterable
from numbers import Integral, Real
from types import SimpleNamespace

import numpy as np

from ..network.activations import ACTIVATIONS, SYNONYMS
from ..objective.penalties import L1, L2
from ..solvers.lbfgs import LBFGS
from ..solvers.newton import Newton
from ..solvers.schedules import SCHEDULES, Horizon
from ..solvers.updates import UPDATES

SMALL = 100  # batch_size='auto': up to so many rows are one batch,
BATCH_SIZE = 32  # more are visited in batches of this size
FULL_BATCH = {"newton": Newton, "lbfgs": LBFGS}
LAST_L2 = 0.1  # of the strength of the other layers
MAX_ITER, TOL = 200, 3e-4  # where the rate does not fall to 0 at the end of training;
EPOCHS, ENOUGH_UPDATES = 20, 1000  # where it does
FEWEST_EPOCHS, MANY_ROWS = 5, 8000
SMALLEST_STEP = 512  # rows
LARGE_INPUTS = 200  # a mean of |h⁰|² from which the rate is lower
MOST_UNITS = 2**31 - 1  # of a layer, for BLAS
REAL = "l1", "l2", "learning_rate_init", "delta", "epsilon", "tol"  # without an upper bound
MOST_UPDATES = 2**63 - 1  # that can be counted


def solver_names():
    """Return what `solver` may be: an update rule of SGD, or a solver that sees all rows.

    It is a view: a name that is registered later is among them.
    """
    return ChainMap(FULL_BATCH, UPDATES).keys()


def hyper_parameters(model):
    """Return the hyper-parameters of a model by name, numbers as those of Python."""
    names = model._parameter_constraints  # a subclass may have more
    values = {name: plain(getattr(model, name)) for name in names}
    for name in REAL:
        value = values[name]
        if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
            raise ValueError(f"{name} must be a number that a float can hold: lower it.")
    hyper = SimpleNamespace(**values)
    if hyper.tol == "auto":
        ends = hyper.solver not in FULL_BATCH and SCHEDULES[hyper.learning_rate].has_horizon
        hyper.tol = None if ends else TOL
    return hyper


def changed(hyper, **changes):
    """Return hyper-parameters of which some are others."""
    return SimpleNamespace(**vars(hyper) | changes)


def plain(value):
    """Return a number of any kind as an int or a float; anything else as it is."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    return value


def hidden_sizes(hyper):
    """Return the sizes of the hidden layers as a list of int."""
    given = hyper.hidden_layer_sizes
    sizes = as_list(given)
    if not all(isinstance(s, Integral) and not isinstance(s, bool) and s >= 1 for s in sizes):
        raise ValueError(
            "hidden_layer_sizes must be an int or a sequence of ints, each at least 1 (an empty "
            f"one for softmax regression); got {given!r}."
        )
    if any(size > MOST_UNITS for size in sizes):
        raise ValueError("hidden_layer_sizes must be less than 2**31 each: set smaller ones.")
    return [int(size) for size in sizes]


def as_list(given):
    """Return a single value, or an array or another sequence of them, as a list."""
    given = given.tolist() if hasattr(given, "tolist") else given
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]


def activation_names(hyper, n_hidden):
    """Return the name of the activation of each hidden layer, as ACTIVATIONS has it."""
    given = hyper.activation
    names = as_list(given)
    for name in names:
        if not isinstance(name, str) or name not in {**ACTIVATIONS, **SYNONYMS}:
            raise ValueError(
                f"activation must be among {sorted([*ACTIVATIONS, *SYNONYMS])}; got {name!r}."
            )
    if isinstance(given, str):
        names = names * n_hidden
    if len(names) != n_hidden:
        raise ValueError(
            f"activation must be one name, or one for each of the {n_hidden} hidden layers; got "
            f"{given!r}."
        )
    return [SYNONYMS.get(name, name) for name in names]


def batch_size(hyper, n_rows):
    """Return the number of rows of a batch."""
    if hyper.batch_size == "auto":
        return n_rows if n_rows <= SMALL else BATCH_SIZE
    return min(hyper.batch_size, n_rows)


def n_epochs(hyper, n_rows):
    """Return how many epochs there are at most; by itself, so many that training gets far enough.

    Where the rate falls to 0 at the end, these are 20 epochs up to 8000 rows, then 20 √(8000 / n),
    but at least 5, and always at least 1000 updates.
    """
    if hyper.max_iter != "auto":
        return hyper.max_iter
    if hyper.solver in FULL_BATCH or not SCHEDULES[hyper.learning_rate].has_horizon:
        return MAX_ITER
    per_epoch = -(-n_rows // batch_size(hyper, n_rows))
    epochs = max(FEWEST_EPOCHS, round(EPOCHS * min(1.0, math.sqrt(MANY_ROWS / n_rows))))
    return max(epochs, -(-ENOUGH_UPDATES // per_epoch))


def horizon(hyper, n_rows, begin):
    """Return the updates at which a training that begins at this one ends."""
    return Horizon(begin, begin + n_epochs(hyper, n_rows) * -(-n_rows // batch_size(hyper, n_rows)))


def penalties(hyper, strengths, parameters):
    """Return the terms of Ω that have a strength, given that of L2 on the weights of each layer."""
    if len(set(strengths)) == 1:
        l2 = L2(strengths[0])
    else:
        l2 = L2(strengths, np.cumsum([a * b for a, b in parameters.shapes]).tolist())
    terms = [L1(float(hyper.l1))] * (hyper.l1 > 0)
    return terms + [l2] * any(strengths)


def l2_strengths(hyper, n_rows, sizes, n_terms, factor):
    """Return the strength of the L2 penalty on the weights of each layer, given their sizes.

    Unless it is a number, it is `clean_l2` times the factor that has been chosen, else times

        8 (n / 1000)^0.4 (2 / K)^0.4

    for n rows and K classes, and a tenth of that for the last of several layers.
    """
    n_layers = len(sizes) - 1
    if hyper.l2 not in ("auto", "validate"):
        return [float(hyper.l2)] * n_layers
    if factor is None:
        n_classes = max(2, sizes[-1]) if n_terms == 1 else 2
        factor = 8 * (step_of(n_rows) / 1500 * 2 / n_classes) ** 0.4
    strength = factor * clean_l2(n_rows, sizes[0], n_terms)
    return [strength] * (n_layers - 1) + [strength * (LAST_L2 if n_layers > 1 else 1.0)]


def clean_l2(n_rows, n_inputs, n_terms):
    """Return the strength of the L2 penalty that suits data without noise: about 1 / n or 2 / n,
    more for many inputs.

    A prior on the weights weighs as 1 / n against the mean loss of n rows. The loss of a row is a
    sum of `n_terms`, one for each label: many noisy ones overfit more.
    """
    step = step_of(n_rows)
    by_rows = 1 / 128 if step == SMALLEST_STEP else 2 / step
    return by_rows * math.sqrt(max(1.0, n_inputs / 64) * n_terms)


def step_of(n_rows):
    """Return n rounded up to 512, 2048, 8192 and so on.

    The steps are wide, so that weighted rows mostly have the strength that as many repeats would
    have.
    """
    return SMALLEST_STEP * 4 ** max(0, math.ceil(math.log(max(1, n_rows) / SMALLEST_STEP, 4)))


def is_l2_chosen(hyper, n_rows, partial):
    """Whether the strength of the L2 penalty is to be chosen by validation.

    Too few rows cannot tell, one call of partial_fit has not seen enough, and the solvers that see
    all rows at once would take too long: they have the strength of 'auto'.
    """
    stochastic = hyper.solver not in FULL_BATCH
    return hyper.l2 == "validate" and stochastic and not partial and n_rows > SMALL


def is_piecewise(hyper):
    """Whether columns of numbers are cut into bins."""
    if hyper.numeric_encoding == "auto":
        return hyper.standardize
    return hyper.numeric_encoding == "piecewise"


def least_fall(hyper, activations):
    """Return by how much the watched value has to fall for training to go on.

    Full-batch solvers end where ∇J is 0 and go on for as long as J falls at all, unless a kink of
    the activations may keep ∇J from ever being 0.
    """
    watches_J = hyper.scoring == "loss" and not hyper.early_stopping
    ends_by_gradient = hyper.solver in FULL_BATCH and not any(g.kink for g in activations)
    return 0.0 if watches_J and ends_by_gradient else hyper.tol or 0.0


def schedule_kind(hyper, partial):
    """Return the class of the schedule.

    One call of partial_fit does not know how many will follow: unless `max_iter` says so, the rate
    decreases as 'inverse' where it would fall to 0 at the end.
    """
    kind = SCHEDULES[hyper.learning_rate]
    endless = partial and kind.has_horizon and hyper.max_iter == "auto"
    return SCHEDULES["inverse"] if endless else kind


def schedule(hyper, partial=False):
    """Return the schedule of the learning rate, with its own δ under 'auto'."""
    kind = schedule_kind(hyper, partial)
    delta = kind.auto_delta if hyper.delta == "auto" else float(hyper.delta)
    return kind(delta, min(hyper.learning_rate_hold, MOST_UPDATES))


def initial_rate(hyper, problem, n_rows, partial=False):
    """Return α; by itself, what suits the update rule, the schedule, the batches and the inputs.

    The gradient of a small part of the rows is noisy, and the curvature of J grows with the size of
    the inputs and with the `n_terms` of the loss of a row: all ask for a lower rate, unless the
    steps of the rule know no such scale.
    """
    if hyper.learning_rate_init != "auto":
        return float(hyper.learning_rate_init)
    rule, kind = UPDATES[hyper.solver], schedule_kind(hyper, partial)
    rate = rule.auto_rate * kind.auto_factor
    if rule.scale_free:
        return rate
    size = batch_size(hyper, n_rows)
    calm = 1.0 if size == n_rows else min(1.0, math.sqrt(size / BATCH_SIZE))
    size_of_inputs = max(1.0, problem.input_size)
    if kind.has_horizon and problem.input_size == 1.0:
        size_of_inputs = max(1.0, problem.mean_square / LARGE_INPUTS)
    return rate * calm / (size_of_inputs * math.sqrt(problem.targets.n_terms))
