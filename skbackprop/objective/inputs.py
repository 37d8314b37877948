"""h⁰: rows of X, gathered batch by batch and standardised on the way.

X itself is never copied, converted or changed, so that it may be a read-only memory map larger
than the memory, of any real dtype.
"""

import numpy as np
from scipy import sparse

BLOCK_ELEMENTS = 2**17  # of 8 bytes: a block of gathered rows stays in the second-level cache


class Inputs:
    """Rows of X, brought to mean 0 and deviation 1 where the two are given.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Any real dtype; an ndarray of any memory layout.
    dtype : dtype
        float32 or float64: what the network computes in.
    mean, scale : ndarray of shape (n_features,), optional
        h⁰ = (x − mean) / scale, 0 where the scale is infinite. Without them, rows of a sparse X
        stay sparse.
    """

    def __init__(self, X, dtype, mean=None, scale=None):
        self.X, self.dtype = X, np.dtype(dtype)
        self.n_rows, self.n_features = X.shape
        self.mean = self.inverse_scale = None
        if mean is not None:
            with np.errstate(all="ignore"):  # a deviation too small for dtype: h⁰ is not finite
                self.mean = mean.astype(dtype)
                self.inverse_scale = (1 / scale).astype(dtype)
        dense = not sparse.issparse(X)
        flags = dense and X.flags
        self.as_stored = dense and flags.c_contiguous and flags.aligned and X.dtype == self.dtype
        self.stays_sparse = not dense and mean is None
        if self.stays_sparse and X.dtype != self.dtype:
            with np.errstate(over="ignore"):  # X.astype may sum duplicates, in X itself
                data = X.data.astype(self.dtype)
            self.X = type(X)((data, X.indices, X.indptr), shape=X.shape)
        self._buffer = np.empty((0, self.n_features), dtype=self.dtype)

    def block_size(self, batch_size):
        """Return how many rows to gather at once: a whole number of batches."""
        if self.stays_sparse:
            return batch_size
        return batch_size * max(1, BLOCK_ELEMENTS // (self.n_features * batch_size))

    def gather(self, rows):
        """Return h⁰ of the given rows (an index array or a slice), valid until the next call."""
        if self.stays_sparse:
            return self.X[rows]
        n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        if len(self._buffer) < n:
            self._buffer = np.empty((n, self.n_features), dtype=self.dtype)
        H = self._buffer[:n]
        if self.as_stored and not isinstance(rows, slice):
            np.take(self.X, rows, axis=0, out=H, mode="clip")
        else:
            part = self.X[rows]
            H[...] = part.toarray() if sparse.issparse(part) else part
        if self.mean is not None:
            H -= self.mean
            H *= self.inverse_scale
        return H
