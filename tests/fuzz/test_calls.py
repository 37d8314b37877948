"""Whatever a user passes ends in a finite model, or in an error that names what was wrong.

Hypothesis draws parameters (from one pool of values, of which each parameter's constraints choose
the valid ones), data, weights, validation data and a sequence of calls. A run of the tests makes
2,000 cases, always the same. For others, and more of them:

    SKBACKPROP_FUZZ=20000 python -m pytest tests/fuzz/test_calls.py --hypothesis-seed=1

These warnings are part of the interface: ConvergenceWarning, "Training diverged", columns that tell
nothing, are not read, or hold numbers where training has had text, and scikit-learn's own on
feature names, a y of one column, many labels for few rows, and scores that are not defined for the
labels at hand or for indicators; and numpy's before 1.25, where classes of numbers and of strings
are compared. Every other one is a failure.
"""

import os
import pickle
import re
import warnings

import numpy as np
import pandas as pd
from awkward_data import (
    CONTAINERS,
    DTYPES,
    GOOD_WEIGHTS,
    LABELS,
    SPOILT_WEIGHTS,
    SPOILT_X,
    SPOILT_Y,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError, UndefinedMetricWarning
from sklearn.utils._param_validation import StrOptions, make_constraint

from skbackprop import BackpropClassifier
from skbackprop.network.activations import ACTIVATIONS, SYNONYMS

N_CASES = int(os.getenv("SKBACKPROP_FUZZ", "1000"))
CONSTRAINTS = {
    name: [make_constraint(constraint) for constraint in constraints]
    for name, constraints in BackpropClassifier._parameter_constraints.items()
}

# Parameters


def constant_score(model, X, y):
    return 0.5


def score_of_a_string(model, X, y):
    return "good"


NAMES = sorted(
    {*ACTIVATIONS, *SYNONYMS, "accuracy", "neg_log_loss", "roc_auc", "loss"}.union(
        *(c.options for cs in CONSTRAINTS.values() for c in cs if isinstance(c, StrOptions))
    )
)
POOL = [
    *NAMES,
    *([name] for name in NAMES[:8]),
    *(-1, 0, 1, 2, 3, np.int8(2), np.uint64(3), 10**30, np.int64(2**62)),
    *(0.0, 1e-300, 1e-3, 0.25, np.float32(0.5), np.float64(0.9), 1 - 1e-16, 1.0, 7.5, 1e3, 1e300),
    *(None, True, False, np.bool_(True), "", "nonsense", "5", b"relu", object, 1 + 2j),
    *(np.nan, np.inf, -np.inf, np.float32("nan"), np.array(3), np.array([2, 3]), np.array([0.5])),
    *((), (2,), [3, 1], (0,), (2, -1), [2.5], ["relu", "tanh"], ("relu", 3), [[2]], [None]),
    *({}, {0: 2.0}, {0: 1, 1: 0.5, 2: 0}, {"a": 1}, {0: -1, 1: 1}, {0: "x"}, {0: 1e308, 1: 1e-308}),
    *(constant_score, score_of_a_string, len, np.random.RandomState(0), pd.Series([2, 3])),
]
LARGEST = {"max_iter": 3, "hidden_layer_sizes": 8}  # more would be valid, and take years
BASE = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}


def affordable(name, value):
    return not (isinstance(value, int | np.integer) and value > LARGEST.get(name, value))


def is_valid(name, value):
    return any(constraint.is_satisfied_by(value) for constraint in CONSTRAINTS[name])


POOLS = {name: [value for value in POOL if affordable(name, value)] for name in CONSTRAINTS}
VALID = {name: [v for v in pool if is_valid(name, v)] for name, pool in POOLS.items()}
ANY = {name: st.sampled_from(pool) for name, pool in POOLS.items()}
GOOD = {name: st.sampled_from(pool) for name, pool in VALID.items()}
SOME_NAMES = st.lists(st.sampled_from(sorted(CONSTRAINTS)), max_size=5, unique=True)


def draw_parameters(draw, spoilt):
    parameters = {name: draw(GOOD[name]) for name in draw(SOME_NAMES)}
    if spoilt == "parameters":
        name = draw(st.sampled_from(sorted(CONSTRAINTS)))
        parameters[name] = draw(ANY[name])
    return parameters


# Cases


VALIDATION = ["none", "none", "none", "fine", "fine", "weighted"]
SPOILT_VALIDATION = [
    *("no labels", "no inputs", "only weights", "bad weights"),
    *("huge inputs", "other columns", "unknown labels"),
]
VALIDATION_NAMES = {"X_val", "y_val", "sample_weight_val"}
PREDICTIONS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]


def pick(draw, table):
    return draw(st.sampled_from(list(table)))


def draw_call(draw, spoilt):
    """Draw what is called, and with what, in words: they are what a failure shows."""
    method = draw(st.sampled_from(["fit", "fit", "partial_fit", "predict"]))
    call = {
        "method": method,
        "parameters": draw_parameters(draw, spoilt),
        "n_rows": draw(st.sampled_from([1, 2, 3, 5, 12, 12, 30, 30, 130])),
        "seed": draw(st.integers(0, 1000)),
        "dtype": pick(draw, DTYPES),
        "X": pick(draw, SPOILT_X if spoilt == "X" else CONTAINERS),
    }
    if method != "predict":
        call["y"] = pick(draw, SPOILT_Y) if spoilt == "y" else "fine"
        call["weights"] = pick(draw, SPOILT_WEIGHTS if spoilt == "weights" else GOOD_WEIGHTS)
    if method == "fit":
        kinds = SPOILT_VALIDATION if spoilt == "validation" else VALIDATION
        call["validation"] = draw(st.sampled_from(kinds))
    if method == "partial_fit":
        call["classes"] = draw(st.sampled_from(["all", "all", "all", "none"]))
    return call


@st.composite
def cases(draw):
    """Draw what a user does with one model: its data's shape and labels, and a few calls."""
    things = ["nothing"] * 5 + ["parameters", "X", "y", "weights", "validation"]
    n_calls = draw(st.sampled_from([1, 1, 2, 2, 3]))
    return {
        "n_columns": draw(st.sampled_from([1, 2, 5, 12])),
        "n_classes": draw(st.sampled_from([1, 2, 2, 3, 3, 40])),
        "labels": pick(draw, LABELS),
        "calls": [draw_call(draw, pick(draw, things)) for _ in range(n_calls)],
    }


def make_data(case, call, n_rows):
    """Return X as an array, and y, before anything is spoilt."""
    rng = np.random.default_rng(call["seed"])
    X = rng.normal(size=(n_rows, case["n_columns"])) * 10.0 ** rng.integers(-3, 4)
    X[rng.random(len(X)) < 0.2] = X[0]
    X[:, rng.random(X.shape[1]) < 0.2] = 1.0
    dtype = call["dtype"]
    X = np.abs(X * 100 % 100).astype(dtype) if np.dtype(dtype).kind in "iu" else X.astype(dtype)
    return X, LABELS[case["labels"]][rng.integers(0, case["n_classes"], n_rows)]


def make_arguments(case, call):
    """Return the arguments of a call by their names."""
    X, y = make_data(case, call, call["n_rows"])
    arguments = {"X": {**CONTAINERS, **SPOILT_X}[call["X"]](X)}
    if call["method"] == "predict":
        return arguments
    arguments["y"] = SPOILT_Y.get(call["y"], np.asarray)(y)
    weights = {**GOOD_WEIGHTS, **SPOILT_WEIGHTS}[call["weights"]](call["n_rows"])
    if weights is not None:
        arguments["sample_weight"] = weights
    if call["method"] == "fit":
        return arguments | make_validation(case, call, y)
    classes = LABELS[case["labels"]][: case["n_classes"]]
    classes = np.arange(classes.shape[1]) if classes.ndim == 2 else classes
    return arguments | ({"classes": classes} if call["classes"] == "all" else {})


def make_validation(case, call, y):
    """Return X_val, y_val and sample_weight_val, as far as a call of fit has them."""
    X, _ = make_data(case, call | {"seed": call["seed"] + 1}, 7)
    X, y = CONTAINERS.get(call["X"], np.asarray)(X), y[np.arange(7) % len(y)]
    weights = np.arange(7)
    return {
        "none": {},
        "fine": {"X_val": X, "y_val": y},
        "weighted": {"X_val": X, "y_val": y, "sample_weight_val": weights},
        "no labels": {"X_val": X},
        "no inputs": {"y_val": y},
        "only weights": {"sample_weight_val": weights},
        "bad weights": {"X_val": X, "y_val": y, "sample_weight_val": weights - 1},
        "huge inputs": {"X_val": np.full((7, case["n_columns"]), 1e308), "y_val": y},
        "other columns": {"X_val": np.ones((7, case["n_columns"] + 1)), "y_val": y},
        "unknown labels": {"X_val": X, "y_val": ["unheard of"] * 7},
    }[call["validation"]]


# What must hold

MEANS = {  # what messages of scikit-learn and numpy are about that do not name it
    "X": r"\bX\b|column '|feature names|Found array with|Expected 2D|dim 3|could not convert"
    r"|Complex data|dtype='numeric'|inconsistent numbers of samples|float\(\) argument"
    r"|setting an array element",
    "y": r"\by\b|Unknown label type|inconsistent numbers of samples|Found array with",
}


def assert_names_what_was_wrong(error, suspects, model):
    if isinstance(error, NotFittedError):
        assert not hasattr(model, "coefs_")
        return
    patterns = [MEANS.get(name, rf"\b{name}\b") for name in suspects]
    assert any(re.search(pattern, str(error)) for pattern in patterns), (suspects, error)


def picture(thing):
    """Return all there is to see of an object, to compare it with itself at another time."""
    if isinstance(thing, dict):
        return {name: picture(value) for name, value in thing.items() if name != "random_state"}
    if sparse.issparse(thing):
        return thing.format, [pickle.dumps(thing.tocoo().data)]
    return pickle.dumps(thing)


def assert_consistent(model, X):
    """Check a fitted model, and what it answers for the X that it was trained on."""
    arrays = [*model.coefs_, *model.intercepts_]
    assert all(np.isfinite(array).all() for array in arrays)
    assert len(model.loss_curve_) == model.n_iter_
    assert np.isfinite([*model.loss_curve_, model.loss_]).all()
    curve = np.array(model.validation_loss_curve_ or [0.0])
    assert not np.isinf(curve).any()  # NaN stands for epochs without validation data
    proba, log_proba, decision = (getattr(model, name)(X) for name in PREDICTIONS[1:])
    assert np.isfinite(proba).all() and np.isfinite(log_proba).all() and np.isfinite(decision).all()
    assert proba.min() >= 0 and proba.max() <= 1 + 1e-6
    if model.out_activation_ == "softmax":
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
        assert np.isin(model.predict(X), model.classes_).all()
    restored = pickle.loads(pickle.dumps(model))
    assert np.array_equal(restored.predict_proba(X), proba)
    assert not hasattr(clone(model), "coefs_")


def expected_warnings_ignored():
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    warnings.filterwarnings("ignore", "Training has learned nothing", RuntimeWarning)
    warnings.filterwarnings("ignore", "Training diverged", RuntimeWarning)
    warnings.filterwarnings("ignore", ".*feature names", UserWarning)
    warnings.filterwarnings("ignore", "X has columns (that tell nothing|of which)", UserWarning)
    warnings.filterwarnings("ignore", "column '.*' of X holds numbers where", UserWarning)
    warnings.filterwarnings("ignore", "A column-vector y", UserWarning)
    warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
    warnings.filterwarnings("ignore", "The y_pr(ob|ed) values do not sum to one", UserWarning)
    warnings.filterwarnings("ignore", "elementwise comparison", FutureWarning)


def spoilt_arguments(call):
    """Return the names of the arguments of a call that errors may name."""
    return {
        *({"X"} if call["X"] in SPOILT_X else {}),
        *({"y", "y_val"} if call.get("y") in SPOILT_Y else {}),
        *({"sample_weight"} if call.get("weights") in SPOILT_WEIGHTS else {}),
        *(VALIDATION_NAMES if call.get("validation") in SPOILT_VALIDATION else {}),
        *({"classes"} if call.get("classes") == "none" else {}),
    }


def make_call(model, case, call, suspects):
    arguments = make_arguments(case, call)
    names = PREDICTIONS if call["method"] == "predict" else [call["method"]]
    parameters = {name: getattr(model, name) for name in CONSTRAINTS}
    seen = picture(arguments), picture(vars(model)), picture(parameters)
    try:
        for name in names:
            getattr(model, name)(**arguments)
    except (ValueError, TypeError) as error:
        assert_names_what_was_wrong(error, suspects, model)
        assert picture(vars(model)) == seen[1]
    except AttributeError as error:  # as scikit-learn tells of a method that is not there
        assert call["method"] == "partial_fit"
        assert "partial_fit needs solver=" in str(error.__cause__)
    else:
        assert_consistent(model, arguments["X"])
    assert picture(arguments) == seen[0]
    assert picture({name: getattr(model, name) for name in CONSTRAINTS}) == seen[2]


@settings(
    max_examples=N_CASES,
    deadline=None,
    derandomize="SKBACKPROP_FUZZ" not in os.environ,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(case=cases())
def test_any_calls_end_in_a_finite_model_or_an_error_that_names_what_was_wrong(case):
    model, suspects = BackpropClassifier(**BASE), set()
    with warnings.catch_warnings():
        expected_warnings_ignored()
        for call in case["calls"]:
            model.set_params(**call["parameters"])
            suspects |= call["parameters"].keys() | spoilt_arguments(call)
            make_call(model, case, call, suspects)
            # other calls may bring other labels, and columns of another scale than the scaler knows
            suspects |= {"X", "y", "y_val", "classes", "learning_rate_init"}
