r"""
=================
Gradient checking
=================

To debug an implementation of fprop and bprop, the lecture compares the gradient with a finite
difference approximation,

.. math:: \frac{\partial J}{\partial \theta_i} \approx
          \frac{J(\boldsymbol{\theta} + \epsilon \mathbf{e}_i) -
                J(\boldsymbol{\theta} - \epsilon \mathbf{e}_i)}{2 \epsilon}.

:func:`~skbackprop.check_gradient` does so with the whole objective: the loss, the penalties, and
the weights of the examples. It is quick to see that a right gradient passes. Whether a wrong one is
caught is what matters, so this example breaks one.
"""

# %%
# A right gradient
# ----------------
# A network with two hidden layers on the wine data, with both penalties. For each
# :math:`\mathbf{W}^{(k)}` and :math:`\mathbf{b}^{(k)}`, the result tells the largest relative error
# and where it is.
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
# A mistake that was really made once: a :math:`\tanh` whose derivative returns :math:`\tanh`
# instead of :math:`1 - \tanh^2`. An activation is a class with ``fprop`` and ``derivative``, and
# an entry of ``ACTIVATIONS``. This one gets a place there for as long as it is needed.
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
# Such a network still learns, which is why nobody notices: the output layer is trained rightly, on
# features that are not.
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
# The right gradient agrees to nine digits everywhere. The wrong one is off by as much as its own
# size, in :math:`\mathbf{W}^{(2)}` and all that is below, while :math:`\mathbf{W}^{(3)}` and
# :math:`\mathbf{b}^{(3)}` are right: the error is in the box between them, the activation of the
# second hidden layer. So a check does not just say that something is wrong, it points at it.
