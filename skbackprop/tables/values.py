"""The values of X, read: numbers alone as a whole, all else column by column."""

import numpy as np
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from .checks import has_columns, is_given, is_memory_map
from .kinds.categories import Category
from .kinds.numbers import Numbers, refuse_infinity
from .kinds.words import Bag


def read_matrix(estimator, table, y, reset):
    """Return the numbers of a Frame, whose names have been checked, or a Matrix; and y, checked.

    Its columns are not taken apart. Only what is neither C-ordered nor a memory map is copied.

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


def read_columns(given, kinds, survey=None):
    """Return the numbers and the categories of columns of these kinds; None is all numbers.

    The numbers are of float32, if all are, or float64. A Survey sees each column.
    """
    kinds = [Numbers()] * given.n_columns if kinds is None else kinds
    pairs = list(zip(given.columns, kinds, strict=True))
    single = [column.is_single for column, kind in pairs if kind.numbers]
    shape = given.shape[0], sum(len(kind.numbers) for kind in kinds)
    numbers = np.empty(shape, np.float32 if single and all(single) else np.float64)
    categories, bags, j = [], [], 0
    for column, kind in pairs:
        parts = kind.read(column)
        if survey is not None and given.shape[0]:
            survey.see(column, kind, parts)
        for values in parts:
            if isinstance(values, Category):
                categories.append(values)
            elif isinstance(values, Bag):
                bags.append(values)
            else:
                numbers[:, j] = values
                j += 1
    return numbers, tuple(categories), tuple(bags)
