"""Whether the network in training is sound: finite, and a function of its inputs."""

import copy
import itertools
import math
from functools import cached_property

import numpy as np

from ..inputs.gather import sum_of_squares

LARGE = 1e6  # a norm of θ up to which it is sound
SAFE = 1e-6  # a part of the largest number of a dtype, up to which rounding is no matter
GAIN = 0.01  # of the loss of constant outputs, from which the network has learned
PIECE = 100  # rows whose squares are added up at a time


class Soundness:
    """Whether f(x; θ) is finite for all rows x, and not the same for all of them.

    Parameters
    ----------
    objective : Objective
        J(θ).
    """

    def __init__(self, objective):
        self.objective = objective

    @property
    def may_die(self):
        """Whether all units of a layer may cease to learn, after which f(x) is the same for all."""
        return self.objective.graph.may_die

    def is_finite(self, limit):
        """Whether θ and the outputs of all rows are finite, and J is no larger than the limit.

        The norms of θ and of the inputs mostly prove that it has not exploded. Where they do not,
        as in very deep nets of float32 or for a huge θ, all rows are looked at.
        """
        theta = self.objective.theta
        if theta.dot(theta) < LARGE**2 and (self._is_always_bounded or self._is_bounded()):
            return True
        J = self.objective.value()
        return math.isfinite(J) and J <= limit and bool(np.isfinite(theta).all())

    def is_finite_below(self, square):
        """Whether the outputs of all rows are known to be finite for any θ with |θ|² < `square`."""
        return square < LARGE**2 and self._is_always_bounded

    def is_constant(self):
        """Whether the outputs are the same for all rows. Two rows mostly tell that they are not."""
        value = None
        for X, *_ in itertools.chain([self._ends], self.objective.chunks()):
            A = self.objective.fprop(X)
            value = A[0].copy() if value is None else value
            if (A != value).any():
                return False
        return True

    def is_in_vain(self):
        """Whether the loss is hardly lower than that of the mean output in the place of each."""
        J, theta = self.objective, self.objective.theta.copy()
        loss = J.value() - J.penalty()
        W, b = J.parameters.layers[-1]
        W[...], b[...] = 0, self._mean_output()
        constant = J.value() - J.penalty()
        J.theta[...] = theta
        return constant - loss <= GAIN * abs(constant)

    def _mean_output(self):
        """The mean of s aᴸ⁺¹ over all rows."""
        J, total = self.objective, 0.0
        for X, _, s in J.chunks():
            A = J.fprop(X)
            total = total + (A.sum(axis=0) if s is None else s @ A)
        return total / J.n_rows

    @cached_property
    def _ends(self):
        """The first row and the last, kept as they are looked at after each of some epochs."""
        J = self.objective
        return copy.deepcopy(J.batch(J.rows[[0, -1][: J.n_rows]]))

    @cached_property
    def _is_always_bounded(self):
        """Whether the outputs are finite for whatever θ of a norm below LARGE."""
        return self._bound((LARGE, LARGE) for _ in self.objective.parameters.layers)

    def _is_bounded(self):
        """Whether they are for this θ, by the norms of each W and b."""
        layers = self.objective.parameters.layers
        return self._bound([tuple(math.sqrt(np.vdot(a, a)) for a in layer) for layer in layers])

    def _bound(self, norms):
        J, sizes = self.objective, self.objective.parameters.layer_sizes
        safe = SAFE * float(np.finfo(J.theta.dtype).max)
        return J.graph.bound(norms, sizes, self._norm_of_inputs) < safe

    @cached_property
    def _norm_of_inputs(self):
        """A bound on the Euclidean norm of every h⁰."""
        J = self.objective
        bound = J.inputs.largest_norm()
        if bound is not None:
            return bound
        pieces = (J.rows[start : start + PIECE] for start in range(0, J.n_rows, PIECE))
        return math.sqrt(sum(sum_of_squares(J.inputs.gather(piece)) for piece in pieces))
