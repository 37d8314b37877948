"""Hyper-parameters as a model has them: checked, their numbers as those of Python."""

import sys
from collections import ChainMap
from collections.abc import Iterable
from numbers import Integral, Real
from types import SimpleNamespace

import numpy as np

from ..network.activations import ACTIVATIONS, SYNONYMS
from ..objective.losses import OF_NUMBERS
from ..solvers.lbfgs import LBFGS
from ..solvers.newton import Newton
from ..solvers.updates import UPDATES
from . import rules
from .sklearn_private import parameter_names

FULL_BATCH = {"newton": Newton, "lbfgs": LBFGS}
MOST_UNITS = 2**31 - 1  # of a layer, for BLAS
REAL = "l1", "l2", "learning_rate_init", "delta", "epsilon", "tol"  # without an upper bound


def solver_names():
    """Return what `solver` may be: an update rule of SGD, or a solver that sees all rows.

    It is a view: a name that is registered later is among them.
    """
    return ChainMap(FULL_BATCH, UPDATES).keys()


def hyper_parameters(model, **instead):
    """Return the hyper-parameters of a model by name, but for those that are given instead."""
    values = {name: plain(getattr(model, name)) for name in parameter_names(model)} | instead
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


def is_auto(value):
    """Whether a hyper-parameter, which may be an array, is 'auto'."""
    return isinstance(value, str) and value == "auto"


def hidden_sizes(hyper, n_distinct):
    """Return the sizes of the hidden layers as a list of int, where so many rows differ."""
    given = hyper.hidden_layer_sizes
    if is_auto(given):
        names = None if isinstance(hyper.activation, str) else as_list(hyper.activation)
        n_hidden = None if names is None else len(names)
        return rules.hidden_layer_sizes(n_distinct, n_hidden, predicts_numbers(hyper))
    sizes = as_list(given)
    if not all(isinstance(s, Integral) and not isinstance(s, bool) and s >= 1 for s in sizes):
        raise ValueError(
            "hidden_layer_sizes must be 'auto', an int or a sequence of ints, each at least 1 (an "
            f"empty one for softmax regression); got {given!r}."
        )
    if any(size > MOST_UNITS for size in sizes):
        raise ValueError("hidden_layer_sizes must be less than 2**31 each: set smaller ones.")
    return [int(size) for size in sizes]


def numeric_encoding(hyper, leaves_pay=False):
    """Return how numbers are to be encoded; None leaves them alone."""
    if is_auto(hyper.numeric_encoding) and leaves_pay:
        return "light_leaves"
    if is_auto(hyper.numeric_encoding):
        return rules.numeric_encoding(hyper.standardize, predicts_numbers(hyper))
    return hyper.numeric_encoding


def predicts_numbers(hyper):
    """Whether the model has a loss of numbers."""
    return getattr(hyper, "loss", None) in OF_NUMBERS


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
