"""What solvers go back to, and what they raise when going back is of no use."""


class DivergenceError(ArithmeticError):
    """Training diverges at every learning rate tried."""


class UnmeasurableError(ValueError):
    """What is to be measured at the end of an epoch is not finite."""


class Checkpoint:
    """All that an epoch leaves behind: copies of θ and of the state of its update rule, the counts
    of updates and epochs, and the monitor's notes.

    It is not changed, but replaced as a whole: an interrupt finds the one before or the one after.
    """

    def __init__(self, arrays, t, epoch, notes=None):
        self.arrays = [array.copy() for array in arrays]
        self.t, self.epoch, self.notes = t, epoch, notes
