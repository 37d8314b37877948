"""X as it comes: an array or a sparse matrix, checked against scikit-learn's conventions."""

import numpy as np
from sklearn.utils.validation import validate_data


def check_columns(estimator, X, y="no_validation", *, reset=False):
    """Check X, or X and y, against scikit-learn's conventions and the estimator's columns.

    X stays in its own dtype; only what is neither C-ordered nor a memory map is copied. y may be
    a matrix. With `reset`, the estimator is told of its columns.
    """
    options = {"accept_sparse": "csr", "dtype": "numeric"}
    options["order"] = None if is_memory_map(X) else "C"
    if has_columns(y):
        options["multi_output"] = True
    with np.errstate(over="ignore", invalid="ignore"):  # sums of huge, but finite numbers
        return validate_data(estimator, X, y, reset=reset, **options)


def has_columns(y):
    """Whether y, of any sort, has more than one column."""
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # a ragged list
        return False
    return len(shape) == 2 and shape[1] > 1


def is_memory_map(X):
    """Whether X is a memory map, or a view on one."""
    while isinstance(X, np.ndarray) and not isinstance(X, np.memmap):
        X = X.base
    return isinstance(X, np.memmap)
