"""Means and deviations of columns of numbers, seen some rows at a time; what is missing is not."""

import numpy as np
from scipy import sparse

from ..inputs.gather import BLOCK_ELEMENTS

SCALER_ELEMENTS = 2 * BLOCK_ELEMENTS  # the scaler sees some rows at a time: 2 MB of them


def blocks(X, rows, weights):
    """Yield the given rows of X as dense blocks of 2 MB, and what they weigh, or None."""
    n_rows = X.shape[0] if rows is None else len(rows)
    step = max(1, SCALER_ELEMENTS // max(1, X.shape[1]))
    for start in range(0, n_rows, step):
        part = slice(start, min(start + step, n_rows))
        part = part if rows is None else rows[part]
        block = X[part].toarray() if sparse.issparse(X) else X[part]
        yield block, None if weights is None else weights[part]


def fit_scaler(scaler, table, dtype, rows=None, weights=None):
    """Let the StandardScaler see the given rows, block by block; return it."""
    with np.errstate(all="ignore"):
        for block, s in blocks(table.numbers, rows, weights):
            see(scaler, block, s)
        mean, inverse = scaler.mean_.astype(dtype), (1 / scaler.scale_).astype(dtype)
        good = np.isfinite([scaler.var_, scaler.scale_, mean, inverse]).all(axis=0)
    if not good.all():
        raise ValueError(
            "X cannot be standardised: mean or deviation of column "
            f"{table.number_names[np.flatnonzero(~good)[0]]!r} is no number that {dtype} can hold. "
            "Rescale X, or set standardize=False."
        )
    return scaler


def see(scaler, block, weights):
    """Let the StandardScaler see a block, in which all of a column may be missing.

    It merges the moments of the block with its own (Chan, Golub & LeVeque, 1979), but divides by
    the number of values in the block, and makes NaN of what it knew of a column that has none.
    """
    known = [getattr(scaler, name, None) for name in ("mean_", "var_", "scale_")]
    scaler.partial_fit(block, sample_weight=weights)
    lost = np.flatnonzero(np.isnan(scaler.var_))
    if known[0] is not None and len(lost):
        lost = lost[np.isnan(block[:, lost]).all(axis=0)]
        for array, before in zip((scaler.mean_, scaler.var_, scaler.scale_), known, strict=True):
            array[lost] = before[lost]
    forget_missing(scaler)


def forget_missing(scaler):
    """Let the columns in which all has been missing so far have mean 0, not NaN for good."""
    unseen = np.broadcast_to(scaler.n_samples_seen_, scaler.mean_.shape) == 0
    scaler.mean_[unseen], scaler.var_[unseen], scaler.scale_[unseen] = 0.0, 0.0, 1.0


def saw_missing(scaler, X, rows, weights):
    """Return in which columns the scaler has met missing numbers in its first rows."""
    if weights is None:
        n_rows = X.shape[0] if rows is None else len(rows)
        return np.broadcast_to(scaler.n_samples_seen_ < n_rows, scaler.mean_.shape)
    missing = np.zeros(X.shape[1], bool)
    for block, s in blocks(X, rows, weights):  # sums of weights are rounded, and do not tell
        missing |= np.isnan(block[s > 0]).any(axis=0)
    return missing


def look(X, rows, weights):
    """Return the mean of what is there in each column, 0 where nothing is; and where some is not.

    In a sparse X, what is not stored is there, and 0.
    """
    if X.dtype.kind != "f":
        return np.zeros(X.shape[1]), np.zeros(X.shape[1], bool)
    if sparse.issparse(X):
        return look_at_sparse(X, rows, weights)
    sums, masses, total = np.zeros(X.shape[1]), np.zeros(X.shape[1]), 0.0
    with np.errstate(all="ignore"):
        for block, s in blocks(X, rows, weights):
            s = np.ones(len(block)) if s is None else s
            there = ~np.isnan(block)
            sums += s @ np.where(there, block, 0).astype(np.float64)
            masses += s @ there
            total += s.sum()
        means = sums / masses
    return np.where(np.isfinite(means), means, 0.0), masses < total * (1 - 1e-9)


def look_at_sparse(X, rows, weights):
    """Return what `look` does, for a CSR matrix."""
    seen, s = slice(None) if rows is None else rows, np.zeros(X.shape[0])
    s[seen] = 1.0 if weights is None else weights[seen]
    s_of_entry = np.repeat(s, np.diff(X.indptr))
    missing = np.isnan(X.data)
    gone = np.bincount(X.indices[missing], s_of_entry[missing], X.shape[1])
    values = np.where(missing, 0.0, X.data)
    with np.errstate(all="ignore"):
        means = np.bincount(X.indices, s_of_entry * values, X.shape[1]) / (s.sum() - gone)
    return np.where(np.isfinite(means), means, 0.0), gone > 0


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
    if sparse.issparse(part):
        part.data[np.isnan(part.data)] = 0
    else:
        part[np.isnan(part)] = 0
    with np.errstate(over="ignore"):
        squares = part.multiply(part) if sparse.issparse(part) else part * part
        by_row = np.asarray(squares.sum(axis=1)).ravel() / max(1, X.shape[1])
    size = np.sqrt(np.average(by_row, weights=None if weights is None else weights[rows]))
    if not np.isfinite(size):
        cure = "" if sparse.issparse(X) else ", or set standardize=True"
        raise ValueError(f"X is too large to train on as it is: rescale it{cure}.")
    return float(size)
