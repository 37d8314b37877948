r"""
===================================
Mini-batches: time against accuracy
===================================

Gradient descent can update after each example, after all of them, or after a mini-batch.
According to the lecture, a mini-batch gives a more accurate estimate of the risk gradient than a
single example, and its matrix/matrix operations are more efficient. On the other hand, there are
fewer updates in an epoch. This example measures which size is best. See also
:doc:`/user_guide/sgd`.
"""

# %%
# How accurate is the gradient of a mini-batch?
# ---------------------------------------------
# One answer needs no training: the standard deviation of a mean of :math:`n` gradients falls as
# :math:`1 / \sqrt{n}`. With four times the rows, an update takes up to four times as long, and is
# only twice as accurate. The other answer is an experiment on handwritten digits.
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier

X, y = load_digits(return_X_y=True)
X, X_val, y, y_val = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

# %%
# Five sizes
# ----------
# The mean over more rows has less noise and allows a larger learning rate. Each size gets about
# the largest rate at which its training is still steady, and more epochs if an epoch has few
# updates. ``X_val`` and ``y_val`` record the validation loss after each epoch; the time of an
# epoch is the fastest of five further trainings, without them.
settings = {  # batch size: learning rate, epochs
    1: (0.02, 25),
    8: (0.05, 60),
    32: (0.2, 80),
    128: (0.5, 100),
    len(X): (1.0, 200),
}
curves, seconds = {}, {}
for size, (alpha, n_epochs) in settings.items():
    network = BackpropClassifier(
        50, l2=1e-3, batch_size=size, learning_rate="constant", learning_rate_init=alpha
    )
    network.set_params(momentum=0.0, numeric_encoding=None, max_iter=n_epochs)
    network.set_params(tol=None, random_state=0)
    curves[size] = network.fit(X, y, X_val=X_val, y_val=y_val).validation_loss_curve_
    network.set_params(max_iter=10)
    trials = []
    for _ in range(5):
        start = time.perf_counter()
        network.fit(X, y)
        trials.append(time.perf_counter() - start)
    seconds[size] = min(trials) / 10
    n_updates, milliseconds = network.t_ // 10, 1000 * seconds[size]
    print(
        f"batch size {size:4d}: {n_updates:4d} updates and {milliseconds:4.1f} ms an epoch; "
        f"validation loss at the end {curves[size][-1]:.3f}"
    )

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator

colors = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(curves)))
figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True, layout="constrained")
for (size, curve), color, marker in zip(curves.items(), colors, "osD^v", strict=True):
    epochs = np.arange(1, len(curve) + 1)
    style = {"color": color, "marker": marker, "markersize": 5, "markevery": 0.15}
    label = f"{size}" if size < len(X) else f"{size}: all rows"
    for ax, x in zip(axes, (epochs, 1000 * seconds[size] * epochs), strict=True):
        ax.plot(x, curve, label=label, **style)
axes[0].set(xlabel="epochs", ylabel="validation loss", xscale="log", yscale="log")
axes[0].set_title("By epochs")
axes[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
axes[0].yaxis.set_major_formatter("{x:g}")
axes[0].yaxis.set_minor_formatter("")
axes[1].set(xlabel="milliseconds", xscale="log", title="By time")
for ax in axes:
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
axes[0].legend(title="batch size")
plt.show()

# %%
# By epochs, small batches are ahead, and gradient descent on all rows is far behind: one update
# in an epoch is too few, however accurate it is. By time, single examples lose their lead,
# because 1257 small updates take longer than 40 updates of 32 rows. The batches in between are
# ahead of both extremes; their order depends on the machine. The batches of 8 and 32 rows also
# reach the lowest loss. By default, a batch has 32 rows.
