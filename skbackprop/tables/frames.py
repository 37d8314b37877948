"""What a table of any sort is made of: its columns, and their names."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data


def as_table(X):
    """Return X as what columns can be read from: a frame, a sparse matrix or an array."""
    if type(X).__name__ == "LazyFrame":
        raise ValueError("X is a LazyFrame, whose rows are not there yet: pass X.collect().")
    if hasattr(X, "column_names") and hasattr(X, "to_pandas"):  # of pyarrow
        X = X.to_pandas()
    if is_frame(X) and X.shape[1] == 0:
        return np.empty(X.shape)
    if not isinstance(X, list | tuple):
        return X
    try:
        array = np.asarray(X)
    except ValueError:  # a ragged list, which will be refused
        return X
    return np.asarray(X, dtype=object) if array.dtype.kind == "U" else array


def is_frame(X):
    """Whether X is a data frame of pandas or polars."""
    return hasattr(X, "columns") and (hasattr(X, "iloc") or hasattr(X, "get_columns"))


def holds_objects(X):
    """Whether X is an array of two dimensions of which any column may be of text."""
    return isinstance(X, np.ndarray) and X.dtype.kind in "OU" and X.ndim == 2


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


def check_names(estimator, X, reset):
    """Let scikit-learn compare, or with `reset` note, the number of columns and their names.

    Raises
    ------
    ValueError
        They are not those of training.
    """
    try:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    except ValueError as error:
        known = list(getattr(estimator, "feature_names_in_", []))
        if reset or not known or not is_frame(X):
            raise
        pairs = zip(known, list(X.columns), strict=False)
        swapped = [f"{name!r} stands where {k!r} was; " for k, name in pairs if k != name][:1]
        raise ValueError(
            f"{error}{''.join(swapped)}pass the columns of training in their order, "
            "X[list(model.feature_names_in_)]."
        ) from error
