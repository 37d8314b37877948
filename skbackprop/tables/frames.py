"""Tables as they come, opened: what differs from one library to another is known here alone."""

from functools import cached_property
from numbers import Real

import numpy as np
from scipy import sparse

from .csr import is_sparse_matrix, own_csr

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


def opened(X, names=None):
    """Return X as a Frame or a Matrix; the columns of a Matrix may have names from elsewhere."""
    if is_sparse_matrix(X):
        return Matrix(own_csr(X), names)
    if hasattr(X, "to_frame") and len(X.shape) == 1:
        raise ValueError(
            "X is a Series, which is one row or one column: one row of a frame is frame.iloc[[0]] "
            "(in polars, frame[:1]), one column is X.to_frame()."
        )
    if type(X).__name__ == "LazyFrame":
        raise ValueError("X is a LazyFrame, whose rows are not there yet: pass X.collect().")
    if hasattr(X, "column_names") and hasattr(X, "to_pandas"):  # of pyarrow
        X = X.to_pandas()
    if not hasattr(X, "columns") or not (hasattr(X, "iloc") or hasattr(X, "get_columns")):
        return Matrix(as_array(X), names)
    if X.shape[1] == 0:
        return Matrix(np.empty(X.shape))
    return PolarsFrame(X) if hasattr(X, "get_columns") else PandasFrame(X)


def as_array(X):
    """Return lists as an array, in which text and numbers stay what they are; all else as it is."""
    if not isinstance(X, list | tuple):
        return X
    try:
        array = np.asarray(X)
    except ValueError:  # a ragged list, which will be refused
        return X
    return np.asarray(X, dtype=object) if array.dtype.kind == "U" else array


def rows_of(X, rows):
    """Return some rows of X, as they came."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def is_missing(value):
    """Whether a value is None, NaN, or pandas' NA or NaT."""
    is_nan = isinstance(value, Real) and value != value
    return is_nan or type(value).__name__ in MISSING_TYPES


# Tables


class Frame:
    """A data frame. A column of it is taken out when its values are asked for, not before.

    Parameters
    ----------
    X : DataFrame
        It stays as it is, as `source`.
    """

    is_frame = True

    def __init__(self, X):
        self.source, self.names = X, list(X.columns)
        self.n_columns = len(self.names)

    @property
    def is_plain(self):
        """Whether all columns are of dtypes that the library turns into a matrix of numbers."""
        return all(column.family in ("number", "bool") for column in self.columns)


class PandasFrame(Frame):
    """A data frame of pandas, or of what has its methods."""

    @cached_property
    def columns(self):
        """Its columns."""
        pairs = zip(self.names, self.source.dtypes, strict=True)
        return [PandasColumn(name, dtype, self, j) for j, (name, dtype) in enumerate(pairs)]

    @cached_property
    def series(self):
        """The columns as pandas has them, all at once: one by one they take five times as long."""
        return [series for _, series in self.source.items()]


class PolarsFrame(Frame):
    """A data frame of polars."""

    @cached_property
    def columns(self):
        """Its columns."""
        return [PolarsColumn(s.name, s.dtype, s) for s in self.source.get_columns()]


class Matrix:
    """An array, a sparse matrix, or what else is no data frame.

    Parameters
    ----------
    X : array-like or sparse matrix
        It stays as it is, as `source`.
    names : sequence of str, optional
        What its columns are called: 'x0', 'x1' and so on by default.
    """

    is_frame, is_plain = False, True

    def __init__(self, X, names=None):
        self.source, self.names = X, names

    @property
    def n_columns(self):
        """How many columns there are; None where X is sparse or not of two dimensions."""
        X = self.source
        if sparse.issparse(X):
            return None
        shape = X.shape if hasattr(X, "shape") else np.asarray(X, dtype=object).shape
        return shape[1] if len(shape) == 2 else None

    @property
    def holds_objects(self):
        """Whether any column may be of text."""
        X = self.source
        return isinstance(X, np.ndarray) and X.dtype.kind in "OU" and X.ndim == 2

    @cached_property
    def columns(self):
        """Its columns."""
        X = np.asarray(self.source)
        names = [f"x{j}" for j in range(X.shape[1])] if self.names is None else self.names
        return [ArrayColumn(name, X.dtype, X[:, j]) for j, name in enumerate(names)]


# Columns


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
        return self.family == "number" and str(self.dtype).lower() in ("float32", "float16")

    @cached_property
    def types(self):
        """The types of its values, those that are missing left out."""
        values = self.objects()
        types = {kind for kind in set(map(type, values)) if kind.__name__ not in MISSING_TYPES}
        floats = tuple(kind for kind in types if issubclass(kind, float | np.floating))
        if floats and not any(isinstance(v, floats) and v == v for v in values):
            types -= set(floats)  # all of them are NaN
        return types

    def codes(self):
        """Return the place of each row's value in `announced`, −1 where it is missing, or None."""
        return None


class PandasColumn(AnyColumn):
    """A column of a data frame of pandas.

    Parameters
    ----------
    name, dtype :
        As in AnyColumn.
    frame : PandasFrame
        Where it is.
    j : int
        Which of its columns it is.
    """

    def __init__(self, name, dtype, frame, j):
        super().__init__(name, dtype)
        self._frame, self._j = frame, j
        self.announced = getattr(dtype, "categories", None)

    def objects(self):
        """Return its values as a list."""
        return self._frame.series[self._j].tolist()

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return self._frame.series[self._j].to_numpy(dtype=np.float64, na_value=np.nan)

    def codes(self):
        """Return the place of each row's value in `announced`, −1 where it is missing, or None."""
        return None if self.announced is None else self._frame.series[self._j].cat.codes


class PolarsColumn(AnyColumn):
    """A column of a data frame of polars.

    Parameters
    ----------
    name, dtype :
        As in AnyColumn.
    series : Series
        What holds it.
    """

    def __init__(self, name, dtype, series):
        super().__init__(name, dtype)
        self._series = series
        if type(dtype).__name__ == "Enum":
            self.announced = dtype.categories

    def objects(self):
        """Return its values as a list."""
        return self._series.to_list()

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return as_floats(self._series.to_numpy())


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

    def objects(self):
        """Return its values as a list."""
        return self._values.tolist()

    def floats(self):
        """Return its values as an array of float64, NaN where one is missing."""
        return as_floats(self._values)


def as_floats(values):
    """Return an array of numbers or objects as float64, NaN where a value is missing."""
    if values.dtype.kind == "O":
        values = np.array([np.nan if is_missing(value) else float(value) for value in values])
    return values.astype(np.float64, copy=False)
