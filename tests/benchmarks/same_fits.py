"""Whether fits are what they were before a change: weights, predictions, attributes and errors.

Store them with the package as it was, and compare with the package as it is:

    python tests/benchmarks/same_fits.py store before.pkl
    python tests/benchmarks/same_fits.py compare before.pkl

Some seventy small fits of all sorts are made (solvers, schedules, sparse input, frames, labels,
weights, warm starts, ensembles, inputs that are refused). What differs is printed, entry by entry;
on the same machine and libraries, in compiled fits, nothing should.
"""

import argparse
import pickle
import warnings

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.datasets import load_digits, load_iris, load_wine, make_multilabel_classification

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier

ATTRIBUTES = (
    *("classes_", "n_features_in_", "is_categorical_", "feature_names_in_", "n_layers_"),
    *("n_outputs_", "out_activation_", "l2_", "l2_validation_losses_", "n_iter_", "t_"),
    *("loss_curve_", "learning_rate_curve_", "loss_", "best_loss_", "validation_loss_curve_"),
    *("validation_scores_", "variant_weights_", "weights_", "temperature_", "oof_probabilities_"),
    *("oof_decision_function_", "oof_loss_", "oof_score_", "l2_factor_"),
)
CASES = {}


def case(function):
    """Register a function that returns a fitted model and rows to predict."""
    CASES[function.__name__] = function
    return function


def fitted(name, X, y, *args, rows=None, ensemble=False, fit=None, **options):
    """Register a fit of a model with these options."""
    kind = BackpropEnsembleClassifier if ensemble else BackpropClassifier

    def run():
        model = kind(*args, random_state=0, **options).fit(X, y, **(fit or {}))
        return model, X[:50] if rows is None else rows

    CASES[name] = run


def frame(n=600, seed=0):
    """Return a frame of numbers, categories and missing values, and labels."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "amount": rng.exponential(size=n).round(3),
            "count": rng.integers(0, 5, n),
            "missing": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "colour": rng.choice(["red", "green", "blue"], n),
            "code": pd.Categorical(rng.choice(list("abcdefghij"), n)),
            "flag": rng.random(n) < 0.3,
            "rare": rng.choice([*"xyz", None], n, p=[0.5, 0.4, 0.002, 0.098]),
        }
    )
    score = table["amount"] + (table["colour"] == "red") - table["count"] / 3
    return table, np.where(score + rng.logistic(size=n) / 3 > 0.5, "yes", "no")


def register():
    """Register all cases."""
    iris, wine, digits = (load(return_X_y=True) for load in (load_iris, load_wine, load_digits))
    X, y = digits[0][:700], digits[1][:700]
    X32 = X.astype(np.float32)
    csr, table = sparse.csr_matrix(X), frame()
    rng = np.random.default_rng(1)
    s = rng.integers(0, 4, len(X)).astype(float)
    labels = make_multilabel_classification(400, 12, n_classes=4, random_state=0)
    short = {"max_iter": 6}
    fitted("iris", *iris)
    fitted("wine", *wine)
    fitted("digits", X, y)
    fitted("digits float32", X32, y)
    fitted("digits integers", X.astype(np.int16), y)
    fitted("digits Fortran", np.asfortranarray(X), y)
    for solver in ("adam", "newton", "lbfgs"):
        fitted(solver, *wine, (9,), solver=solver, max_iter=15, tol=None)
        fitted(solver + " auto", *wine, (9,), solver=solver, max_iter=15, tol=None, l2="auto")
    fitted("lbfgs l1", *wine, (), solver="lbfgs", l1=0.01, tol=1e-6)
    fitted("newton convex", *wine, (), solver="newton", l2=0.01, tol=1e-8)
    for name in ("constant", "inverse", "power", "adaptive", "linear", "cosine"):
        fitted(f"schedule {name}", X, y, learning_rate=name, **short, tol=None)
    names = ["identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus"]
    for name in names:
        fitted(f"activation {name}", X, y, (20, 10), activation=name, **short)
    fitted("activations", X, y, (20, 10), activation=("tanh", "relu"), **short)
    fitted("l1", X, y, (20,), l1=1e-3, l2=1e-4, **short)
    fitted("l1 adam", X, y, (20,), solver="adam", l1=1e-3, l2=1e-4, **short)
    fitted("batch 1", *iris, (8,), batch_size=1, **short)
    fitted(
        "lecture",
        *iris,
        (8,),
        batch_size=1,
        standardize=False,
        momentum=0.0,
        l2=0.0,
        learning_rate="inverse",
        learning_rate_init=0.01,
        numeric_encoding=None,
        **short,
    )
    fitted("no momentum", X, y, momentum=0.0, **short)
    fitted("no nesterov", X, y, nesterovs_momentum=False, learning_rate_hold=30, **short)
    fitted("no bins", X, y, numeric_encoding=None, **short)
    fitted("unstandardised", X, y, standardize=False, **short)
    fitted("float64", X, y, dtype="float64", **short)
    fitted("unshuffled", X, y, shuffle=False, **short)
    fitted("weights", X, y, fit={"sample_weight": s}, **short)
    fitted("balanced", X, y, class_weight="balanced", fit={"sample_weight": s}, **short)
    fitted("class weights", X, y, class_weight={3: 2.0, 4: 0.0}, **short)
    fitted("early", X, y, early_stopping=True, **short)
    fitted(
        "early inverse",
        X,
        y,
        early_stopping=True,
        learning_rate="inverse",
        tol=1e-3,
        n_iter_no_change=3,
        max_iter=40,
    )
    fitted("early scored", X, y, early_stopping=True, scoring="accuracy", **short)
    fitted("scored", X, y, scoring="neg_log_loss", **short)
    fitted("X_val", X, y, fit={"X_val": X[:90], "y_val": y[:90]}, **short)
    fitted("csr", csr, y, **short)
    fitted("csc", csr.tocsc(), y, rows=csr[:50], **short)
    fitted("csr float32", csr.astype(np.float32), y, **short)
    fitted("csr missing", sparse.csr_array(np.where(X == 5, np.nan, X)), y, **short)
    fitted("dense missing", np.where(X == 5, np.nan, X), y, **short)
    fitted("labels", *labels, **short)
    fitted("labels early", *labels, early_stopping=True, **short)
    fitted("labels sparse", labels[0], sparse.csr_matrix(labels[1]), **short)
    fitted("labels newton", *labels, (6,), solver="newton", l2=0.01, max_iter=9, tol=None)
    fitted("frame", *table)
    fitted("frame of numbers", table[0][["amount", "count", "missing"]], table[1], **short)
    fitted("frame objects", table[0].drop(columns="code").to_numpy(object), table[1], **short)
    fitted("frame chosen", *table, categorical_features=["colour", "code", "flag", "rare", "count"])
    fitted("frame mask", X, y, categorical_features=np.arange(64) < 3, **short)
    fitted("frame rare", *table, min_frequency=50, **short)
    fitted("frame lbfgs", *table, (7,), solver="lbfgs", l2=0.01, max_iter=20, tol=None)
    fitted("ensemble iris", *iris, ensemble=True)
    fitted("ensemble frame", *table, ensemble=True, n_estimators=2, cv=3)
    fitted(
        "ensemble labels",
        *labels,
        ensemble=True,
        n_estimators=1,
        cv=2,
        estimator=BackpropClassifier(16, **short),
    )
    fitted("ensemble jobs", X, y, ensemble=True, n_estimators=2, cv=2, n_jobs=2, variants=None)
    fitted(
        "ensemble weights",
        X,
        y,
        ensemble=True,
        n_estimators=1,
        cv=2,
        fit={"sample_weight": s},
        estimator=BackpropClassifier(16, **short),
    )

    @case
    def partial_fit():
        model = BackpropClassifier(20, random_state=0)
        for begin in range(0, 600, 100):
            part = slice(begin, begin + 100)
            model.partial_fit(X[part], y[part], classes=range(10))
        return pickle.loads(pickle.dumps(model)).partial_fit(X[600:], y[600:]), X[:50]

    @case
    def partial_fit_frame():
        model = BackpropClassifier(20, random_state=0)
        for begin in range(0, 600, 200):
            part = slice(begin, begin + 200)
            model.partial_fit(table[0][part], table[1][part], classes=["no", "yes"])
        return model, table[0][:50]

    @case
    def partial_fit_adam():
        model = BackpropClassifier(20, solver="adam", class_weight="balanced", random_state=0)
        for _ in range(3):
            model.partial_fit(*iris, classes=[0, 1, 2])
        return model, iris[0]

    @case
    def partial_fit_sparse():
        model = BackpropClassifier(20, random_state=0, learning_rate="cosine", max_iter=4)
        for _ in range(4):
            model.partial_fit(csr, y, classes=range(10))
        return model, csr[:50]

    @case
    def warm_start():
        model = BackpropClassifier(20, max_iter=4, warm_start=True, random_state=0).fit(X, y)
        return model.fit(X, y), X[:50]

    @case
    def ensemble_warm_start():
        model = BackpropEnsembleClassifier(n_estimators=1, cv=2, warm_start=True, random_state=0)
        return model.fit(*iris).set_params(n_estimators=3).fit(*iris), iris[0]

    @case
    def diverging():
        rate = {"learning_rate_init": 1e4, "standardize": False, "l2": 0.0}
        return BackpropClassifier(20, **rate, max_iter=5, random_state=0).fit(X, y), X[:50]

    @case
    def subset():
        return BackpropClassifier(random_state=0, max_iter=8).fit(X[::-2], y[::-2]), X[:50]

    def refused(name, *given, **options):
        CASES["refused: " + name] = lambda: (
            BackpropClassifier(random_state=0, **options).fit(*given),
            given[0][:50],
        )

    refused("infinity", np.where(X == 5, np.inf, X), y)
    refused("text", X.astype(str), y)
    refused("dates", table[0].assign(day=pd.Timestamp("2020-01-01")), table[1])
    refused("mixed", pd.DataFrame({"a": [1, "b", 2.5] * 20}), [0, 1, 1] * 20)
    refused("newton l1", *iris, solver="newton", l1=0.1)
    refused("real y", X, X[:, 20] / 3)
    refused("lengths", X, y[:-1])
    refused("sizes", *iris, hidden_layer_sizes=(3, -1))
    refused("chosen", *table, categorical_features=["colour", "nothing"])
    refused("weights", *iris, -np.ones(150))


def seen(name):
    """Return all that a case leaves to compare."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model, rows = CASES[name]()
        except (TypeError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        found = {name: getattr(model, name, None) for name in ATTRIBUTES}
        members = getattr(model, "estimators_", [model])
        for k, member in enumerate(members):
            for name in ("coefs_", "intercepts_", "categories_"):
                for i, array in enumerate(getattr(member, name)):
                    found[f"{k} {name}[{i}]"] = array
            found[f"{k} names"] = member.get_input_names().tolist()
            if member.scaler_ is not None:
                found[f"{k} mean"], found[f"{k} scale"] = (
                    member.scaler_.mean_,
                    member.scaler_.scale_,
                )
        for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
            found[method] = getattr(model, method)(rows)
    found["warnings"] = sorted(f"{w.category.__name__}: {w.message}" for w in caught)
    return found


def same(a, b):
    """Whether two values are equal to the last bit."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        return a.tobytes() == b.tobytes() if a.dtype != object else a.tolist() == b.tolist()
    return repr(a) == repr(b)


def main():
    """Store or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["store", "compare"])
    parser.add_argument("path")
    action, path = vars(parser.parse_args()).values()
    register()
    found = {}
    for name in CASES:
        found[name] = seen(name)
    if action == "store":
        with open(path, "wb") as file:
            pickle.dump(found, file)
        print(f"{len(found)} fits stored")
        return
    with open(path, "rb") as file:
        before = pickle.load(file)
    n_different = 0
    for name in before.keys() | found.keys():
        old, new = before.get(name, {}), found.get(name, {})
        keys = [key for key in old.keys() | new.keys() if not same(old.get(key), new.get(key))]
        n_different += bool(keys)
        for key in sorted(keys):
            print(f"{name}: {key}: {str(old.get(key))[:300]} -> {str(new.get(key))[:300]}")
    print(f"{n_different} of {len(before)} fits differ")


if __name__ == "__main__":
    main()
