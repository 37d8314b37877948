"""J as a function of two parameters of a small network: equal minima, a saddle point, plateaus."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm

x = np.linspace(-2, 2, 81)
side = np.linspace(-4, 4, 161)
first, second = np.meshgrid(side, side)


def objective(outputs, p):
    """Return the mean cross-entropy, where p is the probability of the class at each x."""
    return (p * np.logaddexp(0, -outputs) + (1 - p) * np.logaddexp(0, outputs)).mean(axis=-1)


def on_all_x(parameter):
    """Return the parameter with an axis for x."""
    return parameter[..., np.newaxis]


# One unit: the output is v tanh(w x), and the class becomes more probable with x.
one_unit = objective(on_all_x(second) * np.tanh(on_all_x(first) * x), 1 / (1 + np.exp(-2 * x)))
one_unit += 0.005 * (first**2 + second**2)

# Two units of the same slope, at places that are learned; the class becomes probable in two steps.
steps = np.where(x < -1, 0.03, np.where(x < 1, 0.5, 0.97))
outputs = 1.75 * sum(np.tanh(4 * (x - on_all_x(place))) for place in (first, second))
two_units = objective(outputs, steps)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
for ax, J in ((left, one_unit), (right, two_units)):
    ax.pcolormesh(side, side, J, norm=PowerNorm(0.5), cmap="viridis", rasterized=True)
    levels = J.min() + np.ptp(J) * np.linspace(0, 1, 16)[1:-1] ** 2
    ax.contour(side, side, J, levels, colors="white", linewidths=0.5, alpha=0.5)
    lowest = [
        np.unravel_index(half.argmin(), J.shape)
        for half in (np.where(first < second, J, np.inf), np.where(first > second, J, np.inf))
    ]
    for row, column in lowest:
        ax.plot(side[column], side[row], "o", color="white", markeredgecolor="k", markersize=8)
    ax.set(aspect="equal")
left.plot(0, 0, "X", color="white", markeredgecolor="k", markersize=9)
left.set(title=r"One unit, $v \tanh(w\,x)$: signs", xlabel="$w$", ylabel="$v$")
right.axline((0, 0), slope=1, color="white", linestyle=":", linewidth=1)
right.set(title="Two units that change places", xlabel="place of unit 1", ylabel="place of unit 2")
