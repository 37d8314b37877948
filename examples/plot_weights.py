"""
==============================
What the first layer looks for
==============================

The weights that lead to a hidden unit say which inputs it reacts to.
:class:`~skbackprop.WeightsDisplay` draws them: as images where the inputs are pixels, as bars where
they are columns of a table. See :doc:`/user_guide/notebook` for the other displays.
"""

# %%
# Weights of pixels
# -----------------
# Two networks learn handwritten digits. They differ in the strength of their L2 penalty alone.
# ``numeric_encoding=None`` leaves each pixel as one input, so that the weights of a unit form a
# picture of 8 × 8 pixels. The first network has hardly any penalty.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits, load_wine
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier, WeightsDisplay

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
options = {"activation": "tanh", "numeric_encoding": None, "random_state": 0}
weak = BackpropClassifier(30, l2=1e-5, **options).fit(X, y)
print(f"right on {weak.score(X_test, y_test):.1%} of the test set")
WeightsDisplay.from_estimator(weak, image_shape=(8, 8), n_units=12)
plt.show()

# %%
# The second network has a penalty a thousand times as strong.
strong = BackpropClassifier(30, l2=1e-2, **options).fit(X, y)
print(f"right on {strong.score(X_test, y_test):.1%} of the test set")
WeightsDisplay.from_estimator(strong, image_shape=(8, 8), n_units=12)
plt.show()

# %%
# Weights of the columns of a table
# ---------------------------------
# Without an image shape, each unit is drawn as bars. An L1 penalty makes weights exactly 0, so that
# each unit reads only the columns that it needs.
X, y = load_wine(return_X_y=True, as_frame=True)
network = BackpropClassifier(8, l1=3e-3, l2=0.0, max_iter=200, **options).fit(X, y)
n_zeros = (network.coefs_[0] == 0).mean()
print(f"{n_zeros:.0%} of the weights of the first layer are exactly 0")
WeightsDisplay.from_estimator(network, n_units=4)
plt.show()

# %%
# Red weights make a unit more active, blue weights less. With the weak penalty every pixel has
# some weight in every unit, and the pictures look like noise. With the strong penalty the weights
# are about half as large and the pictures are smoother: a unit looks for a stroke in one place,
# and for none beside it. Both networks are right about equally often, so the penalty has removed
# what was not needed. On the wines, about half of the weights are exactly 0, and a few columns do
# most of the work, such as flavanoids, proline and the intensity of the colour. Some units read
# the same columns with other weights: a network can express the same function in many ways (see
# :doc:`/user_guide/local_optima`).
