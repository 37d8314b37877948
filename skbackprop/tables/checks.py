"""Checks of what X and y are, before they are read."""

import numpy as np

DATES = {"m", "M"}  # kinds of dtype
NOT_GIVEN = "no_validation"  # what scikit-learn calls targets that are not there to be checked


def check_values(X):
    """Refuse an array of dates or durations."""
    if getattr(getattr(X, "dtype", None), "kind", "") in DATES:
        raise ValueError(
            f"X has dtype {X.dtype}: dates and durations are no numbers; convert them "
            "first, e.g. (X - X.min()) / np.timedelta64(1, 'D') into days."
        )


def is_given(y):
    """Whether y is there to be checked."""
    return not (isinstance(y, str) and y == NOT_GIVEN)


def has_columns(y):
    """Whether y, of any sort, has more than one column."""
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # a ragged list
        return False
    return len(shape) == 2 and shape[1] > 1


def check_divisible(rows):
    """Refuse a single row, where some are to be held out."""
    if len(rows) < 2:
        raise ValueError(
            "early_stopping=True needs at least 2 rows, to train and to validate on, but "
            f"n_samples={len(rows)}: set early_stopping=False, or pass X_val and y_val to fit."
        )


def is_memory_map(X):
    """Whether X is a memory map, or a view on one."""
    while isinstance(X, np.ndarray) and not isinstance(X, np.memmap):
        X = X.base
    return isinstance(X, np.memmap)
