"""The error of finite differences against their step."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import scale

from skbackprop.inputs.gather import Inputs
from skbackprop.network.activations import Tanh
from skbackprop.network.graph import FlowGraph
from skbackprop.network.initializers import GlorotUniform
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses import SoftmaxCrossEntropy
from skbackprop.objective.objective import Objective

X, y = load_wine(return_X_y=True)
parameters = ParameterVector([13, 4, 3])
GlorotUniform().fill(parameters.layers, np.random.default_rng(0))
graph, inputs = FlowGraph([Tanh()]), Inputs(scale(X), np.float64)
objective = Objective(graph, SoftmaxCrossEntropy(), parameters, inputs, y)
gradient = objective.value_and_gradient()[1].copy()
theta = parameters.theta.copy()


def J(i, step):
    """Return J where one parameter is moved by a step."""
    parameters.theta[:] = theta
    parameters.theta[i] += step
    return objective.value_and_gradient()[0]


steps = np.logspace(-12, 0, 25)
errors = []
for step in steps:
    differences = [(J(i, step) - J(i, -step)) / (2 * step) for i in range(len(theta))]
    errors.append(np.abs(differences - gradient).max() / np.abs(gradient).max())

figure, ax = plt.subplots(figsize=(7, 3.9), layout="constrained")
ax.plot(steps, errors, "o-", label="largest error of an entry")
ax.axvline(1e-5, color="C1", linestyle="--", label="the default step")
ax.text(1e-9, 1e-9, "rounding", ha="center")
ax.text(1e-2, 1e-9, "third derivative", ha="center")
ax.set(xscale="log", yscale="log", xlabel=r"step $\epsilon$", ylabel="relative error")
ax.legend(loc="upper center")
