"""Deployment: what skl2onnx has to know to convert a BackpropClassifier to ONNX."""

import numpy as np

from .classifier import BackpropClassifier
from .estimator.state import fitted_loss, fitted_network, fitted_targets
from .network.activations import ACTIVATIONS
from .tables.targets import Labels


def register_onnx_converter():
    """Make skl2onnx convert BackpropClassifier, alone or within a pipeline.

    What is converted is all of the model: the standardisation of its inputs, every activation,
    softmax or logistic outputs, and class labels of any kind. Its options are those of
    scikit-learn's classifiers: ``zipmap``, ``nocl`` and ``output_class_labels``.

    Raises
    ------
    ImportError
        skl2onnx is not installed: ``pip install 'skbackprop[onnx]'``.

    Notes
    -----
    The converted model has two outputs, what `predict` and `predict_proba` return. It computes in
    float64 for inputs declared as such, else in float32: probabilities then agree to about 1e-6.
    Not all that ONNX has in float64 is there in every runtime: onnxruntime lacks leaky_relu, elu,
    selu and softplus. Classes that are floats or booleans come out as integers.

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
        },
    )


def declare_outputs(operator):
    """Declare the types and shapes of the labels and the probabilities."""
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    calculate_linear_classifier_output_shapes(operator)
    labels, probabilities = operator.outputs
    if has_labels(operator.raw_operator):
        labels.type.shape = probabilities.type.shape


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
    if has_labels(model):
        present = node("Greater", A, np.zeros(1, dtype))
        label = node("Cast", present, to=number_of(np.dtype(np.int64)), output_names=[labels])
    else:
        label = decide_on_class(node, A, get_label_classes(scope, model), labels)
    kind, attributes = operator_of(fitted_loss(model), "loss")
    probability = node(kind, A, output_names=[probabilities], **attributes)
    for output in (label, probability):
        output.add_to(scope, container)


def has_labels(model):
    """Whether a model tells any of several labels for each row, not one class."""
    return isinstance(fitted_targets(model), Labels)


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
    classes = classes.astype(np.int64 if classes.dtype.kind in "biuf" else str)
    return node("Gather", classes, best, output_names=[output])
