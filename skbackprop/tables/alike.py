"""Later values of a category beside the levels of training: text where numbers were, and so on."""

import warnings
from dataclasses import replace

import numpy as np

from .kinds.categories import MISSING, as_level
from .kinds.refusals import as_float, is_float


def made_alike(category, known, name):
    """Return a Category whose values can be found among the levels of training.

    Where these are numbers, text that is a number counts as that number. Where they are text,
    numbers are levels that training has not seen, and a warning says so.

    Raises
    ------
    ValueError
        The levels are numbers, and a row has text that is none.
    """
    present = [category.values[place] for place in np.unique(category.places) if place != MISSING]
    has, had = are_text(present), are_text(known)
    if had == {False} and True in has:
        return as_numbers(category, name)
    if had == {True} and False in has:
        warnings.warn(
            f"column {name!r} of X holds numbers where training has had text: they count as levels "
            "that training has not seen. Make strings of them, as in fit.",
            UserWarning,
            stacklevel=9,
        )
    return category


def are_text(values):
    """Return the set of what can be said of values that are not missing: whether they are text."""
    return {isinstance(value, str) for value in values if value is not None}


def as_numbers(category, name):
    """Return a Category of which text has become numbers, or what is missing."""
    is_wrong = np.array([isinstance(v, str) and not is_float(v) for v in category.values])
    wrong = category.places[is_wrong[category.places] & (category.places != MISSING)]
    if len(wrong):
        raise ValueError(
            f"column {name!r} of X holds {category.values[wrong[0]]!r} where training has had "
            "numbers: give numbers, or text that is a number."
        )
    return replace(category, values=list(map(number_level, category.values)))


def number_level(value):
    """Return text as the level of a number, None where it is blank; all else as it is."""
    if not isinstance(value, str) or not is_float(value):
        return value
    number = as_float(value)
    return None if np.isnan(number) else as_level(number)
