"""What X and y must be before they are read: numbers that are, indices that lead somewhere."""

import numpy as np
from scipy import sparse

DATES = {"m", "M"}  # kinds of dtype
NOT_GIVEN = "no_validation"  # what scikit-learn calls targets that are not there to be checked


def check_values(table, name):
    """Refuse dates, and a sparse matrix whose indices lead outside of it: scipy would follow."""
    if getattr(getattr(table, "dtype", None), "kind", "") in DATES:
        raise ValueError(
            f"{name} has dtype {table.dtype}: dates and durations are no numbers; convert them "
            "first, e.g. (X - X.min()) / np.timedelta64(1, 'D') into days."
        )
    if sparse.issparse(table) and table.ndim == 2 and not is_consistent(table):
        raise ValueError(
            f"{name} is a sparse matrix of shape {table.shape} whose indices do not fit it: build "
            "it anew, or see what its check_format() says."
        )


def is_consistent(S):
    """Whether all that a sparse matrix refers to is there."""
    if S.format == "coo":
        pairs = zip(S.coords if hasattr(S, "coords") else (S.row, S.col), S.shape, strict=True)
        return all(len(i) == len(S.data) and within(i, n) for i, n in pairs)
    if S.format not in ("csr", "csc", "bsr"):
        return True  # scipy looks each entry up
    block = S.blocksize if S.format == "bsr" else (1, 1)
    n_lines, n_across = (m // b for m, b in zip(S.shape, block, strict=True))
    if S.format == "csc":
        n_lines, n_across = n_across, n_lines
    indptr, n = S.indptr, min(len(S.indices), len(S.data))
    return (
        indptr.shape == (n_lines + 1,)
        and indptr.dtype.kind in "iu"
        and indptr[0] == 0
        and indptr[-1] <= n
        and not (indptr[1:] < indptr[:-1]).any()
        and within(S.indices[: indptr[-1]], n_across)
    )


def within(indices, n):
    """Whether an array holds integers from 0 to n - 1."""
    if indices.dtype.kind not in "iu" or indices.ndim != 1:
        return False
    return not indices.size or (indices.min() >= 0 and indices.max() < n)


def is_given(y):
    """Whether y is there to be checked."""
    return not (isinstance(y, str) and y == NOT_GIVEN)


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
