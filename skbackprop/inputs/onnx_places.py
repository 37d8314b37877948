"""The place of each value among the levels of a column, as nodes of ONNX."""

from typing import NamedTuple

import numpy as np

from .dtypes import DOUBLE

MISSING_TEXTS = "nan", "NaN", "None", "<NA>", "NaT", ""  # how programs write what is missing
WHOLE = np.dtype(np.int64)


class GivenColumn(NamedTuple):
    """A column that a graph is given.

    Parameters
    ----------
    node : node
        Its values, of shape (n_rows, 1).
    dtype : dtype
        What it is declared as; object is text.
    name : str
        What it is called.
    """

    node: object
    dtype: np.dtype
    name: str


def onnx_places(node, column, levels, rare):
    """Return the node of the place of each value among the levels, the rare ones and none.

    Integers are looked up as such, so that all those of 64 bits differ; in floats, NaN is missing.
    In text, MISSING_TEXTS are missing, as long as training has had none of them as a value; the
    last of them that is so is the last key.
    """
    none = len(levels) + bool(rare)
    other = len(levels) if rare else none
    missing = levels.index(None) if None in levels else other
    places = {level: place for place, level in enumerate(levels) if level is not None}
    check_levels(column, [*places, *rare])
    if column.dtype == object:
        return places_of_text(node, column.node, places, rare, missing, other)
    if column.dtype.kind == "f":
        return places_of_floats(node, column.node, places, missing, other)
    return look_up(node, node("Cast", column.node, to=WHOLE), as_int64(places, other), other)


def check_levels(column, values):
    """Refuse values of a column which what it is declared as cannot hold."""
    texts = [isinstance(value, str) for value in values]
    if any(isinstance(value, float) for value in values) or (any(texts) and not all(texts)):
        raise NotImplementedError(
            f"Column {column.name!r} has categories that are floats, or numbers mixed with text, "
            "which are not converted to ONNX: make strings or integers of them before fit."
        )
    if column.dtype == object:
        return
    if any(texts):
        raise ValueError(
            f"Column {column.name!r} has categories of text, but is declared as {column.dtype}: "
            "declare it as StringTensorType, as skbackprop.onnx_types does."
        )
    for value in values:
        if not is_held(value, column.dtype):
            raise ValueError(
                f"Column {column.name!r} has the category {value}, which {column.dtype} does not "
                "hold: declare it as Int64TensorType or, for numbers beyond that, make strings of "
                "it before fit."
            )


def is_held(value, dtype):
    """Whether an integer is one of the values of a dtype."""
    if dtype.kind != "f":
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        return low <= value <= high
    return abs(value) <= np.finfo(dtype).max and int(dtype.type(value)) == value


def as_int64(places, other):
    """Return the places by keys of int64, which those of uint64 wrap around to."""
    keys = {(int(level) + 2**63) % 2**64 - 2**63: place for level, place in places.items()}
    return keys or {0: other}


def places_of_text(node, text, places, rare, missing, other):
    """Return the node of the place of each value of a column of text."""
    keys = {str(level): place for level, place in places.items()}
    keys |= {str(int(level)): place for level, place in places.items() if isinstance(level, bool)}
    taken = {*keys, *map(str, rare)}
    keys |= {word: missing for word in MISSING_TEXTS if word not in taken}
    return look_up(node, text, keys, other, "keys_strings")


def places_of_floats(node, floats, places, missing, other):
    """Return the node of the place of each value of a column of floats."""
    floats = node("Cast", floats, to=DOUBLE)
    whole = node("Cast", floats, to=WHOLE)
    is_whole = node("Equal", node("Cast", whole, to=DOUBLE), floats)
    found = look_up(node, whole, as_int64(places, other), other)
    place = node("Where", is_whole, found, np.array([other]))
    return node("Where", node("IsNaN", floats), np.array([missing]), place)


def look_up(node, values, keys, other, kind="keys_int64s"):
    """Return the node of the place of each value, given keys and their places."""
    options = {kind: list(keys), "values_int64s": list(keys.values()), "default_int64": other}
    return node("LabelEncoder", values, **options)
