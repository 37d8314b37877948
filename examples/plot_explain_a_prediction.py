"""
=========================
Which columns made it so?
=========================

A doctor who is shown a probability wants to know where it comes from. This page explains the
predictions of a network by the columns of its table, first for one patient, then for all, and
compares that with permutation importance. See also :doc:`/user_guide/explaining`.
"""

# %%
# The table
# ---------
# The cells of 569 tumours have been measured under the microscope: thirty columns of numbers, the
# mean, the standard error and the worst of ten measurements. Which of the tumours are malignant?
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from skbackprop import AttributionDisplay, BackpropClassifier, attribute

data = load_breast_cancer(as_frame=True)
y = np.where(data.target == 0, "malignant", "benign")
X, X_test, y, y_test = train_test_split(data.data, y, stratify=y, random_state=0)
model = BackpropClassifier(random_state=0).fit(X, y)
print(f"right on {model.score(X_test, y_test):.1%} of the test rows")

# %%
# One prediction
# --------------
# We take the tumour about which the model is least sure. Each bar is what a column adds to the
# log-odds of "malignant", compared with the average tumour of training. The bars lead from the
# first number in the title, the log-odds of that average tumour, to the second, those of this
# one.
P = model.predict_proba(X_test)
row = int(np.abs(P[:, 1] - 0.5).argmin())
print(f"{P[row, 1]:.0%} malignant; it is {y_test[row]}")

result = attribute(model, X_test, background=X)
_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
AttributionDisplay.from_attribution(result, row=row, ax=ax)
plt.show()

# %%
# They add up
# -----------
# The value at the background, and what the columns add to it, sum up to the prediction. The gap
# comes from rounding.
print(result)
total = result.base_value + result.values[row].sum()
print(f"{total:.4f} is {model.decision_function(X_test.iloc[[row]])[0]:.4f}")

# %%
# All predictions
# ---------------
# Each point is a tumour, and its colour says whether the number in this column is low or high.
# Large cells and rough textures speak for "malignant".
_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
AttributionDisplay.from_attribution(result, ax=ax)
plt.show()

# %%
# What the model uses, and what it needs
# --------------------------------------
# The mean size of the attributions says how much the model uses a column. The permutation
# importance says how much worse its log-loss would be without the column.
from sklearn.inspection import permutation_importance

options = {"scoring": "neg_log_loss", "n_repeats": 5, "random_state": 0}
needed = permutation_importance(model, X_test, y_test, **options).importances_mean
_, ax = plt.subplots(figsize=(6, 4.5), layout="constrained")
ax.scatter(result.mean_absolute, needed)
for j in np.argsort(-result.mean_absolute)[:4]:
    point = result.mean_absolute[j], needed[j]
    ax.annotate(X.columns[j], point, (-4, 4), textcoords="offset points", ha="right")
ax.set(xlabel="mean size of attributions", ylabel="log-loss added by permuting the column")
plt.show()

# %%
# On the whole, the two agree. Many of these columns say nearly the same, like radius, perimeter
# and area. The model uses each of them a little, and can do without any single one.
