"""Checkpoints that solvers go back to, and the error where going back is of no use."""

import numpy as np


class DivergenceError(ArithmeticError):
    """Training diverges at every learning rate tried."""


class UnmeasurableError(ValueError):
    """A measurement at the end of an epoch is not finite."""


class Checkpoint:
    """All that an epoch, or a step over all rows, leaves behind.

    It is not changed, but replaced as a whole: an interrupt finds the one before or the one after.

    Parameters
    ----------
    arrays : sequence of ndarray
        θ, and what its update rule remembers; copied.
    t, n_epochs : int
        Updates and epochs made so far.
    notes : object, optional
        The monitor's.
    spare : Checkpoint, optional
        One that nobody goes back to any more, whose memory is used again.
    """

    def __init__(self, arrays, t, n_epochs, notes=None, spare=None):
        self.arrays = [array.copy() for array in arrays] if spare is None else spare.arrays
        if spare is not None:
            for own, array in zip(self.arrays, arrays, strict=True):
                np.copyto(own, array)
        self.t, self.n_epochs, self.notes = t, n_epochs, notes
