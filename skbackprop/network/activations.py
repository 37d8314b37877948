"""Activations g of the hidden layers, each with its derivatives as functions of h = g(a).

Because g'(a) and g''(a) are computed from h alone, the pre-activations need not be kept: `fprop`
turns A into H in place, `bprop` turns ∇H into ∇A in place. Piecewise linear activations have no
g'' at their kink, where 0 is used, as on both sides of it.

References
----------
The lecture, "activation function" (linear, sigmoid, tanh).
Nair & Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010 (ReLU).
Maas, Hannun & Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013
(LeakyReLU).
Clevert, Unterthiner & Hochreiter, arXiv:1511.07289 (ELU).
Klambauer et al., arXiv:1706.02515 (SELU).
Dugas et al., Incorporating second-order functional knowledge, NeurIPS 2000 (Softplus).
"""

import math

import numpy as np
from scipy.special import expit


class Activation:
    """The common part of all activations: ∇A = ∇H ⊙ g'(A).

    `kink` says whether g' is discontinuous somewhere, `dies` whether it is 0 for all a below some
    number, so that a unit may cease to learn; `growth` are p and q of |g(a)| ≤ p |a| + q,
    by which a network may be known to be finite without a look at it; `onnx` is the operator of the
    same formula in ONNX, with its attributes. `curvature` is what second derivatives need (Newton's
    method). A new activation may lack the latter three: what needs `onnx` or `curvature` says so.
    """

    kink = dies = False
    growth = math.inf, math.inf

    def bprop(self, H, grad_H):
        """Turn ∇H into ∇A in place; H is overwritten by g'."""
        grad_H *= self.derivative(H, out=H)
        return grad_H


class Identity(Activation):
    """g(a) = a, g' = 1, g'' = 0."""

    growth = 1.0, 0.0
    onnx = ("Identity", {})

    def fprop(self, A):
        """Leave A as it is."""
        return A

    def derivative(self, H, out):
        """g' = 1."""
        out.fill(1)
        return out

    def curvature(self, H, out):
        """g'' = 0."""
        out.fill(0)
        return out

    def bprop(self, H, grad_H):
        """∇A = ∇H."""
        return grad_H


class Logistic(Activation):
    """g(a) = 1 / (1 + e⁻ᵃ), g' = h (1 − h), g'' = g' (1 − 2h)."""

    growth = 0.0, 1.0
    onnx = ("Sigmoid", {})

    def fprop(self, A):
        """h = 1 / (1 + e⁻ᵃ)."""
        return expit(A, out=A)

    def derivative(self, H, out):
        """g' = h − h²."""
        return np.subtract(H, H * H, out=out)

    def curvature(self, H, out):
        """g'' = (h − h²) (1 − 2h)."""
        return np.multiply(H - H * H, 1 - 2 * H, out=out)


class Tanh(Activation):
    """g(a) = tanh a, g' = 1 − h², g'' = −2 h g'."""

    growth = 0.0, 1.0
    onnx = ("Tanh", {})

    def fprop(self, A):
        """h = tanh a."""
        return np.tanh(A, out=A)

    def derivative(self, H, out):
        """g' = 1 − h²."""
        np.multiply(H, H, out=out)
        return np.subtract(1, out, out=out)

    def curvature(self, H, out):
        """g'' = 2 h (h² − 1)."""
        return np.multiply(2 * H, H * H - 1, out=out)


class ReLU(Activation):
    """g(a) = max(a, 0), g' = 1 where h > 0, else 0; g'' = 0."""

    kink = dies = True
    growth = 1.0, 0.0
    onnx = ("Relu", {})

    def fprop(self, A):
        """h = max(a, 0)."""
        return np.maximum(A, 0, out=A)

    def derivative(self, H, out):
        """g' = [h > 0]."""
        return np.greater(H, 0, out=out)

    def curvature(self, H, out):
        """g'' = 0, at the kink too."""
        out.fill(0)
        return out


class LeakyReLU(Activation):
    """g(a) = a where a > 0, else 0.01 a; g' = 1 or 0.01, g'' = 0."""

    kink = True
    slope = 0.01
    growth = 1.0, 0.0
    onnx = ("LeakyRelu", {"alpha": slope})

    def fprop(self, A):
        """h = max(a, 0.01 a)."""
        return np.multiply(A, self.slope, out=A, where=A < 0)

    def derivative(self, H, out):
        """g' = 1 where h > 0, else 0.01."""
        np.greater(H, 0, out=out)
        return np.maximum(out, self.slope, out=out)

    def curvature(self, H, out):
        """g'' = 0, at the kink too."""
        out.fill(0)
        return out


class ELU(Activation):
    """g(a) = a where a > 0, else eᵃ − 1; g' = 1 or h + 1, g'' = 0 or h + 1."""

    growth = 1.0, 0.0
    onnx = ("Elu", {"alpha": 1.0})

    def fprop(self, A):
        """h = a or eᵃ − 1."""
        return np.expm1(A, out=A, where=A < 0)

    def derivative(self, H, out):
        """g' = min(h, 0) + 1."""
        np.minimum(H, 0, out=out)
        return np.add(out, 1, out=out)

    def curvature(self, H, out):
        """g'' = h + 1 where h < 0, else 0."""
        return np.multiply(H + 1, H < 0, out=out)


class SELU(Activation):
    """g(a) = λ a where a > 0, else λ α (eᵃ − 1); g' = λ or h + λ α,
    g'' = 0 or h + λ α.
    """

    alpha = 1.6732632423543772
    scale = 1.0507009873554805
    kink = True
    growth = scale * alpha, 0.0
    onnx = ("Selu", {"alpha": alpha, "gamma": scale})

    def fprop(self, A):
        """h = λ (a or α (eᵃ − 1))."""
        negative = A < 0
        np.expm1(A, out=A, where=negative)
        np.multiply(A, self.alpha, out=A, where=negative)
        return np.multiply(A, self.scale, out=A)

    def derivative(self, H, out):
        """g' = λ where h > 0, else h + λ α."""
        positive = H > 0
        np.add(H, self.scale * self.alpha, out=out)
        np.putmask(out, positive, self.scale)
        return out

    def curvature(self, H, out):
        """g'' = h + λ α where h < 0, else 0."""
        return np.multiply(H + self.scale * self.alpha, H < 0, out=out)


class Softplus(Activation):
    """g(a) = log(1 + eᵃ), g' = 1 − e⁻ʰ, g'' = g' e⁻ʰ."""

    growth = 1.0, math.log(2)
    onnx = ("Softplus", {})

    def fprop(self, A):
        """h = log(1 + eᵃ)."""
        return np.logaddexp(A, 0, out=A)

    def derivative(self, H, out):
        """g' = 1 − e⁻ʰ."""
        np.negative(H, out=out)
        np.expm1(out, out=out)
        return np.negative(out, out=out)

    def curvature(self, H, out):
        """g'' = (1 − e⁻ʰ) e⁻ʰ."""
        return np.multiply(-np.expm1(-H), np.exp(-H), out=out)


ACTIVATIONS = {
    "identity": Identity(),
    "logistic": Logistic(),
    "tanh": Tanh(),
    "relu": ReLU(),
    "leaky_relu": LeakyReLU(),
    "elu": ELU(),
    "selu": SELU(),
    "softplus": Softplus(),
}

# The lecture's names of two of them.
SYNONYMS = {"linear": "identity", "sigmoid": "logistic"}
