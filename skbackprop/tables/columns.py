"""A user's table: an array, a sparse matrix or a data frame, read into numbers and categories.

A data frame of pandas or polars is read column by column. A column of numbers stays numbers, with
NaN where a value is missing; one of categories, strings, booleans or objects becomes its distinct
values and, for each row, the place of its value among them, so that no row is ever widened.
"""

from dataclasses import dataclass
from numbers import Integral, Number

import numpy as np
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from .checks import check_values, checked_numbers, has_columns, is_memory_map
from .frames import as_table, check_names, column_names, columns_of, is_frame, named_columns
from .kinds import (
    has_odd_numbers,
    is_missing,
    refuse_objects,
    refuse_text,
    refuse_times,
    wanted_categories,
)

MISSING = -1  # the place of a value that is missing


@dataclass(frozen=True)
class Category:
    """A column of categories.

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


@dataclass(frozen=True)
class Table:
    """Rows of numbers and categories.

    Parameters
    ----------
    numbers : ndarray or CSR matrix of shape (n_rows, n_numbers)
        Any real dtype; NaN is missing.
    categories : tuple of Category
        The other columns.
    is_categorical : ndarray of bool of shape (n_columns,) or None
        Which columns of X are which; None where all are numbers.
    names : list of str
        What the columns of X are called.
    source : array-like
        X itself.
    """

    numbers: np.ndarray
    categories: tuple
    is_categorical: np.ndarray | None
    names: list
    source: object

    @property
    def n_rows(self):
        """How many rows there are."""
        return self.numbers.shape[0]

    @property
    def number_names(self):
        """What the columns of numbers are called."""
        return self._named(False)

    @property
    def category_names(self):
        """What the columns of categories are called."""
        return self._named(True)

    def _named(self, categorical):
        return names_of(self.names, self.is_categorical, categorical)

    def __getitem__(self, rows):
        """Return some of the rows."""
        numbers = self.numbers[rows]
        source = numbers
        if self.source is not self.numbers:
            source = self.source.iloc[rows] if hasattr(self.source, "iloc") else self.source[rows]
        categories = tuple(category[rows] for category in self.categories)
        return Table(numbers, categories, self.is_categorical, self.names, source)


def names_of(names, is_categorical, categorical):
    """Return the names of the columns of categories, or of the others; no mask is of numbers."""
    mask = np.zeros(len(names), bool) if is_categorical is None else is_categorical
    return [name for name, c in zip(names, mask, strict=True) if c == categorical]


def read_table(estimator, X, y="no_validation", *, reset=False):
    """Read X, or X and y, by scikit-learn's conventions and the estimator's columns.

    X of numbers stays in its own dtype; only what is neither C-ordered nor a memory map is copied.
    y may be a matrix. With `reset`, the estimator is told of its columns.

    Returns
    -------
    Table, or Table and ndarray
        Of X; and y, if there is one.
    """
    check_values(X, "X")
    check_values(y, "y")
    X = as_table(X)
    if is_frame(X):
        check_names(estimator, X, reset)
    wanted = wanted_categories(estimator, X, reset)
    if not any(wanted) and not has_odd_numbers(X):
        return numbers_only(estimator, X, y, reset)
    check_names(estimator, X, reset)
    table = read_columns(X, column_names(estimator), wanted or [False] * X.shape[1])
    rows = np.zeros((table.n_rows, 1 if table.n_rows else X.shape[1]))
    if isinstance(y, str) and y == "no_validation":
        check_array(rows, estimator=estimator)
        return table
    return table, check_X_y(rows, y, multi_output=has_columns(y), estimator=estimator)[1]


def read_columns(X, names, wanted):
    """Return the Table of X, given which columns are wanted as categories."""
    numbers, categories = [], []
    for column, name, is_category in zip(columns_of(X), names, wanted, strict=True):
        if is_category:
            categories.append(read_category(column, name))
        else:
            numbers.append((name, column))
    is_categorical = np.array(wanted) if any(wanted) else None
    return Table(stack_numbers(numbers, X.shape[0]), tuple(categories), is_categorical, names, X)


def numbers_only(estimator, X, y, reset):
    """Read X that has no categories."""
    options = {"accept_sparse": "csr", "dtype": "numeric", "ensure_all_finite": "allow-nan"}
    options["order"] = None if is_memory_map(X) else "C"
    if has_columns(y):
        options["multi_output"] = True
    for name, column in named_columns(X):
        refuse_text(column, name)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # sums of huge, but finite numbers
            checked = validate_data(estimator, X, y, reset=reset, **options)
    except OverflowError as error:
        raise ValueError(f"X or y has numbers beyond float64 ({error}): rescale it.") from error
    except ValueError as error:
        explain(X, error)
        raise
    alone = isinstance(y, str) and y == "no_validation"
    numbers = checked_numbers(checked if alone else checked[0])
    source = X if is_frame(X) else numbers
    table = Table(numbers, (), None, column_names(estimator), source)
    return table if alone else (table, checked[1])


def explain(X, error):
    """Raise what is wrong with X in words of a table, where the error of an array can be told."""
    if "infinity" in str(error):
        for name, column in named_columns(X):
            refuse_infinity(as_numbers(column), name)
    if "string" in str(error) and not is_frame(X):
        raise ValueError(
            f"X holds text where numbers are needed ({error}): name its columns in "
            "categorical_features, or leave 'from_dtype' there and pass a data frame."
        ) from error


# Reading columns


def read_category(column, name):
    """Return a column as a Category."""
    refuse_times(column, name)
    if hasattr(column, "cat") and hasattr(column.cat, "codes"):  # category, of pandas
        values = [as_level(value) for value in column.cat.categories]
        return Category(values, np.asarray(column.cat.codes, dtype=np.int32), True)
    announced = getattr(getattr(column, "dtype", None), "categories", None)  # Enum, of polars
    values = [] if announced is None else [as_level(value) for value in announced]
    given = column.to_list() if hasattr(column, "to_list") else column.tolist()
    place_of = {value: place for place, value in enumerate(values)}
    try:
        distinct = dict.fromkeys(given)
    except TypeError as error:
        raise ValueError(
            f"column {name!r} holds objects that cannot be told apart ({error}): make numbers, "
            "strings or categories of them."
        ) from error
    refuse_objects({type(value) for value in distinct if not is_missing(value)}, name)
    for value in distinct:
        if is_missing(value):
            place_of[value] = MISSING
        elif value not in place_of:
            place_of[value] = len(values)
            values.append(as_level(value))
    places = np.fromiter(map(place_of.__getitem__, given), np.int32, len(given))
    return Category(values, places, announced is not None)


def stack_numbers(named, n_rows):
    """Return columns of numbers, by name, as an array of float32, if all are, or float64."""
    dtypes = {str(getattr(column, "dtype", "")).lower() for _, column in named}
    single = bool(named) and dtypes <= {"float32", "float16"}
    numbers = np.empty((n_rows, len(named)), np.float32 if single else np.float64)
    for j, (name, column) in enumerate(named):
        if not isinstance(column, np.ndarray):
            refuse_text(column, name)
        try:
            numbers[:, j] = as_numbers(column)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"column {name!r} of X should hold numbers: {error}") from error
        refuse_infinity(numbers[:, j], name)
    return numbers


def refuse_infinity(numbers, name):
    """Refuse a column of numbers of which some are infinite."""
    if np.isinf(numbers).any():
        raise ValueError(f"column {name!r} of X contains infinity: numbers must be finite.")


def as_numbers(column):
    """Return a column of numbers as an array of a real dtype."""
    if hasattr(column, "iloc"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    column = column if isinstance(column, np.ndarray) else column.to_numpy()
    if column.dtype.kind == "O":
        column = np.array([np.nan if is_missing(value) else float(value) for value in column])
    return column.astype(np.float64, copy=False)


def as_level(value):
    """Return a value as a str, bool, int or float, so that it is equal in any container."""
    if type(value) in (str, bool, int):
        return value
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, str | bool):
        return str(value) if isinstance(value, str) else value
    if not isinstance(value, Number):
        return str(value)  # a category of any type
    if isinstance(value, Integral):
        return int(value)
    value = float(value)
    return int(value) if value.is_integer() else value
