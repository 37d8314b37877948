"""Facts of the data, on which the rules of 'auto' depend."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..inputs.gather import sum_of_squares
from ..tables.moments import root_mean_square
from ..tables.repeats import row_hashes

SIZED_ROWS = 500  # whose |h⁰|² is measured


@dataclass(frozen=True)
class Facts:
    """All that settings are a function of, besides the hyper-parameters.

    Parameters
    ----------
    n_rows : int
        The rows to train on.
    n_distinct : int
        Those of them that are not equal to one before.
    layer_sizes : list of int
        Inputs, hidden units and outputs.
    activations : tuple of str
        The functions of the hidden layers.
    n_bins : int
        The bins of the column of numbers that has most; 0 where none is cut.
    n_terms : int
        The terms of the loss of a row: one for each label.
    pace : float
        Of the loss: what multiplies the first learning rate.
    dtype : str
        What the network has.
    inputs : InputSize
        How large inputs are.
    weighing : Weighing
        How much rows tell beside each other.
    l2_factor : float or None
        The factor of the L2 penalty that was chosen.
    partial : bool
        Whether this is one more epoch, of how many is not known.
    has_leaves : bool
        Whether leaves of trees are among the inputs.
    """

    n_rows: int
    n_distinct: int
    layer_sizes: list
    activations: tuple
    n_bins: int
    n_terms: int
    pace: float
    dtype: str
    inputs: object
    weighing: object
    l2_factor: float | None = None
    partial: bool = False
    has_leaves: bool = False


class InputSize:
    """How large the inputs h⁰ of some rows are; measured when it is asked for.

    Parameters
    ----------
    inputs : Inputs
        What h⁰ is gathered from.
    numbers : {ndarray, sparse matrix} or None
        The numbers of X; None where they are standardised.
    rows : ndarray of int or None
        The rows to train on; None for all.
    row_weights : ndarray or None
        s of each row.
    """

    def __init__(self, inputs, numbers, rows, row_weights):
        self._inputs, self._numbers = inputs, numbers
        self._rows, self._row_weights = rows, row_weights

    @cached_property
    def root_mean_square(self):
        """Of numbers that are not standardised; else 1."""
        if self._numbers is None or not self._numbers.shape[1]:
            return 1.0
        return float(root_mean_square(self._numbers, self._row_weights, self._rows))

    @cached_property
    def mean_square(self):
        """The mean of |h⁰|², by evenly spaced rows."""
        rows = np.arange(self._inputs.n_rows) if self._rows is None else self._rows
        rows, step = evenly_spaced(rows, SIZED_ROWS), self._inputs.block_size(1)
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        with np.errstate(over="ignore"):
            return float(sum(sum_of_squares(self._inputs.gather(p)) for p in parts) / len(rows))


class Weighing:
    """How much rows tell beside each other; found when it is asked for.

    Parameters
    ----------
    table : Table
        What there is.
    rows : ndarray of int or None
        The rows to train on; None for all.
    row_weights : ndarray or None
        s of each row.
    mean : float, default=1
        What their mean is, among all rows that have been seen.
    largest : float, default=1
        The largest weight that has been seen.
    visits : tuple, optional
        The rows that an epoch of mini-batches visits, and what each weighs in a visit; by default
        all rows once.
    """

    def __init__(self, table, rows, row_weights, mean=1.0, largest=1.0, visits=None):
        self._table, self.mean, self._largest = table, mean, largest
        self._rows = np.arange(table.n_rows) if rows is None else rows
        self._row_weights = row_weights
        self._visits = visits or (self._rows, row_weights)

    @cached_property
    def largest_weight(self):
        """The largest s, of these rows and of those seen before."""
        return self._largest_of(self._rows, self._row_weights)

    @cached_property
    def largest_visit(self):
        """The same of visits to rows."""
        return self._largest_of(*self._visits)

    def _largest_of(self, rows, row_weights):
        if row_weights is None:
            return 1.0
        s = row_weights[rows]
        return max(self._largest, float(s.max() / s.mean(dtype=np.float64)) * self.mean)

    @cached_property
    def n_different(self):
        """How many rows differ: repeats of a row are as one of a larger weight."""
        return len(np.unique(row_hashes(self._table, self._rows)))


def evenly_spaced(rows, n):
    """Return so many of the rows, or all."""
    return rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).astype(int)]
