"""Learning rates α_t, as functions of the number t of updates made before.

All but the constant ones decrease; the first `hold` updates are made at the full rate α
(the lecture: "better to use a fixed learning rate for the first few updates"):

    t' = max(0, t − hold)

Σ α_t = ∞ and Σ α_t² < ∞ make stochastic gradient descent converge (Robbins & Monro 1951,
doi:10.1214/aoms/1177729586).
"""


class Constant:
    """α_t = α."""

    def __init__(self, delta=0.0, hold=0):
        self.delta = delta
        self.hold = hold

    def rate(self, alpha, t):
        """Return α_t."""
        return alpha

    def after_plateau(self, alpha):
        """Return what to multiply α by when the loss stops improving, or None to stop."""
        return None


class InverseTime(Constant):
    """α_t = α / (1 + δ t')."""

    def rate(self, alpha, t):
        """Return α_t."""
        return alpha / (1 + self.delta * max(0, t - self.hold))


class Power(Constant):
    """α_t = α / (1 + t')^δ; converges for 0.5 < δ ≤ 1."""

    def rate(self, alpha, t):
        """Return α_t."""
        return alpha * (1 + max(0, t - self.hold)) ** -self.delta


class Adaptive(Constant):
    """α_t = α, divided by 5 whenever the loss stops improving, until α < 1e-6."""

    factor = 1 / 5
    smallest = 1e-6

    def after_plateau(self, alpha):
        """Return 1/5, or None where α would fall below 1e-6."""
        return self.factor if alpha * self.factor >= self.smallest else None


SCHEDULES = {
    "constant": Constant,
    "inverse": InverseTime,
    "power": Power,
    "adaptive": Adaptive,
}
