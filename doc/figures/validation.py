"""The validation losses by which the strength of L2 is chosen, with noise and without."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skbackprop import BackpropClassifier

X, y = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
figure, ax = plt.subplots(figsize=(7, 3.9), layout="constrained")
for share, style in ((0.0, "o-"), (0.3, "s--")):
    labels = np.where(rng.random(len(y)) < share, rng.integers(0, 10, len(y)), y)
    network = BackpropClassifier(random_state=0).fit(X, labels)
    losses = network.l2_validation_losses_
    label = f"{share:.0%} of the labels are random"
    ax.plot(list(losses), list(losses.values()), style, linewidth=2, label=label)
    ax.plot(network.l2_, losses[network.l2_], "k*", markersize=14, zorder=3)
ax.plot([], [], "k*", markersize=14, label="chosen")
ax.set(xscale="log", xlabel="strength of the L2 penalty", ylabel="loss on the held-out rows")
ax.set_ylim(0, None)
ax.xaxis.set_minor_formatter("")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
