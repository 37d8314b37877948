"""X of numbers alone, read as a whole: its columns are not taken apart, and it is seldom copied."""

import numpy as np
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from .checks import has_columns, is_given, is_memory_map
from .kinds.numbers import refuse_infinity


def read_matrix(estimator, table, y, reset):
    """Return the numbers of a Frame, whose names have been checked, or a Matrix; and y, checked.

    Only what is neither C-ordered nor a memory map is copied.

    Returns
    -------
    ndarray or CSR matrix, and ndarray or None
        Of X, in its own dtype; and y, if there is one.
    """
    X = table.source
    options = {"accept_sparse": "csr", "dtype": "numeric", "ensure_all_finite": "allow-nan"}
    options["order"] = None if is_memory_map(X) else "C"
    if has_columns(y):
        options["multi_output"] = True
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # sums of huge, but finite numbers
            if not table.is_frame:
                checked = validate_data(estimator, X, y, reset=reset, **options)
            elif is_given(y):
                checked = check_X_y(X, y, estimator=estimator, **options)
            else:
                checked = check_array(X, estimator=estimator, input_name="X", **options)
    except OverflowError as error:
        raise ValueError(f"X or y has numbers beyond float64 ({error}): rescale it.") from error
    except ValueError as error:
        explain(table, error)
        raise
    return checked if is_given(y) else (checked, None)


def explain(table, error):
    """Raise what is wrong with X in words of a table, where the error of an array can be told."""
    if "infinity" in str(error) and table.is_frame:
        for column in table.columns:
            refuse_infinity(column.floats(), column)
