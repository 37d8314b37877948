"""Newton's step, where J is convex and where it is not."""

import matplotlib.pyplot as plt
import numpy as np


def J(theta):
    """Return an objective with one parameter."""
    return 1 - np.cos(theta)


def slope(theta):
    """Return J'."""
    return np.sin(theta)


def curvature(theta):
    """Return J''."""
    return np.cos(theta)


theta = np.linspace(-2, 5, 400)
figure, panels = plt.subplots(1, 2, figsize=(9, 3.9), sharey=True, layout="constrained")
titles = ("Convex: the step leads near the minimum", "Concave: the step leads uphill")
for ax, start, title in zip(panels, (1.0, 2.2), titles, strict=True):
    step = -slope(start) / curvature(start)
    parabola = (
        J(start) + slope(start) * (theta - start) + curvature(start) / 2 * (theta - start) ** 2
    )
    ax.plot(theta, J(theta), color="C0", linewidth=2, label=r"$J(\theta)$")
    ax.plot(theta, parabola, "--", color="C1", linewidth=2, label="Taylor expansion at the dot")
    ax.plot(start, J(start), "o", color="k", markersize=8)
    end = start + step
    ax.annotate(
        "", (end, J(end)), (start, J(start)), arrowprops={"arrowstyle": "-|>", "color": "C3"}
    )
    ax.plot(end, J(end), "X", color="C3", markersize=9, label="after Newton's step")
    ax.set(title=title, xlabel=r"$\theta$", ylim=(-0.6, 2.6))
panels[0].set_ylabel(r"$J$")
panels[0].legend(loc="upper left")
