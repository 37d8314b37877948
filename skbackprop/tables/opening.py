"""A table as it comes, opened: which sort of container it is, or what has to be made of it first.

A container is known by what its class has, so that no library need be there, or is imported.
"""

from collections.abc import Mapping
from itertools import chain

import numpy as np

from .arrays import usual
from .checks import DATES
from .csr import is_sparse_matrix, own_csr
from .frames import Matrix
from .libraries import ArrowFrame, PandasFrame, PolarsFrame, RecordFrame

TO_CONVERT = (  # what is no table yet: what its class has, and what the user makes of it
    (("compute", "npartitions", "columns"), "X.compute()"),  # a frame of dask
    (("collect", "collect_schema"), "X.collect()"),  # a LazyFrame of polars or narwhals
    (("to_df", "obs_names"), "X.X, or X.to_df() with its names"),  # AnnData
    (("to_memory",), "X.to_memory()"),  # a sparse matrix of AnnData that is on disk
    (("toPandas",), "X.toPandas()"),  # a frame of Spark
    (("to_dataframe", "data_vars"), "X.to_dataframe()"),  # a Dataset of xarray
    (("fromkeys", "items"), "pandas.DataFrame(X)"),  # a dict of columns
)
VIEWS = {"string_view": "large_string", "binary_view": "large_binary"}  # pyarrow takes no rows


def opened(X, names=None):
    """Return X as a Frame or a Matrix.

    Parameters
    ----------
    X : array-like, sparse matrix or data frame
        A sparse matrix is copied.
    names : sequence of str, optional
        What the columns of training are called: so are those of a Matrix. Dicts that have no
        others may leave some out.

    Raises
    ------
    ValueError
        X is no table that can be read.
    """
    refuse_dates(X)
    if isinstance(X, np.ndarray) and X.dtype.names is None:
        return Matrix(usual(X), names)
    if is_sparse_matrix(X):
        return Matrix(own_csr(X), names)
    refuse_unread(X)
    frame = as_frame(X, names)
    if frame is None:
        return Matrix(as_array(X), names)
    return frame if frame.n_columns else Matrix(np.empty(frame.shape))


def refuse_dates(X):
    """Refuse an array of dates or durations."""
    if getattr(getattr(X, "dtype", None), "kind", "") in DATES:
        raise ValueError(
            f"X has dtype {X.dtype}: dates and durations are no numbers; convert them "
            "first, e.g. (X - X.min()) / np.timedelta64(1, 'D') into days."
        )


def refuse_unread(X):
    """Refuse what is no table yet, or only a row or a column of one, and say what to pass."""
    for attributes, made in TO_CONVERT:
        if all(has(X, name) for name in attributes):
            raise ValueError(f"X is of type {type(X).__name__}, no table yet: pass {made}.")
    if has(X, "to_frame") and len(X.shape) == 1:
        raise ValueError(
            "X is a Series, which is one row or one column: one row of a frame is frame.iloc[[0]] "
            "(in polars, frame[:1]), one column is X.to_frame()."
        )


def has(X, name):
    """Whether the class of X has an attribute: X itself may have one for each of its columns."""
    return hasattr(type(X), name)


def as_frame(X, names):
    """Return X as a Frame; None where it is an array, or what becomes one."""
    if has(X, "get_columns"):
        return PolarsFrame(X, list(X.columns))
    if has(X, "colnames"):  # of astropy
        return RecordFrame(X, X.colnames, X.__getitem__)
    if has(X, "iloc") and has(X, "columns"):
        return PandasFrame(X, X.columns.tolist())  # by list(), it takes 20 times as long
    if has(X, "__arrow_c_stream__") or has(X, "__arrow_c_array__"):
        table = as_arrow(X)
        return ArrowFrame(table, table.column_names)
    if isinstance(X, np.ndarray):  # of records
        if X.ndim != 1:
            raise ValueError(
                f"X holds records in an array of shape {X.shape}: it must have one dimension."
            )
        return RecordFrame(X, list(X.dtype.names), X.__getitem__)
    if isinstance(X, list | tuple) and X and all(isinstance(row, Mapping) for row in X):
        return of_dicts(X, names)
    return None


def as_arrow(X):
    """Return what offers itself by the interface of Arrow as a Table of pyarrow."""
    try:
        import pyarrow

        return without_views(X if isinstance(X, pyarrow.Table) else pyarrow.table(X))
    except (ImportError, TypeError, ValueError) as error:
        raise ValueError(
            f"X is of type {type(X).__name__}, which pyarrow cannot read as a table ({error}): "
            "pass a data frame of pandas or polars."
        ) from error


def without_views(table):
    """Return a Table of pyarrow in which no column is a view of strings."""
    for j, field in enumerate(table.schema):
        if str(field.type) in VIEWS:
            column = table.column(j).cast(VIEWS[str(field.type)])
            table = table.set_column(j, field.name, column)
    return table


def of_dicts(rows, names):
    """Return the Frame of a list of dicts: a column for each key, missing where a dict has none."""
    keys = list(dict.fromkeys(chain.from_iterable(rows)))
    names = keys if names is None or set(keys).difference(names) else list(names)
    return RecordFrame(
        rows,
        names,
        lambda name: np.fromiter((row.get(name) for row in rows), object, len(rows)),
    )


def as_array(X):
    """Return what becomes an array as one, in which text and numbers stay what they are."""
    if isinstance(X, list | tuple):
        try:
            array = np.asarray(X)
        except ValueError:  # a ragged list, which will be refused
            return X
        return usual(np.asarray(X, dtype=object) if array.dtype.kind in "US" else array)
    if not has(X, "__array__"):
        return X
    try:
        return usual(np.asarray(X))
    except (TypeError, RuntimeError) as error:
        raise ValueError(
            f"X is of type {type(X).__name__}, which numpy cannot read ({error}): make an array "
            "of it."
        ) from error


def rows_of(X, rows):
    """Return some rows of X, as they came."""
    if isinstance(X, list | tuple):
        return X[rows] if isinstance(rows, slice) else [X[i] for i in rows]
    if has(X, "take") and has(X, "column_names"):  # of pyarrow
        return X.take(np.arange(len(X))[rows])
    return X.iloc[rows] if has(X, "iloc") and not has(X, "colnames") else X[rows]
