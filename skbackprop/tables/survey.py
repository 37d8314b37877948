"""A survey of the columns of training: what nobody could tell later, and a warning of losses.

A column is lost where nothing that is read of it differs between rows in a way that other rows
could share: all of it is missing, it is constant, or all values and terms are rare. Constant
numbers and booleans are no loss: those are what one-hot columns become in a part of the rows.
"""

import sys
from collections import Counter

import numpy as np

from .frames import is_missing
from .kinds.categories import MISSING, Categories, Category
from .kinds.numbers import Numbers
from .kinds.text_numbers import is_mark
from .kinds.words import Bag
from .moments import blocks
from .opening import opened, rows_of

FEWEST_ROWS = 20  # of which a warning is worth the while
FIRST_ROWS = 50  # in which an example is looked for
LONGEST = 30  # characters of an example, and of a dtype
MOST_NAMES = 5  # in a warning
UNREAD_SHARE = 0.1  # of the rows, beyond which a warning tells of text that is not read
ALL_MISSING = "all missing"
CONSTANT = "constant"
RARE = "all values are rare, and no term tells rows apart"
LOST = ALL_MISSING, CONSTANT, RARE
NOTES = {"why", "missing", "unparsed", "example"}


class Survey:
    """Notes on each column of a table of training, in their order.

    Parameters
    ----------
    given : Frame or Matrix
        The table.
    model : estimator
        Whose `categorical_features` may have chosen kinds, and whose `min_frequency` says what is
        rare.
    """

    def __init__(self, given, model):
        self._given = given
        self._by_dtype = isinstance(model.categorical_features, str | None)
        self._min_frequency = model.min_frequency
        self._lost, self._unread = {}, []
        self.notes = {name: [] for name in sorted(NOTES)}

    def see(self, column, kind, parts):
        """Note a column, of which these parts have been read by its kind."""
        unread = unread_text(column, parts)
        n_unread = sum(unread.values())
        n_rows, n_missing = self._given.shape[0], count_missing(parts)
        why = self._lost_by(column, kind, parts, n_missing == n_rows)
        if why is not None and (why != CONSTANT or not column.is_plain):
            self._lost[column.name] = why
        if n_unread > UNREAD_SHARE * n_rows and "" not in kind.categories:
            self._unread.append(column.name)
        self._note(why or self._reason(column, kind, len(unread)), n_missing - n_unread, n_unread)

    def see_numbers(self, numbers):
        """Note all columns of a frame that has been read as one matrix of numbers."""
        n_missing = np.zeros(numbers.shape[1], int)
        for block, _ in blocks(numbers, None, None) if numbers.dtype.kind == "f" else ():
            n_missing += np.isnan(block).sum(axis=0)
        by_dtype = {}
        for column, n in zip(self._given.columns, n_missing.tolist(), strict=True):
            if n == len(numbers):
                self._lost[column.name] = why = ALL_MISSING
            else:
                why = by_dtype.setdefault(column.dtype, f"dtype {shortened(column.dtype)}")
            self._note(why, n, 0)
        self.notes["example"] = examples_in(numbers[:FIRST_ROWS])

    def finish(self):
        """Return the notes, with an example of each column; and what is lost, in sentences."""
        if not self.notes["example"]:
            rows = rows_of(self._given.source, slice(FIRST_ROWS))
            self.notes["example"] = list(map(example_of, opened(rows, self._given.names).columns))
        if self._given.shape[0] < FEWEST_ROWS:
            return self.notes, ()
        lost = [f"{name!r} ({why})" for name, why in self._lost.items()]
        losses = []
        if lost:
            losses.append(
                f"X has columns that tell nothing: {listed(lost)}. Leave them out, or give them in "
                "another form; describe_columns() says what has been read."
            )
        if self._unread:
            losses.append(
                "X has columns of which more than a tenth is text that could not be read, and "
                f"counts as missing: {listed(map(repr, self._unread))}. Write it as the rest, or "
                "name them in categorical_features."
            )
        return self.notes, tuple(losses)

    def _note(self, why, n_missing, n_unread):
        self.notes["why"].append(sys.intern(why))  # of many columns, and stored once
        self.notes["missing"].append(n_missing)
        self.notes["unparsed"].append(n_unread)

    def _lost_by(self, column, kind, parts, all_missing):
        """Return why a column tells nothing; None where it tells something, or may do so."""
        if all_missing:
            return ALL_MISSING
        if type(kind) is Numbers or not parts:
            return None
        if not any(map(differs, parts)):
            return CONSTANT
        of_text = column.announced is None and not kind.numbers
        is_rare = of_text and all(all_rare(part, self._min_frequency) for part in parts)
        return RARE if is_rare else None

    def _reason(self, column, kind, n_unread):
        """Return why a column is of its kind."""
        if type(kind) is Categories and not self._by_dtype:
            return "chosen by categorical_features"
        if type(kind) is Numbers and column.family == "object":
            return "all values are numbers"
        if column.family not in ("object", "text"):
            return f"dtype {shortened(column.dtype)}"
        if column.strings is None:
            names = sorted(type_.__name__ for type_ in column.types)
            return f"values of type {', '.join(names)}"
        n = len(column.strings)
        if not kind.numbers:
            return f"{n:,} distinct strings"
        n -= sum(map(is_mark, column.strings))
        share = f"{n - n_unread:,} of {n:,}" if n_unread else f"all {n:,}"
        return f"{share} distinct strings are read so"


def listed(names):
    """Return names in a line, but not very many."""
    names = list(names)
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def shortened(value):
    """Return a value as text of at most LONGEST characters, in one line."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def example_of(column):
    """Return the first value of a column that is not missing, as text; None where there is none."""
    there = (value for value in column.objects() if not is_missing(value))
    value = next(there, None)
    return None if value is None else shortened(value)


def examples_in(numbers):
    """Return the first number of each column that is not NaN, as text; None where there is none."""
    gone = np.isnan(numbers) if numbers.dtype.kind == "f" else np.zeros(numbers.shape, bool)
    first = numbers[gone.argmin(axis=0), np.arange(numbers.shape[1])]
    return [None if none else str(x) for x, none in zip(first, gone.all(axis=0), strict=True)]


def count_missing(parts):
    """Return in how many rows the first part of a column is missing, where it has any."""
    if not parts:
        return 0
    first = parts[0]
    gone = first.places == MISSING if isinstance(first, Category) else np.isnan(first)
    return int(np.count_nonzero(gone))


def unread_text(column, parts):
    """Count the strings of a column of text that are no numbers, which is what they are read as."""
    if column.family not in ("object", "text") or not (parts and isinstance(parts[0], np.ndarray)):
        return Counter()
    gone = np.flatnonzero(np.isnan(parts[0]))
    values = column.objects() if len(gone) else ()
    counts = Counter(values[i] for i in gone if isinstance(values[i], str))
    return Counter({value: n for value, n in counts.items() if not is_mark(value)})


def differs(part):
    """Whether a part of a column is not the same in all rows."""
    if isinstance(part, np.ndarray):
        return part.min() != part.max()  # NaN is not NaN: what is missing in part, differs
    return part.places.min() != part.places.max()


def all_rare(part, min_frequency):
    """Whether no value, or no term that is not in all rows, is in enough rows."""
    n_strings = part.entries.shape[0] if isinstance(part, Bag) else 0
    counts = np.bincount(part.places[part.places != MISSING], minlength=n_strings)
    if isinstance(part, Bag):
        counts, n_rows = part.entries.T @ counts, counts.sum()
        counts = counts[counts < n_rows]
    return counts.max(initial=0) < min_frequency
