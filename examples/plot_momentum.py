r"""
==========================
Momentum through a plateau
==========================

The lecture says that one "can use an exponential average of previous gradients",

.. math:: \bar{\nabla}^{(t)} = \nabla_{\boldsymbol{\theta}} l + \beta\, \bar{\nabla}^{(t-1)},

and this "can get through plateaus more quickly, by gaining momentum". Where the gradient stays the
same, the average grows to :math:`1 / (1 - \beta)` times the gradient, ten times for
:math:`\beta = 0.9`. See also :doc:`/user_guide/sgd`.
"""

# %%
# A network with a plateau
# ------------------------
# Three hidden layers of sigmoids squeeze all digits into nearly the same outputs at first, so that
# :math:`J` stays near the loss of guessing, :math:`\log 10`. The training is gradient descent on
# all rows at once, on raw pixels from 0 to 16, for a few values of :math:`\beta`. The last run has
# no momentum, but ten times the learning rate, since momentum can make steps ten times as long.
import numpy as np
from sklearn.datasets import load_digits

from skbackprop import BackpropClassifier

X, y = load_digits(return_X_y=True)
network = BackpropClassifier(
    (30, 30, 30),
    activation="sigmoid",
    l2=0.0,
    batch_size=len(X),
    standardize=False,
    dtype="float64",
    learning_rate="constant",
    nesterovs_momentum=False,
    max_iter=200,
    tol=None,
    random_state=0,
)
settings = [(0.2, 0.0), (0.2, 0.5), (0.2, 0.9), (2.0, 0.0)]
curves = {}
for alpha, beta in settings:
    network.set_params(learning_rate_init=alpha, momentum=beta).fit(X, y)
    curves[alpha, beta] = network.loss_curve_
    below = np.flatnonzero(np.array(network.loss_curve_) < 1.5)
    steps = f"after {below[0]} steps" if len(below) else "never"
    print(f"alpha {alpha}, beta {beta}: J < 1.5 {steps}; J = {network.loss_:.3f} at the end")

# %%
# The picture
# -----------
import matplotlib.pyplot as plt

_, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
ax.axhline(np.log(10), color="0.6", linewidth=0.8)
ax.text(200, np.log(10), "guessing, log 10", ha="right", va="bottom", color="0.4")
styles = (("C0", ":"), ("C0", "--"), ("C0", "-"), ("C1", "-"))
for (alpha, beta), (color, style) in zip(settings, styles, strict=True):
    label = rf"$\alpha = {alpha:g}$, $\beta = {beta:g}$"
    ax.plot(curves[alpha, beta], style, color=color, label=label, zorder=2 + (alpha < 1))
ax.set(xlabel="step", ylabel="J", ylim=(0, 3), title="Gradient descent on digits")
ax.legend()
plt.show()

# %%
# Without momentum, 200 steps are hardly enough to leave the plateau. With :math:`\beta = 0.9`,
# training is through it after about fifty steps, and goes on smoothly. Ten times the learning
# rate gets through as quickly, but its steps are too long for the directions in which :math:`J`
# is steep, and the loss jumps up again and again. In these directions, successive gradients point
# back and forth, and their average stays small. On the plateau they agree, and add up.
