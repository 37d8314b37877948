"""Learning rates α_t, as functions of the number t of updates made before.

All but the constant ones decrease; the first `hold` updates are made at the full rate α
(the lecture: "better to use a fixed learning rate for the first few updates"):

    t' = max(0, t − hold)

Σ α_t = ∞ and Σ α_t² < ∞ make stochastic gradient descent converge (Robbins & Monro 1951,
doi:10.1214/aoms/1177729586).

A schedule gives the rates of n updates from the t-th on as one array, which is all that an epoch
knows of it. The `horizon` is where training begins and ends: schedules that have one go down to 0
there, with t' = max(0, t − begin − hold) of T' = end − begin − hold updates, and stay at their last
rate after it.
"""

from typing import NamedTuple

import numpy as np

UPDATES_PER_TABLE = 2**12


class Horizon(NamedTuple):
    """The updates at which a training begins and ends, as t counts them."""

    begin: int
    end: int


class Constant:
    """α_t = α.

    `auto_delta` is a δ that suits the schedule, `auto_factor` what the rate that suits a constant
    one is multiplied by, `has_horizon` whether it ends where training does.
    """

    auto_delta, auto_factor, has_horizon = 0.0, 1.0, False

    def __init__(self, delta=0.0, hold=0):
        self.delta, self.hold = delta, hold

    def rates(self, alpha, t, n, horizon):
        """Return α_t … α_{t+n−1}."""
        return np.full(n, alpha)

    def after_plateau(self, alpha):
        """Return what to multiply α by when the loss stops improving, or None to stop."""
        return None

    def waited(self, t, n):
        """Return t' of n updates from the t-th on."""
        return np.maximum(0.0, np.arange(t, t + n) - float(self.hold))


class InverseTime(Constant):
    """α_t = α / (1 + δ t')."""

    auto_delta = 1e-3

    def rates(self, alpha, t, n, horizon):
        """Return α_t … α_{t+n−1}."""
        return alpha / (1 + self.delta * self.waited(t, n))


class Power(Constant):
    """α_t = α / (1 + t')^δ; converges for 0.5 < δ ≤ 1.

    With δ above 0.5, and no more than some thousand updates, the rate has fallen before much is
    learned, unless α is larger than that of other schedules: 0.25 is best for the same α.
    """

    auto_delta = 0.25

    def rates(self, alpha, t, n, horizon):
        """Return α_t … α_{t+n−1}."""
        return alpha / (1 + self.waited(t, n)) ** self.delta


class Linear(Constant):
    """α_t = α (1 − t'/T')."""

    auto_factor, has_horizon = 1.5, True

    def rates(self, alpha, t, n, horizon):
        """Return α_t … α_{t+n−1}."""
        return alpha * self.falling(1 - self.progress(t, n, horizon))

    def progress(self, t, n, horizon):
        """Return t'/T', at most that of the last update."""
        n_falling = max(1.0, horizon.end - horizon.begin - float(self.hold))
        return np.minimum(self.waited(t - horizon.begin, n), n_falling - 1) / n_falling

    def falling(self, left):
        """Return the share of α where so much of the horizon is left."""
        return left


class Cosine(Linear):
    """α_t = α (1 + cos(π t'/T')) / 2.

    References
    ----------
    Loshchilov & Hutter, SGDR: stochastic gradient descent with warm restarts, arXiv:1608.03983.
    """

    def falling(self, left):
        """Return the share of α where so much of the horizon is left."""
        return (1 - np.cos(np.pi * left)) / 2


class Adaptive(Constant):
    """α_t = α, divided by 5 whenever the loss stops improving, until α < 1e-6."""

    factor = 1 / 5
    smallest = 1e-6

    def after_plateau(self, alpha):
        """Return 1/5, or None where α would fall below 1e-6."""
        return self.factor if alpha * self.factor >= self.smallest else None


class RateTable:
    """The learning rates of a schedule, worked out for many updates at a time.

    Parameters
    ----------
    schedule : schedule
        An entry of SCHEDULES.
    horizon : Horizon
        Where training begins and ends.
    """

    def __init__(self, schedule, horizon):
        self.schedule, self.horizon = schedule, horizon
        self._alpha, self._first, self._rates = None, 0, np.empty(0)

    def __call__(self, alpha, t, n):
        """Return α_t … α_{t+n−1} of a schedule that starts from alpha."""
        begin = t - self._first
        if alpha != self._alpha or begin < 0 or begin + n > len(self._rates):
            n_worked_out = max(n, UPDATES_PER_TABLE)
            self._rates = self.schedule.rates(alpha, t, n_worked_out, self.horizon)
            self._alpha, self._first, begin = alpha, t, 0
        return self._rates[begin : begin + n]


SCHEDULES = {
    "constant": Constant,
    "inverse": InverseTime,
    "power": Power,
    "adaptive": Adaptive,
    "linear": Linear,
    "cosine": Cosine,
}
