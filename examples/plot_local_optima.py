r"""
==========================================
Local optima, and units that change places
==========================================

The lecture says of the optimisation problem: "There isn't a single global optimum". The problem
is not convex, training can get stuck in a *local minimum*, and if hidden units change places,
with their connections, the function stays the same. A network of two hidden units shows all of
this. The guide explains it under :doc:`/user_guide/local_optima`.
"""

# %%
# Twenty seeds
# ------------
# The same network is trained on the same data from twenty random starts, by gradient descent on
# all rows, until hardly anything changes any more.
import numpy as np
from sklearn.datasets import make_moons

from skbackprop import BackpropClassifier

X, y = make_moons(200, noise=0.2, random_state=0)
network = BackpropClassifier(
    2,
    activation="tanh",
    l2=1e-3,
    numeric_encoding=None,
    dtype="float64",
    batch_size=len(X),
    learning_rate="constant",
    learning_rate_init=0.5,
    max_iter=800,
    tol=None,
)
networks = [
    BackpropClassifier(**network.get_params()).set_params(random_state=seed).fit(X, y)
    for seed in range(20)
]
reached = np.array([network.loss_ for network in networks])
print("J at the end:", *np.sort(reached).round(3))

# %%
# Two hidden units change places
# ------------------------------
# If we exchange the columns of :math:`\mathbf{W}^{(1)}`, the entries of :math:`\mathbf{b}^{(1)}`
# and the rows of :math:`\mathbf{W}^{(2)}`, the parameters are different ones, far away, but the
# function is the same.
import copy

from sklearn.metrics import log_loss

best = networks[int(reached.argmin())]
swapped = copy.deepcopy(best)
swapped.coefs_ = [best.coefs_[0][:, ::-1], best.coefs_[1][::-1]]
swapped.intercepts_ = [best.intercepts_[0][::-1], best.intercepts_[1]]
difference = np.abs(swapped.predict_proba(X) - best.predict_proba(X)).max()
print(f"Probabilities differ by at most {difference:.0e}.")


def objective(model):
    """J, with the penalty."""
    penalty = sum((W**2).sum() for W in model.coefs_)
    return log_loss(y, model.predict_proba(X)) + model.l2 * penalty


def between(start, end, s):
    """Return the model at the part s of the straight line from one model to another."""
    model = copy.deepcopy(start)
    model.coefs_ = [(1 - s) * A + s * B for A, B in zip(start.coefs_, end.coefs_, strict=True)]
    biases = zip(start.intercepts_, end.intercepts_, strict=True)
    model.intercepts_ = [(1 - s) * a + s * b for a, b in biases]
    return model


way = np.linspace(0, 1, 51)
along = [objective(between(best, swapped, s)) for s in way]

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from sklearn.inspection import DecisionBoundaryDisplay

figure, ((curve_ax, line_ax), minima_axes) = plt.subplots(
    2, 2, figsize=(9, 7), layout="constrained"
)
stuck = reached > 0.25
for model, is_stuck in zip(networks, stuck, strict=True):
    style = {"color": "C1", "linestyle": "--"} if is_stuck else {"color": "C0"}
    curve_ax.plot(range(1, 1 + model.n_iter_), model.loss_curve_, linewidth=1, **style)
curve_ax.set(xscale="log", xlabel="step", ylabel="J", title="Training from twenty starts")
line_ax.plot(way, along, color="C0")
line_ax.plot([0, 1], along[:: len(along) - 1], "ko")
line_ax.set(xlabel="way from the minimum to its mirror image", ylabel="J")
line_ax.set_title("Between two equal minima")
curve_ax.set_ylim(0, 1)
line_ax.set_ylim(0, None)
names = ("better", "local")
for ax, name, chosen in zip(minima_axes, names, (~stuck, stuck), strict=True):
    model = networks[int(np.flatnonzero(chosen)[0])]
    DecisionBoundaryDisplay.from_estimator(
        model, X, response_method="predict", cmap="coolwarm", alpha=0.4, ax=ax
    )
    ax.scatter(*X.T, c=y, cmap="coolwarm", s=12, edgecolors="k", linewidths=0.4)
    ax.set_title(f"A {name} minimum, J = {model.loss_:.3f}: {chosen.sum()} of 20 starts")
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
plt.show()

# %%
# Training ends in one of two kinds of places (upper left). Eleven starts find the better minimum,
# whose boundary bends twice. Nine find the worse one (dashed), in which no small change of the
# parameters lowers :math:`J`. The better minimum has a mirror image, in which the units have
# changed places. It is exactly as good, but on the straight line between the two (upper right)
# :math:`J` is high. So the hidden units are not identifiable, and the average of two networks'
# parameters makes no sense. Against local minima, train from several seeds, or give the network
# more units than it needs.
