r"""
========================================
Initialisation: zeros, constants, Glorot
========================================

The first weights decide whether the gradient is of any use. According to the lecture, weights
must not all be 0 with :math:`\tanh`, because all their gradients would then be 0: a saddle point.
Nor must they all have the same value, because all hidden units of a layer would then always
behave the same. Its recipe samples them around 0 (see also :doc:`/user_guide/initialization`):

.. math:: W^{(k)}_{i,j} \sim U[-b, b], \qquad b = \frac{\sqrt{6}}{\sqrt{H_k + H_{k-1}}}.
"""

# %%
# The objective of a deep network
# -------------------------------
# The network has three hidden layers of 30 units, and the data are the digits. The objective
# consists of the package's parts: the graph, the loss, the parameters, and the data.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from skbackprop.inputs.gather import Inputs
from skbackprop.network.activations import Tanh
from skbackprop.network.graph import FlowGraph
from skbackprop.network.initializers import GlorotUniform
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses import SoftmaxCrossEntropy
from skbackprop.objective.objective import Objective

X, y = load_digits(return_X_y=True)
parameters = ParameterVector([64, 30, 30, 30, 10])
graph, inputs = FlowGraph([Tanh()] * 3), Inputs(scale(X), np.float64)
objective = Objective(graph, SoftmaxCrossEntropy(), parameters, inputs, y)

# %%
# Four ways to start
# ------------------
# The biases start at 0 in all of them.


def zeros():
    parameters.theta.fill(0)


def constant():
    zeros()
    parameters.weights.fill(0.05)


def glorot():
    GlorotUniform().fill(parameters.layers, np.random.default_rng(0))


def tenth_of_glorot():
    glorot()
    parameters.weights[:] *= 0.1


starts = {
    "zeros": zeros,
    "all 0.05": constant,
    "Glorot": glorot,
    "a tenth of Glorot": tenth_of_glorot,
}

# %%
# The gradients by layer, and where they lead
# -------------------------------------------
# For each start, the code computes the size (root mean square) of
# :math:`\nabla_{\mathbf{W}^{(k)}} J`. Then it takes 100 steps of gradient descent, and counts how
# many of the 30 hidden units in each layer differ from each other.
sizes, curves = {}, {}
for name, start in starts.items():
    start()
    objective.value_and_gradient()
    sizes[name] = [np.sqrt(np.mean(W**2)) for W, _ in parameters.gradient_layers]
    curves[name] = []
    for _ in range(100):
        loss, gradient = objective.value_and_gradient()
        parameters.theta -= 0.3 * gradient
        curves[name].append(loss)
    different = [len(np.unique(W.round(9), axis=1).T) for W, _ in parameters.layers[:-1]]
    print(f"{name:18} loss {loss:.3f}, different units in the hidden layers: {different}")

# %%
# The picture
# -----------
# Gradients below rounding error are drawn at its level, as 0.
import matplotlib.pyplot as plt

plt.style.use("tableau-colorblind10")
_, (size_ax, loss_ax) = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
for (name, size), marker, style in zip(sizes.items(), "sD^o", ("-.", ":", "-", "--"), strict=True):
    size_ax.plot(range(1, 5), np.maximum(size, 1e-16), style, marker=marker, label=name)
    loss_ax.plot(curves[name], style, label=name)
size_ax.set(yscale="log", xticks=range(1, 5), xticklabels=[f"$W^{{({k})}}$" for k in range(1, 5)])
size_ax.set(xlabel="layer", ylabel="size of the gradient", title="Gradients at the start")
size_ax.set_yticks(
    [1e-16, 1e-12, 1e-8, 1e-4, 1], ["0", "$10^{-12}$", "$10^{-8}$", "$10^{-4}$", "1"]
)
loss_ax.set(xlabel="step of gradient descent", ylabel="J", title="Training", ylim=(0, None))
loss_ax.legend(loc="center right", bbox_to_anchor=(1, 0.4))
plt.show()

# %%
# From zeros, the gradient of every weight is exactly 0. Only the biases of the outputs move, and
# training stays at :math:`\log 10`, the loss of guessing. From one constant, only the weights of
# the outputs have a gradient at the start: the errors of the ten outputs sum to 0, and equal
# weights pass on nothing but this sum. After the first step the other layers learn too, but all
# units of a layer remain copies of one. Such a network can do no more than one with a single unit
# in each layer. A tenth of Glorot's range breaks the symmetry, but its gradients are hundreds of
# times smaller than those from Glorot's range: the signal shrinks in each layer on its way forward,
# and so do the errors on their way back. After 100 steps training has not left the plateau yet (its
# curve lies on that of the zeros). From Glorot's range the gradients of all layers have about the
# same size too, but a useful one, and the loss falls from the first step on.
