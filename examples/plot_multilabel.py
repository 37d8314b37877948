"""
=====================================
Several labels for a row (multilabel)
=====================================

A picture can show several things at once. If the target is a matrix with a column of zeros and
ones for each label, every label gets an output of its own. Here, each picture shows two
handwritten digits side by side, and the network says which digits they are. The :doc:`guide
</user_guide/multilabel>` has the formulas.
"""

# %%
# Two digits in one picture
# -------------------------
# Training and test pictures are made from different digits. Row :math:`t` of ``Y`` has a 1 for
# each digit in picture :math:`t`, wherever it is. If a picture shows the same digit twice, it has
# only one label.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

digits = load_digits()
images_train, images_test, y_train, y_test = train_test_split(
    digits.images, digits.target, stratify=digits.target, random_state=0
)
rng = np.random.default_rng(0)


def pairs(images, y, n_pictures):
    """Return pictures of two digits each, and their labels as an indicator matrix."""
    chosen = rng.integers(0, len(images), (n_pictures, 2))
    pictures = np.concatenate([images[chosen[:, 0]], images[chosen[:, 1]]], axis=2)
    Y = np.zeros((n_pictures, 10), dtype=int)
    np.put_along_axis(Y, y[chosen], 1, axis=1)
    return pictures.reshape(n_pictures, -1), Y


X, Y = pairs(images_train, y_train, 3000)
X_test, Y_test = pairs(images_test, y_test, 1000)
print("labels of the first rows:", *Y[:4], sep="\n")

# %%
# Training
# --------
# The classifier sees from the shape of ``Y`` that rows may have several labels. ``predict``
# returns a matrix of zeros and ones, ``predict_proba`` a probability for each label, and
# ``score`` the share of rows in which all labels are right.
from sklearn.metrics import f1_score

from skbackprop import BackpropClassifier

network = BackpropClassifier(numeric_encoding=None, l2=3e-4, random_state=0).fit(X, Y)
predicted = network.predict(X_test)
print(f"all labels right: {network.score(X_test, Y_test):.1%} of the test pictures")
print(f"single labels right: {np.mean(predicted == Y_test):.1%}")
print("F1 of each digit:", *f1_score(Y_test, predicted, average=None).round(2))

# %%
# The picture
# -----------
# Below each of these test pictures are the ten probabilities, in blue for the true labels and in
# grey for the others.
import matplotlib.pyplot as plt

probabilities = network.predict_proba(X_test)
_, axes = plt.subplots(2, 4, figsize=(10, 4), layout="constrained")
for t, (picture_ax, bar_ax) in enumerate(axes.T):
    picture_ax.imshow(X_test[t].reshape(8, 16), cmap="gray_r")
    picture_ax.set(xticks=[], yticks=[])
    bar_ax.bar(range(10), probabilities[t], color=np.where(Y_test[t] == 1, "C0", "0.7"))
    bar_ax.axhline(0.5, color="0.3", linestyle="--", linewidth=0.8)
    bar_ax.set(xticks=range(10), xlabel="digit", ylim=(0, 1), yticks=[0, 0.5, 1])
    bar_ax.set_title("labels " + " and ".join(map(str, np.flatnonzero(Y_test[t]))))
axes[1, 0].set_ylabel("probability")
plt.show()

# %%
# A label is predicted where its probability is above one half, whatever the other labels are, so a
# row can have two labels, one, or none. The probabilities of a row need not sum to 1. A row counts
# as right only if all ten labels are, which is why fewer rows than single labels are right.
