"""Which kind each column is of: as the user says, or as its dtype and content tell."""

from collections.abc import Hashable

import numpy as np

from .kinds import kind_of
from .kinds.categories import Categories
from .kinds.numbers import Numbers


def choose_kinds(table, categorical_features):
    """Return the kind of each column of training; None where all are plain numbers.

    Parameters
    ----------
    table : Frame or Matrix
        The columns.
    categorical_features : array-like, 'from_dtype' or None
        As BackpropClassifier has it.
    """
    given = categorical_features
    if given is None or (not isinstance(given, str) and np.size(given) == 0):
        return None
    if not isinstance(given, str):
        chosen = mask_of(given, table)
        kinds = [
            Categories() if c else kind_beside(column)
            for c, column in zip(chosen, table.columns, strict=True)
        ]
    elif table.is_frame or table.holds_objects:
        kinds = [kind_of(column) for column in table.columns]
    else:
        return None
    return None if all(type(kind) is Numbers for kind in kinds) else tuple(kinds)


def kind_beside(column):
    """Return the kind of a column that is not chosen as one of categories: it is one of numbers,
    unless what it holds is read by a kind of its own.
    """
    kind = kind_of(column) if column.is_typed or column.family == "object" else Numbers()
    return Numbers() if type(kind) is Categories else kind


def mask_of(given, table):
    """Return for each column whether a mask, indices or names choose it."""
    chosen, n_columns = np.asarray(given), table.n_columns
    problem = None
    if chosen.ndim != 1 or chosen.dtype.kind not in "biuUO":
        problem = "must be 'from_dtype', None, or a list of bool, int or str"
    elif n_columns is None:
        problem = "needs a dense X of two dimensions"
    elif chosen.dtype.kind == "b":
        problem = None if len(chosen) == n_columns else f"must have {n_columns} entries as a mask"
        mask = chosen
    elif chosen.dtype.kind in "iu":
        inside = (chosen >= -n_columns) & (chosen < n_columns)
        problem = None if inside.all() else f"must be of columns from 0 to {n_columns - 1}"
        mask = np.isin(np.arange(n_columns), chosen[inside] % n_columns)
    else:
        names = dict.fromkeys([] if table.names is None else table.names)
        unknown = [v for v in chosen.tolist() if not isinstance(v, Hashable) or v not in names]
        problem = f"has names that are no columns of X: {unknown}" if unknown else None
        wanted = () if unknown else set(chosen.tolist())
        mask = np.array([name in wanted for name in table.names or ()], dtype=bool)
    if problem is not None:
        raise ValueError(f"categorical_features {problem}; got {given!r}.")
    return mask.tolist()
