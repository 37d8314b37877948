r"""
==================================
How far y may be from a prediction
==================================

A predicted number is more useful with the range in which the true one is to be expected. A network
can have several quantiles as its outputs, which are learned by the pinball loss

.. math:: l(f(\mathbf{x}), y) = \max\bigl(q\,(y - f(\mathbf{x})),
          \; (q - 1)(y - f(\mathbf{x}))\bigr),

or an ensemble can tell, which knows its errors on rows that its networks have not seen. See also
:doc:`/user_guide/numbers`.
"""

# %%
# Diabetes, a year later
# ----------------------
# Ten measurements of 442 patients, and how far their disease has progressed after a year. Half of
# the patients are to be predicted.
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)

# %%
# Two ways to an interval
# -----------------------
# Both intervals are to hold 80 % of new patients.
from skbackprop import BackpropEnsembleRegressor, BackpropRegressor

network = BackpropRegressor(loss="quantile", quantile=[0.1, 0.5, 0.9], random_state=0)
low, median, high = network.fit(X_train, y_train).predict(X_test).T

ensemble = BackpropEnsembleRegressor(random_state=0).fit(X_train, y_train)
ends = ensemble.predict_interval(X_test, coverage=0.8)

ways = {
    "three quantiles of one network": (median, low, high),
    "an ensemble and its errors out of fold": (ensemble.predict(X_test), *ends),
}
for name, (_, below, above) in ways.items():
    held = ((below <= y_test) & (y_test <= above)).mean()
    print(f"{name:40} holds {held:.0%}, {(above - below).mean():.0f} wide on average")

# %%
# Quantiles are learned like anything else, and may fit the patients of training better than new
# ones. The ensemble measures its errors on patients that its networks have not seen, and its
# intervals are rather too wide than too narrow.

# %%
# The intervals, patient by patient
# ---------------------------------
import matplotlib.pyplot as plt
import numpy as np

fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, (name, (predicted, below, above)) in zip(axes, ways.items(), strict=True):
    order = np.argsort(predicted)
    place = np.arange(len(order))
    within = ((below <= y_test) & (y_test <= above)).to_numpy()[order]
    ax.fill_between(place, below[order], above[order], alpha=0.3, label="80 % interval")
    ax.plot(place, predicted[order], label="predicted")
    ax.plot(place[within], y_test.to_numpy()[order][within], ".", color="tab:green", label="within")
    ax.plot(place[~within], y_test.to_numpy()[order][~within], "x", color="tab:red", label="beyond")
    ax.set(title=name, xlabel="patients, by what is predicted")
axes[0].set_ylabel("progression after a year")
axes[1].legend(loc="upper left")
plt.show()

# %%
# The patients stand in the order of what is predicted for them. Both intervals are wider where more
# is predicted, as the errors are larger there. Crosses are patients beyond the interval: about one
# in five, above it as well as below.
