"""Newton and L-BFGS against MLPClassifier's L-BFGS, at equal objective: prints markdown tables.

    python tests/benchmarks/second_order.py [--seeds N]

All contenders minimise the same J on standardised columns from the same first weights, with
tolerances too tight to end them early, on one thread, whose CPU time is measured. Where there are
two classes, MLPClassifier is given two softmax outputs, as ours has, since l2 acts on the weights
of both.

1. One hidden layer of 10 tanh units, l2 = 1e-3: steps, seconds, the largest entry of ∇J at the end,
   and for how many seeds the final J is not above that of MLPClassifier (by more than 1e-9).
2. digits, 30 hidden units: the time to the same J, which is 1e-6 above the higher of the two final
   values, as a ratio of MLPClassifier's to ours in the same run; and the time of each to within
   1e-6 of its own final value. Medians over the seeds.
3. The time of a Hessian-vector product over that of a gradient, both in numpy: at a new θ, and at
   the θ of the product before.
"""

import argparse
import time
import warnings
from unittest import mock

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skbackprop import BackpropClassifier
from skbackprop.inputs.gather import Inputs
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.network.graph import FlowGraph
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses.classes import SoftmaxCrossEntropy
from skbackprop.objective.objective import Objective
from skbackprop.objective.penalties import L2
from skbackprop.solvers.full_batch import FullBatch

SMALL = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer}


class SoftmaxMLP(MLPClassifier):
    """MLPClassifier with a softmax output for each of two classes, too."""

    def _validate_input(self, *args, **options):
        X, Y = super()._validate_input(*args, **options)
        if Y.shape[1] == 1:
            Y = np.hstack([~Y, Y])
        self._label_binarizer.y_type_ = "multiclass"
        return X, Y


def recorded(Class, method, fit):
    """Return what `fit` does, and (seconds, J) of each evaluation by a method of a class."""
    evaluate, curve, start = getattr(Class, method), [], time.process_time()

    def wrapper(*args):
        result = evaluate(*args)
        curve.append((time.process_time() - start, result[0]))
        return result

    with mock.patch.object(Class, method, wrapper):
        model = fit()
    return model, np.array(curve)


def train_ours(X, y, solver, hidden, activation, l2, seed):
    """Return the fitted model and its curve."""
    model = BackpropClassifier(
        hidden,
        activation,
        solver=solver,
        l2=l2,
        tol=1e-9,
        max_iter=5000,
        standardize=False,
        random_state=seed,
    )
    return recorded(FullBatch, "evaluate", lambda: model.fit(X, y))


def train_sklearn(X, y, hidden, activation, l2, seed):
    """Return the fitted model and its curve."""
    model = SoftmaxMLP(hidden, activation, solver="lbfgs", alpha=2 * len(y) * l2, warm_start=True)
    model.set_params(max_iter=1).fit(X, y)
    first = BackpropClassifier(hidden, activation, random_state=seed, standardize=False)
    first.set_params(learning_rate_init=1e-12, max_iter=1, tol=None).fit(X, y)
    for name in ("coefs_", "intercepts_"):
        for theirs, ours in zip(getattr(model, name), getattr(first, name), strict=True):
            theirs[...] = ours
    model.set_params(tol=1e-9, max_iter=20_000, max_fun=10**6)
    return recorded(MLPClassifier, "_loss_grad_lbfgs", lambda: model.fit(X, y))


def objective_of(X, y, hidden, activation, l2, theta=None):
    """Return J, at random parameters unless they are given."""
    parameters = ParameterVector([X.shape[1], *hidden, len(np.unique(y))])
    random = np.random.default_rng(0).normal(scale=0.3, size=len(parameters.theta))
    parameters.theta[...] = random if theta is None else theta
    graph = FlowGraph([ACTIVATIONS[activation]] * len(hidden))
    inputs = Inputs(X, np.float64)
    return Objective(graph, SoftmaxCrossEntropy(), parameters, inputs, y, penalties=[L2(l2)])


def flat(model):
    """θ of a fitted model."""
    return np.concatenate([a.ravel() for a in [*model.coefs_, *model.intercepts_]])


def small_nets(seeds):
    """Print table 1."""
    print("| data | solver | steps | seconds | largest of the gradient | J not above, seeds |")
    print("|---|---|---|---|---|---|")
    for name, load in SMALL.items():
        X, y = scaled(load)
        task = (10,), "tanh", 1e-3
        theirs = [train_sklearn(X, y, *task, seed) for seed in range(seeds)]
        final = np.array([curve[:, 1].min() for _, curve in theirs])
        runs = {"MLPClassifier": theirs}
        for solver in ("newton", "lbfgs"):
            runs[solver] = [train_ours(X, y, solver, *task, seed) for seed in range(seeds)]
        for solver, fits in runs.items():
            slopes = [
                np.abs(objective_of(X, y, *task, flat(m)).value_and_gradient()[1]).max()
                for m, _ in fits
            ]
            ends = np.array([curve[:, 1].min() for _, curve in fits])
            steps = np.median([m.n_iter_ for m, _ in fits])
            seconds = np.median([curve[-1, 0] for _, curve in fits])
            wins = f"{(ends <= final + 1e-9).sum()} of {seeds}" if fits is not theirs else "–"
            cells = name, solver, f"{steps:.0f}", f"{seconds:.3f}", f"{max(slopes):.0e}", wins
            print("| " + " | ".join(cells) + " |", flush=True)


def time_to(curve, J):
    """Return when J is first reached."""
    return curve[np.argmax(curve[:, 1] <= J), 0]


def digits(seeds):
    """Print table 2."""
    X, y = scaled(load_digits)
    print(
        "\n| activation | l2 | solver | × MLPClassifier, same J | seconds, own J | MLPClassifier |"
    )
    print("|---|---|---|---|---|---|")
    for activation, l2 in (("tanh", 1e-3), ("tanh", 1e-4), ("logistic", 1e-3), ("relu", 1e-4)):
        for solver in ("lbfgs", "newton"):
            ratios, own, other = [], [], []
            for seed in range(seeds):
                task = (30,), activation, l2, seed
                ours, theirs = train_ours(X, y, solver, *task)[1], train_sklearn(X, y, *task)[1]
                ends = ours[:, 1].min(), theirs[:, 1].min()
                ratios.append(time_to(theirs, max(ends) + 1e-6) / time_to(ours, max(ends) + 1e-6))
                own.append(time_to(ours, ends[0] + 1e-6))
                other.append(time_to(theirs, ends[1] + 1e-6))
            numbers = f"{np.median(ratios):.1f}", f"{np.median(own):.2f}", f"{np.median(other):.2f}"
            print("| " + " | ".join((activation, f"{l2:g}", solver, *numbers)) + " |", flush=True)


def products():
    """Print table 3."""
    print("\n| net | product / gradient, new θ | same θ |")
    print("|---|---|---|")
    for hidden in ((30,), (100,), (100, 50)):
        X, y = scaled(load_digits)
        J = objective_of(X, y, hidden, "tanh", 1e-3)
        curvature, v = J.curvature(), np.ones_like(J.theta)
        times = np.array([times_of(J, curvature, v) for _ in range(30)])
        cells = ["-".join(map(str, (64, *hidden, 10)))]
        cells += [f"{np.median(times[:, k] / times[:, 0]):.1f}" for k in (1, 2)]
        print("| " + " | ".join(cells) + " |", flush=True)


def times_of(J, curvature, v):
    """Return the seconds of a gradient, and of two products after a change of θ."""
    marks = [time.process_time()]
    J.value_and_gradient()
    marks.append(time.process_time())
    J.theta *= 0.99
    for _ in range(2):
        curvature.hessian_vector(v)
        marks.append(time.process_time())
    return np.diff(marks)


def scaled(load):
    """Return a data set with standardised columns."""
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        small_nets(seeds)
        digits(seeds)
        products()


if __name__ == "__main__":
    main()
