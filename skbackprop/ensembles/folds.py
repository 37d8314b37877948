"""Which rows each network of an ensemble does not see: the folds of a cross-validation."""

import warnings
from numbers import Integral

import numpy as np
from sklearn.model_selection import check_cv

from ..tables.repeats import distinct_rows


def find_folds(cv, prepared, groups, seed):
    """Return a list of (rows to train on, rows held out), each sorted; empty for a single row.

    Parameters
    ----------
    cv : int, splitter or iterable
        An int has folds of its own, stratified, in random order: see `stratified_folds`.
    prepared : Prepared
        What there is to learn. Rows of weight 0 are held out, but never trained on.
    groups : array-like
        As they came, for the splitter.
    seed : int
        Of the order.
    """
    codes, s = prepared.training.codes, prepared.training.sample_weight
    if isinstance(cv, Integral):
        if groups is not None:
            warnings.warn(
                f"groups has no effect with cv={cv}, whose folds do not keep them together: pass "
                f"a splitter such as cv=GroupKFold({cv}).",
                UserWarning,
                stacklevel=6,
            )
        return stratified_folds(prepared, int(cv), seed)
    y = prepared.targets.decode(codes)
    is_classifier = hasattr(prepared.targets, "classes")
    pairs = check_cv(cv, y, classifier=is_classifier).split(
        prepared.training.table.shown(), y, groups
    )
    folds = [as_rows(fold, len(codes)) for fold in pairs]
    if not folds:
        raise ValueError(
            "cv yields no folds: a generator does so when it is used for the second "
            "time, a list of its pairs does not."
        )
    for train, _ in folds:
        if s is not None and not s[train].any():
            raise ValueError("A fold of cv leaves no row to train on whose sample_weight is not 0.")
    return folds


def as_rows(fold, n_rows):
    """Return the two parts of a fold as sorted indices, from indices or masks."""
    train, held_out = (as_indices(np.asarray(part), n_rows) for part in fold)
    if not (len(train) and len(held_out)):
        raise ValueError("Each fold of cv needs rows to train on, and rows to hold out.")
    if np.isin(held_out, train).any():
        raise ValueError(
            "A fold of cv holds out rows that it trains on: take them out of one part."
        )
    return train, held_out


def as_indices(part, n_rows):
    """Return a part of a fold as sorted indices from 0 on, each of a row that there is."""
    if part.dtype == bool and part.shape == (n_rows,):
        return np.flatnonzero(part)
    if part.ndim != 1 or (part.size and part.dtype.kind not in "iu"):
        raise ValueError(
            "Each part of a fold of cv must be a list of indices of rows, or a mask of "
            f"{n_rows} booleans; got an array of {part.dtype}, of shape {part.shape}."
        )
    if part.size and not (-n_rows <= part.min() and part.max() < n_rows):
        raise ValueError(f"A fold of cv has indices beyond the {n_rows} rows of X.")
    part = part.astype(np.intp)
    return np.sort(np.where(part < 0, part + n_rows, part))


def stratified_folds(prepared, n_folds, seed):
    """Share out the rows among `n_folds` folds, or as many as there are distinct rows that count.

    Classes are dealt out evenly; one of fewer rows than folds is missing in some. Labels are
    shared out by iterative stratification. Equal rows are held out together. Rows of weight 0 are
    dealt out by themselves.
    """
    codes, sample_weight = prepared.training.codes, prepared.training.sample_weight
    rows, others = np.arange(len(codes)), np.array([], int)
    if sample_weight is not None:
        rows, others = np.flatnonzero(sample_weight), np.flatnonzero(sample_weight == 0)
    distinct = distinct_rows(prepared.training.table, rows)
    n_folds = min(n_folds, len(distinct.first))
    if n_folds < 2:
        return []
    number = np.arange(len(codes)) % n_folds
    number[rows] = prepared.targets.deal(codes, distinct.first, n_folds, seed)[distinct.number]
    number[others] = np.arange(len(others)) % n_folds
    is_counted = np.ones(len(codes), bool)
    is_counted[others] = False
    return [
        (np.flatnonzero((number != k) & is_counted), np.flatnonzero(number == k))
        for k in range(n_folds)
    ]
