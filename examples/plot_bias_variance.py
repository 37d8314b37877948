r"""
=======================
Bias-variance trade-off
=======================

The lecture calls a model's *variance* how much it varies if the training set changes, and its
*bias* how far the average model is from the true solution. Here both are measured: by training the
same network on many training sets, and asking each of them about the same test examples. The guide
explains the trade-off under :doc:`/user_guide/regularization`.
"""

# %%
# The decomposition
# -----------------
# Let :math:`\mathbf{f}_b(\mathbf{x})` be the class probabilities by the network trained on set
# :math:`b` of :math:`B`, :math:`\bar{\mathbf{f}}(\mathbf{x})` their mean, and
# :math:`\mathbf{e}(y)` the truth. The mean squared error (the Brier score) is a sum of two terms,
#
# .. math::
#    \frac{1}{B} \sum_b \lVert \mathbf{f}_b(\mathbf{x}) - \mathbf{e}(y) \rVert^2
#    = \underbrace{\lVert \bar{\mathbf{f}}(\mathbf{x}) - \mathbf{e}(y) \rVert^2}_{\text{bias}^2}
#    + \underbrace{\frac{1}{B} \sum_b \lVert \mathbf{f}_b(\mathbf{x}) -
#      \bar{\mathbf{f}}(\mathbf{x}) \rVert^2}_{\text{variance}} .
#
# The training sets are bootstrap samples: 200 handwritten digits, drawn with replacement. The
# network is a plain one: its inputs are the pixels, without the bins of the defaults.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0)
samples = np.random.default_rng(0).integers(0, len(X_train), size=(12, 200))


def bias_and_variance(**hyper_parameters):
    """Return the squared bias and the variance, each as a mean over the test examples."""
    network = BackpropClassifier(**hyper_parameters, batch_size=50, numeric_encoding=None)
    network.set_params(learning_rate="inverse", max_iter=50, tol=None)
    F = np.array(
        [
            network.set_params(random_state=b).fit(X_train[s], y_train[s]).predict_proba(X_test)
            for b, s in enumerate(samples)
        ]
    )
    mean = F.mean(axis=0)
    bias = ((mean - np.eye(10)[y_test]) ** 2).sum(axis=1).mean()
    return bias, ((F - mean) ** 2).sum(axis=2).mean()


# %%
# The network is changed in two ways: by its number of hidden units, and by the strength of its L2
# penalty.
sizes = np.array([1, 2, 4, 8, 16, 32, 64])
strengths = np.logspace(-4, -1, 7)
by_size = np.array([bias_and_variance(hidden_layer_sizes=int(n), l2=0.0) for n in sizes])
by_strength = np.array([bias_and_variance(hidden_layer_sizes=32, l2=s) for s in strengths])

print("hidden units   bias²   variance     sum")
for n, (bias, variance) in zip(sizes, by_size, strict=True):
    print(f"{n:12d} {bias:7.3f} {variance:10.3f} {bias + variance:7.3f}")
print("\n          l2   bias²   variance     sum")
for strength, (bias, variance) in zip(strengths, by_strength, strict=True):
    print(f"{strength:12.4f} {bias:7.3f} {variance:10.3f} {bias + variance:7.3f}")

# %%
# The picture
# -----------
import matplotlib.pyplot as plt

_, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for ax, x, parts in zip(axes, (sizes, strengths), (by_size, by_strength), strict=True):
    ax.plot(x, parts.sum(axis=1), "k-o", markersize=4, label="sum: the error")
    ax.plot(x, parts[:, 0], "--s", markersize=4, label="bias²")
    ax.plot(x, parts[:, 1], ":^", markersize=4, label="variance")
    ax.set(xscale="log", ylim=(0, None))
axes[0].set(title="Size of the network, without penalty", xlabel="hidden units")
axes[0].set(xticks=sizes, xticklabels=sizes, ylabel="mean squared error of probabilities")
axes[0].minorticks_off()
axes[1].set(title="L2 regularisation, 32 hidden units", xlabel=r"$\lambda$ (l2)")
axes[0].legend()
plt.show()

# %%
# The penalty shows the trade-off as the lecture draws it. As :math:`\lambda` grows, the variance
# falls and the bias rises, and their sum is lowest in between, at about :math:`\lambda = 0.003`.
# The size of the network shows something else. More hidden units lower the bias, but the variance
# rises only up to about four units. A network of so few units cannot learn all of its training set,
# and which part it gives up depends on the set. With more units the variance falls as well. So a
# large network with a penalty is a good first choice, and it is the penalty that needs tuning.
