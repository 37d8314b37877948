"""h⁰: rows of X, gathered batch by batch and encoded on the way.

X itself is never copied, converted or changed, so that it may be a read-only memory map larger
than the memory, of any real dtype.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .pages import Pages

FARTHEST = 1e9  # a standardised value beyond which squares of float32 come near overflow
BLOCK_ELEMENTS = 2**17  # of 8 bytes: a block of gathered rows stays in the second-level cache


class Bins(NamedTuple):
    """Columns cut into bins: of columns[i], those from starts[i] to starts[i + 1].

    The input of a bin is (x − lower) · inverse_width, clipped to 0 … 1; in a column, each bin
    begins where the one before it ends.
    """

    columns: np.ndarray  # of int32
    starts: np.ndarray  # of int64
    lower: np.ndarray  # of the dtype of X
    inverse_width: np.ndarray


class EncodedRows:
    """Rows of h⁰ of which the last inputs, one for each level, are 1 at the row's codes, else 0.

    Parameters
    ----------
    dense : ndarray of shape (n_rows, n_dense)
        The inputs before these.
    codes : ndarray of int32 of shape (n_rows, n_codes)
        −1 is none.
    n_levels : int
        How many levels there are.
    present : float
        What these inputs are in the place of 1.
    """

    def __init__(self, dense, codes, n_levels, present=1.0):
        self.dense, self.codes, self.n_levels, self.present = dense, codes, n_levels, present

    @property
    def shape(self):
        """(n_rows, n_inputs)."""
        return self.dense.shape[0], self.dense.shape[1] + self.n_levels

    @property
    def T(self):
        """What multiplies from the left as Hᵀ."""
        return TransposedRows(self)

    def __getitem__(self, rows):
        return EncodedRows(self.dense[rows], self.codes[rows], self.n_levels, self.present)

    def __matmul__(self, W):
        """H W."""
        n = self.dense.shape[1]
        return self.dense @ W[:n] + self.one_hot() @ W[n:]

    def copy(self):
        """Return rows that do not change with the buffers of these."""
        return EncodedRows(self.dense.copy(), self.codes.copy(), self.n_levels, self.present)

    def one_hot(self):
        """Return the inputs for the levels as a CSR matrix."""
        known = self.codes >= 0
        ends = np.cumsum(np.count_nonzero(known, axis=1))
        indices = self.codes[known]
        ones = np.full(len(indices), self.present, self.dense.dtype)
        shape = len(self.codes), self.n_levels
        return sparse.csr_matrix((ones, indices, np.concatenate([[0], ends])), shape=shape)


class TransposedRows:
    """Hᵀ of encoded rows H."""

    def __init__(self, rows):
        self.rows = rows

    def __matmul__(self, A):
        """Hᵀ A."""
        return np.concatenate([self.rows.dense.T @ A, self.rows.one_hot().T @ A])


class Inputs:
    """Rows of X and of codes, as inputs of the network.

    They are, in this order: the columns of X, brought to mean 0 and deviation 1 where the two are
    given; indicators of what is missing; bins; levels.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
        Any real dtype; an ndarray of any memory layout.
    dtype : dtype
        float32 or float64: what the network computes in.
    mean, scale : ndarray of shape (n_columns,), optional
        h⁰ = (x − mean) / scale, 0 where the scale is infinite. Without them, rows of a sparse X
        stay sparse. Up to here, X of float32 or float64 is computed with in its own dtype.
    clip : float, optional
        With mean and scale, h⁰ is z / √(1 + (z / clip)²) of the z above instead: a smooth limit to
        values far out.
    fill : ndarray of shape (n_columns,), optional
        What a NaN in X counts as.
    indicators : ndarray of int32, optional
        The columns that have an input which is 1 where they are NaN, else 0.
    bins : Bins, optional
        Columns cut into bins.
    codes : ndarray of int32 of shape (n_rows, n_codes), C-contiguous, optional
        The levels of each row, whose inputs are 1; −1 is none.
    n_levels : int
        How many levels there are.
    present : float
        The input of a level, or of what is missing, where it is so.
    """

    def __init__(
        self,
        X,
        dtype,
        mean=None,
        scale=None,
        *,
        clip=None,
        fill=None,
        indicators=None,
        bins=None,
        codes=None,
        n_levels=0,
        present=1.0,
    ):
        self.X, self.dtype, self.present = X, np.dtype(dtype), present
        self.n_rows, self.n_columns = X.shape
        is_float = X.dtype.kind == "f" and X.dtype.itemsize in (4, 8)
        with np.errstate(all="ignore"):  # a deviation too small for dtype: h⁰ is not finite
            inverse_scale = None if scale is None else 1 / scale
            self.stored = X.dtype.newbyteorder("=") if is_float else self.dtype
            if scale is not None and not np.isfinite(inverse_scale.astype(self.stored)).all():
                self.stored = np.dtype(np.float64)
            numbers = mean, inverse_scale, fill
            self.mean, self.inverse_scale, self.fill = map(self._as_stored, numbers)
        self.clip = clip if mean is not None else None
        self.bins = None if bins is None else Bins(*bins[:2], *map(self._as_stored, bins[2:]))
        self.indicators, self.codes, self.n_levels = indicators, codes, n_levels
        n_bins = 0 if bins is None else len(bins.lower)
        self._n_dense = self.n_columns + (0 if indicators is None else len(indicators)) + n_bins
        self.n_features = self._n_dense + n_levels
        dense = not sparse.issparse(X)
        flags = dense and X.flags
        plain = dense and flags.c_contiguous and flags.aligned
        self.as_stored = plain and is_float and X.dtype == self.stored
        self.stays_sparse = not dense and mean is None and self.n_features == self.n_columns
        if self.stays_sparse and X.dtype != self.dtype:
            self.X = as_dtype(X, self.dtype)
        self._numbers = np.empty((0, self.n_columns), dtype=self.stored)
        self._encoded = np.empty((0, self._n_dense), dtype=self.dtype)

    def pages(self):
        """Return what the operating system can be told of the rows of X."""
        return Pages(self.X)

    @property
    def row_bytes(self):
        """What a row of a dense X takes, in the dtype it came in; of a sparse one, 0."""
        return bytes_of_row(self.X)

    def largest_norm(self):
        """Return what no h⁰ has a larger Euclidean norm than, where numbers are held back, or there
        are none; else None.
        """
        if self.clip is None and self.n_columns:
            return None
        n_codes = 0 if self.codes is None else self.codes.shape[1]
        n_indicators = 0 if self.indicators is None else len(self.indicators)
        n_bins = 0 if self.bins is None else len(self.bins.lower)
        told = self.present**2 * (n_indicators + n_codes)
        return math.sqrt((self.clip or 0) ** 2 * self.n_columns + n_bins + told)

    def _as_stored(self, array):
        """Return numbers in that dtype, the largest that it has where they are beyond it."""
        most = np.finfo(self.stored).max
        return None if array is None else np.clip(array, -most, most).astype(self.stored)

    def block_size(self, batch_size):
        """Return how many rows to gather at once: a whole number of batches."""
        if self.stays_sparse:
            return batch_size
        return batch_size * max(1, BLOCK_ELEMENTS // (max(1, self._n_dense) * batch_size))

    def gather(self, rows):
        """Return h⁰ of the given rows (an index array or a slice), valid until the next call."""
        if self.stays_sparse:
            return self.X[rows]
        with np.errstate(over="ignore", invalid="ignore"):
            H = self._encode(self.gather_numbers(rows))
        if self.codes is None:
            return H
        return EncodedRows(H, self.codes[rows], self.n_levels, self.present)

    def gather_numbers(self, rows):
        """Return the given rows of X as they are, but dense and of float32 or float64."""
        n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        if len(self._numbers) < n:
            self._numbers = np.empty((n, self.n_columns), dtype=self.stored)
        x = self._numbers[:n]
        if self.as_stored and not isinstance(rows, slice):
            np.take(self.X, rows, axis=0, out=x, mode="clip")
        else:
            part = self.X[rows]
            x[...] = part.toarray() if sparse.issparse(part) else part
        return x

    def _encode(self, x):
        """Return all inputs but the levels; x is overwritten."""
        missing = x[:, :0]
        if self.indicators is not None:
            missing = np.isnan(x[:, self.indicators]) * self.present
        if self.fill is not None:
            np.copyto(x, self.fill, where=np.isnan(x))
        in_bins = x[:, :0]
        if self.bins is not None:
            in_bins = x[:, self._columns_of_bins()] - self.bins.lower
            in_bins *= self.bins.inverse_width
            np.clip(in_bins, 0, 1, out=in_bins)
        if self.mean is not None:
            x -= self.mean
            x *= self.inverse_scale
        if self.clip is not None:
            np.clip(x, -FARTHEST, FARTHEST, out=x)
            x /= np.sqrt(1 + np.square(x / self.clip))
        if self._n_dense == self.n_columns and self.stored == self.dtype:
            return x
        if len(self._encoded) < len(x):
            self._encoded = np.empty((len(x), self._n_dense), dtype=self.dtype)
        return np.concatenate(
            [x, missing, in_bins], axis=1, out=self._encoded[: len(x)], casting="unsafe"
        )

    def _columns_of_bins(self):
        return np.repeat(self.bins.columns, np.diff(self.bins.starts))


def bytes_of_row(X):
    """Return what a row of a dense X takes; of a sparse one, 0."""
    return 0 if sparse.issparse(X) else X.shape[1] * X.dtype.itemsize


def as_dtype(X, dtype):
    """Return a CSR matrix of another dtype; X.astype may sum duplicates, in X itself."""
    with np.errstate(over="ignore"):
        return type(X)((X.data.astype(dtype), X.indices, X.indptr), shape=X.shape)


def sum_of_squares(H):
    """Return Σ h² of all entries of h⁰ of some rows."""
    if isinstance(H, EncodedRows):
        return sum_of_squares(H.dense) + H.present**2 * np.count_nonzero(H.codes >= 0)
    values = H if isinstance(H, np.ndarray) else H.data
    return float(np.square(values, dtype=np.float64).sum())
