r"""
=====================================
Newton's method, L-BFGS, SGD and Adam
=====================================

The lecture ends with Newton's method,

.. math:: \boldsymbol{\theta} \leftarrow \boldsymbol{\theta}
   - \left(\nabla^2 J\right)^{-1} \nabla J,

which it calls practical only if there are "few parameters" and :math:`J` is "locally convex".
``solver='newton'`` computes such steps from exact products of the Hessian with vectors, within a
trust region. ``solver='lbfgs'`` learns the curvature from the gradients of its last steps. Both
look at all rows in every step. See also :doc:`/user_guide/newton`.
"""

# %%
# Down to the minimum
# -------------------
# Each solver minimises the same :math:`J` on the wine data, for a small network and for softmax
# regression, with the learning rate that suits it best here. A scorer is called after each epoch.
# It records :math:`J` and the time of training, without its own.
import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator
from sklearn.datasets import load_wine

from skbackprop import BackpropClassifier

SOLVERS = {
    "sgd": {"max_iter": 1000, "learning_rate_init": 0.1, "batch_size": 32},
    "adam": {"max_iter": 1000, "learning_rate_init": 0.01, "batch_size": 32},
    "lbfgs": {"max_iter": 1000},
    "newton": {"max_iter": 1000},
}
NETWORKS = {"one hidden layer of 10 tanh units": (10,), "softmax regression": ()}


def objective(model, X, y):
    losses = -model.predict_log_proba(X)[np.arange(len(y)), y]
    return losses.mean() + model.l2 * sum((W**2).sum() for W in model.coefs_)


class Recorder:
    def __init__(self):
        self.start, self.seconds, self.J = time.perf_counter(), [], []

    def __call__(self, model, X, y):
        now = time.perf_counter()
        self.seconds.append(now - self.start)
        self.J.append(objective(model, X, y))
        self.start += time.perf_counter() - now
        return 0.0


def train(solver, hidden, X, y):
    record = Recorder()
    options = {"activation": "tanh", "l2": 1e-3, "tol": None, "random_state": 0}
    model = BackpropClassifier(hidden, solver=solver, **options | SOLVERS[solver])
    model.set_params(numeric_encoding=None, learning_rate="inverse", dtype="float64")
    model.set_params(scoring=record).fit(X, y)
    print(f"{solver:10}{len(record.J):>8}{record.seconds[-1]:>10.3f}{record.J[-1]:>16.10f}")
    return record


X, y = load_wine(return_X_y=True)
train("sgd", (), X, y)  # warms up
figure, rows = plt.subplots(2, 2, sharey="row", figsize=(10, 7.5), layout="constrained")
for axes, (name, hidden) in zip(rows, NETWORKS.items(), strict=True):
    print(f"\n{name}\n{'':10}{'epochs':>8}{'seconds':>10}{'J':>16}")
    curves = {solver: train(solver, hidden, X, y) for solver in SOLVERS}
    lowest = min(min(record.J) for record in curves.values())
    for solver, record in curves.items():
        # lbfgs and newton end at a minimum, which need not be the same one
        end = min(record.J) if solver in ("lbfgs", "newton") else lowest
        above = np.array(record.J) - end
        above[above < 1e-15] = np.nan  # rounding
        axes[0].loglog(np.arange(1, len(above) + 1), above, label=solver)
        axes[1].loglog(1000 * np.array(record.seconds), above, label=solver)
    axes[0].set(xlabel="epochs (newton, lbfgs: steps)", ylabel="J − its lowest value")
    axes[1].set(xlabel="milliseconds")
    axes[1].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes[1].xaxis.set_major_formatter("{x:g}")
    axes[1].xaxis.set_minor_formatter("")
    axes[0].set_title(f"wine, {name}", loc="left")
rows[0, 0].legend()
plt.show()

# %%
# Plateaus, and units that change places
# --------------------------------------
# The rows are points of the plane, and their class says whether both coordinates have the same
# sign (XOR). Training starts from weights near 0, where all hidden units are nearly alike. This
# is a plateau: the gradient is small, and the Hessian is indefinite. The picture on the right is
# about another property. Hidden units can change places, so each minimum exists once for each
# order of the units. The picture shows :math:`J` in the plane through three minima that differ
# only in this order; see :doc:`/user_guide/local_optima`.


def near_zero(solver, X, y, **options):
    model = BackpropClassifier(
        (4,), "tanh", solver=solver, l2=1e-4, warm_start=True, tol=None, random_state=0, **options
    )
    model.set_params(numeric_encoding=None, dtype="float64", max_iter=1).fit(X, y)
    rng = np.random.default_rng(1)
    for W, b in zip(model.coefs_, model.intercepts_, strict=True):
        W[...], b[...] = rng.normal(scale=1e-2, size=W.shape), 0
    return model


def permuted(model, order):
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    return np.concatenate([a.ravel() for a in (W1[:, order], W2[order], b1[order], b2)])


def J_at(model, theta, X, y):
    arrays = [*model.coefs_, *model.intercepts_]
    ends = np.cumsum([array.size for array in arrays])[:-1]
    for array, part in zip(arrays, np.split(theta, ends), strict=True):
        array[...] = part.reshape(array.shape)
    return objective(model, X, y)


X = np.random.default_rng(0).uniform(-1, 1, size=(200, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")

sgd = {"batch_size": 200, "learning_rate": "constant", "learning_rate_init": 0.1}
for solver, options in (("sgd", sgd), ("lbfgs", {}), ("newton", {})):
    model, record = near_zero(solver, X, y, **options), Recorder()
    model.set_params(max_iter=400, scoring=record).fit(X, y)
    left.semilogx(np.arange(1, len(record.J) + 1), record.J, label=solver)
left.axhline(np.log(2), color="0.6", linestyle=":", label="log 2: guessing")
left.set(xlabel="steps on all rows", ylabel="J", title="A plateau: XOR from weights near 0")
left.set_ylim(0, 0.95)
left.legend(loc="upper right", ncols=2)

model = near_zero("newton", X, y).set_params(max_iter=400).fit(X, y)
minima = [permuted(model, order) for order in ([0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1])]
edges = np.array(minima[1:]) - minima[0]
side = np.linspace(-0.5, 1.5, 61)
J = [[J_at(model, minima[0] + np.array([s, t]) @ edges, X, y) for s in side] for t in side]
levels = np.geomspace(np.min(J), np.max(J), 25)
filled = right.contourf(side, side, J, levels, norm="log", cmap="viridis")
figure.colorbar(filled, ax=right, label="J", format="%.2g", ticks=levels[::4])
for name, place in {"1 2 3 4": (0, 0), "2 3 4 1": (1, 0), "3 4 1 2": (0, 1)}.items():
    right.plot(*place, "o", color="white")
    right.annotate(
        name, place, xytext=(0, 9), textcoords="offset points", color="white", ha="center"
    )
right.set(title="One network, its units in three orders", xticks=[], yticks=[])
right.set(xlabel="the plane of θ through the three", aspect="equal")
plt.show()

# %%
# What it shows
# -------------
# Newton's method needs ten to twenty steps to reach a minimum up to rounding. Near it, each step
# squares the distance. L-BFGS needs five to ten times as many steps, but each of them is cheaper,
# so that it takes no more time. After 1,000 epochs, SGD and Adam are still about 1e-5 to 1e-3 above
# the minimum. This is near enough for predictions, but not for coefficients to many digits. On the
# plateau, Newton's method sees directions of negative curvature and leaves after a few steps;
# gradient descent needs nearly a hundred. On the right, the three minima are equally deep, with
# higher ground between them.
