"""Columns of numbers."""

import numpy as np

from .categories import Categories
from .refusals import is_number, refuse_unknown


class Numbers:
    """A column of numbers of any real dtype, which stay what they are: x. NaN is missing."""

    words = "numbers"
    numbers = ("",)
    categories = ()

    @staticmethod
    def takes(column):
        """Whether a column holds numbers."""
        if column.family != "object":
            return column.family in ("number", "decimal")
        return bool(column.types) and all(map(is_number, column.types))

    def read(self, column):
        """Return the numbers.

        Raises
        ------
        ValueError
            The column holds anything else, or infinity.
        """
        if column.is_typed and not self._fits(column):
            self._refuse(column)
        try:
            numbers = column.floats()
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"column {column.name!r} of X should hold numbers: {error}") from error
        refuse_infinity(numbers, column)
        return (numbers,)

    def _fits(self, column):
        """Whether a column holds numbers, booleans that were numbers in training, or nothing."""
        return column.family == "bool" or self.takes(column) or not column.types

    def _refuse(self, column):
        if not Categories.takes(column):
            refuse_unknown(column)
        raise ValueError(
            f"column {column.name!r} of X holds {Categories.words} where {self.words} are needed: "
            "leave categorical_features='from_dtype' in fit, and give the same kind of column "
            "later."
        )


def refuse_infinity(numbers, column):
    """Refuse the numbers of a column of which some are infinite."""
    if np.isinf(numbers).any():
        raise ValueError(f"column {column.name!r} of X contains infinity: numbers must be finite.")
