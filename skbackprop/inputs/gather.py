"""h⁰: rows of X, gathered batch by batch, of which each block of inputs writes its own.

X is never changed, and a dense X never copied or converted as a whole, so that it may be a
read-only memory map larger than the memory, of any real dtype and layout.
"""

import copy
import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .dtypes import as_dtype, held
from .numbers import Numbers
from .pages import Pages

FAR = 100  # deviations from 0 at which numbers lose digits that float32 does not hold
BLOCK_ELEMENTS = 2**17  # of 8 bytes: rows gathered at once stay in the second-level cache


class Part(NamedTuple):
    """Some rows of a table, from which blocks make their inputs.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_columns)
        Of float32 or float64; what was missing is filled in.
    missing : ndarray of bool of shape (n_rows, n_columns) or None
        Where numbers were missing; None where none can be.
    codes : ndarray of int32 of shape (n_rows, n_codes) or None
        The levels of columns of categories, and the leaves; −1 is none.
    words : CSR matrix of shape (n_rows, n_terms) or None
        The inputs of terms of columns of words.
    """

    numbers: np.ndarray
    missing: np.ndarray | None = None
    codes: np.ndarray | None = None
    words: sparse.csr_matrix | None = None


class EncodedRows:
    """Rows of h⁰ of which the last inputs are looked up, as most of them are 0.

    Parameters
    ----------
    dense : ndarray of shape (n_rows, n_dense)
        The inputs before these.
    looked_up : CSR matrix of shape (n_rows, n_looked_up)
        These.
    """

    def __init__(self, dense, looked_up):
        self.dense, self.looked_up = dense, looked_up

    @property
    def shape(self):
        """(n_rows, n_inputs)."""
        return self.dense.shape[0], self.dense.shape[1] + self.looked_up.shape[1]

    @property
    def T(self):
        """Hᵀ, to be multiplied from the left."""
        return TransposedRows(self)

    def __getitem__(self, rows):
        return EncodedRows(self.dense[rows], self.looked_up[rows])

    def __matmul__(self, W):
        """H W."""
        n = self.dense.shape[1]
        return self.dense @ W[:n] + self.looked_up @ W[n:]

    def copy(self):
        """Return rows that do not change with the buffers of these."""
        return EncodedRows(self.dense.copy(), self.looked_up.copy())


class TransposedRows:
    """Hᵀ of encoded rows H."""

    def __init__(self, rows):
        self.rows = rows

    def __matmul__(self, A):
        """Hᵀ A."""
        return np.concatenate([self.rows.dense.T @ A, self.rows.looked_up.T @ A])


class Inputs:
    """Rows of a table as inputs of the network: h⁰ = [ block | block | … ].

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
        Numbers of any real dtype; an ndarray of any memory layout.
    dtype : dtype
        float32 or float64: what the network computes in.
    blocks : sequence of blocks, optional
        What makes the inputs, those that are looked up last; by default, X is taken as it is.
    fill : ndarray of shape (n_columns,), optional
        What a NaN in X counts as; None where there is none.
    codes : ndarray of int32 of shape (n_rows, n_codes), C-contiguous, optional
        The levels of each row, and its leaves; −1 is none.
    words : CSR matrix of shape (n_rows, n_terms), of `dtype`, optional
        The inputs of terms of columns of words.

    Notes
    -----
    Where all blocks let them, rows of a sparse X stay sparse. Else they are made dense some at a
    time, and what blocks compute from X of float32 or float64 they compute in its own dtype.
    """

    def __init__(self, X, dtype, blocks=None, *, fill=None, codes=None, words=None):
        self.X, self.dtype, self.codes = X, np.dtype(dtype), codes
        self.words = words
        self.n_rows, self.n_columns = X.shape
        blocks = [Numbers(self.n_columns)] if blocks is None else blocks
        self.n_features = sum(block.width for block in blocks)
        dense = not sparse.issparse(X)
        self.stays_sparse = not dense and all(getattr(b, "stays_sparse", False) for b in blocks)
        is_float = X.dtype.kind == "f" and X.dtype.itemsize in (4, 8)
        self.stored = X.dtype.newbyteorder("=") if is_float else self.dtype
        if self.stored != np.float64 and not all(
            block.fits(self.stored) for block in blocks if hasattr(block, "fits")
        ):
            self.stored = np.dtype(np.float64)
        exact = np.can_cast(X.dtype, self.stored)
        if not exact and any(getattr(b, "farthest_mean", 0) > FAR for b in blocks):
            self.stored = np.dtype(np.float64)
        plain = dense and X.flags.c_contiguous and X.flags.aligned
        self.as_stored = plain and is_float and X.dtype == self.stored
        self.blocks = [b.astype(self.stored) if hasattr(b, "astype") else b for b in blocks]
        self._written = [block for block in self.blocks if hasattr(block, "write")]
        self._looked_up = [block for block in self.blocks if hasattr(block, "look_up")]
        self._n_dense = sum(block.width for block in self._written)
        only_numbers = [type(block) for block in self._written] == [Numbers]
        self._in_place = only_numbers and self.stored == self.dtype
        self._make_buffers()
        self.fill = None
        if self.stays_sparse:
            self.X = of_sparse(X, blocks, fill, self.dtype)
        elif fill is not None:
            self.fill = held(fill, self.stored)

    def _make_buffers(self):
        self._numbers = np.empty((0, self.n_columns), dtype=self.stored)
        self._encoded = np.empty((0, self._n_dense), dtype=self.dtype)

    def with_own_buffers(self):
        """Return the same rows, which another thread may gather at the same time."""
        other = copy.copy(self)
        other._make_buffers()
        return other

    def pages(self):
        """Return what the operating system can be told of the rows of X."""
        return Pages(self.X)

    @property
    def row_bytes(self):
        """The bytes of a row of a dense X, in the dtype it came in; of a sparse one, 0."""
        return bytes_of_row(self.X)

    def largest_norm(self):
        """Return what no h⁰ has a larger Euclidean norm than; None where that is not known."""
        square = sum(getattr(block, "largest_square", math.inf) for block in self.blocks)
        return math.sqrt(square) if square < math.inf else None

    @property
    def n_entries(self):
        """How many numbers make up the h⁰ of a row, on average: of what is sparse or looked up,
        those that are not 0.
        """
        if self.stays_sparse:
            return -(-self.X.nnz // max(1, self.n_rows))
        n_codes = 0 if self.codes is None else self.codes.shape[1]
        n_terms = 0 if self.words is None else -(-self.words.nnz // max(1, self.n_rows))
        return self._n_dense + n_codes + n_terms

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
            part = self._part(rows)
            H = self._write(part)
        if not self._looked_up:
            return H
        return EncodedRows(H, side_by_side([b.look_up(part, self.dtype) for b in self._looked_up]))

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

    def _part(self, rows):
        """Return what blocks see of the given rows."""
        x, missing = self.gather_numbers(rows), None
        if self.fill is not None:
            missing = np.isnan(x)
            np.copyto(x, self.fill, where=missing)
        codes = None if self.codes is None else self.codes[rows]
        return Part(x, missing, codes, None if self.words is None else self.words[rows])

    def _write(self, part):
        """Return all inputs but those that are looked up."""
        n, end = len(part.numbers), 0
        if len(self._encoded) < n and not self._in_place:
            self._encoded = np.empty((n, self._n_dense), dtype=self.dtype)
        H = part.numbers if self._in_place else self._encoded[:n]
        for block in self._written:
            begin, end = end, end + block.width
            block.write(part, H[:, begin:end])
        return H


def of_sparse(X, blocks, fill, dtype):
    """Return h⁰ of all rows of a sparse X, as a CSR matrix."""
    missing = np.isnan(X.data)
    if fill is not None:
        data = np.where(missing, fill[X.indices].astype(X.dtype), X.data)
        X = type(X)((data, X.indices, X.indptr), shape=X.shape)
    H = side_by_side([block.of_sparse(X, missing) for block in blocks])
    return H if H.dtype == dtype else as_dtype(H, dtype)


def side_by_side(parts):
    """Return the columns of some CSR matrices as those of one."""
    if len(parts) == 1:
        return parts[0]
    return type(parts[0])(sparse.hstack(parts, format="csr"))


def bytes_of_row(X):
    """Return what a row of a dense X takes; of a sparse one, 0."""
    return 0 if sparse.issparse(X) else X.shape[1] * X.dtype.itemsize


def sum_of_squares(H):
    """Return Σ h² of all entries of h⁰ of some rows."""
    if isinstance(H, EncodedRows):
        return sum_of_squares(H.dense) + sum_of_squares(H.looked_up)
    values = H if isinstance(H, np.ndarray) else H.data
    return float(np.square(values, dtype=np.float64).sum())
