"""The block that tells where numbers are missing."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Missing:
    """An input for each column of numbers of which some are missing: `present` there, else 0.

    Parameters
    ----------
    columns : ndarray of int32 of shape (width,)
        These columns, which increase: the column that each input comes from.
    present : float
        What an input is in the place of 1.
    """

    columns: np.ndarray
    present: float = 1.0
    stays_sparse = True

    @property
    def width(self):
        """How many inputs there are."""
        return len(self.columns)

    @property
    def largest_square(self):
        """A bound on ‖h‖²."""
        return self.present**2 * self.width

    def names(self, columns):
        """Return the names of the inputs, given those of the columns."""
        return [f"{columns[j]} is missing" for j in self.columns]

    def write(self, part, out):
        """Write the inputs of some rows."""
        if part.missing is None:
            out.fill(0)
        else:
            np.multiply(part.missing[:, self.columns], self.present, out=out)

    def of_sparse(self, X, missing):
        """Return the inputs of the rows of a CSR matrix, of whose entries some are missing."""
        columns, rows = X.indices[missing], np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        places = np.searchsorted(self.columns, columns)
        told = places < self.width
        told[told] = self.columns[places[told]] == columns[told]
        entries = np.full(np.count_nonzero(told), self.present, X.dtype)
        shape = X.shape[0], self.width
        return sparse.csr_array((entries, (rows[missing][told], places[told])), shape=shape)

    def onnx(self, node, x, missing, dtype):
        """Return the node of the inputs, given that of the numbers and of where one is missing."""
        told = node("Gather", missing, self.columns.astype(np.int64), axis=1)
        return node("Mul", node("Cast", told, to=dtype), np.array([self.present], dtype))

    def kernel_arguments(self):
        """Return what the compiled epoch is told."""
        return {"indicators": self.columns, "present": self.present}
