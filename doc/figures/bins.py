"""A column cut into bins: its edges, its inputs, and what one layer can make of them."""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from skbackprop import BackpropClassifier

rng = np.random.default_rng(0)
x = rng.normal(size=400)
edges = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
grid = np.linspace(-4, 4, 801)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), layout="constrained")
for b, (lower, upper) in enumerate(itertools.pairwise(edges), 1):
    inputs = np.clip((grid - lower) / (upper - lower), 0, 1)
    left.plot(grid, inputs, ("-", "--", "-.", ":")[b - 1], linewidth=2, label=f"$e_{b}(x)$")
for edge in edges:
    left.axvline(edge, color="0.8", linewidth=1, zorder=0)
left.plot(x, np.full_like(x, -0.1), "|", color="0.4", alpha=0.4)
left.set(title="Four bins, cut at quantiles", xlabel="$x$, a tick for each row", ylabel="input")
left.legend(loc="upper left")

X = rng.normal(size=(1000, 1))
y = np.abs(X[:, 0] - 0.5) < 0.2
right.fill_between(grid, np.abs(grid - 0.5) < 0.2, color="0.9", label="where the class is")
for encoding, style, label in (("auto", "C0-", "with bins"), (None, "C1--", "without")):
    model = BackpropClassifier((), numeric_encoding=encoding, random_state=0).fit(X, y)
    probability = model.predict_proba(grid[:, np.newaxis])[:, 1]
    right.plot(grid, probability, style, linewidth=2, label=label)
right.set(title="Learned without a hidden layer", xlabel="$x$", ylabel="probability of the class")
right.legend()
