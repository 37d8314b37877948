"""Kinds of columns: each knows which columns it takes, and what the network is given of them."""

from .categories import Categories
from .numbers import Numbers
from .refusals import refuse_unknown

KINDS = {"number": Numbers, "category": Categories}


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
    return [[names[type(kind)], dict(vars(kind))] for kind in kinds]


def restored(kinds):
    """Return the kinds that `stored` has stored."""
    for name, _ in kinds:
        if name not in KINDS:
            raise ValueError(
                f"The model has been trained with columns of kind {name!r}, which is not "
                "registered here: register it in skbackprop.tables.kinds.KINDS."
            )
    return tuple(KINDS[name](**remembered) for name, remembered in kinds)
