"""Models of tables leave the process by ONNX and by skops, and predict the same elsewhere."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    onnx_feeds,
    onnx_types,
    register_onnx_converter,
)

pytestmark = [
    pytest.mark.usefixtures("unconverged"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def make_frame(n_rows=200):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "size": rng.standard_normal(n_rows),
            "colour": pd.Series(rng.choice(["red", "green", "blue"], n_rows), dtype=object),
            "count": rng.integers(0, 20, n_rows).astype(float),
            "code": rng.integers(0, 5, n_rows),
        }
    )
    X.loc[::7, "size"] = np.nan
    X.loc[::9, "colour"] = None
    X.loc[0, "colour"] = "mauve"
    return X, ((X["colour"] == "red") ^ (X["size"] > 0)).astype(int).to_numpy()


def default(**hyper_parameters):
    options = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0, "dtype": "float64"}
    return BackpropClassifier(**options | hyper_parameters)


def run_onnx(model, X, like=None):
    """Convert a model and return its labels and probabilities, of columns or of one tensor."""
    onnxruntime, skl2onnx = map(pytest.importorskip, ("onnxruntime", "skl2onnx"))
    register_onnx_converter()
    like = X if like is None else like
    rows = {"initial_types": onnx_types(like)} if isinstance(X, pd.DataFrame) else {"X": X[:1]}
    onnx = skl2onnx.to_onnx(model, options={"zipmap": False}, **rows)
    session = onnxruntime.InferenceSession(
        onnx.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, onnx_feeds(onnx, X))


OPTIONS = {
    "default": {},
    "without bins": {"numeric_encoding": None},
    "raw": {"standardize": False, "numeric_encoding": None},
    "raw with bins": {"standardize": False, "numeric_encoding": "piecewise"},
    "leaves": {"numeric_encoding": "leaves"},
    "softmax regression": {"hidden_layer_sizes": ()},
    "all levels": {"min_frequency": 1},
    "codes": {"categorical_features": ["colour", "code"]},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_frame_converts_to_inputs_by_column(options):
    X, y = make_frame()
    model = default(**options).fit(X, y)
    later = X.assign(colour="violet", size=np.nan, count=1e6, code=99)
    for rows in (X, later, X[X["colour"].isna()]):
        labels, proba = run_onnx(model, rows, like=X)
        np.testing.assert_allclose(proba, model.predict_proba(rows), atol=1e-12)
        assert np.array_equal(labels, model.predict(rows))


def test_an_ensemble_of_a_frame_converts_to_inputs_by_column():
    X, y = make_frame()
    model = BackpropEnsembleClassifier(default(), 2, cv=2, random_state=0).fit(X, y)
    labels, proba = run_onnx(model, X)
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-12)
    assert np.array_equal(labels, model.predict(X))


def test_columns_are_told_by_their_names():
    X, y = make_frame()
    names = ["colour", "count"]
    model = default().fit(X[names], y)
    proba = run_onnx(model, X[names])[1]
    np.testing.assert_allclose(proba, model.predict_proba(X[names]), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("categorical_features", [None, [2]], ids=str)
def test_missing_numbers_and_codes_convert_in_one_tensor(categorical_features, dtype):
    X, y = make_frame()
    X = X[["size", "count", "code"]].to_numpy()
    model = default(categorical_features=categorical_features).fit(X, y)
    X[::3, 2], X[1, 2], X[2, 2], X[4, 1] = np.nan, 1.5, 99, np.nan
    proba = run_onnx(model, X.astype(dtype))[1]
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=tolerance)


def test_what_does_not_convert_is_refused_by_name():
    X, y = make_frame()
    X["half"] = X["code"] / 2
    model = default(categorical_features=["half"]).fit(X[["size", "half"]], y)
    with pytest.raises(NotImplementedError, match="'half' has categories that are floats"):
        run_onnx(model, X[["size", "half"]])


def test_skops_needs_no_trust_but_in_the_classifier():
    io = pytest.importorskip("skops.io")
    X, y = make_frame()
    pipeline = make_pipeline(FunctionTransformer(), default()).fit(X, y)
    stored = io.dumps(pipeline)
    untrusted = io.get_untrusted_types(data=stored)
    assert set(untrusted) <= {"skbackprop.classifier.BackpropClassifier"}
    again = io.loads(stored, trusted=untrusted)
    assert np.array_equal(again.predict_proba(X), pipeline.predict_proba(X))


def test_columns_of_times_words_and_numbers_as_text_are_refused_by_name():
    skl2onnx = pytest.importorskip("skl2onnx")
    register_onnx_converter()
    columns = {
        "dates or times": pd.date_range("2020", periods=60),
        "numbers written as text": [f"{i} kg" for i in range(60)],
        "words": [f"word {i % 7} of {i}" for i in range(60)],
    }
    for words, column in columns.items():
        X = pd.DataFrame({"n": np.arange(60.0), "c": column})
        model = BackpropClassifier((4,), max_iter=2, random_state=0, tol=None).fit(X, X["n"] > 30)
        types = onnx_types(X.assign(c="text"))
        with pytest.raises(NotImplementedError, match=f"Columns of {words} .* and 'c' is one"):
            skl2onnx.to_onnx(model, initial_types=types)
