"""The curvature ∇²J(θ), as products with vectors."""

import numpy as np

from ..network.graph import Linearization

LINEARIZED_ELEMENTS = 2**23  # of h⁰ … aᴸ⁺¹: up to so many are linearised once for many directions


class Curvature:
    """∇²J(θ) as what it makes of a vector; the matrix itself is never formed.

        ∇²J v = R{∇J},    R{·} the derivative at θ in the direction v

    A penalty that has a prox counts as without curvature, whatever methods it has.

    Parameters
    ----------
    objective : Objective
        J(θ).

    References
    ----------
    Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6(1), 1994,
    doi:10.1162/neco.1994.6.1.147.
    """

    def __init__(self, objective):
        self.objective = objective
        self._at = self._theta = self._linearized = None

    def missing(self):
        """Return the names of the parts of J that have no second derivative."""
        J = self.objective
        parts = [(g, "curvature") for g in J.graph.activations] + [(J.loss, "R_bprop")]
        parts += [(penalty, "add_hessian_vector") for penalty in J.smooth]
        without = [part for part, method in parts if not hasattr(part, method)]
        return sorted({type(part).__name__ for part in without + J.proximal})

    def hessian_vector(self, v):
        """∇²J(θ) v over all rows, exactly; Ω counts where it is smooth.

        The derivative of ∇J in the direction v, by a forward and a backward pass through the graph.
        At the same θ, what does not depend on v is computed once, unless there are very many rows.
        """
        J, parameters = self.objective, self.objective.parameters
        layers, directions = parameters.layers, parameters.views(v)
        product, part = np.zeros_like(J.theta), np.empty_like(J.theta)
        for at, scale in self._linearizations():
            R_A = J.graph.R_fprop(layers, directions, at)
            R_grad_A = J.loss.R_bprop(at.F, R_A, at.y)
            R_grad_A *= scale
            J.graph.R_bprop(layers, directions, parameters.views(part), at)
            product += part
        for penalty in J.smooth:
            penalty.add_hessian_vector(parameters.weights, v[: J.n_weights], product[: J.n_weights])
        return product

    def _linearizations(self):
        """Yield the network at θ, and s / n, on all rows at once or chunk by chunk."""
        J = self.objective
        if J.n_rows * sum(J.parameters.layer_sizes) > LINEARIZED_ELEMENTS:
            for chunk in J.chunks():
                yield self._linearize(*chunk)
            return
        if self._theta is None or not np.array_equal(self._theta, J.theta):
            (everything,) = J.batches(J.n_rows, J.rows)
            self._theta, self._linearized = J.theta.copy(), self._linearize(*everything)
        yield self._linearized

    def _linearize(self, X, y, s):
        """Return the network at θ on some rows, with ∇a of every layer, and s / n."""
        J, n = self.objective, self.objective.n_rows
        if self._at is None or len(self._at.F) != len(y):
            self._at = Linearization(J.parameters.layer_sizes, len(y), J.theta.dtype)
        at, layers = self._at, J.parameters.layers
        at.X, at.y = X.copy(), y
        J.loss.fprop(J.graph.fprop(layers, X, [*at.H, at.F]), y)
        np.copyto(at.grad_A[-1], at.F)
        grad_A = J.loss.bprop(at.grad_A[-1], y)
        scale = 1 / n if s is None else (s / n)[:, None]
        grad_A *= scale
        J.graph.linearize(layers, at)
        return at, scale
