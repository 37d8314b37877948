"""A fuzzer of all that has ever broken the estimator, or might: one class of attack a function.

Each case is a function of (seed, number) alone. An attack calls the estimator with what is hardly
sensible, or changes a fitted model behind its back. What must hold: no crash, no hang; a model that
has been fitted is finite on its rows; anything else is an error that names what was wrong.

    python tests/fuzz/attacks.py --cases 100000 --seed 1
    python tests/fuzz/attacks.py --minutes 60 --seed $RANDOM --attack deep
    python tests/fuzz/attacks.py --seed 1 --only 4711           # a case that has failed, again

A part of it, always the same, is in the tests; a workflow runs an hour of it a night. The number of
a case that ends in a crash is in the file whose name is printed first.
"""

import argparse
import copy
import faulthandler
import os
import pickle
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from written import HOLDERS, READERS, SORTS, as_read, by_hand, dicts, is_there

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    BackpropEnsembleRegressor,
    BackpropRegressor,
    check_gradient,
)
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.objective.losses import OF_NUMBERS

NAMES = sorted(BackpropClassifier().get_params())
ATTRIBUTES = [
    *("classes_", "coefs_", "intercepts_", "scaler_", "n_iter_", "t_", "loss_curve_"),
    *("learning_rate_curve_", "validation_loss_curve_", "validation_scores_", "n_features_in_"),
    *("is_categorical_", "_column_kinds", "_encoding"),
    *("_activations", "_type_of_target", "_loss", "_settings", "_continuation"),
]
OF_ENSEMBLES = [
    *("estimators_", "weights_", "temperature_", "estimator_", "variants_", "variant_weights_"),
    *("_variants", "_n_on_all_rows", "_seed", "l2_factor_", "l2_validation_losses_"),
    *("classes_", "_type_of_target", "_loss", "_standards", "_out_of_fold", "n_features_in_"),
]
WORDS = [
    "X",
    "column",
    "y",
    "X_val",
    "y_val",
    "sample_weight",
    "classes",
    "feature",
    "features",
    "labels",
]
ALL = [
    *(*NAMES, *BackpropRegressor().get_params(), *BackpropEnsembleClassifier().get_params()),
    *(*ATTRIBUTES, *OF_ENSEMBLES, *WORDS, "activation", "coverage"),
]
NAMED = re.compile(r"\b(" + "|".join(ALL) + r")\b")
SOLVERS = ["sgd", "adam", "lbfgs", "newton"]
ANSWERS = "predict_proba", "predict_log_proba", "decision_function", "predict"


class Broken(AssertionError):
    """Something that must hold does not."""


def require(condition, what):
    if not condition:
        raise Broken(what)


def pick(rng, things):
    return things[rng.integers(len(things))]


def refused(error):
    """Require that an error is readable."""
    if isinstance(error, NotFittedError):
        return
    kinds = (ValueError, TypeError, AttributeError)
    require(isinstance(error, kinds), f"{type(error).__name__}: {error}")
    require(NAMED.search(str(error)), f"nothing is named by {type(error).__name__}: {error}")


def require_sound(model, X, curves=True):
    """Require a model that is finite in itself and on the rows that it was trained on."""
    require(all(np.isfinite(a).all() for a in [*model.coefs_, *model.intercepts_]), "θ")
    if curves:
        require(np.isfinite(model.loss_curve_).all(), "the losses are not finite")
        require(len(model.loss_curve_) == model.n_iter_, "losses and epochs")
    proba, log_proba, decision, labels = (getattr(model, name)(X) for name in ANSWERS)
    require(np.isfinite(log_proba).all(), "log-probabilities are not finite")
    require(np.isfinite(decision).all(), "decisions are not finite")
    require(np.isfinite(proba).all() and proba.min() >= 0, "probabilities")
    if model.out_activation_ == "softmax":
        require(np.allclose(proba.sum(axis=1), 1, rtol=1e-4), "probabilities do not add to 1")
        require(np.isin(labels, model.classes_).all(), "unheard-of labels")


def call(method, *arguments, **keywords):
    """Return what a method returns, or None where it refuses readably."""
    try:
        return method(*arguments, **keywords)
    except Exception as error:
        refused(error)
        return None


def make_table(rng, n_rows=None, n_columns=None):
    n_rows = n_rows or int(pick(rng, [2, 3, 7, 20, 60]))
    n_columns = n_columns or int(rng.integers(1, 6))
    n_classes = int(rng.integers(2, 4))
    X = rng.normal(size=(n_rows, n_columns))
    y = np.arange(n_rows) % n_classes
    rng.shuffle(y)
    if rng.random() < 0.15:
        y = np.c_[y > 0, y != 1].astype(int)
    return X, y


def some_parameters(rng):
    n_layers = int(pick(rng, [0, 1, 1, 2, 3]))
    options = {
        "hidden_layer_sizes": tuple(int(h) for h in rng.integers(1, 9, n_layers)),
        "activation": [pick(rng, list(ACTIVATIONS)) for _ in range(n_layers)],
        "solver": pick(rng, SOLVERS),
        "max_iter": int(rng.integers(1, 6)),
        "tol": pick(rng, [None, 0.0, 1e-3]),
        "random_state": int(rng.integers(1000)),
        "early_stopping": bool(rng.random() < 0.2),
        "standardize": bool(rng.random() < 0.5),
        "scoring": pick(rng, ["loss", "loss", "accuracy"]),
        "warm_start": bool(rng.random() < 0.3),
        "batch_size": pick(rng, ["auto", 1, 3, 1000]),
        "l2": pick(rng, ["auto", 0.0, 0.1]),
        "learning_rate": pick(rng, ["constant", "inverse", "power", "adaptive"]),
    }
    if not n_layers:
        options["activation"] = "relu"
    if options["solver"] != "newton" and rng.random() < 0.2:
        options["l1"] = 0.01
    return options


# Attacks


def attributes(rng):
    """A fitted model whose attributes are replaced by others is used, and trained on."""
    X, y = make_table(rng)
    options = some_parameters(rng) | {"warm_start": True, "early_stopping": False}
    model = BackpropClassifier(**options)
    if call(model.fit, X, y) is None:
        return
    for _ in range(rng.integers(1, 3)):
        name = pick(rng, ATTRIBUTES)
        setattr(model, name, spoil(rng, copy.deepcopy(getattr(model, name))))
    for method in rng.permutation([*ANSWERS, "fit", "partial_fit", "hidden_activations"])[:4]:
        if method in ANSWERS or method == "hidden_activations":
            call(getattr(model, method), X) if method in ANSWERS else hidden(model, X)
            continue
        before = pickle.dumps(vars(model))
        trained = hasattr(model, method) and call(getattr(model, method), X, y)
        if trained:
            require_sound(model, X, curves=False)
            return
        require(pickle.dumps(vars(model)) == before, "a refused call has changed the model")
    if rng.random() < 0.1:
        call(check_gradient, model, X, y, max_entries=3)


def hidden(model, X):
    if model.coefs_ is not None and len(np.shape(model.hidden_layer_sizes)):
        call(model.hidden_activations, X)


STRANGE = [
    *(None, 0, -1, 7, 2.5, np.nan, np.inf, -np.inf, 10**30, 10**400, 2**63, True, "word", b"x"),
    *((), [], {}, [1], [None], {"a": 1}, np.array(3), np.array([]), np.array([1, 2, 3])),
    *(np.ones((2, 2)), np.ones(3, "f2"), np.array(["a", "b"]), np.array([{}, None]), object()),
]


def spoil(rng, value):
    """Return a value like the given one, but for what is wrong with it; sometimes nothing is."""
    if rng.random() < 0.15:
        return pick(rng, STRANGE)
    if isinstance(value, np.ndarray):
        return spoil_array(rng, value)
    if isinstance(value, list | tuple) and len(value):
        return spoil_list(rng, list(value))
    if isinstance(value, dict) and value:
        key = pick(rng, sorted(value))
        return value | {key: spoil(rng, value[key])} if rng.random() < 0.9 else {key: value[key]}
    if hasattr(value, "mean_"):
        name = pick(rng, ["mean_", "scale_", "var_", "n_samples_seen_"])
        setattr(value, name, spoil(rng, getattr(value, name)))
        return value
    return pick(rng, STRANGE)


def spoil_list(rng, values):
    k = rng.integers(len(values))
    what = rng.integers(4)
    if what == 0:
        return values[:k] + values[k + 1 :]
    if what == 1:
        return [*values, values[k]]
    if what == 2:
        return values[::-1]
    values[k] = spoil(rng, values[k])
    return values


def spoil_array(rng, array):
    change = pick(rng, CHANGES)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return change(rng, array)
    except (ValueError, TypeError, IndexError, AttributeError):  # no such change of such an array
        return array


def unaligned(array):
    """Return the same numbers at an odd address."""
    other = np.zeros(array.nbytes + 1, "u1")[1:].view(array.dtype).reshape(array.shape)
    other[...] = array
    return other


def with_entry(rng, array, value):
    array = array.copy()
    array.flat[rng.integers(array.size)] = value
    return array


CHANGES = [
    *(
        lambda rng, a, dtype=dtype: a.astype(dtype)
        for dtype in ("f2", "f4", "f8", "g", "c8", "c16", "i4", "i8", "u1", "?", "O", ">f8", "U3")
    ),
    lambda rng, a: a.T,
    lambda rng, a: a[:-1],
    lambda rng, a: a[:1],
    lambda rng, a: np.concatenate([a, a]),
    lambda rng, a: a.ravel(),
    lambda rng, a: a[None],
    lambda rng, a: a[::-1],
    lambda rng, a: np.asfortranarray(a),
    lambda rng, a: np.repeat(a, 2, axis=0)[::2],
    lambda rng, a: unaligned(a),
    lambda rng, a: np.broadcast_to(a[:1], a.shape),
    lambda rng, a: a.tolist(),
    lambda rng, a: np.matrix(a),
    lambda rng, a: sparse.csr_array(a),
    lambda rng, a: a * 1e30,
    lambda rng, a: a * 1e-300,
    lambda rng, a: with_entry(rng, a, np.nan),
    lambda rng, a: with_entry(rng, a, np.inf),
    lambda rng, a: with_entry(rng, a, -1e308),
    lambda rng, a: with_entry(rng, a, -1),
    lambda rng, a: np.full_like(a, 1),
]


def indices(rng):
    """A sparse X or y refers to what is not there."""
    X, y = make_table(rng)
    options = some_parameters(rng) | {"early_stopping": False}
    kind = pick(rng, ["csr_array", "csr_matrix", "csc_array", "coo_array", "bsr_array"])
    S = getattr(sparse, kind)(X * (rng.random(X.shape) < 0.7))
    model = BackpropClassifier(**options)
    if rng.random() < 0.5 and call(model.fit, S, y) is None:
        return
    names = ["row", "col", "data"] if kind == "coo_array" else ["indices", "indptr", "data"]
    for _ in range(rng.integers(0, 3)):
        spoil_indices(rng, S, pick(rng, names))
    method = pick(rng, ["fit", "partial_fit", *ANSWERS])
    if method in ANSWERS:
        call(getattr(model, method), S)
    elif hasattr(model, method):
        more = {"classes": np.unique(y)} if method == "partial_fit" and y.ndim == 1 else {}
        if call(getattr(model, method), S, y, **more) is not None:
            require_sound(model, S)
    if y.ndim == 2:
        Y = sparse.csr_array(y)
        spoil_indices(rng, Y, pick(rng, ["indices", "indptr", "data"]))
        call(BackpropClassifier(**options).fit, X, Y)


def spoil_indices(rng, S, name):
    array = getattr(S, name)
    what = rng.integers(6)
    try:
        if what == 0 and array.size:
            values = [-1, 10**6, 2**31 - 1, S.shape[1], S.shape[0]]
            array.flat[rng.integers(array.size)] = pick(rng, values)
        elif what == 1:
            setattr(S, name, array[:-1])
        elif what == 2:
            setattr(S, name, np.repeat(array, 2, axis=0)[::2])
        elif what == 3:
            setattr(S, name, array.astype(pick(rng, ["i8", "u4", "f8", "f4", "i2"])))
        elif what == 4:
            setattr(S, name, array[::-1])
        elif array.size:
            setattr(S, name, unaligned(array))
    except (ValueError, AttributeError, TypeError):  # scipy itself refuses
        return


def changes(rng):
    """X is changed while it is learned; of a sparse X, that changes nothing."""
    X, y = make_table(rng)
    dense = rng.random() < 0.2
    form = pick(rng, ["csr_array", "csr_matrix", "csc_array", "lil_array"])
    options = some_parameters(rng) | {"max_iter": 3}

    def given():
        return X.copy() if dense else getattr(sparse, form)(np.where(X > -0.5, X, 0))

    def scoring(model, shown, y):
        for other in (shown, table):
            if not dense and hasattr(other, "indices"):
                change_entries(rng, other)
            elif dense and other is table:
                other.flat[rng.integers(other.size)] = rng.normal() * 1e3
        return 0.5

    table, alone = given(), BackpropClassifier(**options | {"scoring": lambda *_: 0.5})
    expected = call(alone.fit, given(), y)
    model = call(BackpropClassifier(**options | {"scoring": scoring}).fit, table, y)
    require((model is None) == (expected is None), "a fit of what changes is refused")
    if model is None:
        return
    require_sound(model, given())
    if dense:
        return
    pairs = zip(model.coefs_, expected.coefs_, strict=True)
    require(all(np.array_equal(a, b) for a, b in pairs), "what is learned has changed")


def change_entries(rng, S):
    """Reorder the entries of a CSR or CSC matrix, or replace some; indices go one too far."""
    what = rng.integers(5)
    if what == 0:
        S.sort_indices()
    elif what == 1:
        S.data[...] = rng.normal(size=S.data.shape)
    elif what == 2 and S.nnz:
        S.indices[rng.integers(S.nnz)] = S.shape[S.format == "csr"]
    elif what == 3:
        S.indices[...] = S.indices[::-1].copy()
    else:
        S.indptr[1:] = S.indptr[-1]


def formats(rng):
    """The same columns in any two containers give the same answers; odd values later are told."""
    # an older scikit-learn finds no names in some of them
    warnings.filterwarnings("ignore", "X (does not have valid|has) feature names")
    X, y = make_table(rng, n_rows=20)
    y = y if y.ndim == 1 else y[:, 0]
    columns = {f"c{j}": some_column(rng, x) for j, x in enumerate(X.T)}
    options = some_parameters(rng) | {"early_stopping": False}
    one, other = (pick(rng, FORMATS) for _ in range(2))
    model = call(BackpropClassifier(**options).fit, one(columns), y)
    again = call(BackpropClassifier(**options).fit, other(columns), y)
    require((model is None) == (again is None), "a container is refused that is like another")
    if model is None:
        return
    answers = [m.predict_proba(to(columns)) for m in (model, again) for to in (one, other)]
    require(all(np.array_equal(answers[0], a) for a in answers), "the container matters")
    name = pick(rng, list(columns))
    values = columns[name] if rng.random() < 0.5 else [pick(rng, STRANGE) for _ in range(20)]
    later = columns | {name: [pick(rng, [v, str(v), v, "", None]) for v in values]}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "column .* of X holds numbers where training has had")
        proba = call(model.predict_proba, pick(rng, FORMATS[:3])(later))
    require(proba is None or np.isfinite(proba).all(), "probabilities of odd values")


def files(rng):
    """A table as files have it is what it is as numbers and categories that were made by hand."""
    parts, table, other = some_file(rng)
    hand, chosen = by_hand(parts)
    y = rng.permutation(np.arange(len(hand)) % 2)
    # l2 is not chosen: which rows are alike, and held out together, is told from the columns
    model = BackpropClassifier((3,), l2=1e-3, max_iter=2, tol=None, random_state=0)
    reference = copy.deepcopy(model).set_params(categorical_features=chosen or "from_dtype")
    learn = pick(rng, [lambda m, X: m.fit(X, y), lambda m, X: in_parts(m, X, y)])
    warnings.filterwarnings("ignore", "X has columns (that tell nothing|of which more than)")
    expected = call(learn, reference, hand)
    learned = call(learn, model, table)
    require((learned is None) == (expected is None), "text is refused, or what it stands for")
    if learned is None:
        return
    warnings.filterwarnings("ignore", "X (does not have valid|has) feature names")
    warnings.filterwarnings(
        "ignore", r"column 'c\d' of X has no"
    )  # of a single row, or of odd ones
    answers = [model.predict_proba(X) for X in (table, other)]
    answers.append(pickle.loads(pickle.dumps(model)).predict_proba(table))
    rows = [model.predict_proba(row_of(table, i)) for i in range(min(5, len(y)))]
    require(np.allclose(answers, reference.predict_proba(hand), atol=1e-6), "something is lost")
    require(np.allclose(rows, answers[0][:5, None], atol=1e-6), "rows are read by themselves")
    odd_files(rng, model, table, parts)
    if rng.random() < 0.05:
        in_onnx(model, table)


def some_file(rng):
    """Return what columns stand for, and them in a container, and in another one."""
    n = int(pick(rng, [1, 5, 40, 120]))
    parts = [pick(rng, SORTS)(rng, n) for _ in range(rng.integers(1, 4))]
    columns = {f"c{j}": part.column for j, part in enumerate(parts)}
    if (
        rng.random() < 0.7
        or len(parts) == 1
        or any(isinstance(v, date) for p in parts for v in p.column)
    ):
        hold, again = (HOLDERS[name](columns) for name in rng.choice(list(HOLDERS), 2))
        return parts, hold, again
    X = pick(rng, list(READERS.values()))(columns)
    is_numeric = [np.asarray(X[name]).dtype.kind in "if" for name in columns]
    given = [X[name].to_list() for name in columns]
    return list(map(as_read, parts, given, is_numeric)), X, X


def in_parts(model, X, y):
    """Fit by two calls with the same rows."""
    return model.partial_fit(X, y, [0, 1]).partial_fit(X, y)


def row_of(X, i):
    """Return a row as a table."""
    return X.iloc[[i]] if hasattr(X, "iloc") else X[i : i + 1]


def odd_files(rng, model, table, parts):
    """Later tables lack a column, or have values of another type."""
    columns = {f"c{j}": list(part.column) for j, part in enumerate(parts)}
    j = rng.integers(len(parts))
    given = columns[f"c{j}"]
    strange = [*STRANGE, "1.234.567,8", "٣", "2020-02-31", "9" * 5000, "NaT", date(1, 1, 1), 1e300]
    strange += [timedelta(1), np.datetime64("NaT"), np.datetime64("-9000-01-01"), "(" + " " * 999]
    odd = pick(rng, strange)
    where = rng.random(len(given)) < pick(rng, [0.1, 1])
    columns[f"c{j}"] = [odd if w else v for v, w in zip(given, where, strict=True)]
    later = pick(rng, [dicts, HOLDERS["objects in pandas"]])(columns)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "column .* of X holds numbers where training has had")
        proba = unless_named(model.predict_proba, later, f"c{j}")
    require(proba is None or np.isfinite(proba).all(), "probabilities of odd values")
    if len(parts) > 1 and hasattr(model, "feature_names_in_"):
        name, *others = columns
        fewer = HOLDERS["objects in pandas"]({other: columns[other] for other in others})
        require(unless_named(model.predict, fewer, name) is None, "a column is not missed")


def unless_named(method, X, name):
    """Return what a method returns, or None where it refuses a column by its name."""
    try:
        return method(X)
    except (ValueError, TypeError) as error:
        require(name in str(error), f"{name} is not named by {error}")
        return None


def in_onnx(model, X):
    """Convert a model that knows other columns than numbers and categories: it is refused."""
    if not (is_there("skl2onnx") and hasattr(X, "iloc")):
        return
    from skl2onnx import to_onnx

    from skbackprop import onnx_types, register_onnx_converter

    register_onnx_converter()
    kinds = zip(X.columns, model._column_kinds or (), strict=False)
    odd = [name for name, (kind, _) in kinds if kind not in ("number", "category")]
    if odd:
        try:
            to_onnx(model, initial_types=onnx_types(X))
        except (ValueError, NotImplementedError) as error:
            require(any(f"'{name}'" in str(error) for name in odd), f"ONNX names none: {error}")
        else:
            require(False, f"ONNX knows nothing of {odd}")


def some_column(rng, x):
    """Return numbers, integers, booleans or text, of which some may be missing."""
    make = pick(rng, [float, round, lambda v: v > 0, lambda v: "abc"[int(abs(v) * 2) % 3]])
    gaps = rng.random(len(x)) < pick(rng, [0, 0, 0.2])
    return [None if gap else make(v) for v, gap in zip(x, gaps, strict=True)]


def as_dicts(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_records(columns):
    table = np.empty(20, [(name, "O") for name in columns])
    for name, values in columns.items():
        table[name] = values
    return table


def as_frame(library):
    def make(columns):
        return __import__(library).DataFrame(columns)

    return make


FORMATS = [as_dicts, as_records, as_frame("pandas"), as_frame("polars")]


def deep(rng):
    """A network of up to 60 layers, of any activations, in either precision."""
    X, y = make_table(rng)
    X = X.astype(pick(rng, ["f4", "f4", "f8"]))
    options = some_parameters(rng) | {
        "hidden_layer_sizes": (int(rng.integers(5, 25)),) * int(rng.integers(5, 61)),
        "activation": pick(rng, [*ACTIVATIONS, "identity", "identity", "selu", "leaky_relu"]),
        "max_iter": int(rng.integers(1, 4)),
        "learning_rate_init": pick(rng, ["auto", "auto", 0.05, 0.3, 3.0]),
    }
    train(rng, BackpropClassifier(**options), X, y)


def train(rng, model, X, y, **more):
    """Fit, or fit in part, once or more."""
    for _ in range(rng.integers(1, 3)):
        method = pick(rng, ["fit", "fit", "partial_fit"])
        if not hasattr(model, method):
            continue
        new = method == "partial_fit" and y.ndim == 1 and not hasattr(model, "coefs_")
        keywords = more | ({"classes": np.unique(y)} if new else {})
        if call(getattr(model, method), X, y, **keywords) is not None:
            require_sound(model, X)


def extremes(rng):
    """Columns, weights and rates beyond all measure."""
    X, y = make_table(rng)
    exponents = [-320, -300, -160, -45, -39, -20, 0, 0, 0, 18, 38, 76, 150, 300]
    with np.errstate(all="ignore"):
        for j in range(X.shape[1]):
            if rng.random() < 0.6:
                X[:, j] *= 10.0 ** float(pick(rng, exponents))
        X = X.astype(pick(rng, ["f4", "f8", "f8"]))
        X[~np.isfinite(X)] = 0
        if rng.random() < 0.3:
            X[rng.integers(len(X))] *= X.dtype.type(1e6)
    X[~np.isfinite(X)] = 1
    X = pick(rng, [lambda Z: Z, lambda Z: Z, sparse.csr_array, sparse.csc_matrix])(X)
    options = some_parameters(rng)
    if rng.random() < 0.3:
        options["learning_rate_init"] = float(10.0 ** rng.integers(-300, 300))
    if rng.random() < 0.2:
        options |= {"epsilon": float(pick(rng, [1e-320, 1e-50, 1e-8, 1e30])), "solver": "adam"}
    if rng.random() < 0.2:
        options["l2"] = float(10.0 ** rng.integers(-300, 300))
    more = {}
    if rng.random() < 0.2:
        more = {"sample_weight": 10.0 ** rng.uniform(-300, 300, len(y))}
    elif y.ndim == 1 and rng.random() < 0.3:
        options["class_weight"] = pick(rng, ["balanced", {0: 1e300, 1: 1e-300}])
    model = BackpropClassifier(**options)
    train(rng, model, X, y, **more)


def parameters(rng):
    """Numbers of any type and size as parameters."""
    X, y = make_table(rng)
    strange = [
        *(10**400, -(10**400), 2**62, 2**63, np.int8(127), np.uint8(255), np.int64(2**62)),
        *(np.longdouble("1e400") if rng.random() < 0.5 else 1.0, Fraction(1, 3), True),
        *(1e-320, 1e308, np.float16(0.5), np.float32(1e-45), np.nan, np.inf, np.bool_(True)),
    ]
    options = some_parameters(rng)
    for name in rng.choice(NAMES, 2):
        value = pick(rng, strange)
        if name in ("max_iter", "hidden_layer_sizes", "verbose") and not 0 < value < 300:
            continue
        options[str(name)] = value
    if options.get("verbose"):
        options["verbose"] = 10**9
    model = BackpropClassifier(**options)
    if call(model.fit, X, y) is not None:
        require_sound(model, X)
    weights = pick(rng, [10**400, [10**400] * len(y), -1, np.nan, Fraction(1, 2)])
    call(BackpropClassifier(max_iter=1).fit, X, y, sample_weight=weights)
    weights = {0: pick(rng, [10**400, "a", None, [1], Fraction(1, 2)])}
    call(BackpropClassifier(max_iter=1, class_weight=weights).fit, X, y)


def copies(rng):
    """Rows come several times: validation has all copies of a row or none."""
    X, y = make_table(rng, int(pick(rng, [2, 3, 20, 60, 150])), int(rng.integers(2, 6)))
    number = np.repeat(np.arange(len(X)), rng.integers(0, pick(rng, [2, 3, 9]), len(X)))
    number = rng.permutation(number) if len(number) else np.array([0])
    shown = []

    def scoring(model, shown_X, y):
        shown.append(shown_X.toarray() if sparse.issparse(shown_X) else shown_X)
        return 0.5

    make = pick(rng, [np.asarray, np.float32, np.asfortranarray, sparse.csr_array])
    options = some_parameters(rng) | {"early_stopping": True, "scoring": scoring}
    options["l2"] = pick(rng, ["auto", "validate"])
    model = BackpropClassifier(**options)
    if call(model.fit, make(X[number]), y[number]) is None:
        return
    require_sound(model, X)
    for x, n in zip(X.astype(shown[0].dtype), np.bincount(number, minlength=len(X)), strict=True):
        n_held = int((shown[0] == x).all(axis=1).sum())
        is_copied = n <= 0.2 * len(number)
        require(not is_copied or n_held in (0, n), "copies of a row are on both sides")


def layouts(rng):
    """X, y and weights of any layout give what the same numbers in a row give."""
    X, y = make_table(rng)
    X = X.astype(pick(rng, ["f4", "f8"]))
    w = rng.uniform(0.5, 1, len(y)) if rng.random() < 0.5 else None
    options = some_parameters(rng)
    plain = call(BackpropClassifier(**options).fit, X, y, w)
    if plain is None:
        return
    changed = [a if a is None else relaid(rng, a) for a in (X, y, w)]
    model = BackpropClassifier(**options).fit(*changed)
    for one, other in zip(plain.coefs_, model.coefs_, strict=True):
        require(np.allclose(one, other, rtol=1e-3, atol=1e-5), "the layout matters")
    require(np.array_equal(plain.predict(changed[0]), plain.predict(X)), "predictions differ")


def relaid(rng, array):
    """Return the same numbers elsewhere in memory."""
    what = rng.integers(6)
    if what == 0:
        record = np.zeros(array.shape, [("other", "u1"), ("field", array.dtype)])
        record["field"] = array
        return record["field"]
    if what == 1:
        return unaligned(array)
    if what == 2:
        return array.astype(array.dtype.newbyteorder())
    if what == 3:
        return np.asfortranarray(array)
    if what == 4:
        return array[::-1].copy()[::-1]
    other = array.copy()
    other.setflags(write=False)
    return other


def error_states(rng):
    """What the user has numpy do on underflow and the like changes no result."""
    X, y = make_table(rng)
    X = X.astype(pick(rng, ["f4", "f8"])) * pick(rng, [1, 1e3, 1e-3])
    options = some_parameters(rng)
    expected = call(BackpropClassifier(**options).fit, X, y)
    if expected is None:
        return
    far = X * X.dtype.type(1e10)
    answers = [getattr(expected, name)(Z) for name in ANSWERS for Z in (X, far)]
    with np.errstate(all="raise"):
        model = BackpropClassifier(**options).fit(X, y)
        given = [getattr(model, name)(Z) for name in ANSWERS for Z in (X, far)]
        if rng.random() < 0.1:
            call(check_gradient, model, X, y, max_entries=3)
    require(all(map(np.array_equal, answers, given)), "numpy's error state matters")


def curves(rng):
    """Trainings that go on from each other in any way can be drawn."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    from skbackprop import LossCurveDisplay

    X, y = make_table(rng, n_rows=20)
    model = BackpropClassifier((3,), warm_start=True, max_iter=3, tol=None, random_state=0)
    for _ in range(rng.integers(1, 5)):
        model.set_params(
            early_stopping=bool(rng.random() < 0.5),
            scoring=pick(rng, ["loss", "accuracy"]),
            solver=pick(rng, SOLVERS),
        )
        method = pick(rng, ["fit", "fit with validation", "partial_fit"])
        if method == "partial_fit" and hasattr(model, "partial_fit") and hasattr(model, "coefs_"):
            model.partial_fit(X, y)
        else:
            model.fit(X, y, **({"X_val": X, "y_val": y} if "with" in method else {}))
    LossCurveDisplay.from_estimator(model, ax=Figure().subplots())
    for curve in (model.validation_loss_curve_, model.validation_scores_):
        require(curve is None or len(curve) == model.n_iter_, "curves of different lengths")


def labels(rng):
    """y as objects in any container is what it is as an array; what is no label is refused."""
    import pandas as pd

    X, y = make_table(rng)
    y = y if y.ndim == 1 else y[:, 0]
    names = pick(rng, [[0, 1, 2], [False, True, True], ["0", "01", "1"], [2**60, 2**60 + 1, -1]])
    values = [names[code] for code in y]
    weights = {name: float(rng.integers(1, 4)) for name in names if rng.random() < 0.5}
    options = some_parameters(rng) | {"class_weight": pick(rng, [None, weights])}
    container = pick(
        rng,
        [
            *(list, tuple, as_objects, pd.Series, lambda v: pd.Series(v, dtype=object)),
            *(lambda v: pd.Series(v).convert_dtypes(), lambda v: pd.Series(v, dtype="category")),
            lambda v: pd.DataFrame({"y": as_objects(v)})["y"],
        ],
    )
    if rng.random() < 0.5:
        strange = pick(rng, [None, np.nan, pd.NA, pd.NaT, b"x", {}, 1j, float])
        values[rng.integers(len(values))] = strange
        given = as_objects(values) if isinstance(strange, dict | complex) else container(values)
        refused_y = call(BackpropClassifier(**options).fit, X, given)
        require(refused_y is None, "y is taken, though something in it is no label")
        return
    expected = call(BackpropClassifier(**options).fit, X, np.array(values))
    model = call(BackpropClassifier(**options).fit, X, container(values))
    require((model is None) == (expected is None), "the container of y matters")
    if model is not None:
        require_sound(model, X)
        require(model.classes_.tolist() == expected.classes_.tolist(), "other classes")
        pairs = zip(model.coefs_, expected.coefs_, strict=True)
        require(all(np.array_equal(a, b) for a, b in pairs), "another network")


def as_objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def scorers(rng):
    """A scorer fails at some time: its error is the cause of one that names scoring."""
    X, y = make_table(rng)
    kinds = [KeyError, RuntimeError, StopIteration, MemoryError, ZeroDivisionError, Broken]
    raised, last = pick(rng, kinds)("some time"), rng.integers(1, 4)
    calls = []

    def scoring(model, X, y):
        calls.append(1)
        if len(calls) == last:
            raise raised
        return 0.5

    model = BackpropClassifier(**some_parameters(rng) | {"scoring": scoring, "verbose": False})
    try:
        model.fit(X, y)
    except ValueError as error:
        refused(error)
        require(len(calls) < last or error.__cause__ is raised, "the cause is lost")
        require(not hasattr(model, "coefs_"), "a fit that has failed leaves something")
    else:
        require(len(calls) < last, "an error of a scorer is swallowed")
        require_sound(model, X)


def offsets(rng):
    """Columns far from 0, of any dtype and some of them missing, are those of float64."""
    X, y = make_table(rng, n_rows=60)
    scale = 10.0 ** rng.integers(-3, 6, X.shape[1])
    X = (X + pick(rng, [0, 1, -1]) * 10.0 ** rng.uniform(0, 7, X.shape[1])) * scale
    dtype = pick(rng, ["f4", "f4", ">f4", "f8", "g", "i8"])
    X = np.rint(X).astype(dtype) if dtype == "i8" else X.astype(dtype)
    if dtype != "i8" and rng.random() < 0.3:
        X[rng.random(X.shape) < 0.1] = np.nan
    options = {"solver": "sgd", "standardize": True, "learning_rate_init": 0.01, "l1": 0.0}
    options |= {"dtype": pick(rng, ["float32", "float64"]), "scoring": "loss"}
    model = BackpropClassifier(**some_parameters(rng) | options)
    one, other = (call(copy.deepcopy(model).fit, Z, y) for Z in (X, X.astype(float)))
    require((one is None) == (other is None), "a dtype is refused that is like another")
    if one is not None:
        require_sound(one, X)
        gap = np.abs(one.predict_proba(X) - other.predict_proba(X.astype(float))).max()
        require(gap < 1e-3, f"an offset costs {gap:.2g}")


def weights(rng):
    """Rows weigh next to nothing and a million times more, by themselves and by their class."""
    X, y = make_table(rng, int(pick(rng, [7, 60, 150])))
    n = len(y)
    s = [
        rng.lognormal(0, pick(rng, [1, 3, 10]), n),
        rng.pareto(pick(rng, [0.3, 0.8]), n),
        np.where(np.arange(n) == rng.integers(n), 1e6, 1.0),
        10.0 ** rng.integers(-12, 12, n),
        None,
    ]
    options = some_parameters(rng)
    if y.ndim == 1 and rng.random() < 0.5:
        by_class = {k: float(10.0 ** rng.integers(-3, 7)) for k in np.unique(y).tolist()}
        options["class_weight"] = pick(rng, ["balanced", by_class])
    if rng.random() < 0.3:
        options["learning_rate_init"] = 10.0 ** rng.integers(-4, 2)
    model = BackpropClassifier(**options)
    if call(model.fit, X, y, pick(rng, s)) is not None:
        require_sound(model, X)


def calls(rng):
    """A stream of what can be learned comes in calls of a row or two; by itself, it is learned."""
    n_calls, size = 150, int(rng.integers(1, 4))
    X = rng.normal(rng.normal(0, 10), 10.0 ** rng.integers(-3, 4), (n_calls * size, 3))
    y = (X[:, 0] > np.median(X[:, 0])).astype(int)
    options = {"hidden_layer_sizes": (int(rng.integers(4, 65)),), "random_state": 0}
    if rng.random() < 0.3:
        options["momentum"] = float(pick(rng, [0, 0.5, 0.9]))
    model = BackpropClassifier(**options)
    first = int(pick(rng, [0, 0, 10, 50]))
    for begin in [0] * (first > 0) + list(range(first, len(y), size)):
        rows = slice(begin, first if begin < first else begin + size)
        s = pick(rng, [None, rng.lognormal(size=len(y[rows]))])
        model.partial_fit(X[rows], y[rows], [0, 1], s)
    require_sound(model, X)
    loss = -model.predict_log_proba(X)[np.arange(len(y)), y].mean()
    require(loss < np.log(2), f"a stream in calls of {size} ends at a loss of {loss:.3f}")


def some_numbers(rng, X, loss):
    """Return y of any scale, in one column or two, which may be what the loss refuses."""
    y = X[:, 0] + rng.normal(size=len(X))
    if loss in ("poisson", "gamma") and rng.random() < 0.9:
        y = rng.poisson(np.exp(y)) + float(loss == "gamma")
    y = y * 10.0 ** float(pick(rng, [-300, -30, -3, 0, 0, 0, 3, 30, 300]))
    if loss not in ("poisson", "gamma"):
        y = y + float(pick(rng, [0, 0, 0, 1e6, -1e15]))
    if rng.random() < 0.2:
        y = np.c_[y, y[::-1]]
    if rng.random() < 0.1:
        y.flat[rng.integers(y.size)] = pick(rng, [np.nan, np.inf, -1e308, 1e308, 0.0])
    with np.errstate(all="ignore"):
        return pick(rng, [np.asarray, np.asarray, np.float32])(y)


def require_sound_numbers(model, X, positive=True):
    """Require what is predicted to be finite, and positive where the loss says so."""
    with np.errstate(all="ignore"):
        predicted = model.predict(X)
    require(np.isfinite(predicted).all(), "predicted numbers are not finite")
    require(len(predicted) == len(X), "predicted numbers are of another shape")
    if positive and model.get_params().get("loss") in ("poisson", "gamma"):
        require((predicted >= 0).all(), "negative numbers are predicted")


def numbers(rng):
    """Numbers of any scale are learned by any loss; what tells of them is replaced."""
    X, _ = make_table(rng)
    loss = pick(rng, sorted(OF_NUMBERS))
    options = some_parameters(rng) | {"loss": loss, "scoring": pick(rng, ["loss", "r2"])}
    options["quantile"] = pick(rng, [0.5, 0.01, [0.1, 0.9], [0.2, 0.5, 0.8]])
    options["huber_delta"] = float(10.0 ** rng.integers(-3, 3))
    y = some_numbers(rng, X, loss)
    s = pick(rng, [None, None, rng.lognormal(0, 3, len(y)), np.arange(len(y)) % 2 * 1.0])
    model = BackpropRegressor(**options)
    for _ in range(rng.integers(1, 3)):
        method = pick(rng, ["fit", "fit", "partial_fit"])
        if hasattr(model, method) and call(getattr(model, method), X, y, sample_weight=s) is None:
            return
    if not hasattr(model, "coefs_"):
        return
    require_sound_numbers(model, X)
    name = pick(rng, ["_standards", "_loss", *ATTRIBUTES[1:]])
    if hasattr(model, name):
        setattr(model, name, spoil(rng, copy.deepcopy(getattr(model, name))))
    call(model.predict, X)
    if hasattr(model, "partial_fit") and call(model.partial_fit, X, y) is not None:
        require_sound_numbers(model, X, positive=False)


def ensembles(rng):
    """An ensemble is trained, and used and grown after its attributes have been replaced."""
    X, y = make_table(rng, int(pick(rng, [7, 20, 60])))
    more = {"random_state": 0, "cv": int(pick(rng, [2, 3])), "n_estimators": 2, "warm_start": True}
    options = some_parameters(rng) | {"max_iter": 2, "early_stopping": False, "scoring": "loss"}
    if rng.random() < 0.5:
        loss = pick(rng, sorted(OF_NUMBERS))
        y = some_numbers(rng, X, loss)
        model = BackpropEnsembleRegressor(BackpropRegressor(**options, loss=loss), **more)
        answers = "predict", "predict_interval"
    else:
        model = BackpropEnsembleClassifier(BackpropClassifier(**options), **more)
        answers = ANSWERS
    if call(model.fit, X, y, pick(rng, [None, rng.lognormal(0, 2, len(y))])) is None:
        return
    for name in answers:
        answer = call(getattr(model, name), X)
        require(answer is None or np.isfinite(answer).all(), f"{name} is not finite")
    for name in rng.choice(OF_ENSEMBLES, rng.integers(1, 3)):
        if hasattr(model, name):
            setattr(model, name, spoil(rng, copy.deepcopy(getattr(model, name))))
    for name in answers:
        call(getattr(model, name), X)
    if isinstance(model, BackpropEnsembleRegressor):
        call(model.predict, X, return_std=True)
    model.n_estimators = 3
    call(model.fit, X, y)


ATTACKS = {
    function.__name__: (function, share)
    for function, share in (
        *((attributes, 30), (indices, 15), (deep, 15), (extremes, 20), (parameters, 8)),
        *(
            (changes, 5),
            (copies, 5),
            (formats, 5),
            (files, 5),
            (layouts, 6),
            (error_states, 5),
            (curves, 1),
        ),
        *((offsets, 5), (labels, 6), (scorers, 3), (weights, 10), (calls, 1)),
        *((numbers, 15), (ensembles, 5)),
    )
}


# Running them


def attack(seed, number, name=None):
    """Make the case of that number; return the name of its attack."""
    rng = np.random.default_rng([seed, number])
    shares = np.array([share for _, share in ATTACKS.values()], float)
    drawn = str(rng.choice(list(ATTACKS), p=shares / shares.sum()))
    name = name or drawn
    with warnings.catch_warnings(), np.errstate():
        warnings.simplefilter("error")
        for kind in (ConvergenceWarning, DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", kind)
        for message in ("Training diverged", "Training has learned nothing"):
            warnings.filterwarnings("ignore", rf"(In \d+ of \d+ networks: )?{message}")
        for message in ("The number of unique classes", "A column-vector"):
            warnings.filterwarnings("ignore", message)
        ATTACKS[name][0](rng)
    return name


def run(seed, numbers, deadline, name, status):
    """Make cases; return how many there were of each attack, and which failed."""
    counts, failures = Counter(), []
    for number in numbers:
        if time.monotonic() > deadline:
            break
        os.pwrite(status.fileno(), f"{number:>12}\n".encode(), 0)
        try:
            counts[attack(seed, number, name)] += 1
        except Exception:
            failures.append(number)
            print(f"case {number} of seed {seed} has failed:", flush=True)
            traceback.print_exc(limit=-4, file=sys.stdout)
    return counts, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10**9)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--only", type=int, help="the number of the one case to make")
    parser.add_argument("--attack", choices=ATTACKS, help="the one attack to make")
    given = parser.parse_args()
    if given.cases == 10**9 and given.minutes == 1e6 and given.only is None:
        parser.error("say how many --cases, or how many --minutes")
    numbers = range(given.first, given.first + given.cases) if given.only is None else [given.only]
    with tempfile.NamedTemporaryFile("w", prefix="fuzz-", delete=False) as status:
        print(f"seed {given.seed}; the number of the last case is in {status.name}", flush=True)
        deadline = time.monotonic() + 60 * given.minutes
        counts, failures = run(given.seed, numbers, deadline, given.attack, status)
    total = sum(counts.values()) + len(failures)
    print(f"{total} cases of seed {given.seed}: {dict(sorted(counts.items()))}")
    print(f"{len(failures)} have failed: {failures[:100]}" if failures else "none has failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    faulthandler.enable()
    main()
