"""A sparse X of any format as a plain CSR matrix of one's own, which nobody else can change.

scipy follows the indices of a matrix wherever they lead, and reorders them in calls that look
harmless (X.max() sorts them in place). What is learned from, or predicted for, is therefore a copy:
first the arrays are copied, then the copies are checked, and only then are they converted.
"""

from itertools import chain

import numpy as np
from scipy import sparse

from .arrays import plain_floats

UNREADABLE = AttributeError, IndexError, OverflowError, TypeError, ValueError


def own_csr(X, name="X"):
    """Return the entries of a sparse matrix as a CSR matrix that shares no memory with it.

    Entries of a CSR matrix stay in their order, and duplicates stay. float16 and long double become
    float64.

    Raises
    ------
    ValueError
        Its indices do not fit its shape.
    """
    try:
        copied = COPIES.get(X.format, copy_of_others)(X)
    except UNREADABLE:
        copied = None
    if copied is None:
        raise ValueError(
            f"{name} is a sparse matrix of shape {X.shape} whose indices do not fit it: build "
            "it anew, or see what its check_format() says."
        )
    csr = copied.tocsr()
    return sparse.csr_array(csr) if is_array(X) else csr


def is_sparse_matrix(X):
    """Whether X is a sparse matrix or array of scipy with rows and columns."""
    return sparse.issparse(X) and X.ndim == 2


def is_array(X):
    """Whether X is a sparse array, and no matrix; before scipy 1.11, an array is a matrix, too."""
    return any(base.__name__ in ("sparray", "_sparray") for base in type(X).__mro__)


def copy_of_compressed(X):
    """Return a copy of a matrix of format CSR, CSC or BSR; None where its indices do not fit it."""
    make = {"csr": sparse.csr_matrix, "csc": sparse.csc_matrix, "bsr": sparse.bsr_matrix}[X.format]
    indptr, n = np.array(X.indptr), min(len(X.indices), len(X.data))
    indices, data = np.array(X.indices[:n]), plain_floats(np.array(X.data[:n]))
    block = data.shape[1:] if X.format == "bsr" else (1, 1)
    n_lines, n_across = (m // b for m, b in zip(X.shape, block, strict=True))
    if X.format == "csc":
        n_lines, n_across = n_across, n_lines
    n_entries = int(indptr[-1])
    fits = (
        indptr.shape == (n_lines + 1,)
        and indptr[0] == 0
        and within(indptr, n + 1)
        and not (indptr[1:] < indptr[:-1]).any()
        and within(indices[:n_entries], n_across)
    )
    return make((data[:n_entries], indices[:n_entries], indptr), shape=X.shape) if fits else None


def copy_of_coo(X):
    """Return a copy of a matrix of format COO; None where its indices do not fit it."""
    return at_places(X, np.array(X.row), np.array(X.col), np.array(X.data))


def copy_of_dok(X):
    """Return a matrix of format DOK as one of COO; None where its indices do not fit it."""
    places, values = zip(*X.items(), strict=True) if X.nnz else ([], [])
    rows, columns = np.array(places, dtype=None if X.nnz else int).reshape(-1, 2).T
    return at_places(X, rows, columns, np.array(values, dtype=X.dtype))


def copy_of_lil(X):
    """Return a matrix of format LIL as one of COO; None where its indices do not fit it."""
    lists = list(map(list, X.rows))
    columns, values = list(chain(*lists)), list(chain(*X.data))
    rows = np.repeat(np.arange(len(lists)), list(map(len, lists)))
    return at_places(
        X, rows, np.array(columns, None if columns else int), np.array(values, dtype=X.dtype)
    )


def copy_of_dia(X):
    """Return the entries of a matrix of format DIA that are not 0 as a matrix of format COO."""
    data, offsets = np.array(X.data), np.array(X.offsets)
    rows = np.arange(data.shape[1]) - offsets[:, None]
    columns = np.broadcast_to(np.arange(data.shape[1]), data.shape)
    there = (rows >= 0) & (rows < X.shape[0]) & (columns < X.shape[1]) & (data != 0)
    return at_places(X, rows[there], columns[there], data[there])


def copy_of_others(X):
    """Return a matrix of a format that scipy may have one day as one of COO."""
    return copy_of_coo(X.tocoo())


COPIES = {
    **dict.fromkeys(("csr", "csc", "bsr"), copy_of_compressed),
    "coo": copy_of_coo,
    "dok": copy_of_dok,
    "lil": copy_of_lil,
    "dia": copy_of_dia,
}


def at_places(X, rows, columns, values):
    """Return entries at these places, of the shape of X; None where a place lies outside of it."""
    n = len(values)
    fits = len(rows) == len(columns) == n and within(rows, X.shape[0])
    if not fits or not within(columns, X.shape[1]):
        return None
    return sparse.coo_matrix((plain_floats(values), (rows, columns)), shape=X.shape)


def within(indices, n):
    """Whether an array holds integers from 0 to n - 1."""
    if indices.dtype.kind not in "iu" or indices.ndim != 1:
        return False
    return not indices.size or bool(indices.min() >= 0 and indices.max() < n)
