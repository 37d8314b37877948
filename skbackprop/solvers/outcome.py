"""How a training has ended."""

from enum import Enum


class Outcome(Enum):
    """Why a solver has stopped.

    Attributes
    ----------
    CONVERGED
        At a plateau of what is watched, or where ∇J vanishes.
    MAX_ITER
        All epochs or steps that there were to make are made.
    STALLED
        No step lowers J any more, though ∇J has not vanished.
    STOPPED
        An observer has asked for it.
    INTERRUPTED
        By Ctrl-C, a KeyboardInterrupt.
    """

    CONVERGED = "converged"
    MAX_ITER = "max_iter"
    STALLED = "stalled"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
