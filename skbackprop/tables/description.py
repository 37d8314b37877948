"""A description of each column of a table: what has been read of it."""

from typing import NamedTuple

import numpy as np

from .kinds.numbers import Numbers


class ColumnDescription(NamedTuple):
    """A row of what training has read: of one column of X."""

    name: str
    kind: str
    missing: bool
    levels: int
    rare: int
    terms: int
    inputs: int


class ColumnDescriptions(list):
    """A list of ColumnDescription, which prints as a table."""

    def __repr__(self):
        rows = [tuple(ColumnDescription.__annotations__), *(tuple(map(str, row)) for row in self)]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        lines = [zip(row, widths, strict=True) for row in rows]
        return "\n".join("  ".join(f"{c:<{w}}" for c, w in line).rstrip() for line in lines)


def describe(columns, encoding):
    """Return the ColumnDescriptions of Columns, and of the encoding of what is read of them."""
    n = columns.n_columns
    numbers, categories, bags = np.split(columns.sources, np.cumsum(encoding.counts)[:-1])

    def total(sources, counts=None):
        return np.bincount(sources, counts, n).astype(np.int64).tolist()

    without = [None in levels for levels in encoding.levels]
    missing = np.append(numbers[encoding.indicators], categories[np.array(without, dtype=bool)])
    n_levels = [len(a) - b for a, b in zip(encoding.levels, without, strict=True)]
    kinds = [Numbers] * n if columns.kinds is None else columns.kinds
    parts = (
        columns.all_names,
        [kind.words for kind in kinds],
        map(bool, total(missing)),
        total(categories, n_levels),
        total(categories, list(map(len, encoding.rare))),
        total(bags, list(map(len, encoding.terms))),
        total(columns.sources[encoding.columns]),
    )
    return ColumnDescriptions(ColumnDescription(*row) for row in zip(*parts, strict=True))
