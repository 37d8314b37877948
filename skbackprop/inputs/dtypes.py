"""Numbers brought to another dtype."""

import numpy as np

DOUBLE = np.dtype(np.float64)
MOST_ROUNDING = 1e-5  # of an input, by that of what is subtracted from x: beyond it, in float64


def held(array, dtype):
    """Return numbers in that dtype, the largest that it has where they are beyond it."""
    if array.dtype == dtype:
        return array
    most = np.finfo(dtype).max
    return np.minimum(np.maximum(array, -most), most).astype(dtype)


def rounding(zeros, slopes, dtype):
    """Return by how much (x − zero) · slope changes at most where zero is rounded to that dtype."""
    if zeros.dtype == dtype:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        return (np.abs(zeros - zeros.astype(dtype)) * slopes).max(initial=0.0)


def as_dtype(X, dtype):
    """Return a CSR matrix of another dtype; X.astype may sum duplicates, in X itself."""
    with np.errstate(over="ignore"):
        return type(X)((X.data.astype(dtype), X.indices, X.indptr), shape=X.shape)
