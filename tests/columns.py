"""Columns of every dtype and frames of them, for the tests of tables."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skbackprop import BackpropClassifier
from skbackprop.tables.kinds.categories import MISSING
from skbackprop.tables.opening import opened
from skbackprop.tables.table import read_table

TEXT = ["red", "green", "red", "blue"]
WITH_NONE = ["red", None, "red", "blue"]


def arrow(data, kind):
    """A column of pandas that pyarrow holds."""
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    return pd.Series(data, dtype=pd.ArrowDtype(getattr(pa, kind)()))


def dictionary(data):
    """A column of pandas that is a dictionary of pyarrow."""
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    encoded = pa.chunked_array([pa.array(data).dictionary_encode()])
    return pd.Series(pd.arrays.ArrowExtensionArray(encoded))


CATEGORIES = {
    "category": lambda v: pd.Series(pd.Categorical(v)),
    "string": lambda v: pd.Series(v, dtype="string"),
    "str": lambda v: pd.Series(v),
    "object": lambda v: pd.Series(v, dtype=object),
    "arrow string": lambda v: arrow(v, "string"),
    "arrow large_string": lambda v: arrow(v, "large_string"),
    "arrow dictionary": dictionary,
    "pl.String": lambda v: pl.Series("c", v),
    "pl.Categorical": lambda v: pl.Series("c", v, dtype=pl.Categorical),
    "pl.Enum": lambda v: pl.Series("c", v, dtype=pl.Enum(["green", "red", "blue", "black"])),
}
BOOLEANS = {
    "bool": lambda v: pd.Series(v),
    "boolean": lambda v: pd.Series(v, dtype="boolean"),
    "object": lambda v: pd.Series(v, dtype=object),
    "arrow bool": lambda v: arrow(v, "bool_"),
    "pl.Boolean": lambda v: pl.Series("c", v),
}
NUMBERS = {
    "Int64": lambda v: pd.Series(v, dtype="Int64"),
    "Float64": lambda v: pd.Series(v, dtype="Float64"),
    "Float32": lambda v: pd.Series(v, dtype="Float32"),
    "float64": lambda v: pd.Series(v, dtype="float64"),
    "object": lambda v: pd.Series(v, dtype=object),
    "object with NA": lambda v: pd.Series([pd.NA if x is None else x for x in v], dtype=object),
    "Decimal": lambda v: pd.Series([None if x is None else Decimal(x) for x in v], dtype=object),
    "Fraction": lambda v: pd.Series([None if x is None else Fraction(x) for x in v], dtype=object),
    "arrow int32": lambda v: arrow(v, "int32"),
    "arrow double": lambda v: arrow(v, "float64"),
    "pl.Int64": lambda v: pl.Series("c", v),
    "pl.UInt8": lambda v: pl.Series("c", v, dtype=pl.UInt8),
    "pl.Float32": lambda v: pl.Series("c", v, dtype=pl.Float32),
    "pl.Decimal": lambda v: pl.Series("c", [None if x is None else Decimal(x) for x in v]),
}


def frame(column, **others):
    """A frame of the column's library, with one of numbers before."""
    if isinstance(column, pl.Series):
        return pl.DataFrame({"n": np.arange(len(column)), "c": column, **others})
    return pd.DataFrame({"n": np.arange(len(column)), "c": column, **others})


def column_of(series):
    """The column that a series is in a frame."""
    return opened(frame(series)).columns[1]


def read(X, y="no_validation", **hyper_parameters):
    """The Table of X, for an estimator that has not been fitted."""
    return read_table(BackpropClassifier(**hyper_parameters), X, y)


def values(category):
    """The values of a column of categories, row by row."""
    return [None if p == MISSING else category.values[p] for p in category.places]
