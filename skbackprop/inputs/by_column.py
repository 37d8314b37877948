"""Sums over the inputs of each column: what is known of inputs adds up to what is of columns."""

import numpy as np
from scipy import sparse

CHUNK_ELEMENTS = 2**18  # of 8 bytes: rows of W that are looked up at once


class ByColumn:
    """Σ (h_i − r_i) Σ_j W_ij G_j over the inputs i of each column.

    Parameters
    ----------
    W : ndarray of shape (n_inputs, H_1)
        The weights of the first layer.
    shares : CSR matrix of shape (n_inputs, n_columns)
        What each column counts in each input; its rows add up to 1.
    origin : ndarray of shape (n_inputs,)
        r.
    n_dense : int
        How many inputs there are before those that are looked up.
    """

    def __init__(self, W, shares, origin, n_dense):
        self.W, self.origin = W, origin
        self.n_columns = shares.shape[1]
        self._shares = shares
        self._sums, self._sums_looked_up = shares[:n_dense], shares[n_dense:]
        looked_up = slice(n_dense, None)
        self._looked_up = self._sums_looked_up.T @ (origin[looked_up, None] * W[looked_up])

    def of_inputs(self, s):
        """Return M of shape (n_columns, H_1): G @ M.T are the sums for s in the place of h."""
        return self._shares.T @ ((s - self.origin)[:, None] * self.W)

    def __call__(self, H, G):
        """Return the sums, of shape (n_values, n_rows, n_columns).

        `H` are the inputs of the rows, of any sort, and `G` is (n_values, n_rows, H_1).
        """
        dense, looked_up = apart(H)
        n = dense.shape[1]
        total = np.zeros((*G.shape[:2], self.n_columns))
        if n:
            parts = (G @ self.W[:n].T) * (dense - self.origin[:n])
            total += (parts.reshape(-1, n) @ self._sums).reshape(total.shape)
        if looked_up is not None:
            total += self._of_entries(looked_up, G, n)
            total -= G @ self._looked_up.T
        return total

    def _of_entries(self, H, G, first):
        """Return what the entries of a CSR matrix add up to, whose first input has that number."""
        rows = np.repeat(np.arange(H.shape[0]), np.diff(H.indptr))
        each = np.empty((len(G), H.nnz))
        step = max(1, CHUNK_ELEMENTS // self.W.shape[1])
        for begin in range(0, H.nnz, step):
            part = slice(begin, begin + step)
            W = self.W[first + H.indices[part]]
            for value, G_value in zip(each, G, strict=True):
                value[part] = np.einsum("ej,ej->e", G_value[rows[part]], W) * H.data[part]
        sums = [
            sparse.csr_matrix((value, H.indices, H.indptr), H.shape) @ self._sums_looked_up
            for value in each
        ]
        return np.array([own.toarray() for own in sums])


def apart(H):
    """Return inputs as a dense array, and those that are looked up as a CSR matrix, or None."""
    if isinstance(H, np.ndarray):
        return H, None
    if sparse.issparse(H):
        return np.empty((H.shape[0], 0)), H
    return H.dense, H.looked_up
