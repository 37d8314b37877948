"""Update rules: one step of θ along ∇J, on flat arrays, in place.

A rule keeps what it remembers of earlier gradients in the dict `memory`, by which it can be stored
and resumed. After a step, `prox_step(rate, n_weights)` is what a proximal step has to be scaled
with so that the fixed point of both together is the minimiser of J. `auto_rate` is the learning
rate that suits the rule on standardised inputs in batches of 32; `scale_free` says that its steps
do not grow with the gradient, so that this rate suits other inputs and batches, too.
"""

import math

import numpy as np
from scipy.linalg.blas import get_blas_funcs


class Momentum:
    """Gradient descent with the lecture's exponential average of gradients.

        v ← ∇ + β v,    θ ← θ − α v              (Nesterov: θ ← θ − α (∇ + β v), the new v)

    At a fixed point v = ∇ / (1 − β): a proximal step is made with α / (1 − β).

    References
    ----------
    The lecture, "mini-batch, momentum".
    Polyak 1964, doi:10.1016/0041-5553(64)90137-5.
    Sutskever, Martens, Dahl & Hinton, On the importance of initialization and momentum in deep
    learning, ICML 2013 (the form of Nesterov's momentum).
    """

    hyper_parameters = ("momentum", "nesterovs_momentum")
    auto_rate, scale_free = 0.05, False

    def __init__(self, theta, *, momentum, nesterovs_momentum):
        self.beta = momentum
        self.nesterov = nesterovs_momentum
        self.memory = {"velocity": np.zeros_like(theta)} if momentum else {}
        (self._axpy,) = get_blas_funcs(["axpy"], [theta])

    def step(self, theta, gradient, rate):
        """Move θ by one step; `gradient` is used as scratch."""
        if self.beta:
            v = self.memory["velocity"]
            v *= self.beta  # v ← ∇ + β v
            v += gradient
            gradient = self._axpy(v, gradient, a=self.beta) if self.nesterov else v
        self._axpy(gradient, theta, a=-rate)  # θ ← θ − α v, or θ − α (∇ + β v)

    def prox_step(self, rate, n_weights):
        """α / (1 − β)."""
        return rate / (1 - self.beta)


class Adam:
    """Steps scaled by running moments of the gradient, both corrected for their start at zero.

        m ← β₁ m + (1 − β₁) ∇,   v ← β₂ v + (1 − β₂) ∇²,   θ ← θ − α m̂ / (√v̂ + ε)
        m̂ = m / (1 − β₁ⁿ),       v̂ = v / (1 − β₂ⁿ)          after n steps

    A proximal step is made with α / (√v̂ + ε), weight by weight.

    References
    ----------
    Kingma & Ba, Adam: a method for stochastic optimization, arXiv:1412.6980, algorithm 1.
    """

    hyper_parameters = ("beta_1", "beta_2", "epsilon")
    auto_rate, scale_free = 1e-3, True

    def __init__(self, theta, *, beta_1, beta_2, epsilon):
        self.beta_1, self.beta_2 = float(beta_1), float(beta_2)
        self.epsilon = max(float(epsilon), float(np.finfo(theta.dtype).tiny))  # 0 / 0 is no step
        self.memory = {
            "n_steps": np.zeros(1, int),
            "m": np.zeros_like(theta),
            "v": np.zeros_like(theta),
        }
        self._scale = np.empty_like(theta)

    def step(self, theta, gradient, rate):
        """Move θ by one step; `gradient` is used as scratch."""
        memory, m, v, scale = self.memory, self.memory["m"], self.memory["v"], self._scale
        memory["n_steps"] += 1
        n = int(memory["n_steps"][0])
        m *= self.beta_1  # m ← β₁ m + (1 − β₁) ∇
        m += np.multiply(gradient, 1 - self.beta_1, out=scale)
        v *= self.beta_2  # v ← β₂ v + (1 − β₂) ∇²
        gradient *= gradient
        gradient *= 1 - self.beta_2
        v += gradient
        np.sqrt(v, out=scale)  # √v̂ + ε
        scale *= 1 / math.sqrt(1 - self.beta_2**n)
        scale += self.epsilon
        np.divide(m, scale, out=gradient)  # θ ← θ − α m̂ / (√v̂ + ε)
        gradient *= rate / (1 - self.beta_1**n)
        theta -= gradient

    def prox_step(self, rate, n_weights):
        """α / (√v̂ + ε), one for each of the first `n_weights` entries of θ."""
        return rate / self._scale[:n_weights]


UPDATES = {"sgd": Momentum, "adam": Adam}
