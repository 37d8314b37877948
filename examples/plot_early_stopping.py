"""
====================================
Early stopping, with some look-ahead
====================================

The lecture says how to know when to stop: "to select the number of epochs, stop training when
validation set error increases (with some look ahead)". This page shows why the look-ahead is
needed: the validation error does not fall smoothly, and learning need not be over when it first
rises. See also :doc:`/user_guide/model_selection`.
"""

# %%
# Data that can be learned by heart
# ---------------------------------
# The data are handwritten digits. In the training and the validation set, one label in ten has
# been replaced by a random one; the test set has the true labels. A network can learn the random
# labels by heart, but should not. This network has three layers of sigmoids, and begins on a
# plateau.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
rng = np.random.default_rng(0)
y = np.where(rng.random(len(y)) < 0.1, rng.integers(0, 10, len(y)), y)
X, X_val, y, y_val = train_test_split(X, y, test_size=0.3, random_state=0)

# %%
# Three trainings that differ in when they stop
# ---------------------------------------------
# ``n_iter_no_change`` is the look-ahead in epochs. At the end, ``early_stopping`` goes back to the
# best parameters so far. With ``tol=None`` training does not stop early at all.
from skbackprop import BackpropClassifier, LossCurveDisplay

network = BackpropClassifier(
    (30, 30, 30),
    activation="sigmoid",
    l2=0.0,
    numeric_encoding=None,
    batch_size=8,
    learning_rate="constant",
    learning_rate_init=0.1,
    momentum=0.0,
    max_iter=120,
    tol=0.0,
    random_state=0,
)
stops = {
    "look-ahead of 1": {"early_stopping": True, "n_iter_no_change": 1},
    "look-ahead of 20": {"early_stopping": True, "n_iter_no_change": 20},
    "no stopping": {"tol": None},
}
networks = {}
for name, options in stops.items():
    model = BackpropClassifier(**network.get_params() | options)
    networks[name] = model.fit(X, y, X_val=X_val, y_val=y_val)
    best = min(model.validation_loss_curve_)
    print(
        f"{name:16} {model.n_iter_:3d} epochs, lowest validation loss {best:.4f}, "
        f"test accuracy {model.score(X_test, y_test):.3f}"
    )

# %%
# The picture
# -----------
# :class:`~skbackprop.LossCurveDisplay` marks the best epoch and the look-ahead. The left plot is a
# close-up of two epochs; the other two share their scales.
import matplotlib.pyplot as plt

_, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
for ax, (name, model) in zip(axes, networks.items(), strict=True):
    LossCurveDisplay.from_estimator(model, ax=ax, learning_rate=False)
    ax.set(title=f"{name}: {model.score(X_test, y_test):.0%} right", xlim=(0, 121), ylim=(0, 2.6))
axes[0].set(xlim=(0.9, 2.1), ylim=(2.3, 2.36), xticks=[1, 2])  # all that there is of it
plt.show()

# %%
# The validation loss rises for the first time after the very first epoch, on the plateau. With a
# look-ahead of one epoch, training stops right there, with a network that guesses. With a
# look-ahead of 20 it goes on, finds the minimum, and comes back to it after 20 epochs without a
# better one. Without stopping, the training loss goes on falling while the network learns the
# random labels. The validation loss rises, and fewer of the test digits are right.
