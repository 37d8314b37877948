r"""
=======================================
A rare class that matters: class_weight
=======================================

Imbalanced data have a rare class, and a network that minimises the mean loss may ignore it.
``class_weight`` multiplies the loss of each example by the weight of its class,

.. math:: J(\boldsymbol{\theta}) = \frac{\sum_t s_t\, l(\mathbf{f}(\mathbf{x}^{(t)}), y^{(t)})}
          {\sum_t s_t} + \lambda\, \Omega(\boldsymbol{\theta}), \qquad s_t = \text{weight of class }
          y^{(t)},

as if the rows of that class had been repeated :math:`s_t` times. If you need probabilities that
match the frequencies in the data, change the threshold instead: :doc:`/user_guide/imbalanced`.
See also :doc:`/user_guide/weights`.
"""

# %%
# Tumours, of which few are malignant
# -----------------------------------
# Two features of the breast cancer data are used, in which the classes overlap and which can be
# drawn. The training set keeps only 20 of its malignant cases. The test set is left as it is.
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

data = load_breast_cancer(as_frame=True)
X = data.data[["mean texture", "mean smoothness"]]
y = data.target_names[data.target]
X, X_test, y, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
rows = np.r_[np.flatnonzero(y == "benign"), np.flatnonzero(y == "malignant")[:20]]
X, y = X.iloc[rows], y[rows]
print("To train on:", *(f"{np.sum(y == name)} {name}" for name in np.unique(y)), sep="  ")

# %%
# Three weights
# -------------
# ``"balanced"`` gives both classes the same total weight. A dict says what an error costs: here,
# one malignant case counts as 50 benign ones.
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from skbackprop import BackpropClassifier

weights = {
    "no weights": None,
    "balanced": "balanced",
    "malignant: 50": {"malignant": 50, "benign": 1},
}
networks = {}
for name, class_weight in weights.items():
    model = BackpropClassifier(
        20,
        activation="tanh",
        l2=5e-3,
        numeric_encoding=None,
        class_weight=class_weight,
        random_state=0,
    )
    networks[name] = model.fit(X, y)
    predicted = model.predict(X_test)
    (_, false_alarms), (missed, found) = confusion_matrix(y_test, predicted)
    print(
        f"{name:14} found {found:2d} of {missed + found} malignant cases, {false_alarms:2d} false "
        f"alarms; balanced accuracy {balanced_accuracy_score(y_test, predicted):.3f}"
    )

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from sklearn.inspection import DecisionBoundaryDisplay

figure, axes = plt.subplots(1, 3, figsize=(11, 4.2), sharey=True, layout="constrained")
for ax, (name, model) in zip(axes, networks.items(), strict=True):
    surface, boundary = (
        DecisionBoundaryDisplay.from_estimator(
            model,
            X_test,
            response_method="predict_proba",
            class_of_interest="malignant",
            plot_method=method,
            eps=0.01,
            ax=ax,
            **options,
        ).surface_
        for method, options in (
            ("pcolormesh", {"vmin": 0, "vmax": 1, "cmap": "PuOr_r"}),
            ("contour", {"levels": [0.5], "colors": "k"}),
        )
    )
    for label, marker, color in (("benign", "o", "w"), ("malignant", "^", "k")):
        points = X_test[y_test == label].to_numpy()
        ax.scatter(
            *points.T, c=color, marker=marker, s=14, label=label, edgecolors="k", linewidths=0.5
        )
    ax.set(title=name, ylabel="")
figure.colorbar(surface, ax=axes, label="probability of malignant")
axes[0].set_ylabel(X.columns[1])
axes[0].legend(loc="upper right")
plt.show()

# %%
# On the black lines both classes have a probability of one half. Without weights, the network
# calls nearly everything benign. This is right for most rows of its training set, but misses most
# of the malignant cases of the test set. Balanced weights move the boundary in between the two
# clouds. The balanced accuracy, which is the mean of the two classes' recalls, is then highest.
# With a weight of 50, hardly any malignant case is missed, at the price of many false alarms.
# Weights do not make the classes easier to tell apart; they only choose which errors are made.
