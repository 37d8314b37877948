"""T, fitted on the rows of a table, and h⁰ as a matrix."""

import numpy as np
from columns import read
from scipy import sparse

from skbackprop.tables.encoding import fit_encoding

DEFAULTS = {"standardize": True, "numeric_encoding": None, "min_frequency": 1, "grows": False}


def fit(X, rows=None, weights=None, dtype=np.float64, categorical_features="from_dtype", **options):
    """The Encoding of X."""
    table = read(X, categorical_features=categorical_features)
    return fit_encoding(table, np.dtype(dtype), rows, weights, **DEFAULTS | options)


def encode(encoding, X, dtype=np.float64):
    """h⁰ of the rows of X, as a matrix."""
    return matrix(encoding.inputs(read(X), np.dtype(dtype)).gather(slice(0, X.shape[0])))


def matrix(H):
    """Rows of h⁰ as a matrix of their own."""
    if hasattr(H, "dense"):
        return np.hstack([H.dense, H.looked_up.toarray()])
    return H.toarray() if sparse.issparse(H) else H.copy()
