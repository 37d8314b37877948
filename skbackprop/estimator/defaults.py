"""Hyper-parameters resolved: plain numbers, what 'auto' means, one activation per layer."""

import math
import sys
from collections.abc import Iterable
from numbers import Integral, Real
from types import SimpleNamespace

import numpy as np

from ..network.activations import ACTIVATIONS, SYNONYMS
from ..objective.penalties import L1, L2
from ..solvers.lbfgs import LBFGS
from ..solvers.newton import Newton
from ..solvers.schedules import SCHEDULES
from ..solvers.updates import UPDATES

SMALL = 100  # batch_size='auto': up to so many rows are one batch,
BATCH_SIZE = 32  # more are visited in batches of this size
FULL_BATCH = {"newton": Newton, "lbfgs": LBFGS}
MOST_UNITS = 2**31 - 1  # of a layer, for BLAS
REAL = "l1", "l2", "learning_rate_init", "delta", "epsilon", "tol"  # without an upper bound
MOST_UPDATES = 2**63 - 1  # that can be counted


def solver_names():
    """Return what `solver` may be: an update rule of SGD, or a solver that sees all rows."""
    return {*UPDATES, *FULL_BATCH}


def hyper_parameters(model):
    """Return the hyper-parameters of a model by name, numbers as those of Python."""
    names = model._parameter_constraints  # a subclass may have more
    values = {name: plain(getattr(model, name)) for name in names}
    for name in REAL:
        value = values[name]
        if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
            raise ValueError(f"{name} must be a number that a float can hold: lower it.")
    return SimpleNamespace(**values)


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


def horizon(hyper, n_rows):
    """Return how many updates `max_iter` epochs allow."""
    return hyper.max_iter * -(-n_rows // batch_size(hyper, n_rows))


def penalties(hyper, n_rows, n_columns, n_terms):
    """Return the terms of Ω that have a strength."""
    terms = L1(float(hyper.l1)), L2(l2_strength(hyper, n_rows, n_columns, n_terms))
    return [penalty for penalty in terms if penalty.strength]


def l2_strength(hyper, n_rows, n_columns, n_terms):
    """Return the strength of the L2 penalty; by itself, about 1 / n or 2 / n, more for wide X.

    The loss of a row is a sum of `n_terms`, one for each label: many noisy ones overfit more.

    A prior on the weights weighs as 1 / n against the mean loss of n rows. The steps are wide:
    1 / 128 up to 512 rows, then 2 / 2048 up to 2048, 2 / 8192 up to 8192, and so on, so that
    weighted rows mostly have the strength that as many repeats would have.
    """
    if hyper.l2 != "auto":
        return float(hyper.l2)
    by_rows = 1 / 128 if n_rows <= 512 else 2 / (512 * 4 ** math.ceil(math.log(n_rows / 512, 4)))
    return by_rows * math.sqrt(max(1.0, n_columns / 64) * n_terms)


def least_fall(hyper, activations):
    """Return by how much the watched value has to fall for training to go on.

    Full-batch solvers end where ∇J is 0 and go on for as long as J falls at all, unless a kink of
    the activations may keep ∇J from ever being 0.
    """
    watches_J = hyper.scoring == "loss" and not hyper.early_stopping
    ends_by_gradient = hyper.solver in FULL_BATCH and not any(g.kink for g in activations)
    return 0.0 if watches_J and ends_by_gradient else hyper.tol or 0.0


def schedule(hyper):
    """Return the schedule of the learning rate, with its own δ under 'auto'."""
    kind = SCHEDULES[hyper.learning_rate]
    delta = kind.auto_delta if hyper.delta == "auto" else float(hyper.delta)
    return kind(delta, min(hyper.learning_rate_hold, MOST_UPDATES))


def initial_rate(hyper, n_rows, input_size, n_terms):
    """Return α; by itself, what suits the update rule, the size of a batch and that of raw inputs.

    The gradient of a small part of the rows is noisy, and the curvature of J grows with the size of
    the inputs (their root mean square) and with the `n_terms` of the loss of a row: all ask for a
    lower rate, unless the steps of the rule know no such scale.
    """
    if hyper.learning_rate_init != "auto":
        return float(hyper.learning_rate_init)
    rule = UPDATES[hyper.solver]
    if rule.scale_free:
        return rule.auto_rate
    size = batch_size(hyper, n_rows)
    calm = 1.0 if size == n_rows else min(1.0, math.sqrt(size / BATCH_SIZE))
    return rule.auto_rate * calm / (max(1.0, input_size) * math.sqrt(n_terms))
