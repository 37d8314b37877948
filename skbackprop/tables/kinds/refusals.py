"""Errors for what no kind of column takes, in words of a table."""

import math
from numbers import Number

import numpy as np

from ..frames import is_missing

TEXT = str, bool, np.bool_  # and what counts as such


def is_number(kind):
    """Whether values of a type are numbers, and real."""
    odd = bool | np.bool_ | complex | np.complexfloating
    return issubclass(kind, Number) and not issubclass(kind, odd)


def as_float(value):
    """Return a number, or text that is one, as a float; NaN where it is missing or blank.

    Raises
    ------
    TypeError, ValueError, OverflowError
        It is neither, or beyond float64.
    """
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return math.nan
    if isinstance(value, str) and "_" in value:  # which Python ignores between digits
        raise ValueError(f"could not convert string to float: {value!r}")
    return float(value)


def is_float(value):
    """Whether `as_float` can be had of a value."""
    try:
        as_float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def refuse_unknown(column):
    """Refuse a column that no kind takes."""
    refuse_times(column)
    refuse_objects(column.types, column)
    raise ValueError(
        f"column {column.name!r} mixes numbers with text or booleans: make all of them numbers, "
        "or all strings (in pandas, by astype(str))."
    )


def refuse_times(column):
    """Refuse a column of dates, times or durations, which would become huge integers."""
    if column.family == "time":
        raise ValueError(
            f"column {column.name!r} holds dates or times, which are neither numbers nor "
            "categories: leave categorical_features='from_dtype', and do not name it there."
        )


def refuse_objects(types, column):
    """Refuse a column with values of other types than text, numbers and booleans."""
    if any(issubclass(kind, bytes) for kind in types):
        raise ValueError(
            f"column {column.name!r} holds bytes that are not UTF-8: decode them first (in pandas, "
            "by .str.decode('latin-1'))."
        )
    for kind in types:
        if issubclass(kind, list | tuple | dict | set | np.ndarray):
            raise ValueError(
                f"column {column.name!r} holds objects of type {kind.__name__}: make numbers, "
                "strings or categories of them, or a column of each of their entries."
            )
        if not (is_number(kind) or issubclass(kind, TEXT)):
            raise ValueError(
                f"column {column.name!r} holds objects of type {kind.__name__}: make numbers, "
                "strings or categories of them."
            )
