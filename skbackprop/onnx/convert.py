"""Deployment: what skl2onnx has to know to convert a network, or an ensemble of them, to ONNX."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from ..classifier import BackpropClassifier
from ..ensemble import BackpropEnsembleClassifier
from ..estimator.numpy_errors import with_default_errors
from ..estimator.state import fitted_network, fitted_targets
from ..network.activations import ACTIVATIONS
from .inputs import first, input_columns

OPSETS = {"LabelEncoder": 2}  # of ai.onnx.ml: maps strings and integers to integers


def register_onnx_converter() -> None:
    """Make skl2onnx convert BackpropClassifier and BackpropEnsembleClassifier, also in a pipeline.

    What is converted is all of the model: how X becomes inputs (standardisation, missing numbers,
    bins, categories), every activation, softmax or logistic outputs, and class labels of any kind;
    of an ensemble, each of its networks, their mean and its temperature.
    Its options are those of scikit-learn's classifiers: ``zipmap``, ``nocl``,
    ``output_class_labels`` and ``raw_scores``, by which meta-estimators such as
    CalibratedClassifierCV ask for the decision function.

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
    integers of 64 bits are refused.

    A model with columns of categories takes one input for each column of X, of the names of the
    data frame, as skl2onnx has it for ColumnTransformer: strings, where an empty one is missing, or
    integers; numbers as floats, where NaN is missing. Categories that are floats, or that are
    numbers and text, are refused. So is a model within a meta-estimator that skl2onnx does not
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

    for estimator in (BackpropClassifier, BackpropEnsembleClassifier):
        update_registered_converter(
            estimator,
            f"Skbackprop{estimator.__name__}",
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
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    given, kinds = operator.inputs, [type(variable.type) for variable in operator.inputs]
    labels, probabilities = operator.outputs
    kind = DoubleTensorType if DoubleTensorType in kinds else FloatTensorType
    if len(given) > 1 or StringTensorType in kinds:  # one input for each column
        numbers = FloatTensorType([given[0].get_first_dimension(), len(given)])
        stand_in = SimpleNamespace(**vars(operator))
        stand_in.type, stand_in.outputs = operator.type, operator.outputs
        stand_in.inputs = [
            SimpleNamespace(type=numbers, get_first_dimension=lambda: numbers.shape[0])
        ]
        calculate_linear_classifier_output_shapes(stand_in)
        probabilities.set_type(kind(probabilities.type.shape))
    else:
        calculate_linear_classifier_output_shapes(operator)
    if fitted_targets(operator.raw_operator).in_columns:
        labels.type.shape = probabilities.type.shape


@with_default_errors
def convert(scope, operator, container):
    """Add a fitted model to the container as the graph of ONNX operators that it is."""
    from skl2onnx.algebra import onnx_ops
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.common.utils_classifier import get_label_classes

    model = operator.raw_operator
    labels, probabilities = operator.outputs
    check_convertible(scope, model)
    double = any(isinstance(X.type, DoubleTensorType) for X in operator.inputs)
    dtype = np.dtype(np.float64 if double else np.float32)
    node = NodeMaker(onnx_ops, container.target_opset, dtype)
    columns = input_columns(node, model, operator.inputs)
    if isinstance(model, BackpropEnsembleClassifier):
        A = pooled(node, model, columns)
    else:
        A = fprop(node, model, columns)
    classes = as_constants(get_label_classes(scope, model))
    targets = replace(fitted_targets(model), classes=classes)
    label = targets.onnx_predict(node, A, output_names=[labels])
    if asks_for_scores(scope, container, model):
        second = targets.onnx_scores(node, A, output_names=[probabilities])
    else:
        second = outputs_of(node, A, targets.loss, output_names=[probabilities])
    for output in (label, second):
        output.add_to(scope, container)


class NodeMaker:
    """Makes nodes of ONNX.

    Parameters
    ----------
    operators : module
        Has a class for each of them.
    version : int
        Of the operators.
    dtype : dtype
        What is computed in.
    """

    def __init__(self, operators, version, dtype):
        self.operators, self.version, self.dtype = operators, version, dtype

    def __call__(self, kind, *inputs, **options):
        """Return the node of an operator of this name; options may be dtypes."""
        from onnx.helper import np_dtype_to_tensor_dtype as number_of

        make, version = getattr(self.operators, f"Onnx{kind}"), OPSETS.get(kind, self.version)
        numbered = {k: number_of(v) if isinstance(v, np.dtype) else v for k, v in options.items()}
        return make(*inputs, op_version=version, **numbered)

    def constant(self, value):
        """Return a number, or an array of numbers, as what a node takes."""
        return np.array(value, self.dtype)


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


def operator_of(part, role):
    """Return the operator that a part of the network is in ONNX, and its attributes."""
    if not hasattr(part, "onnx"):
        raise NotImplementedError(
            f"The {role} {type(part).__name__} has no operator in ONNX: give its class `onnx`, the "
            "name of an operator of the same formula and a dict of its attributes."
        )
    return part.onnx


def outputs_of(node, A, loss, **output):
    """Return the node of f(x)."""
    kind, attributes = operator_of(loss, "loss")
    return node(kind, A, **attributes, **output)


def fprop(node, model, columns):
    """Return aᴸ⁺¹ of the inputs, given by `columns` as nodes of some columns of X."""
    network = fitted_network(model)
    H = None
    for (W, b), name in zip(network.layers, (*network.activations, None), strict=True):
        W = W.astype(node.dtype)
        A = first(node, model, columns, W) if H is None else node("MatMul", H, W)
        A = node("Add", A, b.astype(node.dtype))
        if name is None:
            return A
        kind, attributes = operator_of(ACTIVATIONS[name], "activation")
        H = node(kind, A, **attributes)


def pooled(node, ensemble, columns):
    """Return the scores of an ensemble."""
    outputs = [fprop(node, member, columns) for member in ensemble.estimators_]
    targets = fitted_targets(ensemble)
    probabilities = partial(outputs_of, node, loss=targets.loss)
    scores = targets.onnx_pool(node, outputs, ensemble.weights_, probabilities)
    return node("Div", scores, node.constant(ensemble.temperature_))


def as_constants(classes):
    """Return classes as the integers or strings that they come out as."""
    if classes.dtype.kind not in "biuf":
        return classes.astype(str)
    if not all(abs(int(label)) < 2**63 for label in classes):
        raise ValueError("classes_ has numbers beyond integers of 64 bits: encode y before fit.")
    return classes.astype(np.int64)
