"""Hyper-parameters resolved: what 'auto' means, one activation per layer, sizes as a list."""

import math
from collections.abc import Iterable
from numbers import Integral

from .activations import ACTIVATIONS, SYNONYMS

SMALL = 100  # batch_size='auto': up to so many rows are one batch,
BATCH_SIZE = 32  # more are visited in batches of this size
FULL_BATCH = ("newton", "lbfgs")


def hidden_sizes(model):
    """Return the sizes of the hidden layers as a list of int."""
    given = model.hidden_layer_sizes
    sizes = as_list(given)
    if not all(isinstance(s, Integral) and not isinstance(s, bool) and s >= 1 for s in sizes):
        raise ValueError(
            "hidden_layer_sizes must be an int or a sequence of ints, each at least 1 (an empty "
            f"one for softmax regression); got {given!r}."
        )
    return [int(size) for size in sizes]


def as_list(given):
    """Return a single value, or an array or another sequence of them, as a list."""
    given = given.tolist() if hasattr(given, "tolist") else given
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]


def activation_names(model, n_hidden):
    """Return the name of the activation of each hidden layer, as ACTIVATIONS has it."""
    given = model.activation
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


def batch_size(model, n_rows):
    """Return the number of rows of a batch."""
    if model.batch_size == "auto":
        return n_rows if n_rows <= SMALL else BATCH_SIZE
    return min(int(model.batch_size), n_rows)


def l2_strength(model, n_rows, n_columns, n_terms):
    """Return the strength of the L2 penalty; by itself, about 1 / n or 2 / n, more for wide X.

    The loss of a row is a sum of `n_terms`, one for each label: many noisy ones overfit more.

    A prior on the weights weighs as 1 / n against the mean loss of n rows. The steps are wide:
    1 / 128 up to 512 rows, then 2 / 2048 up to 2048, 2 / 8192 up to 8192, and so on, so that
    weighted rows mostly have the strength that as many repeats would have.
    """
    if model.l2 != "auto":
        return float(model.l2)
    by_rows = 1 / 128 if n_rows <= 512 else 2 / (512 * 4 ** math.ceil(math.log(n_rows / 512, 4)))
    return by_rows * math.sqrt(max(1.0, n_columns / 64) * n_terms)


def least_fall(model, activations):
    """Return by how much the watched value has to fall for training to go on.

    Full-batch solvers end where ∇J is 0 and go on for as long as J falls at all, unless a kink of
    the activations may keep ∇J from ever being 0.
    """
    watches_J = model.scoring == "loss" and not model.early_stopping
    ends_by_gradient = model.solver in FULL_BATCH and not any(g.kink for g in activations)
    return 0.0 if watches_J and ends_by_gradient else model.tol or 0.0


def learning_rate(model, n_rows, input_size, n_terms):
    """Return α; by itself, what suits the solver, the size of a batch and that of raw inputs.

    The gradient of a small part of the rows is noisy, and the curvature of J grows with the size of
    the inputs (their root mean square) and with the `n_terms` of the loss of a row: all ask for a
    lower rate. Adam's steps know no such scale.
    """
    if model.learning_rate_init != "auto":
        return float(model.learning_rate_init)
    if model.solver == "adam":
        return 1e-3
    size = batch_size(model, n_rows)
    calm = 1.0 if size == n_rows else min(1.0, math.sqrt(size / BATCH_SIZE))
    return 0.05 * calm / (max(1.0, input_size) * math.sqrt(n_terms))
