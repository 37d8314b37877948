"""A description of each column of a table: what has been read of it."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from .encoding import constant_numbers
from .kinds.numbers import Numbers
from .survey import CONSTANT, LOST


class ColumnDescription(NamedTuple):
    """A row of what training has read: of one column of X."""

    name: str
    kind: str
    why: str
    missing: int | None
    levels: int
    rare: int
    unparsed: int
    terms: int
    inputs: int
    example: str | None


FIELDS = tuple(ColumnDescription.__annotations__)


class ColumnDescriptions(list):
    """A list of ColumnDescription, which prints as a table."""

    def __repr__(self):
        rows = [FIELDS, *(tuple(map(str, row)) for row in self)]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        lines = [zip(row, widths, strict=True) for row in rows]
        return "\n".join("  ".join(f"{c:<{w}}" for c, w in line).rstrip() for line in lines)

    def names_by_kind(self):
        """Return the names of the columns of each kind, as arrays, the most frequent kind first."""
        kinds = Counter(row.kind for row in self).most_common()
        return {kind: np.array([r.name for r in self if r.kind == kind]) for kind, _ in kinds}

    def as_frame(self):
        """Return a data frame of pandas, whose index are the names; this list without pandas."""
        try:
            import pandas
        except ImportError:
            return self
        return pandas.DataFrame(self, columns=FIELDS).set_index("name")


def describe(columns, encoding):
    """Return the ColumnDescriptions of Columns, and of the encoding of what is read of them."""
    n = columns.n_columns
    own = encoding.columns
    numbers, categories, bags = np.split(columns.sources, np.cumsum(encoding.counts)[:-1])

    def total(sources, counts=None):
        return np.bincount(sources, counts, n).astype(np.int64).tolist()

    n_levels = [len(levels) - (None in levels) for levels in encoding.levels]
    notes = columns.notes or notes_of_array(numbers, encoding)
    why = reasons(columns, numbers, encoding, notes["why"])
    kinds = [Numbers] * n if columns.kinds is None else columns.kinds
    parts = (
        columns.all_names,
        ["nothing to learn" if w in LOST else k.words for k, w in zip(kinds, why, strict=True)],
        why,
        notes["missing"],
        total(categories, n_levels),
        total(categories, list(map(len, encoding.rare))),
        notes["unparsed"],
        total(bags, list(map(len, encoding.terms))),
        total(columns.sources[own[own >= 0]]),
        notes["example"],
    )
    return ColumnDescriptions(ColumnDescription(*row) for row in zip(*parts, strict=True))


def notes_of_array(numbers, encoding):
    """Return in the form of a Survey what is known of an array of numbers, which none has seen."""
    n = len(numbers)
    some = np.isin(np.arange(n), encoding.indicators)
    return {
        "why": ["array of numbers"] * n,
        "missing": [None if gone else 0 for gone in some.tolist()],
        "unparsed": [0] * n,
        "example": [None] * n,
    }


def reasons(columns, numbers, encoding, why):
    """Return why columns are of their kinds; of constant numbers, whose scaler tells, that."""
    is_constant = constant_numbers(encoding.scaler, len(numbers))
    is_constant[encoding.indicators] = False  # what is missing in some rows tells something
    flat = set(numbers[is_constant].tolist())
    if columns.kinds is not None:
        flat = {j for j in flat if type(columns.kinds[j]) is Numbers}
    return [CONSTANT if j in flat else reason for j, reason in enumerate(why)]
