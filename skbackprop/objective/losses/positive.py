"""Losses of numbers that are not negative: counts, claims, amounts. f(x) = exp(a), and y is scaled.

They are halves of deviances (McCullagh & Nelder, Generalized linear models, 1989), and so at
least 0.
"""

from functools import wraps

import numpy as np
from scipy.special import xlogy

from .standards import PACE, zero_and_mean


def infinite_beyond(method):
    """Decorate what takes exp(a), which is infinite or 0 beyond its dtype, in silence."""

    @wraps(method)
    def computing(*arguments):
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return method(*arguments)

    return computing


class Poisson:
    """Half the Poisson deviance, for counts; 0 is welcome.

        f(x) = exp(a),    l = Σ_k (f_k − y_k − y_k log(f_k / y_k)),    ∇ₐ l = f − y

    A is (n_rows, n_columns), and so is y.
    """

    hyper_parameters = ()
    out_activation = "exp"
    n_heads = 1
    pace = PACE
    standards = staticmethod(zero_and_mean)

    def check(self, y, name):
        """Refuse negative numbers."""
        if (y < 0).any():
            raise ValueError(f"loss='poisson' needs {name} of at least 0; it has {y.min():g}.")

    def outputs(self, A):
        """Turn A into f(x) = exp(a) in place, as far as numbers go."""
        limit = np.log(np.finfo(A.dtype).max) / 2
        return np.exp(np.minimum(A, limit, out=A), out=A)

    def onnx_outputs(self, node, A, **output):
        """Return the node of f(x) = exp(a), as far as numbers go."""
        limit = node.constant(np.log(np.finfo(node.dtype).max) / 2)
        return node("Exp", node("Min", A, limit), **output)

    def inverse(self, F):
        """Return the a of f(x)."""
        return np.log(np.maximum(F, np.finfo(F.dtype).tiny))

    def bprop_outputs(self, A, grad_F):
        """Return ∇ₐ = f(x) ⊙ ∇f."""
        return grad_F * self.outputs(A.copy())

    @infinite_beyond
    def fprop(self, A, y):
        """Turn A into f(x) in place; return the loss of each row."""
        losses = np.exp(A) - y + xlogy(y, y) - y * A
        np.exp(A, out=A)
        return losses.sum(axis=1)

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l = f − y in place."""
        F -= y
        return F

    def R_bprop(self, F, R_A, y):
        """Turn R{a} into R{∇ₐ l} = f R{a} in place."""
        R_A *= F
        return R_A


class Gamma(Poisson):
    """Half the gamma deviance, for amounts whose error grows with them.

    f(x) = exp(a),    l = Σ_k (y_k / f_k − 1 − log(y_k / f_k)),    ∇ₐ l = 1 − y / f
    """

    def check(self, y, name):
        """Refuse numbers that are not positive."""
        if (y <= 0).any():
            raise ValueError(f"loss='gamma' needs {name} above 0; it has {y.min():g}.")

    @infinite_beyond
    def fprop(self, A, y):
        """Turn A into f(x) in place; return the loss of each row."""
        losses = y * np.exp(-A) - 1 - np.log(y) + A
        np.exp(A, out=A)
        return losses.sum(axis=1)

    @infinite_beyond
    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l = 1 − y / f in place."""
        np.divide(y, F, out=F)
        return np.subtract(1, F, out=F)

    def R_bprop(self, F, R_A, y):
        """Turn R{a} into R{∇ₐ l} = (y / f) R{a} in place."""
        R_A *= y / F
        return R_A
