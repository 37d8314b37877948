"""The random orders in which stochastic gradient descent visits the rows."""

import numpy as np

ROWS_PER_DRAW = 2**12


class RandomOrders:
    """Random orders of rows, each a function of (seed, rows, number of the epoch) alone.

    Orders of few rows are drawn for some epochs at once. Philox is a counter-based generator: the
    number of such a block is the highest word of its counter, so that blocks draw from streams
    that never meet.

    Parameters
    ----------
    seed : int
        What all orders follow from.
    rows : ndarray of int
        The rows to visit.

    References
    ----------
    Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011,
    doi:10.1145/2063384.2063405.
    """

    def __init__(self, seed, rows):
        self._bits = np.random.Philox(seed)
        self._generator = np.random.Generator(self._bits)
        self._start = self._bits.state
        self._rows = np.broadcast_to(rows, (max(1, ROWS_PER_DRAW // len(rows)), len(rows)))
        self._orders, self._block = np.empty(self._rows.shape, rows.dtype), None

    def __getitem__(self, epoch):
        """Return the rows in the order of an epoch; it is overwritten by the next call."""
        block, place = divmod(epoch, len(self._rows))
        if block != self._block:
            self._start["state"]["counter"][3] = block
            self._bits.state = self._start
            self._generator.permuted(self._rows, axis=1, out=self._orders)
            self._block = block
        return self._orders[place]
