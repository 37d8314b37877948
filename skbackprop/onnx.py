"""Deployment: what skl2onnx has to know to convert a BackpropClassifier to ONNX."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from .classifier import BackpropClassifier
from .estimator.conventions import with_default_errors
from .estimator.state import fitted_loss, fitted_network, fitted_targets
from .network.activations import ACTIVATIONS
from .tables.targets import Labels


def register_onnx_converter():
    """Make skl2onnx convert BackpropClassifier, alone or within a pipeline.

    What is converted is all of the model: the standardisation of its inputs, every activation,
    softmax or logistic outputs, and class labels of any kind. Its options are those of
    scikit-learn's classifiers: ``zipmap``, ``nocl``, ``output_class_labels`` and ``raw_scores``,
    by which meta-estimators such as CalibratedClassifierCV ask for the decision function.

    Raises
    ------
    ImportError
        skl2onnx is not installed: ``pip install 'skbackprop[onnx]'``.

    Notes
    -----
    The converted model has two outputs, what `predict` and `predict_proba` return. It computes in
    float64 for inputs declared as such, else in float32: probabilities then agree to about 1e-6.
    Not all that ONNX has in float64 is there in every runtime: onnxruntime lacks leaky_relu, elu,
    selu and softplus. Classes that are floats or booleans come out as integers; those beyond
    integers of 64 bits are refused. So is a model within a meta-estimator that skl2onnx does not
    convert right, whatever the classifier: TunedThresholdClassifierCV, of which it drops the
    threshold, CalibratedClassifierCV other than by 'sigmoid', and StackingClassifier by 'predict'
    or, for two classes, 'decision_function'.

    References
    ----------
    ``skl2onnx.update_registered_converter``, which this calls.

    Examples
    --------
    >>> from skbackprop import register_onnx_converter
    >>> register_onnx_converter()  # doctest: +SKIP
    """
    from skl2onnx import update_registered_converter

    update_registered_converter(
        BackpropClassifier,
        "SkbackpropBackpropClassifier",
        declare_outputs,
        convert,
        options={
            "zipmap": [True, False, "columns"],
            "nocl": [True, False],
            "output_class_labels": [False, True],
            "raw_scores": [True, False],
        },
    )


def declare_outputs(operator):
    """Declare the types and shapes of the labels and the probabilities."""
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    calculate_linear_classifier_output_shapes(operator)
    labels, probabilities = operator.outputs
    if has_labels(operator.raw_operator):
        labels.type.shape = probabilities.type.shape


@with_default_errors
def convert(scope, operator, container):
    """Add a fitted model to the container as the graph of ONNX operators that it is."""
    from onnx.helper import np_dtype_to_tensor_dtype as number_of
    from skl2onnx.algebra import onnx_ops
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.common.utils_classifier import get_label_classes

    def node(kind, *inputs, **options):
        make = getattr(onnx_ops, f"Onnx{kind}")
        return make(*inputs, op_version=container.target_opset, **options)

    model, X = operator.raw_operator, operator.inputs[0]
    labels, probabilities = operator.outputs
    dtype = np.dtype(np.float64 if isinstance(X.type, DoubleTensorType) else np.float32)
    A = fprop(node, model, node("Cast", X, to=number_of(dtype)), dtype)
    check_convertible(scope, model)
    if has_labels(model):
        present = node("Greater", A, np.zeros(1, dtype))
        label = node("Cast", present, to=number_of(np.dtype(np.int64)), output_names=[labels])
    else:
        label = decide_on_class(node, A, get_label_classes(scope, model), labels)
    if asks_for_scores(scope, container, model):
        second = score(node, A, model, probabilities, dtype)
    else:
        kind, attributes = operator_of(fitted_loss(model), "loss")
        second = node(kind, A, output_names=[probabilities], **attributes)
    for output in (label, second):
        output.add_to(scope, container)


def has_labels(model):
    """Whether a model tells any of several labels for each row, not one class."""
    return isinstance(fitted_targets(model), Labels)


def last_step(estimator):
    """Return the last step of a pipeline, or of one within; anything else as it is."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def check_convertible(scope, model):
    """Refuse a model within an estimator that skl2onnx would not convert right."""
    for operator in scope.operators.values():
        around = operator.raw_operator
        members = [getattr(around, "estimator_", None), *getattr(around, "estimators_", [])]
        members += [c.estimator for c in getattr(around, "calibrated_classifiers_", [])]
        fault = not_converted(around)
        if fault and any(last_step(member) is model for member in members):
            raise NotImplementedError(
                f"skl2onnx does not convert {type(around).__name__} right, whatever is within: "
                f"{fault}."
            )


def not_converted(around):
    """Return what skl2onnx does wrong about a meta-estimator, and the cure; None if nothing."""
    if isinstance(around, TunedThresholdClassifierCV):
        return "it drops the threshold; convert its estimator_, and use its best_threshold_"
    if isinstance(around, CalibratedClassifierCV) and around.method != "sigmoid":
        return f"it does not know method={around.method!r}; set 'sigmoid'"
    if isinstance(around, StackingClassifier):
        methods = set(around.stack_method_)
        if "predict" in methods or (len(around.classes_) == 2 and "decision_function" in methods):
            return "two columns for one; set stack_method='predict_proba'"
    return None


def asks_for_scores(scope, container, model):
    """Whether the decision function is asked for instead of probabilities.

    skl2onnx tells a pipeline so, but not its last step.
    """
    around = [operator.raw_operator for operator in scope.operators.values()]
    pipelines = [p for p in around if isinstance(p, Pipeline) and last_step(p) is model]
    return any(
        container.get_options(part, {"raw_scores": False}, fail=False)["raw_scores"]
        for part in (model, *pipelines)
    )


def score(node, A, model, output, dtype):
    """Return the node of the decision function, in two columns for two classes."""
    if has_labels(model) or len(model.classes_) != 2:
        return node("Identity", A, output_names=[output])
    difference = np.array([[1, -1], [-1, 1]], dtype)
    return node("MatMul", A, difference, output_names=[output])


def operator_of(part, role):
    """Return the operator that a part of the network is in ONNX, and its attributes."""
    if not hasattr(part, "onnx"):
        raise NotImplementedError(
            f"The {role} {type(part).__name__} has no operator in ONNX: give its class `onnx`, the "
            "name of an operator of the same formula and a dict of its attributes."
        )
    return part.onnx


def fprop(node, model, H, dtype):
    """Return aᴸ⁺¹ of the inputs that the node H holds."""
    network = fitted_network(model)
    inputs = network.encoding.inputs(np.empty((0, model.n_features_in_)), dtype)
    if inputs.mean is not None:
        H = node("Mul", node("Sub", H, inputs.mean), inputs.inverse_scale)
    for name, (W, b) in zip(network.activations, network.layers, strict=False):
        kind, attributes = operator_of(ACTIVATIONS[name], "activation")
        A = node("Add", node("MatMul", H, W.astype(dtype)), b.astype(dtype))
        H = node(kind, A, **attributes)
    W, b = network.layers[-1]
    return node("Add", node("MatMul", H, W.astype(dtype)), b.astype(dtype))


def decide_on_class(node, A, classes, output):
    """Return the node of the most probable of the classes, as integers or strings."""
    best = node("ArgMax", A, axis=1, keepdims=0)
    return node("Gather", as_constants(classes), best, output_names=[output])


def as_constants(classes):
    """Return classes as the integers or strings that they come out as."""
    if classes.dtype.kind not in "biuf":
        return classes.astype(str)
    if not all(abs(int(label)) < 2**63 for label in classes):
        raise ValueError("classes_ has numbers beyond integers of 64 bits: encode y before fit.")
    return classes.astype(np.int64)
