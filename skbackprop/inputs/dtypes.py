"""Numbers brought to another dtype."""

import numpy as np

DOUBLE = np.dtype(np.float64)


def held(array, dtype):
    """Return numbers in that dtype, the largest that it has where they are beyond it."""
    if array.dtype == dtype:
        return array
    most = np.finfo(dtype).max
    return np.minimum(np.maximum(array, -most), most).astype(dtype)


def as_dtype(X, dtype):
    """Return a CSR matrix of another dtype; X.astype may sum duplicates, in X itself."""
    with np.errstate(over="ignore"):
        return type(X)((X.data.astype(dtype), X.indices, X.indptr), shape=X.shape)
