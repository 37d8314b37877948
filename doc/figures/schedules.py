"""The learning rates of each schedule over a training of 1,000 updates."""

import matplotlib.pyplot as plt
import numpy as np

from skbackprop.solvers.schedules import SCHEDULES, Horizon

N_UPDATES = 1000
CURVES = {  # name: decrease constant, updates held at the full rate, label
    "constant": (0, 0, r"constant: $\alpha$"),
    "power": (0.6, 0, r"power: $\alpha / (1 + t)^{0.6}$"),
    "inverse": (0.01, 0, r"inverse: $\alpha / (1 + 0.01\,t)$"),
    "inverse, held": (0.01, 200, "inverse, after 200 updates held"),
    "linear": (0, 0, "linear, the default"),
    "cosine": (0, 0, "cosine"),
}

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), sharey=True, layout="constrained")
for number, (name, (delta, hold, label)) in enumerate(CURVES.items()):
    schedule = SCHEDULES[name.split(",")[0]](delta, hold)
    rates = schedule.rates(1.0, 0, N_UPDATES, Horizon(0, N_UPDATES))
    ax, style = (right, "-") if schedule.has_horizon else (left, ("-", "-.", "--", ":")[number])
    ax.plot(np.arange(N_UPDATES), rates, style, color=f"C{number}", linewidth=2, label=label)
left.set(title="Without an end", xlabel="update $t$", ylabel=r"$\alpha_t / \alpha$", ylim=(0, 1.1))
right.set(title="To 0 over a budget of 1,000 updates", xlabel="update $t$")
left.legend(loc="upper right", bbox_to_anchor=(1, 0.93))
right.legend()
