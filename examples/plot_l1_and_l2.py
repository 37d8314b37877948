r"""
=====================================
L1 against L2: exactly zero, or small
=====================================

The lecture has two regularisers, both on weights only, never on biases:

.. math:: \text{L2: } \Omega(\boldsymbol{\theta}) = \sum_{k,i,j} \bigl(W_{i,j}^{(k)}\bigr)^2
          \qquad\qquad
          \text{L1: } \Omega(\boldsymbol{\theta}) = \sum_{k,i,j} \bigl|W_{i,j}^{(k)}\bigr|

"Unlike L2, L1 will push certain weights to be exactly 0." A plain subgradient step would only
make them jump back and forth around 0. Instead, ``l1`` acts by a proximal step after each update,
:math:`W \leftarrow \operatorname{sign}(W) \max(|W| - \alpha\lambda, 0)`, which makes them exactly
0. See also :doc:`/user_guide/regularization`.
"""

# %%
# Paths of weights
# ----------------
# The first model is softmax regression (no hidden layer) on the breast cancer data. We follow its
# weights while :math:`\lambda` grows. There are two classes, so only the difference between their
# weights matters.
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
strengths = np.logspace(-4, -1, 13)


def train(hidden_layer_sizes, penalty, strength):
    """Return a network trained with one penalty only."""
    network = BackpropClassifier(hidden_layer_sizes, l2=0.0, batch_size=128, random_state=0)
    network.set_params(numeric_encoding=None, learning_rate="inverse", max_iter=150, tol=None)
    network.set_params(**{penalty: strength})
    return network.fit(X_train, y_train)


paths = {
    penalty: np.array([np.diff(train((), penalty, s).coefs_[0])[:, 0] for s in strengths])
    for penalty in ("l1", "l2")
}

# %%
# A network
# ---------
# The second model is a network of ten hidden units. Its plots show how many of all weights are
# exactly 0, and what this does to the test error.
zeros, errors = {}, {}
for penalty in ("l1", "l2"):
    networks = [train((10,), penalty, strength) for strength in strengths]
    weights = [np.concatenate([W.ravel() for W in network.coefs_]) for network in networks]
    zeros[penalty] = [np.mean(w == 0) for w in weights]
    errors[penalty] = [1 - network.score(X_test, y_test) for network in networks]

for name, values in {"exactly 0": zeros, "test error": errors}.items():
    for penalty in ("l1", "l2"):
        print(f"{name:11}{penalty}  ", "  ".join(f"{v:6.1%}" for v in values[penalty][::3]))

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from matplotlib.ticker import PercentFormatter

figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(9, 6.4), layout="constrained")
for ax, error_ax, penalty in zip(*axes, ("l1", "l2"), strict=True):
    ax.plot(strengths, paths[penalty], linewidth=1.2, color="C0", alpha=0.6)
    ax.set(title=f"{penalty.upper()}: paths of 30 weights, softmax regression")
    error_ax.plot(strengths, zeros[penalty], "-o", markersize=4, label="weights exactly 0")
    error_ax.plot(strengths, errors[penalty], "--s", markersize=4, label="test error")
    error_ax.set(title=f"{penalty.upper()}: network of 10 hidden units", xscale="log")
    error_ax.set_xlabel(rf"$\lambda$ ({penalty})")
    error_ax.yaxis.set_major_formatter(PercentFormatter(1))
axes[0, 0].set_ylabel("weight, class 1 − class 0")
axes[1, 0].legend()
plt.show()

# %%
# With L2, all weights shrink together, and none is ever exactly 0. With L1, one weight after the
# other becomes 0, and the weights that matter most for the classes last longest. In the network,
# nine in ten weights can be 0 before the test error changes by more than a few rows. With the
# strongest penalty, no weight is left, and the network always predicts the larger class.
