"""Kinds of columns: each knows which columns it takes, and what the network is given of them."""

from inspect import signature

from .categories import Categories
from .numbers import Numbers
from .refusals import refuse_unknown
from .text_numbers import TextNumbers
from .times import Times
from .words import Words

KINDS = {
    "number": Numbers,
    "category": Categories,
    "words": Words,
    "text_number": TextNumbers,
    "time": Times,
}


def kind_of(column):
    """Return the kind of a column of training: of those that take it, the last one in KINDS.

    Raises
    ------
    ValueError
        None takes it.
    """
    for kind in reversed(KINDS.values()):
        if kind.takes(column):
            return kind.learn(column) if hasattr(kind, "learn") else kind()
    refuse_unknown(column)


def stored(kinds):
    """Return kinds as names and dicts of what they remember, which any format can store."""
    names = {kind: name for name, kind in KINDS.items()}
    return [[names[type(kind)], remembered(kind)] for kind in kinds]


def remembered(kind):
    """Return what a kind remembers: the arguments that make it anew."""
    parameters = signature(type(kind)).parameters
    return {name: value for name, value in vars(kind).items() if name in parameters}


def restored(kinds):
    """Return the kinds that `stored` has stored."""
    return tuple(KINDS[name](**remembered) for name, remembered in kinds)
