"""
=======================
Replacing MLPClassifier
=======================

This page shows a script before and after: first with scikit-learn's ``MLPClassifier`` and a scaler,
then with ``BackpropClassifier`` in its place, once with the same hyper-parameters and once with its
own defaults. :doc:`/migration` has the full list of parameters.
"""

# %%
# Before
# ------
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.model_selection import StratifiedShuffleSplit, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

before = make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=0))

# %%
# After
# -----
# One line is enough, since the scaler is built in.
from skbackprop import BackpropClassifier

after = BackpropClassifier(random_state=0)

# %%
# The same, translated
# --------------------
# Hyper-parameters that have been tuned can be kept. Nearly all names and meanings are the same, and
# two numbers differ. ``alpha`` is divided by twice the batch size, because the penalty of
# ``MLPClassifier`` depends on it. ``tol`` is multiplied by ``n_iter_no_change``, because
# ``MLPClassifier`` compares it with the improvement of each epoch, and ``BackpropClassifier`` with
# that of the whole look-ahead. ``numeric_encoding=None`` leaves out the bins of the defaults.
translated = BackpropClassifier(
    hidden_layer_sizes=100,
    solver="adam",
    l2=1e-4 / (2 * 200),
    batch_size=200,
    learning_rate="constant",
    tol=10 * 1e-4,
    max_iter=1000,
    numeric_encoding=None,
    dtype="float64",
    random_state=0,
)

# %%
# Three sets of data
# ------------------
# Each model is trained on the same two thirds of the rows and judged on the rest.
models = {
    "MLPClassifier": before,
    "BackpropClassifier, same settings": translated,
    "BackpropClassifier, defaults": after,
}
split = StratifiedShuffleSplit(1, test_size=1 / 3, random_state=0)
errors, seconds = np.empty((3, 3)), np.empty((3, 3))
loaders = {"wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
for j, (data, load) in enumerate(loaders.items()):
    X, y = load(return_X_y=True)
    for i, (name, model) in enumerate(models.items()):
        result = cross_validate(model, X, y, cv=split)
        errors[i, j] = 1 - result["test_score"].mean()
        seconds[i, j] = result["fit_time"].mean()
        print(f"{data:14} {name:34} error {errors[i, j]:.3f}   {seconds[i, j]:.3f} s")

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from matplotlib.ticker import PercentFormatter

plt.style.use("tableau-colorblind10")
figure, (time_ax, error_ax) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
x, width = np.arange(3), 0.27
for i, name in enumerate(models):
    style = {"width": width, "color": ("0.6", "C0", "C1")[i], "label": name}
    bars = time_ax.bar(x + (i - 1) * width, seconds[i], **style)
    time_ax.bar_label(
        bars, [f"×{ratio:.1f}" for ratio in seconds[0] / seconds[i]], fontsize="small"
    )
    error_ax.bar(x + (i - 1) * width, errors[i], **style)
time_ax.set(ylabel="seconds of a fit", title="Time, and the ratio of speeds")
error_ax.set(ylabel="error on the other third", title="Error")
error_ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
for ax in (time_ax, error_ax):
    ax.set_xticks(x, loaders)
handles = error_ax.get_legend_handles_labels()
figure.legend(*handles, loc="outside lower center", ncols=3)
plt.show()

# %%
# The errors are practically equal: they differ by up to three rows, which is too little to call
# one model better. With the compiled epoch, the times differ. With the same settings, which make
# about as many updates, training takes a fraction of the time. With its defaults,
# ``BackpropClassifier`` has more inputs, and trains up to six networks, five of them to choose
# the strength of the penalty. This takes about as long as one ``MLPClassifier``, or less.
