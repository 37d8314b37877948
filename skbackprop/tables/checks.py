"""Checks of X and y by scikit-learn's conventions: columns, their names, rows; and what y is."""

import copy

import numpy as np
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

DATES = {"m", "M"}  # kinds of dtype
NOT_GIVEN = "no_validation"  # what scikit-learn calls targets that are not there to be checked


def check_columns(estimator, given, y, reset):
    """Let scikit-learn compare, or with `reset` note, the number of columns and their names.

    Raises
    ------
    ValueError
        They are not those of training.
    """
    try:
        if given.is_frame and not given.is_known:
            check_names(estimator, given, y, reset)
        else:
            validate_data(estimator, given.source, y, reset=reset, skip_check_array=True)
    except ValueError as error:
        known = list(getattr(estimator, "feature_names_in_", []))
        if reset or not known or not given.is_frame:
            raise
        pairs = zip(known, given.names, strict=False)
        swapped = [f"{name!r} stands where {k!r} was; " for k, name in pairs if k != name][:1]
        raise ValueError(
            f"{error}{''.join(swapped)}pass the columns of training in their order, "
            "X[list(model.feature_names_in_)]."
        ) from error


def check_names(estimator, given, y, reset):
    """Do the same for a frame of a library that scikit-learn does not know."""
    names = list(map(str, given.names))
    known = list(getattr(estimator, "feature_names_in_", names))
    if not reset and names != known:
        unseen, missing = (
            [k for k in a if k not in b] for a, b in [(names, known), (known, names)]
        )
        raise ValueError(
            "The feature names should match those that were passed during fit; unseen at fit time: "
            f"{unseen}, missing: {missing}. "
        )
    unnamed = copy.copy(estimator)
    vars(unnamed).pop("feature_names_in_", None)
    validate_data(unnamed, np.empty((1, given.n_columns)), y, reset=reset, skip_check_array=True)
    if reset:
        names = np.array(names, dtype=object)
        vars(estimator).update(n_features_in_=given.n_columns, feature_names_in_=names)


def check_rows(estimator, given, y):
    """Let scikit-learn check that there are rows and, where y is given, return it, checked."""
    n_rows, n_columns = given.shape
    rows = np.zeros((n_rows, 1 if n_rows else n_columns))
    if is_given(y):
        return check_X_y(rows, y, multi_output=has_columns(y), estimator=estimator)[1]
    check_array(rows, estimator=estimator)
    return None


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
