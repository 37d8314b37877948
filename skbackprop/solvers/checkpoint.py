"""Checkpoints that solvers go back to, and the error where going back is of no use."""


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
    """

    def __init__(self, arrays, t, n_epochs, notes=None):
        self.arrays = [array.copy() for array in arrays]
        self.t, self.n_epochs, self.notes = t, n_epochs, notes
