"""A network, or an ensemble of them, in ONNX: the outputs and the graph that skl2onnx asks for."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, StackingClassifier
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)

from ..ensembles.fitted_checks import fitted_ensemble
from ..estimator.numpy_errors import with_default_errors
from ..estimator.state import fitted_columns, fitted_network, fitted_targets
from ..network.activations import ACTIVATIONS
from ..network.graph import FlowGraph
from ..tables.kinds.categories import Categories
from ..tables.kinds.numbers import Numbers
from .inputs import first, input_columns, type_name

OPSETS = {"LabelEncoder": 2}  # of ai.onnx.ml: maps strings and integers to integers
JOINING = (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)


def declare_outputs(operator):
    """Declare the types and shapes of the labels and the probabilities."""
    from skl2onnx.common.data_types import FloatTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    given, (labels, probabilities) = operator.inputs, operator.outputs
    numbers = FloatTensorType([given[0].get_first_dimension(), len(given)])
    stand_in = SimpleNamespace(**vars(operator))  # of one input of floats
    stand_in.type, stand_in.outputs = operator.type, operator.outputs
    stand_in.inputs = [SimpleNamespace(type=numbers, get_first_dimension=lambda: numbers.shape[0])]
    calculate_linear_classifier_output_shapes(stand_in)
    probabilities.set_type(float_type(given)(probabilities.type.shape))
    if fitted_targets(operator.raw_operator).in_columns:
        labels.type.shape = probabilities.type.shape


@with_default_errors
def convert(scope, operator, container):
    """Add a fitted model to the container as the graph of ONNX operators that it is."""
    from skl2onnx.common.utils_classifier import get_label_classes

    model = operator.raw_operator
    labels, probabilities = operator.outputs
    node, outputs = begin(scope, operator, container)
    A = pooled(node, model, outputs) if is_ensemble(model) else outputs[0]
    classes = as_constants(get_label_classes(scope, model))
    targets = replace(fitted_targets(model), classes=classes)
    label = targets.onnx_predict(node, A, output_names=[labels])
    if asks_for_scores(scope, container, model):
        second = targets.onnx_scores(node, A, output_names=[probabilities])
    else:
        second = outputs_of(node, A, targets.loss, output_names=[probabilities])
    for output in (label, second):
        output.add_to(scope, container)


def declare_numbers(operator):
    """Declare the type and the shape of the numbers that are predicted, a column for each."""
    given, (predicted,) = operator.inputs, operator.outputs
    n_outputs = fitted_targets(operator.raw_operator).n_outputs
    predicted.set_type(float_type(given)([given[0].get_first_dimension(), n_outputs]))


@with_default_errors
def convert_numbers(scope, operator, container):
    """Add a fitted regressor to the container: location + scale · Σ_m w_m f_m(x)."""
    model = operator.raw_operator
    targets = fitted_targets(model)
    node, outputs = begin(scope, operator, container)
    F = [outputs_of(node, A, targets.loss) for A in outputs]
    weights = fitted_ensemble(model)[1] if is_ensemble(model) else [1.0]
    predicted = targets.onnx_predict(node, F, weights, output_names=operator.outputs)
    predicted.add_to(scope, container)


def begin(scope, operator, container):
    """Return what makes nodes, and the nodes of aᴸ⁺¹ of each network of a model."""
    from skl2onnx.algebra import onnx_ops
    from skl2onnx.common.data_types import DoubleTensorType

    model = operator.raw_operator
    check_convertible(scope, model)
    check_columns(model)
    double = float_type(operator.inputs) is DoubleTensorType
    dtype = np.dtype(np.float64 if double else np.float32)
    node = NodeMaker(onnx_ops, container.target_opset, dtype)
    columns = input_columns(node, model, operator.inputs)
    members = model.estimators_ if is_ensemble(model) else [model]
    return node, [fprop(node, member, columns) for member in members]


def float_type(given):
    """Return the type of what is computed: doubles where an input is of these, else floats."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    is_double = any(isinstance(variable.type, DoubleTensorType) for variable in given)
    return DoubleTensorType if is_double else FloatTensorType


def is_ensemble(model):
    """Whether a model is one of several networks."""
    return hasattr(model, "estimators_")


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
        members = [getattr(around, name, None) for name in ("estimator_", "best_estimator_")]
        members += getattr(around, "estimators_", [])
        members += [c.estimator for c in getattr(around, "calibrated_classifiers_", [])]
        if any(last_step(member) is model for member in members):
            fault = not_converted(around) or mistyped(operator)
        else:
            fault = joined_wrongly(operator)
        if fault:
            raise NotImplementedError(
                f"skl2onnx does not convert {type(around).__name__} right, whatever the model: "
                f"{fault}."
            )


def check_columns(model):
    """Refuse a model with columns of a kind that ONNX has no operators to read."""
    columns = fitted_columns(model)
    for name, kind in zip(columns.all_names, columns.kinds or (), strict=False):
        if type(kind) not in (Numbers, Categories):
            raise NotImplementedError(
                f"Columns of {kind.words} are not converted to ONNX, and {name!r} is one: make "
                "numbers or categories of it before fit."
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


def mistyped(operator):
    """Return what is wrong about the types of a meta-estimator, and the cure; None if nothing."""
    around, given = operator.raw_operator, type_name(operator.inputs[0])
    if given == "Double":
        outputs = map(type_name, operator.outputs[1:2])
        wrong = isinstance(around, AdaBoostClassifier) or any(name == "Float" for name in outputs)
    else:
        of_pipeline = isinstance(getattr(around, "estimator", None), Pipeline)
        calibrated = isinstance(around, CalibratedClassifierCV) and of_pipeline
        wrong = given != "Float" and (calibrated or isinstance(around, StackingClassifier))
    return "it mixes up types; declare all inputs as FloatTensorType" if wrong else None


def joined_wrongly(operator):
    """Return what is wrong about a step that joins columns, and the cure; None if nothing."""
    names = [type_name(variable) for variable in operator.inputs]
    if len(set(names)) < 2:
        return None
    if isinstance(operator.raw_operator, FunctionTransformer):
        return "its inputs have several types; declare them all as one, or leave that step out"
    if isinstance(operator.raw_operator, JOINING) and names[0].startswith("Int"):
        return "it makes integers of all columns; declare all inputs as DoubleTensorType"
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
    if hasattr(loss, "onnx_outputs"):
        return loss.onnx_outputs(node, A, **output)
    kind, attributes = operator_of(loss, "loss")
    return node(kind, A, **attributes, **output)


def fprop(node, model, columns):
    """Return aᴸ⁺¹ of the inputs, given by `columns` as nodes of some columns of X."""
    network = fitted_network(model)
    H, farthest = None, farthest_input(network, node.dtype)
    for (W, b), name in zip(network.layers, (*network.activations, None), strict=True):
        W = W.astype(node.dtype)
        A = first(node, model, columns, W, farthest) if H is None else node("MatMul", H, W)
        A = node("Add", A, b.astype(node.dtype))
        if name is None:
            return A
        kind, attributes = operator_of(ACTIVATIONS[name], "activation")
        H = node(kind, A, **attributes)


def farthest_input(network, dtype):
    """Return what inputs are held within, so that no pre-activation overflows; None if none can.

    A network that is asked for such rows clips its inputs, too.
    """
    blocks, sizes = network.encoding.blocks, network.layer_sizes
    graph = FlowGraph([ACTIVATIONS[name] for name in network.activations])
    norms = [[np.linalg.norm(a.astype(np.float64)) for a in layer] for layer in network.layers]
    most = float(np.finfo(dtype).max)

    def overflows(norm):
        with np.errstate(over="ignore", invalid="ignore"):
            return not graph.bound(norms, sizes, norm) <= most / 4

    square = sum(getattr(block, "largest_square", math.inf) for block in blocks)
    if not overflows(math.sqrt(square)):
        return None
    farthest, least = most / 4, most ** (1 / len(sizes))
    while farthest > least and overflows(farthest * math.sqrt(sizes[0])):
        farthest /= 2
    return farthest


def pooled(node, ensemble, outputs):
    """Return the scores of an ensemble, from the nodes of aᴸ⁺¹ of its networks."""
    _, weights, temperature = fitted_ensemble(ensemble)
    scores = fitted_targets(ensemble).onnx_pool(node, outputs, weights)
    return node("Div", scores, node.constant(temperature))


def as_constants(classes):
    """Return classes as the integers or strings that they come out as."""
    if classes.dtype.kind not in "biuf":
        return classes.astype(str)
    if not all(abs(int(label)) < 2**63 for label in classes):
        raise ValueError("classes_ has numbers beyond integers of 64 bits: encode y before fit.")
    return classes.astype(np.int64)
