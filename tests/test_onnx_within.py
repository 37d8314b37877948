"""Within every meta-estimator that skl2onnx knows, a model converts right or is refused."""

import numpy as np
import pytest
from models import fast
from sklearn import ensemble, model_selection, multiclass, multioutput
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import register_onnx_converter

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
