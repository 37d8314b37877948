"""One table in every container that people have tables in, for the tests of formats.

A container that needs a package that is not there skips its test.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest

COLUMNS = {
    "float": [0.5, None, -2.25, 1e9],
    "integer": [3, 1, 2, 7],
    "missing integer": [3, None, 2, 7],
    "boolean": [True, False, False, True],
    "missing boolean": [True, None, False, True],
    "text": ["red", "a, b", "ü", "red"],
    "missing text": ["red", None, "blue", "red"],
}
DTYPES = {"float": "f8", "integer": "i8", "n": "i8", "boolean": "?", "text": "U4"}


def dtype_of(name):
    return DTYPES[name.split()[-1]]


def module(name):
    return pytest.importorskip(name, exc_type=ImportError)


def masked(name, values):
    """The values as a masked array, with −999 or the like under the mask."""
    dtype = dtype_of(name)
    hidden = "x" if dtype[0] == "U" else np.array(-999).astype(dtype)
    data = np.array([hidden if v is None else v for v in values], dtype)
    return np.ma.masked_array(data, [v is None for v in values])


def records(columns):
    """A structured array, masked where something is missing."""
    dtype = [(name, dtype_of(name)) for name in columns]
    table = np.ma.empty(len(next(iter(columns.values()))), dtype)
    for name, values in columns.items():
        table[name] = masked(name, values)
    return table if any(None in values for values in columns.values()) else table.data


def dicts(columns):
    """A list of dicts without the keys of what is missing, as services get JSON."""
    rows = zip(*columns.values(), strict=True)
    pairs = [zip(columns, row, strict=True) for row in rows]
    return [{k: v for k, v in row if v is not None} for row in pairs]


def arrow(columns):
    return module("pyarrow").table(columns)


class Capsule:
    """What is known by the interface of Arrow alone."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def sparse_columns(columns):
    """A frame of pandas whose numbers are sparse, with fill values of their own."""
    X = pd.DataFrame(columns)
    for name in ("float", "integer"):
        if name in X:
            X[name] = pd.arrays.SparseArray(X[name].to_numpy(), fill_value=X[name].iloc[0])
    return X


CONTAINERS = {
    "pandas": pd.DataFrame,
    "pandas of objects": lambda c: pd.DataFrame(c, dtype=object),
    "pandas of pyarrow": lambda c: arrow(c).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, sparse": sparse_columns,
    "polars": pl.DataFrame,
    "a Table of pyarrow": arrow,
    "a Table in chunks": lambda c: module("pyarrow").concat_tables([arrow(c)[:1], arrow(c)[1:]]),
    "a RecordBatch": lambda c: arrow(c).combine_chunks().to_batches()[0],
    "a RecordBatchReader": lambda c: arrow(c).to_reader(max_chunksize=3),
    "an Arrow stream": lambda c: Capsule(arrow(c)),
    "a list of dicts": dicts,
    "a structured array": records,
    "a relation of duckdb": lambda c: module("duckdb").from_arrow(arrow(c)),
    "a table of astropy": lambda c: module("astropy.table").Table(
        {name: masked(name, values) for name, values in c.items()}
    ),
    "a QTable of astropy": lambda c: module("astropy.table").QTable(
        {name: masked(name, values) for name, values in c.items()}, units={}
    ),
    "a frame of narwhals": lambda c: module("narwhals").from_native(pl.DataFrame(c)),
}


def stub(**methods):
    """An object whose class has these methods, as that of some library."""
    return type("Foreign", (), methods)()


def of_dask():
    return module("dask.dataframe").from_pandas(pd.DataFrame({"a": [1]}), npartitions=1)


NOT_READ = {  # each with what its message has to say
    "a LazyFrame": (lambda: pl.LazyFrame({"a": [1]}), r"LazyFrame, .* pass X.collect\(\)"),
    "a dask frame": (of_dask, r"DataFrame, .* pass X.compute\(\)"),
    "a LazyFrame of narwhals": (
        lambda: module("narwhals").from_native(pl.LazyFrame({"a": [1]})),
        r"pass X.collect\(\)",
    ),
    "an AnnData": (
        lambda: module("anndata").AnnData(np.eye(2)),
        r"AnnData, .* pass X.X, or X.to_df\(\)",
    ),
    "a matrix on disk": (lambda: stub(to_memory=1), r"pass X.to_memory\(\)"),
    "a frame of Spark": (lambda: stub(toPandas=1), r"pass X.toPandas\(\)"),
    "a Dataset": (lambda: stub(to_dataframe=1, data_vars=1), r"pass X.to_dataframe\(\)"),
    "a dict": (lambda: {"a": [1, 2]}, r"dict, .* pass pandas.DataFrame\(X\)"),
    "a Series": (lambda: pd.Series([0.5, 1]), r"one row of a frame is frame.iloc\[\[0\]\]"),
    "a row": (lambda: pd.DataFrame({"a": [1], "b": ["x"]}).iloc[0], "one row of a frame"),
    "a Series of polars": (lambda: pl.Series("x", [0.5, 1]), r"in polars, frame\[:1\]"),
    "an array of pyarrow": (
        lambda: module("pyarrow").array([1, 2]),
        "Int64Array, which pyarrow cannot read as a table",
    ),
    "what numpy cannot read": (
        lambda: stub(__array__=lambda *_, **__: [][0:1].count()),
        "Foreign, which numpy cannot read",
    ),
    "records in a square": (lambda: np.zeros((2, 2), [("a", "f8")]), "must have one dimension"),
    "arrays in records": (
        lambda: np.zeros(3, [("a", "f8", (2,)), ("b", "f8")]),
        r"'a' of X holds arrays of shape \(2,\): make a column of each",
    ),
    "records in records": (
        lambda: np.zeros(3, [("a", [("b", "f8")]), ("c", "f8")]),
        "column 'a' holds objects",
    ),
}
