"""Sums over the inputs of each column: what is known of inputs adds up to what is of columns."""

import numpy as np
from scipy import sparse

CHUNK_ELEMENTS = 2**18  # of 8 bytes: rows of W that are looked up at once


class ByColumn:
    """Σ (h_i − s_i) Σ_j W_ij G_j over the inputs i of each column.

    Parameters
    ----------
    W : ndarray of shape (n_inputs, H_1)
        The weights of the first layer.
    columns : ndarray of int of shape (n_inputs,)
        The column that each input comes from.
    n_columns : int
        How many there are.
    start : ndarray of shape (n_inputs,)
        s.
    n_dense : int
        How many inputs there are before those that are looked up.
    """

    def __init__(self, W, columns, n_columns, start, n_dense):
        self.W, self.columns, self.n_columns, self.start = W, columns, n_columns, start
        places = np.arange(len(columns)), columns
        self._sums = sparse.csr_matrix(
            (np.ones(len(columns)), places), shape=(len(columns), n_columns)
        )
        looked_up = slice(n_dense, None)
        self._looked_up = self._sums[looked_up].T @ (start[looked_up, None] * W[looked_up])

    def __call__(self, H, G):
        """Return the sums, of shape (n_values, n_rows, n_columns).

        `H` are the inputs of the rows, of any sort, and `G` is (n_values, n_rows, H_1).
        """
        dense, looked_up = apart(H)
        n = dense.shape[1]
        total = np.zeros((*G.shape[:2], self.n_columns))
        if n:
            parts = (G @ self.W[:n].T) * (dense - self.start[:n])
            total += (parts.reshape(-1, n) @ self._sums[:n]).reshape(total.shape)
        if looked_up is not None:
            total += self._of_entries(looked_up, G, n)
            total -= G @ self._looked_up.T
        return total

    def _of_entries(self, H, G, first):
        """Return what the entries of a CSR matrix add up to, whose first input has that number."""
        rows = np.repeat(np.arange(H.shape[0]), np.diff(H.indptr))
        inputs = first + H.indices
        places = rows * self.n_columns + self.columns[inputs]
        total = np.zeros((len(G), H.shape[0] * self.n_columns))
        step = max(1, CHUNK_ELEMENTS // self.W.shape[1])
        for begin in range(0, H.nnz, step):
            part = slice(begin, begin + step)
            W = self.W[inputs[part]]
            for value, G_value in zip(total, G, strict=True):
                each = np.einsum("ej,ej->e", G_value[rows[part]], W) * H.data[part]
                value += np.bincount(places[part], each, len(value))
        return total.reshape(len(G), H.shape[0], self.n_columns)


def apart(H):
    """Return inputs as a dense array, and those that are looked up as a CSR matrix, or None."""
    if isinstance(H, np.ndarray):
        return H, None
    if sparse.issparse(H):
        return np.empty((H.shape[0], 0)), H
    return H.dense, H.looked_up
