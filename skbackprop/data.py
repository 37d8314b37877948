"""What comes in from scikit-learn's side: arrays checked, classes weighed, rows held out."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from .inputs import BLOCK_ELEMENTS, Inputs

NUMERIC = "biuf"  # kinds of dtype
NEGLIGIBLE = 1e-30  # a weight, relative to the largest
SCALER_ELEMENTS = 8 * BLOCK_ELEMENTS  # rows are standardised some at a time: 8 MB of them


def check_inputs(model, X, y="no_validation", *, reset=False):
    """Check X, or X and y, against scikit-learn's conventions and the model's columns.

    X stays in its own dtype; only what is neither C-ordered nor a memory map is copied.
    """
    order = None if is_memory_map(X) else "C"
    with np.errstate(over="ignore", invalid="ignore"):  # sums of huge, but finite numbers
        return validate_data(
            model, X, y, reset=reset, accept_sparse="csr", dtype="numeric", order=order
        )


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


def encode(y, classes, name="y"):
    """Return the index of each label of y in `classes`."""
    encoder = LabelEncoder()
    encoder.classes_ = classes
    try:
        if (np.asarray(y).dtype.kind in NUMERIC) != (classes.dtype.kind in NUMERIC):
            raise TypeError("numbers and strings do not mix")
        return encoder.transform(y)
    except (ValueError, TypeError) as error:
        shown = ", ".join(map(repr, classes[:10].tolist())) + (", …" if len(classes) > 10 else "")
        raise ValueError(
            f"{name} has labels that are not among the classes [{shown}]: {error}"
        ) from error


def find_classes(y):
    """Return the sorted classes of y, and the index of each label."""
    encoder = LabelEncoder()
    try:
        check_classification_targets(y)
        codes = encoder.fit_transform(y)
    except TypeError as error:
        raise TypeError(
            f"y must have labels that are all strings or all numbers: {error}"
        ) from error
    return encoder.classes_, codes


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


def class_weights(class_weight, classes, mass):
    """Return the weight of each class, or None where all are 1.

    'balanced' weighs class c by Σ mass / (number of classes seen · mass_c), where the mass of a
    class is the total sample weight that it has had.
    """
    if class_weight is None:
        return None
    if class_weight == "balanced":
        seen = mass > 0
        return np.divide(1 / seen.sum(), mass / mass.sum(), out=np.zeros(len(mass)), where=seen)
    try:
        weights = compute_class_weight(class_weight, classes=classes, y=classes)
    except ValueError as error:
        raise ValueError(f"class_weight={class_weight}: {error}") from error
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
        raise ValueError(
            f"class_weight must give finite weights of at least 0, not all 0; got {class_weight}."
        )
    return relative(weights)


def hold_out(codes, rows, fraction, seed):
    """Split rows into those to train on and a validation set stratified by class.

    Returns
    -------
    train, validation : ndarray of int, sorted

    Raises
    ------
    ValueError
        A class has but one row.
    """
    counts = np.bincount(codes[rows])
    n_classes = np.count_nonzero(counts)
    if counts[counts > 0].min() < 2:
        raise ValueError(
            "early_stopping=True needs at least 2 rows of each class, to train and to validate "
            f"on, but the rarest of {n_classes} classes has 1 sample: set early_stopping=False, "
            "or pass X_val and y_val to fit."
        )
    n_validation = np.clip(round(fraction * len(rows)), n_classes, len(rows) - n_classes)
    parts = train_test_split(
        rows, test_size=int(n_validation), stratify=codes[rows], random_state=seed
    )
    return tuple(np.sort(part) for part in parts)


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
    constant = (scaler.scale_ == 1) & ~np.isclose(scaler.var_, 1)
    return Inputs(X, dtype, scaler.mean_, np.where(constant, np.inf, scaler.scale_))
