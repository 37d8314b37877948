"""Advice to the operating system on a memory map that is read in windows of scattered blocks.

Left alone, it reads far around each row (8 MB on some systems), which it never needs in a random
order. It is told to read what is asked for and no more, and of each window what will be needed.
"""

import mmap
from contextlib import suppress

import numpy as np

STEP = 2**17  # bytes: of more at a time, Linux may read a part only


class Pages:
    """The pages of X, where X lies in a memory map and the system takes advice; else nothing.

    Parameters
    ----------
    X : ndarray or sparse matrix
        The table.
    """

    def __init__(self, X):
        self.map = map_under(X) if hasattr(mmap, "MADV_RANDOM") else None
        if self.map is None or not X.flags.c_contiguous:
            self.map = None
            return
        self._begin = X.ctypes.data - np.frombuffer(self.map, np.uint8).ctypes.data
        self._row_bytes = X.strides[0]

    def __enter__(self):
        self._advise("MADV_RANDOM")
        return self

    def __exit__(self, *error):
        self._advise("MADV_NORMAL")

    def _advise(self, name):
        if self.map is not None:
            with suppress(OSError):  # a system that takes no such advice here reads all the same
                self.map.madvise(getattr(mmap, name))

    def fetch(self, rows):
        """Begin to read these rows, which are blocks of neighbours in any order."""
        if self.map is None:
            return
        starts = self._begin + np.sort(rows) * self._row_bytes
        first, last = starts // STEP, (starts + self._row_bytes - 1) // STEP
        steps = np.unique(np.concatenate([first, last]))
        if self._row_bytes > STEP:
            steps = np.unique(np.concatenate(list(map(np.arange, first, last + 1))))
        n_bytes = len(self.map)
        with suppress(OSError):
            for start in (steps * STEP).tolist():
                self.map.madvise(mmap.MADV_WILLNEED, start, min(STEP, n_bytes - start))


def map_under(X):
    """Return the mmap that an array lies in, or None."""
    while isinstance(X, np.ndarray):
        X = X.base
    return X if isinstance(X, mmap.mmap) else None
