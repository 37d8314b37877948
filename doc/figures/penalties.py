"""What one step of each penalty makes of a weight."""

import matplotlib.pyplot as plt
import numpy as np

STRENGTH = 0.25  # times the learning rate

W = np.linspace(-1.5, 1.5, 301)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), layout="constrained")
left.plot(W, W**2, color="C0", linewidth=2, label="L2: $W^2$")
left.plot(W, np.abs(W), "--", color="C1", linewidth=2, label="L1: $|W|$")
left.set(title="The penalty of a weight", xlabel="$W$", ylim=(0, None))
left.legend()
right.plot(W, W, color="0.6", linewidth=1, label="no penalty")
right.plot(W, W * (1 - 2 * STRENGTH), color="C0", linewidth=2, label="L2: shrinks, never 0")
proximal = np.sign(W) * np.maximum(np.abs(W) - STRENGTH, 0)
right.plot(W, proximal, "--", color="C1", linewidth=2, label="L1: less by a fixed piece, down to 0")
right.set(title="After one step on the penalty", xlabel="$W$ before", ylabel="$W$ after")
right.legend()
