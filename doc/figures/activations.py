"""The activations, each with its derivative, as the package computes them."""

import matplotlib.pyplot as plt
import numpy as np

from skbackprop.network.activations import ACTIVATIONS

NAMES = ("identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus")
LECTURE = {"identity": "linear", "logistic": "sigmoid"}  # what the lecture calls them

a = np.linspace(-4, 4, 802)  # an even number of points, none of which is 0
figure, panels = plt.subplots(2, 4, figsize=(9, 5), sharex=True, sharey=True, layout="constrained")
for ax, name in zip(panels.flat, NAMES, strict=True):
    activation = ACTIVATIONS[name]
    h = activation.fprop(a.copy())
    slope = activation.derivative(h.copy(), out=np.empty_like(h))
    slope[1:][np.abs(np.diff(slope)) > 0.5] = np.nan  # a jump is no slanting line
    ax.axhline(0, color="0.8", linewidth=0.8)
    ax.axvline(0, color="0.8", linewidth=0.8)
    ax.plot(a, h, color="C0", linewidth=2, label="$g(a)$")
    ax.plot(a, slope, "--", color="C1", linewidth=2, label="$g'(a)$")
    ax.set(title=LECTURE.get(name, name), ylim=(-2.2, 3.2), xticks=(-4, 0, 4))
for ax in panels[1]:
    ax.set_xlabel("$a$")
figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
