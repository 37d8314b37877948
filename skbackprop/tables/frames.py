"""A table as it comes: a frame with columns of a dtype each, or a matrix."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
from scipy import sparse

from .arrays import as_times, decoded

NOT_ITSELF = Real, np.datetime64, np.timedelta64  # where it is missing
MISSING_TYPES = {"NoneType", "NAType", "NaTType"}
BY_KIND = {**dict.fromkeys("iuf", "number"), "b": "bool", **dict.fromkeys("mM", "time")}  # of numpy
BY_NAME = {  # how the names of dtypes begin, where numpy does not tell
    "object": ("interval", "struct"),
    "time": ("date", "time", "duration", "period"),
    "bool": ("bool",),
    "category": ("categor", "enum", "dictionary"),
    "text": ("str", "large_str", "utf8"),
    "number": ("int", "uint", "float", "double", "half"),
    "decimal": ("decimal",),
}
SINGLE = {"float32", "float16", "float", "halffloat"}  # the last two are Arrow's names of them


def is_missing(value):
    """Whether a value is None, NaN, NaT, or pandas' NA."""
    is_nan = isinstance(value, NOT_ITSELF) and value != value
    return is_nan or type(value).__name__ in MISSING_TYPES


# Tables


class Frame:
    """A data frame. A column of it is taken out when its values are asked for, not before.

    Parameters
    ----------
    X : table
        It stays as it is, as `source`.
    names : list
        What its columns are called.
    """

    is_frame = True
    is_known = False  # to scikit-learn, which finds its names

    def __init__(self, X, names):
        self.source, self.names = X, names

    @property
    def n_columns(self):
        """How many columns there are."""
        return len(self.names)

    @property
    def shape(self):
        """(n_rows, n_columns)."""
        return len(self.source), self.n_columns

    @cached_property
    def is_plain(self):
        """Whether all columns are of dtypes that scikit-learn turns into a matrix of numbers."""
        return self.is_known and all(column.is_plain for column in self.columns)


class Matrix:
    """An array, a sparse matrix, or what else is no data frame.

    Parameters
    ----------
    X : array-like or sparse matrix
        It stays as it is, as `source`.
    names : sequence of str, optional
        What its columns are called: 'x0', 'x1' and so on by default.
    """

    is_frame = False

    def __init__(self, X, names=None):
        self.source, self.names = X, names

    @property
    def shape(self):
        """(n_rows, n_columns), or any other shape that is refused later."""
        X = self.source
        return X.shape if hasattr(X, "shape") else np.asarray(X, dtype=object).shape

    @property
    def n_columns(self):
        """How many columns there are; None where X is sparse or not of two dimensions."""
        return None if sparse.issparse(self.source) or len(self.shape) != 2 else self.shape[1]

    @property
    def holds_objects(self):
        """Whether any column may be of text."""
        X = self.source
        return isinstance(X, np.ndarray) and X.dtype.kind in "OU" and X.ndim == 2

    @property
    def is_plain(self):
        """Whether it can be read as a whole."""
        return not self.holds_objects

    @cached_property
    def columns(self):
        """Its columns."""
        X = np.asarray(self.source)
        names = [f"x{j}" for j in range(X.shape[1])] if self.names is None else self.names
        return [ArrayColumn(name, X.dtype, X[:, j]) for j, name in enumerate(names)]


# Columns


@dataclass(frozen=True)
class Distinct:
    """The distinct values of a column, and the place of each row's value among them.

    Parameters
    ----------
    values : list
        Objects of Python, and what is there where one is missing.
    places : ndarray of int of shape (n_rows,)
        That of each row among them.
    """

    values: list
    places: np.ndarray

    @classmethod
    def of(cls, values):
        """Return them of the values of all rows."""
        place_of = {value: place for place, value in enumerate(dict.fromkeys(values))}
        places = np.fromiter(map(place_of.__getitem__, values), np.int32, len(values))
        return cls(list(place_of), places)


def types_of(values):
    """Return the types of some values, those that are missing left out."""
    types = {kind for kind in set(map(type, values)) if kind.__name__ not in MISSING_TYPES}
    floats = tuple(kind for kind in types if issubclass(kind, float | np.floating))
    if floats and not any(isinstance(v, floats) and v == v for v in values):
        types -= set(floats)  # all of them are NaN
    return types


class AnyColumn:
    """A column as it came.

    Parameters
    ----------
    name : str
        What it is called.
    dtype : dtype
        Of numpy, or of the library.
    """

    is_typed = True  # by itself, and not with all others of a matrix
    announced = None  # the values that the dtype allows, where it does not allow any

    def __init__(self, name, dtype):
        self.name, self.dtype = name, dtype
        self._answers = {}

    def once(self, question, *arguments):
        """Return what a function says of this column, which is asked once."""
        key = question, repr(arguments)
        if key not in self._answers:
            self._answers[key] = question(self, *arguments)
        return self._answers[key]

    @cached_property
    def family(self):
        """'number', 'decimal', 'bool', 'text', 'category' or 'time'; 'object' is any of them."""
        kind = getattr(self.dtype, "kind", None)
        if kind in BY_KIND:
            return BY_KIND[kind]
        name = str(self.dtype).lower()
        return next((f for f, begins in BY_NAME.items() if name.startswith(begins)), "object")

    @property
    def is_single(self):
        """Whether its numbers are of single precision, or less."""
        return self.family == "number" and str(self.dtype).lower() in SINGLE

    @property
    def strings(self):
        """The distinct strings of a column of text alone, of no categorical dtype; else None."""
        if self.text is None:
            return None
        return [value for value in self.text.values if isinstance(value, str)]

    @property
    def types(self):
        """The types of its values, those that are missing left out."""
        return self._content[0]

    @property
    def text(self):
        """The Distinct of a column of text alone, of no categorical dtype; else None."""
        return self._content[1]

    @cached_property
    def distinct(self):
        """The Distinct of any column."""
        return Distinct.of(self.objects()) if self.text is None else self.text

    @cached_property
    def _content(self):
        """`types` and `text`, for which all values are made objects of Python once."""
        values = self.objects()
        types = types_of(values)
        is_text = self.family in ("text", "object") and all(issubclass(k, str) for k in types)
        return types, Distinct.of(values) if types and is_text else None

    @property
    def is_plain(self):
        """Whether it is of a dtype that scikit-learn turns into numbers."""
        return self.family in ("number", "bool")

    def objects(self):
        """Return its values as a list, in which bytes have become text."""
        values = self.as_list()
        return list(map(decoded, values)) if self._may_hold_bytes else values

    @property
    def _may_hold_bytes(self):
        return self.family in ("object", "category")

    def codes(self):
        """Return the place of each row's value in `announced`, −1 where it is missing, or None."""
        return None

    def times(self):
        """Return its times as arrays of datetime64[us], in UTC and by the clock of their zone.

        None where its dtype is not one of numpy's.
        """
        return None


class ArrayColumn(AnyColumn):
    """A column of an array, whose dtype is that of all.

    Parameters
    ----------
    name, dtype :
        As in AnyColumn.
    values : ndarray of shape (n_rows,)
        What it holds.
    """

    is_typed = False

    def __init__(self, name, dtype, values):
        super().__init__(name, dtype)
        self._values = values

    def as_list(self):
        """Return its values as a list."""
        return self._values.tolist()

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return self._values.astype(np.float64, copy=False)

    def times(self):
        """Return its times as arrays of datetime64[us], which are in no zone, or None."""
        return (as_times(self._values),) * 2 if self.family == "time" else None
