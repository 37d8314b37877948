"""What comes in from scikit-learn's side: arrays checked, weights scaled, inputs standardised."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .inputs import BLOCK_ELEMENTS, Inputs

NEGLIGIBLE = 1e-30  # a weight, relative to the largest
SCALER_ELEMENTS = 2 * BLOCK_ELEMENTS  # the scaler sees some rows at a time: 2 MB of them


def check_inputs(model, X, y="no_validation", *, reset=False):
    """Check X, or X and y, against scikit-learn's conventions and the model's columns.

    X stays in its own dtype; only what is neither C-ordered nor a memory map is copied. y may be
    a matrix.
    """
    options = {"accept_sparse": "csr", "dtype": "numeric"}
    options["order"] = None if is_memory_map(X) else "C"
    if has_columns(y):
        options["multi_output"] = True
    with np.errstate(over="ignore", invalid="ignore"):  # sums of huge, but finite numbers
        return validate_data(model, X, y, reset=reset, **options)


def has_columns(y):
    """Whether y, of any sort, has more than one column."""
    try:
        shape = y.shape if hasattr(y, "shape") else np.asarray(y).shape
    except ValueError:  # a ragged list
        return False
    return len(shape) == 2 and shape[1] > 1


def is_memory_map(X):
    """Whether X is a memory map, or a view on one."""
    while isinstance(X, np.ndarray) and not isinstance(X, np.memmap):
        X = X.base
    return isinstance(X, np.memmap)


def check_validation_inputs(model, X_val, y_val):
    """Check X_val and y_val; errors name them."""
    if X_val is None or y_val is None:
        missing, given = ("X_val", "y_val") if X_val is None else ("y_val", "X_val")
        raise ValueError(f"{given} is given, but {missing} is not: pass both to fit.")
    try:
        return check_inputs(model, X_val, y_val)
    except ValueError as error:
        raise ValueError(f"X_val, y_val: {error}") from error


def check_weights(weights, X, name="sample_weight"):
    """Return weights of shape (n_rows,) with a maximum of 1, or None where all are equal."""
    if weights is None:
        return None
    if isinstance(weights, Real):
        weights = np.full(X.shape[0], weights)
    try:
        weights = check_array(weights, ensure_2d=False, dtype=np.float64, input_name=name)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if weights.ndim != 1:
        raise ValueError(f"{name} must be 1D, of shape (n_rows,), but has shape {weights.shape}.")
    if len(weights) != X.shape[0]:
        raise ValueError(f"{name} has {len(weights)} weights for {X.shape[0]} rows.")
    if weights.min() < 0:
        raise ValueError(f"{name} has negative values; weights must be at least 0.")
    if weights.max() == 0:
        raise ValueError(f"{name} is zero for every row; at least one row must count.")
    return None if weights.min() == weights.max() else relative(weights)


def relative(weights):
    """Return weights with a maximum of 1, where those that are negligible are 0.

    float32 would make them 0, even where a split has left no others to train on.
    """
    weights = weights / weights.max()
    return np.where(weights < NEGLIGIBLE, 0.0, weights)


def network_dtype(X):
    """float32 for X of that dtype, else float64."""
    return np.dtype(np.float32 if X.dtype == np.float32 else np.float64)


def fit_scaler(scaler, X, dtype, rows=None, weights=None):
    """Let the StandardScaler see the given rows of X, some at a time; return it.

    Raises
    ------
    ValueError
        A column is too large or too small for its deviation to be computed, or for dtype.
    """
    n_rows = X.shape[0] if rows is None else len(rows)
    step = max(1, SCALER_ELEMENTS // X.shape[1])
    with np.errstate(all="ignore"):
        for start in range(0, n_rows, step):
            part = slice(start, min(start + step, n_rows))
            part = part if rows is None else rows[part]
            chunk = X[part].toarray() if sparse.issparse(X) else X[part]
            scaler.partial_fit(chunk, sample_weight=None if weights is None else weights[part])
        numbers = scaler.scale_, (1 / scaler.scale_).astype(dtype), scaler.mean_.astype(dtype)
        good = np.isfinite(numbers).all(axis=0)
    if not good.all():
        raise ValueError(
            f"X cannot be standardised: mean or deviation of column {np.flatnonzero(~good)[0]} is "
            f"no number that {dtype} can hold. Rescale X, or set standardize=False."
        )
    return scaler


def root_mean_square(X, weights=None, rows=None, n_sampled=1000):
    """Return √(mean x²), weighted, over (evenly spaced) rows of X that is not standardised.

    Raises
    ------
    ValueError
        It is not finite.
    """
    rows = np.arange(X.shape[0]) if rows is None else rows
    rows = rows[np.linspace(0, len(rows) - 1, min(n_sampled, len(rows))).astype(int)]
    part = X[rows].astype(np.float64)
    with np.errstate(over="ignore"):
        squares = part.multiply(part) if sparse.issparse(part) else part * part
        by_row = np.asarray(squares.mean(axis=1)).ravel()
    size = np.sqrt(np.average(by_row, weights=None if weights is None else weights[rows]))
    if not np.isfinite(size):
        raise ValueError(
            "X is too large to train on as it is: rescale it, or set standardize=True."
        )
    return float(size)


def make_inputs(X, dtype, scaler=None):
    """Wrap X as what the network reads its rows from.

    Columns in which the scaler has seen no deviation are 0, whatever they hold.
    """
    if scaler is None:
        return Inputs(X, dtype)
    constant = scaler.scale_ != np.sqrt(scaler.var_)
    return Inputs(X, dtype, scaler.mean_, np.where(constant, np.inf, scaler.scale_))
