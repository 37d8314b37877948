"""The common part of solvers that see all rows at once: J for scipy, their steps, their end."""

import math
from typing import NamedTuple

import numpy as np

from .checkpoint import Checkpoint, DivergenceError
from .outcome import Outcome
from .threads import few_blas_threads

RESOLUTION = 1e-13  # relative changes of J below which rounding decides their sign


class Point(NamedTuple):
    """A point x that scipy has looked at, with J and ∇J there."""

    x: np.ndarray
    value: float
    gradient: np.ndarray


class EndOfTraining(Exception):
    """Ends a method of scipy.optimize from within, in every version of it."""

    def __init__(self, outcome):
        super().__init__(outcome)
        self.outcome = outcome


class FullBatch:
    """Minimises J over all rows at once by a method of scipy.optimize, step by step.

    A subclass has `_search()`, which hands `evaluate` and `step_ends` to scipy. Where scipy's x is
    not θ itself, it says how the two go together.

    Parameters
    ----------
    objective : Objective
        J(θ), in float64; θ is moved in place.
    tol : float
        Training ends where no entry of ∇J is larger than that.
    t : int
        Steps made before.
    value_and_gradient : callable, optional
        What computes J and ∇J in the place of `objective.smooth_value_and_gradient`.

    Raises
    ------
    ValueError
        The objective has a part that the method cannot do with.
    """

    memory = {}  # nothing that a later training could go on from,
    slowdown, n_halvings, n_revivals = 1.0, 0, 0  # and no learning rate
    unit, goal = "steps", "the largest entry of its gradient had fallen to"  # for warnings
    cure = "lower l1 or l2"

    def __init__(self, objective, *, tol, t=0, value_and_gradient=None):
        self.check(objective)
        self.objective, self.tol = objective, tol
        self._J = value_and_gradient or objective.smooth_value_and_gradient
        self._trial, self._saved = None, Checkpoint([objective.theta], t, 0)

    def minimize(self, max_iter, monitor):
        """Make steps until `max_iter`, a minimum or a plateau.

        Returns
        -------
        Outcome
            CONVERGED, MAX_ITER, STOPPED, STALLED where no step lowers J any more though ∇J is above
            `tol`, or INTERRUPTED by KeyboardInterrupt; with θ as it was after the last step that
            the monitor has noted.

        Raises
        ------
        DivergenceError
            J is not finite where training starts.
        """
        self._monitor, self._max_iter = monitor, max_iter
        product = self.objective.rows_per_gradient * self.objective.widest
        try:
            with few_blas_threads(product), np.errstate(all="ignore"):
                self._begin()
                self._search()
                if self._n_steps == 0:  # none was possible: the first θ is what there is to note
                    self._trial = self._now
                    self.step_ends(self._now.x)
        except EndOfTraining as end:
            return end.outcome
        except KeyboardInterrupt:
            if self._n_steps == 0:
                raise
            monitor.go_back(self._saved.notes)
            return Outcome.INTERRUPTED
        finally:
            if self._n_steps:
                (self.objective.theta[...],) = self._saved.arrays
        return Outcome.STALLED

    @property
    def t(self):
        """Steps made and noted, now and before."""
        return self._saved.t

    @property
    def _n_steps(self):
        return self._saved.n_epochs

    def _begin(self):
        """Look at the first θ, which may be a minimum already."""
        x = self._start()
        if not math.isfinite(self.evaluate(x)[0]):
            raise DivergenceError("the objective is not finite where training starts")
        self._now = self._trial
        if self._slope() <= self.tol:
            self.step_ends(x)

    def evaluate(self, x):
        """Return J and ∇J at x; J is infinite where it or the square of ∇J is not finite."""
        if self._trial is None or not np.array_equal(x, self._trial.x):
            self.objective.theta[...] = self._theta(x)
            value, gradient = self._value_and_gradient(x)
            if not (math.isfinite(value) and math.isfinite(gradient.dot(gradient))):
                value, gradient = math.inf, np.zeros_like(x)
            self._trial = Point(x.copy(), value, gradient.copy())
        return self._trial.value, self._trial.gradient

    def step_ends(self, x):
        """Take note of a step to x: to the point looked at last or, if that was refused, to none.

        Raises
        ------
        EndOfTraining
            Enough.
        """
        if np.array_equal(x, self._trial.x):
            self._now = self._trial
        self.objective.theta[...] = self._theta(self._now.x)
        plateau = self._monitor.epoch_ends(self._now.value, math.nan)
        theta, notes = self.objective.theta, self._monitor.notes()
        self._saved = Checkpoint([theta], self.t + 1, self._n_steps + 1, notes)
        if self._monitor.stopped:
            raise EndOfTraining(Outcome.STOPPED)
        if self._slope() <= self.tol or (plateau and not self._monitor.exhaustive):
            raise EndOfTraining(Outcome.CONVERGED)
        if self._n_steps >= self._max_iter:
            raise EndOfTraining(Outcome.MAX_ITER)

    def _start(self):
        """Return x of θ."""
        return self.objective.theta.copy()

    def _theta(self, x):
        """Return θ of x."""
        return x

    def _value_and_gradient(self, x):
        """Return J and ∇J with respect to x, for θ of x."""
        return self._J()

    def _slope(self):
        """Return the largest entry of ∇J."""
        return np.abs(self._now.gradient).max()
