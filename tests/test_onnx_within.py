"""Within every meta-estimator that skl2onnx knows, a model converts right or is refused."""

import numpy as np
import pandas as pd
import pytest
from models import fast
from sklearn import ensemble, model_selection, multiclass, multioutput
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

from skbackprop import onnx_feeds, register_onnx_converter

pytestmark = [
    pytest.mark.usefixtures("unconverged"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

OTHER = LogisticRegression(max_iter=1000)
STACKED = ("auto", "predict_proba", "decision_function", "predict")


def within_pipeline(model):
    return make_pipeline(StandardScaler(), model)


def stacking(model, method="auto", final=OTHER, **options):
    return ensemble.StackingClassifier(
        [("model", model), ("other", OTHER)], final, stack_method=method, cv=2, **options
    )


def voting(model, **options):
    return ensemble.VotingClassifier(
        [("model", model), ("other", LogisticRegression(C=0.1))], flatten_transform=False, **options
    )


def searched(model):
    return model_selection.GridSearchCV(model, {"warm_start": [False]}, cv=2)


CALIBRATED = {
    f"calibrated by {method}{'' if ensemble else ' of one'}": (
        lambda m, method=method, ensemble=ensemble: CalibratedClassifierCV(
            m, method=method, cv=2, ensemble=ensemble
        )
    )
    for method in ("sigmoid", "isotonic")
    for ensemble in (True, False)
}
AROUND = {
    **CALIBRATED,
    "calibrated pipeline": lambda m: CalibratedClassifierCV(within_pipeline(m), cv=2),
    **{f"stacked by {method}": (lambda m, k=method: stacking(m, k)) for method in STACKED},
    "stacked pipeline": lambda m: stacking(within_pipeline(m), "decision_function"),
    "stacked, at the end": lambda m: stacking(OTHER, final=m),
    "stacked, passed through": lambda m: stacking(m, passthrough=True),
    "voting": lambda m: voting(m, voting="hard"),
    "soft voting": lambda m: voting(m, voting="soft"),
    "bagging": lambda m: ensemble.BaggingClassifier(m, 2, max_features=3, random_state=0),
    "boosting": lambda m: ensemble.AdaBoostClassifier(m, n_estimators=2, random_state=0),
    "one against all": multiclass.OneVsRestClassifier,
    "one against one": multiclass.OneVsOneClassifier,
    "output codes": lambda m: multiclass.OutputCodeClassifier(m, random_state=0),
    "search": searched,
    "search in a pipeline": lambda m: within_pipeline(searched(m)),
    "pipeline": within_pipeline,
    "pipeline of a pipeline": lambda m: make_pipeline(within_pipeline(m)),
    "threshold": lambda m: model_selection.TunedThresholdClassifierCV(m, cv=2),
    "several outputs": multioutput.MultiOutputClassifier,
    "a chain": multioutput.ClassifierChain,
}
ONE_OUTPUT = ("threshold",)
MATRIX = ("several outputs", "a chain", "one against all")


def run(model, X):
    """Return the outputs of the converted model, or None where it is refused."""
    onnxruntime = pytest.importorskip("onnxruntime")
    skl2onnx = pytest.importorskip("skl2onnx")
    register_onnx_converter()
    errors = (NotImplementedError, RuntimeError, AttributeError)
    try:
        converted = skl2onnx.to_onnx(model, X[:1], options={"zipmap": False})
    except (NameError, skl2onnx.common.exceptions.MissingShapeCalculator):
        try:  # without options that it does not know
            converted = skl2onnx.to_onnx(model, X[:1])
        except (*errors, skl2onnx.common.exceptions.MissingShapeCalculator):
            return None
    except errors:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        converted.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"X": X})


CASES = [
    (around, target)
    for around in AROUND
    for target in ("two classes", "three classes", "labels")
    if (target == "labels" and around in MATRIX)
    or (target == "two classes" and around in ONE_OUTPUT)
    or (target != "labels" and around not in (*MATRIX[:2], *ONE_OUTPUT))
]


@pytest.mark.parametrize(("around", "target"), CASES)
def test_within_a_meta_estimator_a_model_converts_right_or_is_refused(iris, around, target):
    X, y = iris[0].astype(np.float32), iris[1]
    targets = {
        "two classes": (y > 0).astype(int),
        "three classes": y,
        "labels": np.c_[y > 0, y == 1].astype(int),
    }
    model = AROUND[around](fast(hidden_layer_sizes=(8,), max_iter=30)).fit(X, targets[target])
    outputs = run(model, X)
    if outputs is None:
        return
    expected = model.predict(X)
    assert np.mean(np.reshape(outputs[0], expected.shape) == expected) > 0.99
    if hasattr(model, "predict_proba"):
        np.testing.assert_allclose(outputs[1], np.array(model.predict_proba(X)), atol=1e-5)


def table(n_rows=150):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "count": rng.integers(0, 20, n_rows),
            "size": rng.standard_normal(n_rows),
            "colour": rng.choice(["red", "green", "blue"], n_rows),
            "single": rng.standard_normal(n_rows).astype(np.float32),
        }
    )
    return X, ((X["colour"] == "red") ^ (X["size"] > 0)).astype(int)


def one_hot():
    return make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["colour"]), remainder="passthrough"
    )


NUMBERS = ["count", "size", "single"]
OF_TABLES = {
    "one-hot": (lambda m: make_pipeline(one_hot(), m), None, None),
    "one-hot, searched": (lambda m: make_pipeline(one_hot(), searched(m)), None, None),
    "one-hot within a search": (
        lambda m: model_selection.GridSearchCV(make_pipeline(one_hot(), m), {}, cv=2),
        None,
        None,
    ),
    "integers by themselves": (lambda m: CalibratedClassifierCV(m, cv=2), ["count"], None),
    "calibrated behind one-hot": (
        lambda m: make_pipeline(one_hot(), CalibratedClassifierCV(m, cv=2)),
        None,
        "CalibratedClassifierCV right.* FloatTensorType",
    ),
    "calibrated pipeline of integers": (
        lambda m: CalibratedClassifierCV(within_pipeline(m), cv=2),
        ["count"],
        "CalibratedClassifierCV right.* FloatTensorType",
    ),
    "stacking of integers": (lambda m: stacking(m), ["count"], "StackingClassifier.* FloatTensor"),
    "boosting of doubles": (AROUND["boosting"], ["size"], "AdaBoostClassifier.* FloatTensorType"),
    "joined": (
        lambda m: make_pipeline(FunctionTransformer(), m),
        NUMBERS,
        "FunctionTransformer right.*several types",
    ),
    **{
        f"joined by {scaler.__name__}": (
            lambda m, scaler=scaler: make_pipeline(scaler(), m),
            NUMBERS,
            f"{scaler.__name__} right.*makes integers.* DoubleTensorType",
        )
        for scaler in (StandardScaler, MinMaxScaler, RobustScaler)
    },
}


@pytest.mark.parametrize("declared_alike", [False, True])
@pytest.mark.parametrize(("around", "columns", "message"), OF_TABLES.values(), ids=OF_TABLES)
def test_of_a_frame_a_model_converts_right_or_is_refused_with_a_cure_that_works(
    around, columns, message, declared_alike
):
    onnxruntime, skl2onnx = map(pytest.importorskip, ("onnxruntime", "skl2onnx"))
    types = pytest.importorskip("skl2onnx.common.data_types")
    register_onnx_converter()
    X, y = table()
    X = X if columns is None else X[columns]
    model = around(fast(hidden_layer_sizes=(8,), max_iter=30)).fit(X, y)
    kinds = {np.dtype(np.int64): "Int64", np.dtype(np.float32): "Float"}
    names = {c: "String" if c == "colour" else kinds.get(X[c].dtype, "Double") for c in X}
    if declared_alike:
        names = {c: "Float" if name != "String" else name for c, name in names.items()}
    declared = [(c, getattr(types, f"{name}TensorType")([None, 1])) for c, name in names.items()]
    options = {"initial_types": declared, "options": {"zipmap": False}}
    if message and not declared_alike:
        with pytest.raises(NotImplementedError, match=message):
            skl2onnx.to_onnx(model, **options)
        return
    onnx = to_onnx_in_spite_of_options(skl2onnx, model, options)
    session = onnxruntime.InferenceSession(
        onnx.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    proba = session.run(None, onnx_feeds(onnx, X))[1]
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-5)


def to_onnx_in_spite_of_options(skl2onnx, model, options):
    try:
        return skl2onnx.to_onnx(model, **options)
    except NameError:  # an option that a meta-estimator does not know
        return skl2onnx.to_onnx(model, initial_types=options["initial_types"])


def test_what_matters_most_is_not_refused(iris):
    X, y = iris[0].astype(np.float32), iris[1]
    for around in ("calibrated by sigmoid", "calibrated pipeline", "stacked by decision_function"):
        assert run(AROUND[around](fast()).fit(X, y), X) is not None


def test_labels_beyond_64_bits_are_refused(iris):
    skl2onnx = pytest.importorskip("skl2onnx")
    register_onnx_converter()
    X, y = iris
    model = fast().fit(X, np.array([5, 2**63, 2**64 - 1], np.uint64)[y])
    with pytest.raises(ValueError, match=r"beyond integers of 64 bits: encode y"):
        skl2onnx.to_onnx(model, X[:1])
