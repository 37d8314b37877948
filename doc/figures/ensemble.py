"""Networks that differ by chance alone, and their mean."""

import matplotlib.pyplot as plt
import numpy as np

from skbackprop import BackpropClassifier

rng = np.random.default_rng(4)
x = rng.uniform(-2, 2, 30)
y = rng.random(30) < np.where(np.abs(x) < 1, 0.8, 0.15)
grid = np.linspace(-3, 3, 301)[:, np.newaxis]

options = {"numeric_encoding": None, "l2": 1e-4, "max_iter": 2000}
networks = [BackpropClassifier(16, **options, random_state=seed) for seed in range(8)]
answers = [network.fit(x[:, np.newaxis], y).predict_proba(grid)[:, 1] for network in networks]

figure, ax = plt.subplots(figsize=(7, 3.9), layout="constrained")
for answer in answers:
    ax.plot(grid, answer, color="C0", alpha=0.5, linewidth=1)
ax.lines[0].set_label("each of 8 networks")
ax.plot(grid, np.mean(answers, axis=0), color="C1", linewidth=3, label="their mean")
ax.plot(x, y, "k|", markersize=12, label="training rows")
ax.set(xlabel="$x$", ylabel="probability of the class", ylim=(-0.05, 1.05))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
