r"""
==================================
How far y may be from a prediction
==================================

A predicted number is more useful with a range in which the true number is likely to be. There are
two ways to get one. A network can predict several quantiles, which it learns by the pinball loss

.. math:: l(f(\mathbf{x}), y) = \max\bigl(q\,(y - f(\mathbf{x})),
          \; (q - 1)(y - f(\mathbf{x}))\bigr),

or an ensemble can predict an interval, since it knows its errors on rows that its networks have
not seen. See also :doc:`/user_guide/numbers`.
"""

# %%
# Diabetes, a year later
# ----------------------
# The data are ten measurements of 442 patients, and a number for how far their disease has
# progressed a year later. Half of the patients are for training, and half for tests.
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)

# %%
# Two ways to an interval
# -----------------------
# Both intervals should hold 80 % of new patients.
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
# A network may fit its quantiles to the patients of training, and they then hold fewer new
# patients. The ensemble measures its errors on patients that its networks have not seen. If its
# intervals are wrong, they are usually too wide and not too narrow.

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
# The patients are in the order of their predictions. Both intervals are wider for larger
# predictions, because the errors are larger there. Crosses are patients outside of the interval:
# about one in five, some above it and some below.
