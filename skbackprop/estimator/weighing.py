"""Weights of rows in J: s = sample_weight · class_weight, in a fit and in a call of partial_fit."""

import math

import numpy as np

ROUNDING = 1e-9  # of mean weights


def class_weight_of(hyper):
    """Return the class_weight, which only a classifier has, or None."""
    return getattr(hyper, "class_weight", None)


def class_mass(prepared):
    """Return the total sample weight of each class in the rows to train on."""
    codes, s = prepared.training.codes, prepared.training.sample_weight
    if prepared.rows is not None:
        codes, s = codes[prepared.rows], None if s is None else s[prepared.rows]
    return prepared.targets.mass(codes, s)


def weights_of_call(hyper, targets, mass, seen):
    """Return the mean class weight of a call of partial_fit, and the largest so far, where the mean
    of all calls so far is 1; (1, 1) where the call has the classes in the same proportions.

    Parameters
    ----------
    mass, seen : ndarray of shape (n_classes,)
        The total sample weight of each class, in the call and in all so far.
    """
    class_weight = class_weight_of(hyper)
    if class_weight is None:
        return 1.0, 1.0
    by_class = targets.class_weights(class_weight, np.arange(len(seen)), seen)
    so_far = by_class @ (seen / seen.sum())
    mean = by_class @ (mass / mass.sum()) / so_far
    if math.isclose(mean, 1, rel_tol=ROUNDING):
        return 1.0, 1.0
    return float(mean), float(by_class[seen > 0].max() / so_far)


def weigh(hyper, targets, examples, state, whose=""):
    """Return s = sample_weight · class_weight of each row, or None where all are 1."""
    s = targets.class_weights(class_weight_of(hyper), examples.codes, state.class_mass)
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


def rows_that_count(rows, row_weights):
    """Return those of the rows that weigh something; None where all rows do."""
    if row_weights is None:
        return rows
    counts = row_weights > 0
    return np.flatnonzero(counts) if rows is None else rows[counts[rows]]
