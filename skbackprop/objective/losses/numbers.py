"""Losses of numbers on any scale: f(x) is linear in aᴸ⁺¹, and y is standardised."""

import numpy as np
from scipy.special import expit

from .standards import PACE, mean_and_deviation, median_and_deviation


class SquaredError:
    """Half the squared error: the negative log-likelihood of Gaussian noise.

        f(x) = a,    l = ½ Σ_k (f_k − y_k)²,    ∇ₐ l = f − y

    A is (n_rows, n_columns), and so is y.
    """

    hyper_parameters = ()
    out_activation = "identity"
    onnx = ("Identity", {})
    n_heads = 1  # outputs for each column of y
    pace = PACE
    standards = staticmethod(mean_and_deviation)

    def check(self, y, name):
        """Any real number can be learned."""

    def outputs(self, A):
        """Return f(x) = a."""
        return A

    def inverse(self, F):
        """Return the a of f(x)."""
        return F

    def bprop_outputs(self, A, grad_F):
        """Return ∇ₐ from ∇f."""
        return grad_F

    def fprop(self, A, y):
        """Keep f(x) in A; return ½ Σ_k (f_k − y_k)² of each row."""
        R = A - y
        return np.einsum("tk,tk->t", R, R) / 2

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l = f − y in place."""
        F -= y
        return F

    def R_bprop(self, F, R_A, y):
        """Return R{∇ₐ l} = R{a}."""
        return R_A


class AbsoluteError(SquaredError):
    """The absolute error, which is lowest at the median.

    f(x) = a,    l = Σ_k |f_k − y_k|,    ∇ₐ l = sign(f − y)
    """

    standards = staticmethod(median_and_deviation)
    R_bprop = property()  # it is 0, and Newton's method could not see the kink

    def fprop(self, A, y):
        """Keep f(x) in A; return Σ_k |f_k − y_k| of each row."""
        return np.abs(A - y).sum(axis=1)

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l = sign(f − y) in place."""
        F -= y
        return np.sign(F, out=F)


class HuberError(SquaredError):
    """Squared for small errors and absolute for large ones (doi:10.1214/aoms/1177703732).

    f(x) = a,    l = Σ_k h(f_k − y_k),    h(r) = ½ r² up to |r| = c,  c (|r| − ½ c) beyond
    """

    hyper_parameters = ("huber_delta",)
    standards = staticmethod(median_and_deviation)

    def __init__(self, *, huber_delta):
        self.huber_delta = huber_delta

    def fprop(self, A, y):
        """Keep f(x) in A; return Σ_k h(f_k − y_k) of each row."""
        R = A - y
        inside = np.clip(R, -self.huber_delta, self.huber_delta)
        return (inside * (R - inside / 2)).sum(axis=1)

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l, which is f − y cut off at ± c, in place."""
        F -= y
        return np.clip(F, -self.huber_delta, self.huber_delta, out=F)

    def R_bprop(self, F, R_A, y):
        """Turn R{a} into R{∇ₐ l}, which is 0 where the error is large, in place."""
        R_A *= np.abs(F - y) <= self.huber_delta
        return R_A


class PinballError(AbsoluteError):
    """The pinball loss of a quantile q; or of several of one column, which never cross.

        f(x) = a;    f_1(x) = a_1,  f_k(x) = f_{k−1}(x) + log(1 + exp(a_k))
        l = Σ_k max(q_k u_k, (q_k − 1) u_k),    u = y − f,    ∇f_k l = 1 − q_k above y, −q_k below

    A is (n_rows, n_columns), and so is y, for one quantile; else (n_rows, n_quantiles), and y is
    (n_rows, 1) (doi:10.2307/1913643).
    """

    hyper_parameters = ("quantile",)

    def __init__(self, *, quantile):
        self.quantile = checked_levels(quantile)
        self._q = np.array(self.quantile)

    @property
    def n_heads(self):
        """How many quantiles there are."""
        return self._q.size

    @property
    def out_activation(self):
        """'identity', or what several quantiles are."""
        return "identity" if self.n_heads == 1 else "increasing"

    def check(self, y, name):
        """Refuse several columns for several quantiles."""
        if self.n_heads > 1 and y.shape[1] > 1:
            raise ValueError(
                f"quantile={self.quantile!r} asks for several quantiles, but {name} has "
                f"{y.shape[1]} columns: give one quantile, or one column."
            )

    def outputs(self, A):
        """Turn A into f(x) in place."""
        if self.n_heads > 1:
            A[:, 1:] = np.logaddexp(0, A[:, 1:])
            np.cumsum(A, axis=1, out=A)
        return A

    def onnx_outputs(self, node, A, **output):
        """Return the node of f(x): log(1 + exp(a)) is max(a, 0) + log(1 + exp(−|a|))."""
        if self.n_heads == 1:
            return node("Identity", A, **output)
        first = node("Gather", A, np.array([0]), axis=1)
        others = node("Gather", A, np.arange(1, self.n_heads), axis=1)
        small = node(
            "Log", node("Add", node("Exp", node("Neg", node("Abs", others))), node.constant([1]))
        )
        steps = node("Add", node("Max", others, node.constant(0)), small)
        return node("CumSum", node("Concat", first, steps, axis=1), np.array([1]), **output)

    def inverse(self, F):
        """Return the a of f(x), which must increase."""
        if self.n_heads == 1:
            return F
        steps = np.maximum(np.diff(F, axis=1), np.finfo(F.dtype).tiny)
        return np.hstack([F[:, :1], steps + np.log(-np.expm1(-steps))])

    def bprop_outputs(self, A, grad_F):
        """Return ∇ₐ from ∇f: of several, a_k moves f_k and all above."""
        return grad_F if self.n_heads == 1 else down_the_steps(grad_F, expit(A[:, 1:]))

    def fprop(self, A, y):
        """Turn A into f(x) in place; return the loss of each row."""
        u = y - self.outputs(A)
        return np.maximum(self._q * u, (self._q - 1) * u).sum(axis=1)

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l in place: of several, a_k moves f_k and all above."""
        grad_F = (F > y) - self._q
        if self.n_heads > 1:
            grad_F = down_the_steps(grad_F, -np.expm1(-np.diff(F, axis=1)))
        F[...] = grad_F
        return F


def down_the_steps(grad_F, slopes):
    """Return ∇ₐ from ∇f of increasing f, whose steps up to f_2, f_3 … have these derivatives."""
    grad_A = np.cumsum(grad_F[:, ::-1], axis=1)[:, ::-1].copy()
    grad_A[:, 1:] *= slopes
    return grad_A


def checked_levels(quantile):
    """Return a quantile as a float, or several as a list of these."""
    levels = np.asarray(quantile, float)
    within = levels.ndim <= 1 and levels.size and ((levels > 0) & (levels < 1)).all()
    if not within or (np.diff(np.atleast_1d(levels)) <= 0).any():
        raise ValueError(
            "quantile must be a number between 0 and 1, or several that increase; got "
            f"{quantile!r}."
        )
    return levels.tolist()
