r"""
=======================================
From the lecture to code: one small net
=======================================

This page makes one forward and one backward pass through a network, first line by line as in the
lecture, then by this package. The network is tiny, so that all of its numbers fit on the page: two
inputs, three hidden units with :math:`\tanh`, two classes. The guide explains the formulas under
:doc:`/user_guide/loss` and :doc:`/user_guide/backpropagation`.
"""

# %%
# A network and an example
# ------------------------
# These are the parameters :math:`\boldsymbol{\theta} = \{\mathbf{W}^{(1)}, \mathbf{b}^{(1)},
# \mathbf{W}^{(2)}, \mathbf{b}^{(2)}\}` and an example :math:`(\mathbf{x}, y)`. Here
# :math:`W^{(k)}_{i,j}` leads to unit :math:`i` from unit :math:`j`, as in the lecture.
import numpy as np

W1 = np.array([[0.5, -0.3], [-0.8, 0.4], [0.1, 0.9]])
b1 = np.array([0.1, 0.0, -0.2])
W2 = np.array([[0.7, -0.4, 0.3], [-0.2, 0.6, 0.5]])
b2 = np.array([0.0, 0.1])
x, y = np.array([1.0, -2.0]), 1

# %%
# Forward propagation
# -------------------
# The hidden layer computes :math:`\mathbf{a}^{(1)}(\mathbf{x}) = \mathbf{b}^{(1)} +
# \mathbf{W}^{(1)} \mathbf{x}` and :math:`\mathbf{h}^{(1)}(\mathbf{x}) =
# \mathbf{g}(\mathbf{a}^{(1)}(\mathbf{x}))`:
a1 = b1 + W1 @ x
h1 = np.tanh(a1)
print("a1 =", a1.round(4), "  h1 =", h1.round(4))

# %%
# The output layer computes :math:`\mathbf{a}^{(2)}(\mathbf{x}) = \mathbf{b}^{(2)} +
# \mathbf{W}^{(2)} \mathbf{h}^{(1)}(\mathbf{x})` and :math:`\mathbf{f}(\mathbf{x}) =
# \mathrm{softmax}(\mathbf{a}^{(2)}(\mathbf{x}))`; the loss is :math:`l(\mathbf{f}(\mathbf{x}), y) =
# -\log f(\mathbf{x})_y`:
a2 = b2 + W2 @ h1
f = np.exp(a2) / np.exp(a2).sum()
loss = -np.log(f[y])
print("a2 =", a2.round(4), "  f =", f.round(4), f"  loss = {loss:.4f}")

# %%
# Backpropagation
# ---------------
# From the output gradient (before activation), :math:`\nabla_{\mathbf{a}^{(2)}(\mathbf{x})} -\log
# f(\mathbf{x})_y = -(\mathbf{e}(y) - \mathbf{f}(\mathbf{x}))`, follow those of the parameters,
# :math:`\nabla_{\mathbf{W}^{(k)}} = \nabla_{\mathbf{a}^{(k)}}\, \mathbf{h}^{(k-1)\top}` and
# :math:`\nabla_{\mathbf{b}^{(k)}} = \nabla_{\mathbf{a}^{(k)}}`:
grad_a2 = -(np.eye(2)[y] - f)
grad_W2 = np.outer(grad_a2, h1)
grad_b2 = grad_a2

# %%
# Then the gradient of the hidden layer below, :math:`\nabla_{\mathbf{h}^{(1)}} =
# \mathbf{W}^{(2)\top}\, \nabla_{\mathbf{a}^{(2)}}`, and before its activation,
# :math:`\nabla_{\mathbf{a}^{(1)}} = \nabla_{\mathbf{h}^{(1)}} \odot [\dots, g'(a^{(1)}_j), \dots]`
# with :math:`g'(a) = 1 - g(a)^2`:
grad_h1 = W2.T @ grad_a2
grad_a1 = grad_h1 * (1 - h1**2)
grad_W1 = np.outer(grad_a1, x)
grad_b1 = grad_a1
print("gradient of W1:", grad_W1.round(4), sep="\n")

# %%
# The same by the package
# -----------------------
# A flow graph calls the ``fprop`` of its boxes in order and their ``bprop`` in the reverse order.
# Examples are rows here, so :math:`\mathbf{W}^{(k)}` is stored transposed, as scikit-learn has it
# in ``coefs_``. A :class:`~skbackprop.network.parameters.ParameterVector` holds
# :math:`\boldsymbol{\theta}` and its gradient, a :class:`~skbackprop.network.graph.Workspace` what
# is computed on the way.
from skbackprop.network.activations import Tanh
from skbackprop.network.graph import FlowGraph, Workspace
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses import SoftmaxCrossEntropy

parameters = ParameterVector([2, 3, 2])
for layer, (W, b) in zip(parameters.layers, [(W1, b1), (W2, b2)], strict=True):
    layer[0][:], layer[1][:] = W.T, b

graph, softmax = FlowGraph([Tanh()]), SoftmaxCrossEntropy()
X, codes = x[np.newaxis], np.array([y])
H, grad_H = Workspace([2, 3, 2], 1, X.dtype).first(1)

losses = softmax.fprop(graph.fprop(parameters.layers, X, H), codes)
softmax.bprop(H[-1], codes)
graph.bprop(parameters.layers, parameters.gradient_layers, X, H, grad_H)

by_hand = np.concatenate([grad_W1.T.ravel(), grad_W2.T.ravel(), grad_b1, grad_b2])
print(f"loss:     by hand {loss:.15f}, by the package {losses[0]:.15f}")
print(f"gradient: largest difference {np.abs(by_hand - parameters.gradient).max():.1e}")

# %%
# One step of gradient descent
# ----------------------------
# Stochastic gradient descent moves :math:`\boldsymbol{\theta} \leftarrow \boldsymbol{\theta} -
# \alpha \nabla_{\boldsymbol{\theta}} l`. Draw the loss of the example against the length
# :math:`\alpha` of this step: if the gradient is right, the curve starts with the slope
# :math:`-\lVert \nabla_{\boldsymbol{\theta}} l \rVert^2`.
import matplotlib.pyplot as plt

theta, gradient = parameters.theta.copy(), parameters.gradient.copy()
alphas = np.linspace(0, 1, 101)
curve = []
for alpha in alphas:
    parameters.theta[:] = theta - alpha * gradient
    curve.append(softmax.fprop(graph.fprop(parameters.layers, X, H), codes)[0])

_, ax = plt.subplots(layout="constrained")
ax.plot(alphas, curve, label=r"$l$ after the step $\theta - \alpha \nabla l$")
near = alphas[:26]
ax.plot(near, loss - near * (gradient @ gradient), "--", label=r"slope $-\|\nabla l\|^2$")
ax.plot(0, loss, "ko", label=f"before the step, {loss:.3f}")
ax.set(xlabel=r"learning rate $\alpha$", ylabel="loss of the example", ylim=(0, None))
ax.set_title("One step along the negative gradient")
ax.legend()
plt.show()

# %%
# The lines above and the package agree up to rounding. The loss falls along the negative
# gradient. At first it has exactly the slope that the gradient predicts (the dashed line is a
# tangent to the curve), and then it falls more slowly. A gradient is valid only nearby, so
# training takes many small steps.
