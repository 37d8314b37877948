"""Models leave the process: by ONNX, skops and pickle, and predict the same elsewhere."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from models import fast
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skbackprop import (
    BackpropEnsembleClassifier,
    BackpropEnsembleRegressor,
    BackpropRegressor,
    register_onnx_converter,
)
from skbackprop.network.activations import ACTIVATIONS

pytestmark = pytest.mark.usefixtures("unconverged")

TARGETS = {
    "binary": lambda y: y > 0,
    "multiclass": lambda y: 3 * y - 1,
    "floats": lambda y: y.astype(float),
    "strings": lambda y: np.array(["a", "bb", "ccc"])[y],
    "objects": lambda y: np.array(["a", "bb", "ccc"], dtype=object)[y],
    "one class": lambda y: np.zeros_like(y),
    "labels": lambda y: np.column_stack([y > 0, y < 2, y == 1]).astype(int),
    "two labels": lambda y: np.column_stack([y > 0, y < 2]).astype(int),
}
each_target = pytest.mark.parametrize("target", TARGETS)


# ONNX


def run_onnx(model, inputs, **options):
    """Convert a model and return its outputs under onnxruntime."""
    onnxruntime = pytest.importorskip("onnxruntime")
    skl2onnx = pytest.importorskip("skl2onnx")
    register_onnx_converter()
    first = inputs[:1]
    converted = skl2onnx.to_onnx(model, first, options=options).SerializeToString()
    session = onnxruntime.InferenceSession(converted, providers=["CPUExecutionProvider"])
    if isinstance(inputs, pd.DataFrame):
        named = {name: inputs[[name]].to_numpy() for name in inputs}
    else:
        named = {session.get_inputs()[0].name: inputs}
    outputs = session.run(None, named)
    declared = [output.shape for output in session.get_outputs()]
    if options.get("zipmap") is False:  # what is declared is what comes
        assert [len(shape) for shape in declared] == [output.ndim for output in outputs]
    return outputs


def assert_converted(model, X, tolerance=1e-5):
    labels, proba = run_onnx(model, X, zipmap=False)
    expected = model.predict_proba(X)
    assert proba.shape == expected.shape
    np.testing.assert_allclose(proba, expected, atol=tolerance)
    sure = np.abs(expected - 0.5).min(axis=1) > 1e-4 if labels.ndim == 2 else slice(None)
    assert np.array_equal(labels[sure], model.predict(X)[sure])


@each_target
@pytest.mark.parametrize("standardize", [True, False], ids=["standardised", "raw"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_onnx_equals_predict_proba_for_all_targets(wine, target, standardize, dtype):
    X, y = wine[0].astype(np.float32), TARGETS[target](wine[1])
    model = fast(hidden_layer_sizes=(9, 5), standardize=standardize).fit(X.astype(dtype), y)
    assert_converted(model, X)


@each_target
def test_onnx_has_all_networks_of_an_ensemble_and_its_temperature(wine, target):
    X, y = wine[0].astype(np.float32), TARGETS[target](wine[1])
    model = BackpropEnsembleClassifier(fast(), 3, cv=2, random_state=0).fit(X, y)
    model.temperature_ = 1.7  # of such easy data, it would be about 1
    assert_converted(model, X)
    assert_converted(make_pipeline(MinMaxScaler(), model).fit(X, y), X)


@pytest.mark.parametrize("target", ["multiclass", "labels"])
def test_onnx_has_an_ensemble_in_float64(wine, target):
    X, y = wine[0], TARGETS[target](wine[1])
    model = BackpropEnsembleClassifier(fast(), 2, cv=2, random_state=0).fit(X, y)
    assert_converted(model, X, tolerance=1e-12)


@pytest.mark.parametrize("target", ["binary", "multiclass", "labels"])
def test_onnx_gives_the_scores_of_an_ensemble(wine, target):
    X, y = wine[0].astype(np.float32), TARGETS[target](wine[1])
    model = BackpropEnsembleClassifier(fast(), 2, cv=2, random_state=0).fit(X, y)
    options = {"zipmap": False, "raw_scores": True}
    scores, expected = run_onnx(model, X, **options)[1], model.decision_function(X)
    scores = scores[:, 1] if expected.ndim == 1 else scores
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("activation", [n for n, g in ACTIVATIONS.items() if hasattr(g, "onnx")])
@pytest.mark.parametrize("hidden", [(), (7,), (6, 5, 4)], ids=len)
def test_onnx_has_every_activation_at_every_depth(wine, activation, hidden):
    X, y = wine[0].astype(np.float32), wine[1]
    assert_converted(fast(hidden_layer_sizes=hidden, activation=activation).fit(X, y), X)


def test_onnx_has_one_activation_per_layer_and_the_lectures_names(wine):
    X, y = wine[0].astype(np.float32), wine[1]
    names = ("sigmoid", "selu", "linear", "softplus", "elu")
    assert_converted(fast(hidden_layer_sizes=(5,) * 5, activation=names).fit(X, y), X)


@pytest.mark.parametrize("target", ["multiclass", "labels"])
def test_onnx_computes_in_float64_for_inputs_of_float64(wine, target):
    X, y = wine[0], TARGETS[target](wine[1])
    for activation in ("identity", "logistic", "tanh", "relu"):
        model = fast(hidden_layer_sizes=(6, 5), activation=activation).fit(X, y)
        assert_converted(model, X, tolerance=1e-12)


def test_onnx_takes_integers_and_constant_columns(digits):
    X, y = digits[0].astype(np.int64), digits[1]
    assert_converted(fast().fit(X, y), X)


def test_what_was_set_after_fit_is_not_converted(wine):
    X, y = wine[0].astype(np.float32), wine[1]
    model = fast(activation="tanh").fit(X, y)
    assert_converted(model.set_params(activation="relu", standardize=False), X)


def test_zipmap_gives_probabilities_by_class_and_nocl_hides_the_names(wine):
    X, y = wine[0].astype(np.float32), TARGETS["strings"](wine[1])
    model = fast().fit(X, y)
    labels, maps = run_onnx(model, X)
    assert list(labels) == list(model.predict(X))
    assert list(maps[0]) == ["a", "bb", "ccc"]
    proba = np.array([[row[c] for c in model.classes_] for row in maps])
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-5)
    numbers = run_onnx(model, X, nocl=True, zipmap=False)[0]
    assert np.array_equal(model.classes_[numbers], labels)


@pytest.mark.parametrize("target", ["multiclass", "strings", "labels"])
def test_zipmap_by_columns_gives_an_output_for_each_class(wine, target):
    X, y = wine[0].astype(np.float32), TARGETS[target](wine[1])
    model = fast().fit(X, y)
    _, *columns = run_onnx(model, X, zipmap="columns")
    proba = np.column_stack([np.ravel(column) for column in columns])
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("target", ["multiclass", "strings"])
def test_the_class_labels_can_be_an_output(wine, target):
    X, y = wine[0].astype(np.float32), TARGETS[target](wine[1])
    model = fast().fit(X, y)
    classes = run_onnx(model, X, zipmap=False, output_class_labels=True)[2]
    assert list(classes) == list(model.classes_)


@each_target
def test_onnx_converts_it_within_a_pipeline(wine, target):
    X, y = wine[0].astype(np.float32), TARGETS[target](wine[1])
    pipeline = make_pipeline(MinMaxScaler(), fast()).fit(X, y)
    proba = run_onnx(pipeline, X, zipmap=False)[1]
    np.testing.assert_allclose(proba, pipeline.predict_proba(X), atol=1e-5)


def test_onnx_converts_it_behind_a_column_transformer_of_a_data_frame(iris):
    X = pd.DataFrame(iris[0].astype(np.float32), columns=list("abcd"))
    columns = make_column_transformer((StandardScaler(), ["c", "a"]), (MinMaxScaler(), ["b", "d"]))
    pipeline = make_pipeline(columns, fast()).fit(X, iris[1])
    proba = run_onnx(pipeline, X, zipmap=False)[1]
    np.testing.assert_allclose(proba, pipeline.predict_proba(X), atol=1e-5)


NUMBERS = {
    "squared error": ({}, 1),
    "two columns": ({}, 2),
    "quantiles": ({"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}, 1),
    "poisson": ({"loss": "poisson"}, 2),
}


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", ["network", "pipeline", "ensemble"])
def test_onnx_predicts_numbers_by_every_kind_of_output(wine, numbers, dtype, form):
    X = wine[0].astype(dtype)
    options, n_columns = NUMBERS[numbers]
    offset = 0 if numbers == "poisson" else 1e5  # from a scale of 100
    y = offset + 100 * wine[0][:, :n_columns].astype(np.float64)
    model = BackpropRegressor((9,), l2=1e-3, max_iter=5, dtype="float64", **options)
    model.set_params(random_state=0)
    if form == "pipeline":
        model = make_pipeline(StandardScaler(), model)
    elif form == "ensemble":
        model = BackpropEnsembleRegressor(model, 2, cv=2, variants=None, random_state=0)
    (predicted,) = run_onnx(model.fit(X, y), X)
    expected = model.predict(X).reshape(len(X), -1)
    assert predicted.shape == expected.shape and predicted.dtype == dtype
    assert np.ptp(expected, axis=0).all()
    rtol, atol = (1e-6, 1e-2) if dtype == np.float32 else (1e-12, 1e-9)
    np.testing.assert_allclose(predicted, expected, rtol=rtol, atol=atol)


def test_the_package_is_imported_without_skl2onnx_and_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match="skl2onnx"):
        register_onnx_converter()


# skops

OPTIONS = {
    "default": {},
    "early stopping": {"early_stopping": True, "scoring": "accuracy"},
    "warm start": {"warm_start": True, "solver": "adam"},
    "raw": {"standardize": False, "activation": ["tanh", "relu"], "hidden_layer_sizes": (4, 3)},
}


@each_target
@pytest.mark.parametrize("options", OPTIONS)
def test_skops_dumps_and_loads_a_model_and_needs_to_trust_our_class_only(wine, target, options):
    skops = pytest.importorskip("skops.io")
    X, y = wine[0], TARGETS[target](wine[1])
    model = fast(**OPTIONS[options]).fit(X, y)
    file = skops.dumps(model)
    unknown = skops.get_untrusted_types(data=file)
    assert unknown == ["skbackprop.classifier.BackpropClassifier"]
    loaded = skops.loads(file, trusted=unknown)
    assert np.array_equal(model.predict_proba(X), loaded.predict_proba(X))
    model.partial_fit(X, y), loaded.partial_fit(X, y)
    assert np.array_equal(model.predict_proba(X), loaded.predict_proba(X))


def test_skops_dumps_and_loads_an_ensemble_and_needs_to_trust_our_classes_only(wine):
    skops = pytest.importorskip("skops.io")
    X, y = wine
    model = BackpropEnsembleClassifier(fast(), 2, cv=2, random_state=0).fit(X, y)
    file = skops.dumps(model)
    unknown = skops.get_untrusted_types(data=file)
    assert unknown == [
        "skbackprop.classifier.BackpropClassifier",
        "skbackprop.ensemble.BackpropEnsembleClassifier",
    ]
    loaded = skops.loads(file, trusted=unknown)
    assert np.array_equal(model.predict_proba(X), loaded.predict_proba(X))


# pickle

PREDICT = """
import pickle, sys
models, X = pickle.load(sys.stdin.buffer)
answers = [(model.predict(X), model.predict_proba(X)) for model in models]
sys.stdout.buffer.write(pickle.dumps(answers))
"""


def test_a_pickle_predicts_the_same_bits_in_another_process(wine):
    X, options = wine[0], {"hidden_layer_sizes": (9, 5), "activation": ("elu", "softplus")}
    models = [fast(**options).fit(X, target(wine[1])) for target in TARGETS.values()]
    answer = subprocess.run(
        [sys.executable, "-c", PREDICT], input=pickle.dumps((models, X)), capture_output=True
    )
    for model, (labels, proba) in zip(models, pickle.loads(answer.stdout), strict=True):
        assert np.array_equal(labels, model.predict(X))
        assert np.array_equal(proba, model.predict_proba(X))


@pytest.mark.parametrize("target", ["multiclass", "labels"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_pickle_is_about_the_size_of_the_weights_whatever_was_learnt_from(target, dtype):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 30)).astype(dtype)
    y = TARGETS[target](rng.integers(3, size=5000))
    options = {"hidden_layer_sizes": (200, 100), "early_stopping": True, "max_iter": 1}
    model = fast(**options).fit(X, y)
    size = sum(a.nbytes for a in model.coefs_ + model.intercepts_)
    assert len(pickle.dumps(model)) < 1.05 * size + 4000
