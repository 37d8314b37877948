"""Columns of numbers."""

import reprlib

import numpy as np

from .refusals import as_float, is_float, is_number, refuse_objects, refuse_times


class Numbers:
    """A column of numbers of any real dtype, which stay what they are: x. NaN is missing."""

    words = "numbers"
    numbers = ("",)
    categories = ()

    @staticmethod
    def takes(column):
        """Whether a column holds numbers; among objects that are, text may be numbers as well."""
        if column.family != "object":
            return column.family in ("number", "decimal")
        if all(map(is_number, column.types)):
            return bool(column.types)
        is_mixed = any(map(is_number, column.types)) and all(map(may_be_number, column.types))
        return is_mixed and all(map(is_float, column.objects()))

    def read(self, column):
        """Return the numbers, of text as well.

        Raises
        ------
        ValueError, TypeError
            The column holds anything else, or infinity.
        """
        refuse_times(column)
        numbers = floats_of(column)
        refuse_infinity(numbers, column)
        return (numbers,)


def may_be_number(kind):
    """Whether values of a type are numbers or text."""
    return is_number(kind) or issubclass(kind, str)


def floats_of(column):
    """Return numbers, and text that is a number, as an array of float64; NaN is missing."""
    if column.family in ("number", "decimal", "bool"):
        return column.floats()
    values = column.objects()
    try:
        return np.array(list(map(as_float, values)), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        if column.is_typed:
            refuse_objects(column.types, column)
        wrong = next(value for value in values if not is_float(value))
        kind = TypeError if isinstance(error, TypeError) else ValueError
        value, why = reprlib.repr(wrong), "" if isinstance(wrong, str) else f" ({error})"
        raise kind(
            f"column {column.name!r} of X holds {value} where numbers are needed{why}: "
            "leave categorical_features='from_dtype' in fit, and give numbers, or text that is a "
            "number, later."
        ) from error


def refuse_infinity(numbers, column):
    """Refuse the numbers of a column of which some are infinite."""
    if np.isinf(numbers).any():
        raise ValueError(f"column {column.name!r} of X contains infinity: numbers must be finite.")
