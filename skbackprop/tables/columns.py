"""A user's table: an array, a sparse matrix or a data frame, read into numbers and categories.

A data frame of pandas or polars is read column by column. A column of numbers stays numbers, with
NaN where a value is missing; one of categories, strings, booleans or objects becomes its distinct
values and, for each row, the place of its value among them, so that no row is ever widened.
"""

from dataclasses import dataclass
from numbers import Number, Real

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from .checks import check_values, checked_numbers, has_columns, is_memory_map

MISSING = -1  # the place of a value that is missing
MISSING_TYPES = {"NoneType", "NAType", "NaTType"}
TEXT = "categor", "enum", "str", "large_str", "utf8", "bool", "dictionary"  # names of dtypes
NUMBERS = "int", "uint", "float", "double", "half", "decimal"


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
        mask = self.is_categorical
        mask = np.zeros(len(self.names), bool) if mask is None else mask
        return [name for name, c in zip(self.names, mask, strict=True) if c == categorical]

    def __getitem__(self, rows):
        """Return some of the rows."""
        numbers = self.numbers[rows]
        source = numbers
        if self.source is not self.numbers:
            source = self.source.iloc[rows] if hasattr(self.source, "iloc") else self.source[rows]
        categories = tuple(category[rows] for category in self.categories)
        return Table(numbers, categories, self.is_categorical, self.names, source)


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
    wanted = wanted_categories(estimator, X, reset)
    if not any(wanted):
        return numbers_only(estimator, X, y, reset)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    names = column_names(estimator)
    columns = list(columns_of(X))
    numbers = [c for c, is_category in zip(columns, wanted, strict=True) if not is_category]
    categories = [
        read_category(column, name)
        for column, name, is_category in zip(columns, names, wanted, strict=True)
        if is_category
    ]
    kept = [name for name, is_category in zip(names, wanted, strict=True) if not is_category]
    table = Table(
        stack_numbers(numbers, kept, len(categories[0].places)),
        tuple(categories),
        np.array(wanted),
        names,
        X,
    )
    rows = np.zeros((table.n_rows, 1))
    if isinstance(y, str) and y == "no_validation":
        check_array(rows)
        return table
    return table, check_X_y(rows, y, multi_output=has_columns(y), estimator=estimator)[1]


def numbers_only(estimator, X, y, reset):
    """Read X that has no categories."""
    options = {"accept_sparse": "csr", "dtype": "numeric", "ensure_all_finite": "allow-nan"}
    options["order"] = None if is_memory_map(X) else "C"
    if has_columns(y):
        options["multi_output"] = True
    refuse_text(X)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # sums of huge, but finite numbers
            checked = validate_data(estimator, X, y, reset=reset, **options)
    except OverflowError as error:
        raise ValueError(f"X or y has numbers beyond float64 ({error}): rescale it.") from error
    alone = isinstance(y, str) and y == "no_validation"
    numbers = checked_numbers(checked if alone else checked[0])
    source = X if is_frame(X) else numbers
    table = Table(numbers, (), None, column_names(estimator), source)
    return table if alone else (table, checked[1])


# Which columns are categories


def wanted_categories(estimator, X, reset):
    """Return for each column of X whether it is one of categories; [] where none is."""
    fitted = getattr(estimator, "is_categorical_", None)
    if not reset:
        return [] if fitted is None or n_columns_of(X) != len(fitted) else fitted.tolist()
    given = estimator.categorical_features
    if given is None:
        return []
    if isinstance(given, str) and given == "from_dtype":
        return [kind_of(c, name) == "category" for name, c in named_columns(X)]
    return chosen_columns(given, X)


def chosen_columns(given, X):
    """Return for each column of X whether a mask, indices or names choose it."""
    chosen = np.asarray(given)
    n_columns = n_columns_of(X)
    problem = None
    if chosen.ndim != 1 or chosen.dtype.kind not in "biuUO":
        problem = "must be 'from_dtype', None, or a list of bool, int or str"
    elif n_columns is None:
        problem = "needs a dense X of two dimensions"
    elif chosen.dtype.kind == "b":
        problem = None if len(chosen) == n_columns else f"must have {n_columns} entries as a mask"
        mask = chosen
    elif chosen.dtype.kind in "iu":
        inside = (chosen >= -n_columns) & (chosen < n_columns)
        problem = None if inside.all() else f"must be of columns from 0 to {n_columns - 1}"
        mask = np.isin(np.arange(n_columns), chosen[inside] % n_columns)
    else:
        names = [name for name, _ in named_columns(X)]
        unknown = [name for name in chosen.tolist() if name not in names]
        problem = f"has names that are no columns of X: {unknown}" if unknown else None
        mask = np.isin(np.array(names, dtype=object), chosen.astype(object))
    if problem is not None:
        raise ValueError(f"categorical_features {problem}; got {given!r}.")
    return mask.tolist()


def kind_of(column, name):
    """Return 'number' or 'category' for a column of a data frame.

    Raises
    ------
    ValueError
        It holds neither, or both.
    """
    dtype = str(getattr(column, "dtype", "")).lower()
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    if kind in ("M", "m") or dtype.startswith(("date", "time", "duration", "period")):
        raise ValueError(
            f"column {name!r} holds dates or times: make numbers of them first (the year, the "
            "hour, the days since some day)."
        )
    if kind == "b" or dtype.startswith(TEXT):
        return "category"
    if kind in ("i", "u", "f") or dtype.startswith(NUMBERS):
        return "number"
    return kind_of_objects(column, name)


def kind_of_objects(column, name):
    """Return 'number' or 'category' for a column of objects."""
    types = {kind for kind in set(map(type, column)) if kind.__name__ not in MISSING_TYPES}
    floats = {kind for kind in types if issubclass(kind, float | np.floating)}
    if floats and not any(isinstance(v, tuple(floats)) and v == v for v in column):
        types -= floats  # NaN, which is missing
    if all(issubclass(kind, str | bool | np.bool_) for kind in types):
        return "category"
    if all(issubclass(kind, Number) and not issubclass(kind, bool | np.bool_) for kind in types):
        return "number"
    odd = [kind.__name__ for kind in types if not issubclass(kind, str | Number | np.bool_)]
    if odd:
        raise ValueError(
            f"column {name!r} holds objects of type {odd[0]}: make numbers, strings or categories "
            "of them."
        )
    raise ValueError(
        f"column {name!r} mixes numbers and text: make all of them numbers, or all strings (in "
        "pandas, by astype(str))."
    )


# Reading columns


def is_frame(X):
    """Whether X is a data frame of pandas or polars."""
    return hasattr(X, "columns") and (hasattr(X, "iloc") or hasattr(X, "get_columns"))


def named_columns(X):
    """Yield the name and the column of each column of a data frame; nothing of anything else."""
    if is_frame(X):
        yield from zip(list(X.columns), columns_of(X), strict=True)


def columns_of(X):
    """Yield the columns of a data frame or an array."""
    if hasattr(X, "get_columns"):
        yield from X.get_columns()
    elif is_frame(X):
        yield from (X.iloc[:, j] for j in range(X.shape[1]))
    else:
        X = np.asarray(X)
        yield from (X[:, j] for j in range(X.shape[1]))


def n_columns_of(X):
    """Return how many columns a dense table has; None where that cannot be told."""
    if sparse.issparse(X):
        return None
    shape = X.shape if hasattr(X, "shape") else np.asarray(X, dtype=object).shape
    return shape[1] if len(shape) == 2 else None


def column_names(estimator):
    """Return what the columns are called: 'x0', 'x1' and so on where X has no names."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and len(names) == estimator.n_features_in_:
        return [str(name) for name in names]
    return [f"x{j}" for j in range(estimator.n_features_in_)]


def read_category(column, name):
    """Return a column as a Category."""
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
    for value in distinct:
        if is_missing(value):
            place_of[value] = MISSING
        elif value not in place_of:
            place_of[value] = len(values)
            values.append(as_level(value))
    places = np.fromiter(map(place_of.__getitem__, given), np.int32, len(given))
    return Category(values, places, announced is not None)


def stack_numbers(columns, names, n_rows):
    """Return columns of numbers as an array of float32, if all are, or float64."""
    dtypes = {str(getattr(column, "dtype", "")).lower() for column in columns}
    single = bool(columns) and dtypes <= {"float32", "float16"}
    numbers = np.empty((n_rows, len(columns)), np.float32 if single else np.float64)
    for j, (column, name) in enumerate(zip(columns, names, strict=True)):
        try:
            numbers[:, j] = as_numbers(column)
        except (TypeError, ValueError) as error:
            raise ValueError(f"column {name!r} of X should hold numbers: {error}") from error
        if np.isinf(numbers[:, j]).any():
            raise ValueError(f"column {name!r} of X contains infinity: numbers must be finite.")
    return numbers


def as_numbers(column):
    """Return a column of numbers as an array of a real dtype."""
    if isinstance(column, np.ndarray):
        return column.astype(np.float64)
    if hasattr(column, "iloc"):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def as_level(value):
    """Return a value as what Python has for it, so that it is equal in any container."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_missing(value):
    """Whether a value is None, NaN, or pandas' NA or NaT."""
    is_nan = isinstance(value, Real) and value != value
    return is_nan or type(value).__name__ in MISSING_TYPES


def refuse_text(X):
    """Refuse text where numbers are needed, by the name of its column."""
    for name, column in named_columns(X):
        is_text = kind_of(column, name) == "category"
        if is_text and not str(column.dtype).lower().startswith("bool"):
            raise ValueError(
                f"column {name!r} of X holds text or categories where numbers are needed: leave "
                "categorical_features='from_dtype' in fit, and give the same kind of column later."
            )
