"""Newton's method and L-BFGS against SGD and Adam; plateaus, and hidden units that change places.

    python examples/plot_newton_and_lbfgs.py [FOLDER]

Draws how far J is above its lowest value, against epochs and against time, for a small net and for
softmax regression: FOLDER/plot_newton_and_lbfgs.png. And why the minimum of a net is not a single
one: FOLDER/plateau_and_symmetry.png (both by default in this folder).
"""

import sys
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_wine

from skbackprop import BackpropClassifier

L2 = 1e-3
SOLVERS = {  # with the learning rate that suits it best here, and how many epochs it gets
    "sgd": {"max_iter": 1000, "learning_rate_init": 0.1, "batch_size": 32},
    "adam": {"max_iter": 1000, "learning_rate_init": 0.01, "batch_size": 32},
    "lbfgs": {"max_iter": 1000},
    "newton": {"max_iter": 1000},
}
NETS = {"one hidden layer of 10 tanh units": (10,), "softmax regression": ()}
OPTIONS = {"activation": "tanh", "l2": L2, "tol": None, "random_state": 0}


def main(folder):
    X, y = load_wine(return_X_y=True)
    figure = Figure(figsize=(10, 7.5), layout="constrained")
    rows = figure.subplots(2, 2, sharey="row")
    for axes, (name, hidden) in zip(rows, NETS.items(), strict=True):
        print(f"\n{name}\n{'':10}{'epochs':>8}{'seconds':>10}{'J':>16}")
        curves = {solver: train(solver, hidden, X, y) for solver in SOLVERS}
        plot_curves(axes, curves)
        axes[0].set_title(f"wine, {name}", loc="left")
    rows[0, 0].legend()
    save(figure, folder / "plot_newton_and_lbfgs.png")

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_plateau(left)
    plot_symmetry(figure, right)
    save(figure, folder / "plateau_and_symmetry.png")


class Recorder:
    """A scorer that notes J and the time, less its own, after each epoch."""

    def __init__(self):
        self.start, self.seconds, self.J = time.perf_counter(), [], []

    def __call__(self, model, X, y):
        now = time.perf_counter()
        self.seconds.append(now - self.start)
        self.J.append(objective(model, X, y))
        self.start += time.perf_counter() - now
        return 0.0


def objective(model, X, y):
    """J: the mean loss and the penalty."""
    losses = -model.predict_log_proba(X)[np.arange(len(y)), y]
    return losses.mean() + model.l2 * sum((W**2).sum() for W in model.coefs_)


def train(solver, hidden, X, y):
    """Return what a solver's Recorder has noted."""
    record = Recorder()
    model = BackpropClassifier(hidden, solver=solver, **OPTIONS | SOLVERS[solver])
    model.set_params(scoring=record).fit(X, y)
    print(f"{solver:10}{len(record.J):>8}{record.seconds[-1]:>10.3f}{record.J[-1]:>16.10f}")
    return record


def plot_curves(axes, curves):
    """Plot J less its lowest value, against epochs and against seconds."""
    lowest = min(min(record.J) for record in curves.values())
    for solver, record in curves.items():
        # lbfgs and newton end at a minimum, which need not be the same one
        end = min(record.J) if solver in ("lbfgs", "newton") else lowest
        above = np.array(record.J) - end
        above[above < 1e-15] = np.nan  # rounding
        axes[0].loglog(np.arange(1, len(above) + 1), above, label=solver)
        axes[1].loglog(record.seconds, above, label=solver)
    axes[0].set(xlabel="epochs (newton, lbfgs: steps)", ylabel="J − its lowest value")
    axes[1].set(xlabel="seconds")


def xor(n_rows=200):
    """Return points of a square, and whether their coordinates have the same sign."""
    X = np.random.default_rng(0).uniform(-1, 1, size=(n_rows, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def near_zero(solver, X, y, **options):
    """Return a net with tiny weights, ready to go on from there."""
    model = BackpropClassifier(
        (4,), "tanh", solver=solver, l2=1e-4, warm_start=True, tol=None, random_state=0, **options
    )
    model.set_params(max_iter=1).fit(X, y)
    rng = np.random.default_rng(1)
    for W, b in zip(model.coefs_, model.intercepts_, strict=True):
        W[...], b[...] = rng.normal(scale=1e-2, size=W.shape), 0
    return model


def plot_plateau(axes):
    """Plot how long each solver stays where all units are nearly alike."""
    X, y = xor()
    sgd = {"batch_size": 200, "learning_rate": "constant", "learning_rate_init": 0.1}
    for solver, options in (("sgd", sgd), ("lbfgs", {}), ("newton", {})):
        model, record = near_zero(solver, X, y, **options), Recorder()
        model.set_params(max_iter=400, scoring=record).fit(X, y)
        axes.semilogx(np.arange(1, len(record.J) + 1), record.J, label=solver)
    axes.axhline(np.log(2), color="0.6", linestyle=":", label="log 2: a mere guess")
    axes.set(xlabel="steps on all rows", ylabel="J", title="A plateau: XOR from weights near 0")
    axes.set_ylim(0, 0.95)
    axes.legend(loc="upper right", ncols=2)


def plot_symmetry(figure, axes):
    """Plot J in the plane through three minima that differ in the order of the units."""
    X, y = xor()
    model = near_zero("newton", X, y).set_params(max_iter=400).fit(X, y)
    orders = [0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1]
    minima = np.array([permuted(model, order) for order in orders])
    corner, edges = minima[0], minima[1:] - minima[0]
    side = np.linspace(-0.5, 1.5, 61)
    J = [[J_at(model, corner + np.array([s, t]) @ edges, X, y) for s in side] for t in side]
    levels = np.geomspace(np.min(J), np.max(J), 25)
    filled = axes.contourf(side, side, J, levels, norm="log", cmap="viridis")
    figure.colorbar(filled, ax=axes, label="J", format="%.2g", ticks=levels[::4])
    for name, place in {"1 2 3 4": (0, 0), "2 3 4 1": (1, 0), "3 4 1 2": (0, 1)}.items():
        axes.plot(*place, "o", color="white")
        axes.annotate(
            name, place, xytext=(0, 9), textcoords="offset points", color="white", ha="center"
        )
    axes.set(title="One net, its units in three orders", xticks=[], yticks=[])
    axes.set(xlabel="the plane of θ through the three", aspect="equal")


def permuted(model, order):
    """Return θ with the hidden units in another order."""
    (W1, W2), (b1, b2) = model.coefs_, model.intercepts_
    return np.concatenate([a.ravel() for a in (W1[:, order], W2[order], b1[order], b2)])


def J_at(model, theta, X, y):
    """Return J at another θ, which the model keeps."""
    arrays = [*model.coefs_, *model.intercepts_]
    ends = np.cumsum([array.size for array in arrays])[:-1]
    for array, part in zip(arrays, np.split(theta, ends), strict=True):
        array[...] = part.reshape(array.shape)
    return objective(model, X, y)


def save(figure, path):
    """Save a picture."""
    figure.savefig(path, dpi=120)
    print(f"\nDrawn in {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
