"""Penalties Ω(W) on the weights of all layers, as one flat array; biases are never penalised.

A penalty has its `value`, a `bound` on it by |W|², and adds its (sub)gradient to ∇J. One that also
has a `prox` takes part in stochastic gradient descent by that step instead, which is what makes
weights exactly zero. The others may add to Hessian-vector products, too, which Newton's method
needs; and one with a prox may have the slope that it has where W = W⁺ − W⁻ is split into parts of
at least 0, which L-BFGS needs.
"""

import math

import numpy as np


class L1:
    """l1 Σ |W_ij|, with subgradient l1 · sign(W) (the lecture, "L1 regularization").

    References
    ----------
    Duchi & Singer, Efficient online and batch learning using forward backward splitting,
    JMLR 10, 2009 (the proximal step).
    """

    def __init__(self, strength):
        self.strength = strength

    @property
    def slope_of_parts(self):
        """∂Ω/∂W⁺ = ∂Ω/∂W⁻ = l1, as Ω = l1 Σ (W⁺ + W⁻)."""
        return self.strength

    def value(self, W):
        """l1 Σ |W_ij|."""
        return self.strength * float(np.abs(W).sum())

    def bound(self, square, n_weights):
        """l1 √(n |W|²), which Ω is at most."""
        return self.strength * math.sqrt(n_weights * square)

    def add_gradient(self, W, grad_W):
        """∇W += l1 sign(W)."""
        grad_W += self.strength * np.sign(W)

    def prox(self, W, step, scratch):
        """W ← sign(W) max(|W| − step·l1, 0); `step` is a number or one per weight."""
        threshold = step * self.strength
        np.clip(W, -threshold, threshold, out=scratch)
        W -= scratch


class L2:
    """l2 Σ W_ij², with gradient 2 · l2 · W (the lecture, "L2 regularization").

    Parameters
    ----------
    strength : float or sequence of float
        l2: of all weights, or one for each layer.
    ends : sequence of int, optional
        Where the weights of each layer end among all; needed where layers differ.
    """

    def __init__(self, strength, ends=None):
        self.strength = strength
        strengths = np.atleast_1d(strength).tolist()
        starts = [0, *(ends or [])[:-1]]
        self._parts = [
            (l2, slice(start, end))
            for l2, start, end in zip(strengths, starts, ends or [None], strict=True)
        ]

    def value(self, W):
        """l2 Σ W_ij²."""
        return sum(l2 * float(W[part].dot(W[part])) for l2, part in self._parts)

    def bound(self, square, n_weights):
        """l2 |W|², which Ω is at most, for the largest l2."""
        return max(l2 for l2, _ in self._parts) * square

    def add_gradient(self, W, grad_W):
        """∇W += 2 l2 W."""
        for l2, part in self._parts:
            grad_W[part] += (2 * l2) * W[part]

    def add_hessian_vector(self, W, V, R_grad_W):
        """R{∇W} += 2 l2 V, in the direction V of W."""
        self.add_gradient(V, R_grad_W)
