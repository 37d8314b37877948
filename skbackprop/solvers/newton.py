"""Newton's method with exact curvature."""

from contextlib import suppress

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, cg

from .checkpoint import DivergenceError
from .full_batch import RESOLUTION, FullBatch

MAX_PRODUCTS = 250  # of H with a vector, in one step without trust region,
MAX_PRODUCTS_WITHIN = 1000  # and in one within


class Unresolved(Exception):
    """J differs between two points by rounding errors only, or its curvature is not finite."""


def is_resolved(v, product):
    """Whether H v, vᵀv and vᵀ(H v) are finite, as conjugate gradients need them."""
    return bool(np.isfinite([v.dot(v), v.dot(product)]).all() and np.isfinite(product).all())


class Newton(FullBatch):
    """Steps θ ← θ − H⁻¹ ∇J (the lecture, "Newton's method"), each within a trust region.

    H⁻¹ ∇J comes from conjugate gradients with exact products H v, as far as they see positive
    curvature and stay in the region; the Hessian itself is never formed. So H need not be positive
    definite, and there may be many parameters.

    References
    ----------
    Steihaug, The conjugate gradient method and trust regions in large scale optimization, SIAM
    Journal on Numerical Analysis 20(3), 1983, doi:10.1137/0720042.
    Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6(1), 1994,
    doi:10.1162/neco.1994.6.1.147.
    """

    @staticmethod
    def check(objective):
        """Refuse a part that has no second derivative."""
        parts = objective.curvature().missing()
        if parts:
            only_l1 = parts == ["L1"]
            cure = "l1=0, or solver='lbfgs' for exact zeros" if only_l1 else "another solver"
            raise ValueError(
                f"solver='newton' needs second derivatives, which {' and '.join(parts)} "
                f"{'does' if len(parts) == 1 else 'do'} not have: set {cure}."
            )

    def __init__(self, objective, **options):
        super().__init__(objective, **options)
        self._curvature = objective.curvature()

    def _search(self):
        """Minimise J within trust regions, and go on without where J cannot tell them apart."""
        with suppress(Unresolved):
            minimize(
                self.evaluate,
                self._now.x,
                jac=True,
                hessp=self._product_within,
                method="trust-ncg",
                callback=self.step_ends,
                options={"gtol": 0, "maxiter": self._max_iter + 1},
            )
        while self._newton_step():
            pass

    def _begin(self):
        """Look at the first θ, and at the curvature there."""
        self._n_products = 0
        super()._begin()
        x, _, gradient = self._now
        if not is_resolved(gradient, self._hessian_vector(x, gradient)):
            raise DivergenceError("the curvature is not finite where training starts")

    def _product_within(self, x, v):
        """Return ∇²J(x) v for conjugate gradients, which in scipy know no end but their own.

        To them 0 is a direction without curvature, in which to go to the border of the region. It
        stands for a product that is one too many; from one that is not finite, nothing follows.
        """
        self._n_products += 1
        if self._n_products > MAX_PRODUCTS_WITHIN:
            return np.zeros_like(v)
        product = self._hessian_vector(x, v)
        if not is_resolved(v, product):
            raise Unresolved
        return product

    def step_ends(self, x):
        """Take note of a step; a step refused for a change of J that is mere rounding ends this."""
        self._n_products = 0
        refused = not np.array_equal(x, self._trial.x)
        super().step_ends(x)
        change = abs(self._trial.value - self._now.value)
        if refused and change <= RESOLUTION * abs(self._now.value):
            raise Unresolved

    def _newton_step(self):
        """Make the lecture's step if that halves ∇J; return whether it does."""
        x, _, gradient = self._now
        H = LinearOperator((len(x), len(x)), lambda v: self._hessian_vector(x, v), dtype=x.dtype)
        step, _ = cg(H, -gradient, atol=0, maxiter=MAX_PRODUCTS)
        _, new_gradient = self.evaluate(x + step)
        halved = 0 < np.linalg.norm(new_gradient) < np.linalg.norm(gradient) / 2
        if halved:
            self.step_ends(x + step)
        return halved

    def _hessian_vector(self, x, v):
        """Return ∇²J(x) v."""
        self.objective.theta[...] = x
        return self._curvature.hessian_vector(v)
