"""Weights of rows in J: s = sample_weight · class_weight, in a fit and in a call of partial_fit."""

import math

import numpy as np

ROUNDING = 1e-9  # of mean weights
EVEN_ENOUGH = 8  # times the mean of its class, that a row may weigh in one visit


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


def visits(targets, codes, rows, row_weights, shuffle):
    """Return the rows that an epoch of mini-batches visits, and what each row weighs in a visit.

        k_t = ⌈r_t / max(1, 64 / max r)⌉  visits of weight  s_t / k_t

    for the ratio r_t of s_t to the mean weight of the rows of its class, where one is above 8: so
    weights of wide spread change neither J nor the rate, and no batch is mostly one row. Where the
    order is not random (`shuffle`), visits to a row are evenly spread among those to others.
    """
    if row_weights is None:
        return rows, None
    every = np.arange(len(codes)) if rows is None else rows
    s = row_weights[every]
    ratio = s / targets.mean_weights(codes[every], s)
    if ratio.max() <= EVEN_ENOUGH:
        return rows, row_weights
    n_visits = np.ceil(ratio / max(1.0, EVEN_ENOUGH**2 / ratio.max())).astype(int)
    in_a_visit = row_weights.copy()
    in_a_visit[every] /= n_visits
    visited = np.repeat(every, n_visits)
    return visited if shuffle else visited[evenly_spread(n_visits)], in_a_visit


def evenly_spread(n_visits):
    """Return the order in which visits to rows, next to each other, are spread over an epoch."""
    first = np.cumsum(n_visits) - n_visits
    row = np.repeat(np.arange(len(n_visits)), n_visits)
    number = np.arange(len(row)) - first[row]
    return np.argsort((row / len(n_visits) + number / n_visits[row]) % 1, kind="stable")
