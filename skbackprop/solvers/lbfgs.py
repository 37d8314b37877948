"""L-BFGS: full-batch steps with a curvature that is learnt from gradients."""

import math

import numpy as np
from scipy.optimize import Bounds, minimize

from .full_batch import RESOLUTION, FullBatch

N_CORRECTIONS = 10  # steps whose changes of ∇J make up the curvature


class LBFGS(FullBatch):
    """Steps θ ← θ − α B ∇J, where B approximates H⁻¹ from the last steps, α by a line search.

    An L1 penalty is smooth where no weight changes its sign: W = W⁺ − W⁻ with both parts at least
    0, so that

        J = smooth J(W⁺ − W⁻, b) + l1 Σ (W⁺ + W⁻)

    has a gradient, and a weight becomes exactly 0 where both parts meet their bound.

    References
    ----------
    Byrd, Lu, Nocedal & Zhu, A limited memory algorithm for bound constrained optimization, SIAM
    Journal on Scientific Computing 16(5), 1995, doi:10.1137/0916069.
    """

    @staticmethod
    def check(objective):
        """Refuse a penalty that is neither smooth nor linear in the parts of W."""
        for penalty in objective.proximal:
            if not hasattr(penalty, "slope_of_parts"):
                raise ValueError(
                    f"solver='lbfgs' takes smooth penalties and L1, but {type(penalty).__name__} "
                    "is neither: set solver='sgd' or 'adam', which take its proximal step."
                )

    def __init__(self, objective, **options):
        super().__init__(objective, **options)
        self._l1 = sum(penalty.slope_of_parts for penalty in objective.proximal)
        self._lower = None
        if self._l1:  # x = [W⁺ | b | W⁻]
            n_parameters, n = len(objective.theta), objective.n_weights
            self._lower = np.zeros(n_parameters + n)
            self._lower[n:n_parameters] = -math.inf

    def _search(self):
        """Run L-BFGS-B, afresh for as long as that lowers J: a line search may fail."""
        value = math.inf
        while self._now.value < value - RESOLUTION * abs(self._now.value):
            value = self._now.value
            minimize(
                self.evaluate,
                self._now.x,
                jac=True,
                method="L-BFGS-B",
                bounds=None if self._lower is None else Bounds(self._lower, math.inf),
                callback=self.step_ends,
                options={
                    "maxcor": N_CORRECTIONS,
                    "maxiter": self._max_iter + 1,
                    "maxfun": math.inf,
                    "ftol": 0,
                    "gtol": 0,
                },
            )

    def _start(self):
        theta = self.objective.theta
        if not self._l1:
            return theta.copy()
        W = theta[: self.objective.n_weights]
        return np.concatenate([np.maximum(W, 0), theta[len(W) :], np.maximum(-W, 0)])

    def _theta(self, x):
        if not self._l1:
            return x
        theta = x[: len(self.objective.theta)].copy()
        theta[: self.objective.n_weights] -= x[len(theta) :]
        return theta

    def _value_and_gradient(self, x):
        value, gradient = self._J()
        if not self._l1:
            return value, gradient
        n = self.objective.n_weights
        value += self._l1 * float(x[:n].sum() + x[len(gradient) :].sum())
        gradient = np.concatenate([gradient, -gradient[:n]])
        gradient[self._lower == 0] += self._l1
        return value, gradient

    def _slope(self):
        """Return the largest entry of ∇J that no bound holds back."""
        x, _, gradient = self._now
        if not self._l1:
            return super()._slope()
        return np.abs(x - np.maximum(x - gradient, self._lower)).max()
