"""T: what turns the columns of a table into h⁰, fitted once and read wherever rows are."""

import copy

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from ..objective.inputs import BLOCK_ELEMENTS, Inputs

SCALER_ELEMENTS = 2 * BLOCK_ELEMENTS  # the scaler sees some rows at a time: 2 MB of them


class Encoding:
    """h⁰ = T(x): each column brought to mean 0 and deviation 1, or left as it is.

    It is not changed once it has been fitted: to see more rows gives another one.

    Parameters
    ----------
    scaler : StandardScaler, optional
        Fitted. Without it, h⁰ = x.
    """

    def __init__(self, scaler=None):
        self.scaler = scaler

    @classmethod
    def fitted(cls, X, dtype, rows=None, weights=None):
        """Return the encoding that standardises by these rows."""
        return cls(StandardScaler()).having_seen(X, dtype, rows, weights)

    def having_seen(self, X, dtype, rows=None, weights=None):
        """Return the encoding that has seen these rows of X as well, weighted.

        Raises
        ------
        ValueError
            A column is too large or too small for its deviation to be computed, or for dtype.
        """
        if self.scaler is None:
            return self
        return Encoding(fit_scaler(copy.deepcopy(self.scaler), X, dtype, rows, weights))

    def inputs(self, X, dtype):
        """Return what h⁰ of the rows of X is gathered from.

        Columns in which the scaler has seen no deviation are 0, whatever they hold.
        """
        if self.scaler is None:
            return Inputs(X, dtype)
        scale = self.scaler.scale_
        constant = scale != np.sqrt(self.scaler.var_)
        return Inputs(X, dtype, self.scaler.mean_, np.where(constant, np.inf, scale))


def fit_scaler(scaler, X, dtype, rows=None, weights=None):
    """Let the StandardScaler see the given rows of X, some at a time; return it."""
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
        cure = "" if sparse.issparse(X) else ", or set standardize=True"
        raise ValueError(f"X is too large to train on as it is: rescale it{cure}.")
    return float(size)
