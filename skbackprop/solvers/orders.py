"""The random orders in which stochastic gradient descent visits the rows."""

import math

import numpy as np

ROWS_PER_DRAW = 2**12
LARGE_BYTES = 2**30  # of rows, up to which all are shuffled together;
BLOCK_BYTES, WINDOW_BYTES = 2**20, 2**28  # of more, what stays together, and what is in memory


class Streams:
    """Streams of random numbers that never meet, each a function of (seed, its number) alone.

    Philox is a counter-based generator: the number is the highest word of its counter.

    Parameters
    ----------
    seed : int
        What all streams follow from.

    References
    ----------
    Salmon, Moraes, Dror & Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011,
    doi:10.1145/2063384.2063405.
    """

    def __init__(self, seed):
        self._bits = np.random.Philox(seed)
        self._generator = np.random.Generator(self._bits)
        self._start = self._bits.state

    def __getitem__(self, number):
        """Return the generator, at the start of a stream."""
        self._start["state"]["counter"][3] = number
        self._bits.state = self._start
        return self._generator


class RandomOrders:
    """Random orders of rows, each a function of (seed, rows, number of the epoch) alone.

    Orders of few rows are drawn for some epochs at once.

    Parameters
    ----------
    seed : int
        What all orders follow from.
    rows : ndarray of int
        The rows to visit.
    """

    def __init__(self, seed, rows):
        self._streams = Streams(seed)
        self._rows = np.broadcast_to(rows, (max(1, ROWS_PER_DRAW // len(rows)), len(rows)))
        self._orders, self._block = np.empty(self._rows.shape, rows.dtype), None

    def __getitem__(self, epoch):
        """Return the rows in the order of an epoch; it is overwritten by the next call."""
        return self.some(epoch, 1)[0]

    def some(self, epoch, n_most):
        """Return the orders of this epoch and those after it that have been drawn with it, but no
        more than so many; they are overwritten by the next call.
        """
        block, place = divmod(epoch, len(self._rows))
        if block != self._block:
            self._streams[block].permuted(self._rows, axis=1, out=self._orders)
            self._block = block
        return self._orders[place : place + n_most]


class BlockOrders:
    """Random orders of rows that are too many to jump about in, each a function of (seed, rows,
    number of the epoch) alone.

    Blocks of neighbouring rows are put in random order. Of so many blocks as make a window, the
    rows are then shuffled together. So no more than a window has to be in memory at a time, and a
    file is read in pieces of the size of a block; and yet each window has rows from everywhere.

    Parameters
    ----------
    seed : int
        What all orders follow from.
    rows : ndarray of int
        The rows to visit, sorted.
    block : int
        How many neighbours stay together.
    window : int
        How many blocks are shuffled together.
    """

    def __init__(self, seed, rows, block, window):
        self._streams = Streams(seed)
        self._rows, self._block, self._window = rows, block, window
        self._order, self._epoch = np.empty_like(rows), None

    def windows(self, batch_size):
        """Yield the places of one window after the other, each a whole number of batches."""
        n, size, begin = len(self._rows), self._block * self._window, 0
        for end in range(size, n + size, size):
            end = min(n, -(-end // batch_size) * batch_size)
            if end > begin:
                yield slice(begin, end)
            begin = end

    def __getitem__(self, epoch):
        """Return the rows in the order of an epoch; it is overwritten by the next call."""
        if epoch != self._epoch:
            self._draw(self._streams[epoch])
            self._epoch = epoch
        return self._order

    def _draw(self, rng):
        """Put blocks in random order, and shuffle the rows of each window."""
        rows, size, end = self._rows, self._block, 0
        blocks = rng.permutation(-(-len(rows) // size))
        for first in range(0, len(blocks), self._window):
            begin = end
            for block in blocks[first : first + self._window]:
                part = rows[block * size : (block + 1) * size]
                self._order[end : end + len(part)] = part
                end += len(part)
            rng.shuffle(self._order[begin:end])


class PagedEpoch:
    """An epoch in block orders, window by window, each of which is fetched into memory before.

    Parameters
    ----------
    epoch : epoch
        What makes the updates, by `run`.
    orders : BlockOrders
        Whose order it is.
    batch_size : int
        Rows of a batch.
    inputs : Inputs
        What is in the pages.
    """

    def __init__(self, epoch, orders, batch_size, inputs):
        self.epoch, self.orders = epoch, orders
        self.batch_size, self.inputs = batch_size, inputs

    def run(self, order, rates):
        """Make an update for each batch; return Σ s l and how many were made."""
        total, n_updates = 0.0, 0
        with self.inputs.pages() as pages:
            for window in self.orders.windows(self.batch_size):
                pages.fetch(order[window])
                window_total, n = self.epoch.run(order[window], rates[n_updates:])
                total, n_updates = total + window_total, n_updates + n
                if not math.isfinite(total):
                    break
        return total, n_updates


def random_orders(seed, rows, row_bytes=0):
    """Return the random orders of some rows that take so many bytes each, where X is dense.

    The number of bytes decides, not where they are: the order is the same for an array and for a
    memory map, and on a machine with any memory.
    """
    if len(rows) * row_bytes <= LARGE_BYTES:
        return RandomOrders(seed, rows)
    block = max(1, BLOCK_BYTES // row_bytes)
    return BlockOrders(seed, rows, block, max(1, WINDOW_BYTES // (block * row_bytes)))
