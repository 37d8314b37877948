"""Columns of categories."""

from dataclasses import dataclass
from numbers import Integral, Number

import numpy as np

from ..arrays import decoded
from ..frames import is_missing
from .refusals import TEXT, refuse_objects, refuse_times

MISSING = -1  # the place of a value that is missing


@dataclass(frozen=True)
class Category:
    """The distinct values of a column and, for each row, the place of its value among them.

    So no row is ever widened.

    Parameters
    ----------
    values : list
        The distinct values.
    places : ndarray of int32 of shape (n_rows,)
        That of each row among them, or MISSING.
    announced : bool
        Whether the values are all that the column's dtype allows, seen or not.
    """

    values: list
    places: np.ndarray
    announced: bool

    def __getitem__(self, rows):
        return Category(self.values, self.places[rows], self.announced)


class Categories:
    """A column of categories, strings, booleans or, where it is chosen, codes: a level each."""

    words = "text or categories"
    numbers = ()
    categories = ("",)

    @staticmethod
    def takes(column):
        """Whether a column holds text, booleans or categories, or nothing at all."""
        if column.family != "object":
            return column.family in ("bool", "category", "text")
        return all(issubclass(kind, TEXT) for kind in column.types)

    def read(self, column):
        """Return the Category.

        Raises
        ------
        ValueError
            The column holds dates, or objects that are no values of a category.
        """
        refuse_times(column)
        announced = [] if column.announced is None else [as_level(v) for v in column.announced]
        codes = column.codes()
        if codes is not None:
            return (Category(announced, np.asarray(codes, dtype=np.int32), True),)
        if column.text is not None:
            return (of_text(column.text),)
        values, places = places_among(announced, column)
        return (Category(values, places, column.announced is not None),)


def of_text(text):
    """Return the Category of a column of text."""
    there = [not is_missing(value) for value in text.values]
    place_of = np.where(there, np.cumsum(there) - 1, MISSING).astype(np.int32)
    values = [as_level(value) for value in text.values if not is_missing(value)]
    return Category(values, place_of[text.places], False)


def places_among(values, column):
    """Return the values, with those of the column after them, and the place of each row's value."""
    given = column.objects()
    place_of = {value: place for place, value in enumerate(values)}
    try:
        distinct = dict.fromkeys(given)
    except TypeError as error:
        raise ValueError(
            f"column {column.name!r} holds objects that cannot be told apart ({error}): make "
            "numbers, strings or categories of them."
        ) from error
    refuse_objects({type(value) for value in distinct if not is_missing(value)}, column)
    for value in distinct:
        if is_missing(value):
            place_of[value] = MISSING
        elif value not in place_of:
            place_of[value] = len(values)
            values.append(as_level(value))
    return values, np.fromiter(map(place_of.__getitem__, given), np.int32, len(given))


def as_level(value):
    """Return a value as a str, bool, int or float, so that it is equal in any container."""
    if type(value) in (str, bool, int):
        return value
    value = decoded(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, str | bool):
        return str(value) if isinstance(value, str) else value
    if not isinstance(value, Number):
        return str(value)  # a category of any type
    if isinstance(value, Integral):
        return int(value)
    value = float(value)
    return int(value) if value.is_integer() else value
