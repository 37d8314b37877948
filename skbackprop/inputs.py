"""h⁰: rows of X, gathered batch by batch and standardised on the way.

X itself is never copied, converted or changed, so that it may be a read-only memory map larger
than the memory, of any real dtype.
"""

import numpy as np

BLOCK_ELEMENTS = 2**17  # of 8 bytes: a block of gathered rows stays in the second-level cache


class DenseInputs:
    """Rows of a dense X, brought to mean 0 and deviation 1 where the two are given.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Any real dtype and memory layout.
    dtype : dtype
        float32 or float64: what the network computes in.
    mean, scale : ndarray of shape (n_features,), optional
        h⁰ = (x − mean) / scale.
    """

    def __init__(self, X, dtype, mean=None, scale=None):
        self.X = X
        self.n_rows, self.n_features = X.shape
        self.dtype = np.dtype(dtype)
        self.mean = self.inverse_scale = None
        if mean is not None:
            self.mean = mean.astype(dtype)
            self.inverse_scale = (1 / scale).astype(dtype)
        self.as_stored = X.flags.c_contiguous and X.dtype == self.dtype
        self._buffer = np.empty((0, self.n_features), dtype=self.dtype)

    def block_size(self, batch_size):
        """Return how many rows to gather at once: a whole number of batches."""
        return batch_size * max(1, BLOCK_ELEMENTS // (self.n_features * batch_size))

    def gather(self, rows):
        """Return h⁰ of the given rows (an index array or a slice), valid until the next call."""
        n = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        if len(self._buffer) < n:
            self._buffer = np.empty((n, self.n_features), dtype=self.dtype)
        H = self._buffer[:n]
        if self.as_stored and not isinstance(rows, slice):
            np.take(self.X, rows, axis=0, out=H, mode="clip")
        else:
            H[...] = self.X[rows]
        if self.mean is not None:
            H -= self.mean
            H *= self.inverse_scale
        return H


class SparseInputs:
    """Rows of a CSR X, taken as they are."""

    def __init__(self, X, dtype):
        self.X = X if X.dtype == dtype else X.astype(dtype)
        self.n_rows, self.n_features = X.shape
        self.dtype = np.dtype(dtype)

    def block_size(self, batch_size):
        """Return how many rows to gather at once: a batch."""
        return batch_size

    def gather(self, rows):
        """Return the given rows (an index array or a slice) as a CSR matrix."""
        return self.X[rows]
