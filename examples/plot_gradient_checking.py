r"""
=================
Gradient checking
=================

To debug an implementation of fprop and bprop, the lecture compares the gradient with a finite
difference approximation,

.. math:: \frac{\partial J}{\partial \theta_i} \approx
          \frac{J(\boldsymbol{\theta} + \epsilon \mathbf{e}_i) -
                J(\boldsymbol{\theta} - \epsilon \mathbf{e}_i)}{2 \epsilon}.

:func:`~skbackprop.check_gradient` does this for the whole objective: the loss, the penalties, and
the weights of the examples. A right gradient should pass, but above all, a wrong one should be
caught, so this example breaks one. See also :doc:`/user_guide/gradient_checking`.
"""

# %%
# A right gradient
# ----------------
# The network has two hidden layers and both penalties, and the data are the wines. For each
# :math:`\mathbf{W}^{(k)}` and :math:`\mathbf{b}^{(k)}`, the result has the largest relative error
# and its place.
from sklearn.datasets import load_wine

from skbackprop import BackpropClassifier, GradientCheckDisplay, check_gradient

X, y = load_wine(return_X_y=True)
network = BackpropClassifier(
    (8, 5), activation="tanh", l1=1e-3, l2=1e-2, numeric_encoding=None, random_state=0
)
right = check_gradient(network, X, y)
print(right)

# %%
# A wrong derivative
# ------------------
# The mistake is a :math:`\tanh` whose derivative returns :math:`\tanh` instead of
# :math:`1 - \tanh^2`. An activation is a class with ``fprop`` and ``derivative``, and an entry in
# ``ACTIVATIONS``. This one is removed again afterwards.
from skbackprop.network.activations import ACTIVATIONS, Tanh


class BrokenTanh(Tanh):
    """g(a) = tanh a, with the derivative left at h."""

    def derivative(self, H, out):
        return H


ACTIVATIONS["broken_tanh"] = BrokenTanh()
network.set_params(activation=["tanh", "broken_tanh"])
wrong = check_gradient(network, X, y)
print(wrong)

# %%
# Such a network still learns, so the mistake is easily overlooked: the output layer is trained
# correctly, even if the hidden layers are not.
network.set_params(max_iter=50, tol=None).fit(X, y)
print(f"Training accuracy with the wrong derivative: {network.score(X, y):.2f}")
del ACTIVATIONS["broken_tanh"]

# %%
# Right and wrong, side by side
# -----------------------------
import matplotlib.pyplot as plt

_, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
GradientCheckDisplay(right).plot(axes[0])
GradientCheckDisplay(wrong).plot(axes[1])
axes[0].set_title("derivative of tanh")
axes[1].set(title="second hidden layer: derivative left at tanh", ylabel="")
axes[1].legend().remove()
plt.show()

# %%
# The right gradient agrees with the differences to nine digits everywhere. The wrong one is off by
# as much as its own size in :math:`\mathbf{W}^{(2)}` and everything before it, while
# :math:`\mathbf{W}^{(3)}` and :math:`\mathbf{b}^{(3)}` are right. So the mistake is in the box
# between them, which is the activation of the second hidden layer. The check not only finds that
# something is wrong, but also shows where.
