"""Which columns of a table hold numbers, and which categories."""

from numbers import Number, Real

import numpy as np
from scipy import sparse

from .frames import columns_of, holds_objects, is_frame, n_columns_of, named_columns

MISSING_TYPES = {"NoneType", "NAType", "NaTType"}
TEXT = "categor", "enum", "str", "large_str", "utf8", "bool", "dictionary"  # names of dtypes
NUMBERS = "int", "uint", "float", "double", "half", "decimal"
TIMES = "date", "time", "duration", "period"


def wanted_categories(estimator, X, reset):
    """Return for each column of X whether it is one of categories; [] where none is."""
    if not reset:
        return learned_categories(estimator, X)
    given = estimator.categorical_features
    if given is None or (not isinstance(given, str) and np.size(given) == 0):
        return []
    if not isinstance(given, str):
        return chosen_columns(given, X)
    if holds_objects(X):
        return [kind_of_objects(c, f"x{j}") == "category" for j, c in enumerate(columns_of(X))]
    return [kind_of(c, name) == "category" for name, c in named_columns(X)]


def learned_categories(estimator, X):
    """Return which columns of X training has had as categories; [] where it has had none."""
    learned = estimator.is_categorical_
    if learned is None or not learned.any():
        return []
    if sparse.issparse(X):
        raise ValueError(
            "X is sparse, but training has had columns of categories: pass a data frame or a "
            "dense array, as in fit."
        )
    return learned.tolist() if n_columns_of(X) == len(learned) else []


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
    refuse_times(column, name)
    dtype = dtype_name(column)
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    if kind == "b" or dtype.startswith(TEXT):
        return "category"
    if kind in ("i", "u", "f") or dtype.startswith(NUMBERS):
        return "number"
    return kind_of_objects(column, name)


def dtype_name(column):
    """Return what the dtype of a column is called, in small letters."""
    return str(getattr(column, "dtype", "")).lower()


def refuse_times(column, name):
    """Refuse a column of dates, times or durations, which would become huge integers."""
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    if kind in ("M", "m") or dtype_name(column).startswith(TIMES):
        raise ValueError(
            f"column {name!r} holds dates or times: make numbers of them first (the year, the "
            "hour, the days since some day)."
        )


def kind_of_objects(column, name):
    """Return 'number' or 'category' for a column of objects."""
    types = {kind for kind in set(map(type, column)) if kind.__name__ not in MISSING_TYPES}
    floats = {kind for kind in types if issubclass(kind, float | np.floating)}
    if floats and not any(isinstance(v, tuple(floats)) and v == v for v in column):
        types -= floats  # NaN, which is missing
    if all(issubclass(kind, str | bool | np.bool_) for kind in types):
        return "category"
    if all(is_number(kind) for kind in types):
        return "number"
    refuse_objects(types, name)
    raise ValueError(
        f"column {name!r} mixes numbers with text or booleans: make all of them numbers, or all "
        "strings (in pandas, by astype(str))."
    )


def is_number(kind):
    """Whether values of a type are numbers, and real."""
    odd = bool | np.bool_ | complex | np.complexfloating
    return issubclass(kind, Number) and not issubclass(kind, odd)


def refuse_objects(types, name):
    """Refuse a column in which there are values of other types than text, numbers and booleans."""
    for kind in types:
        if not (is_number(kind) or issubclass(kind, str | bool | np.bool_)):
            raise ValueError(
                f"column {name!r} holds objects of type {kind.__name__}: make numbers, strings or "
                "categories of them."
            )


def refuse_text(column, name):
    """Refuse a column that holds no numbers, where training has had some."""
    is_text = kind_of(column, name) == "category" and not dtype_name(column).startswith("bool")
    if is_text and not all(map(is_missing, column)):
        raise ValueError(
            f"column {name!r} of X holds text or categories where numbers are needed: leave "
            "categorical_features='from_dtype' in fit, and give the same kind of column later."
        )


def has_odd_numbers(X):
    """Whether a data frame has columns that become numbers one value at a time, if at all."""
    odd = "object", "decimal", *(name for name in TEXT if name != "bool")
    return is_frame(X) and any(dtype_name(column).startswith(odd) for column in columns_of(X))


def is_missing(value):
    """Whether a value is None, NaN, or pandas' NA or NaT."""
    is_nan = isinstance(value, Real) and value != value
    return is_nan or type(value).__name__ in MISSING_TYPES
