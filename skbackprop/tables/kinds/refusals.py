"""What no kind of column takes, told in words of a table."""

from numbers import Number

import numpy as np

TEXT = str, bool, np.bool_  # and what counts as such


def is_number(kind):
    """Whether values of a type are numbers, and real."""
    odd = bool | np.bool_ | complex | np.complexfloating
    return issubclass(kind, Number) and not issubclass(kind, odd)


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
            f"column {column.name!r} holds dates or times: make numbers of them first (the year, "
            "the hour, the days since some day)."
        )


def refuse_objects(types, column):
    """Refuse a column with values of other types than text, numbers and booleans."""
    for kind in types:
        if not (is_number(kind) or issubclass(kind, TEXT)):
            raise ValueError(
                f"column {column.name!r} holds objects of type {kind.__name__}: make numbers, "
                "strings or categories of them."
            )
