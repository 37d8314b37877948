"""How X becomes the inputs of a network in ONNX: numbers, what is missing, bins, levels."""

from dataclasses import replace

import numpy as np

from ..estimator.state import fitted_network
from ..inputs.gather import FARTHEST
from ..tables.columns import Table

ML_OPSET = 2  # of ai.onnx.ml, from which LabelEncoder maps strings and integers to integers


def input_columns(node, model, inputs):
    """Return what returns a node of some of the columns of X: from one tensor, or one for each."""
    n_columns = model.n_features_in_
    if len(inputs) == 1 and n_columns > 1:
        return lambda chosen: node("Gather", inputs[0], np.array(chosen), axis=1)
    if len(inputs) != n_columns:
        raise NotImplementedError(
            f"X comes in {len(inputs)} inputs: convert with one input for all of its {n_columns} "
            "columns, or one for each."
        )
    by_name = {variable.raw_name: variable for variable in inputs}
    names = list(getattr(model, "feature_names_in_", ()))
    ordered = [by_name[n] for n in names] if set(names) == set(by_name) else list(inputs)
    return lambda chosen: [ordered[j] for j in chosen]


def first(node, model, columns, W):
    """Return h⁰ W, in which the levels of categories are looked up."""
    encoding = fitted_network(model).encoding
    mask = model.is_categorical_
    mask = np.zeros(model.n_features_in_, bool) if mask is None else mask
    n_dense, parts = encoding.n_inputs - sum(encoding.n_levels), []
    if n_dense:
        x = as_numbers(node, columns(np.flatnonzero(~mask)), W.dtype)
        parts.append(node("MatMul", encode(node, encoding, x, W.dtype), W[:n_dense]))
    begin, each = n_dense, zip(encoding.levels, encoding.rare, encoding.n_levels, strict=True)
    for j, (levels, rare, n_levels) in zip(np.flatnonzero(mask), each, strict=True):
        rows = W[begin : begin + n_levels] * W.dtype.type(encoding.present)
        begin += n_levels
        column = columns([j])
        column = column[0] if isinstance(column, list) else column
        code = look_up(node, column, levels, rare)
        nothing = np.zeros((1, W.shape[1]), W.dtype)
        table = np.concatenate([rows, nothing])
        parts.append(node("Reshape", node("Gather", table, code), np.array([-1, W.shape[1]])))
    total = parts[0]
    for part in parts[1:]:
        total = node("Add", total, part)
    return total


def as_numbers(node, columns, dtype):
    """Return one node of columns of numbers."""
    from onnx.helper import np_dtype_to_tensor_dtype as number_of

    if not isinstance(columns, list):
        return node("Cast", columns, to=number_of(dtype))
    cast = [node("Cast", column, to=number_of(dtype)) for column in columns]
    return cast[0] if len(cast) == 1 else node("Concat", *cast, axis=1)


def encode(node, encoding, x, dtype):
    """Return the inputs of the network but the levels: numbers, what is missing, bins."""
    from onnx.helper import np_dtype_to_tensor_dtype as number_of

    n_numbers = len(encoding.means)
    numbers = Table(np.empty((0, n_numbers), dtype))
    inputs = replace(encoding, levels=(), rare=()).inputs(numbers, dtype)
    missing = node("IsNaN", x)
    x = node("Where", missing, encoding.means.astype(dtype)[None], x)
    z, dense = x, []
    if inputs.mean is not None:
        z = node("Mul", node("Sub", x, inputs.mean), inputs.inverse_scale)
    if inputs.clip is not None:
        z = node("Clip", z, np.array(-FARTHEST, dtype), np.array(FARTHEST, dtype))
        ratio = node("Div", z, np.array(inputs.clip, dtype))
        square = node("Add", node("Mul", ratio, ratio), np.ones(1, dtype))
        z = node("Div", z, node("Sqrt", square))
    dense.append(z)
    if len(encoding.indicators):
        told = node("Gather", missing, encoding.indicators.astype(np.int64), axis=1)
        told = node("Cast", told, to=number_of(dtype))
        dense.append(node("Mul", told, np.array([encoding.present], dtype)))
    if inputs.bins is not None:
        of = np.repeat(inputs.bins.columns, np.diff(inputs.bins.starts)).astype(np.int64)
        through = node("Sub", node("Gather", x, of, axis=1), inputs.bins.lower)
        through = node("Mul", through, inputs.bins.inverse_width)
        dense.append(node("Clip", through, np.array(0, dtype), np.array(1, dtype)))
    return dense[0] if len(dense) == 1 else node("Concat", *dense, axis=1)


def look_up(node, column, levels, rare):
    """Return the node of the place of each value among the levels; the last is of no level.

    In a column of strings, an empty one is missing, unless it is a level; in one of floats, NaN.
    """
    from onnx.helper import np_dtype_to_tensor_dtype as number_of
    from skl2onnx.algebra.onnx_ops import OnnxLabelEncoder

    none = len(levels) + bool(rare)
    other = len(levels) if rare else none
    missing = levels.index(None) if None in levels else other
    places = {level: place for place, level in enumerate(levels) if level is not None}
    if all(isinstance(level, str) for level in [*places, *rare]):
        keys, key_of, lost = "keys_strings", str, ""
    elif any(isinstance(level, str | float) for level in [*places, *rare]):
        raise NotImplementedError(
            "Categories that are floats, or numbers mixed with text, are not converted to ONNX: "
            "make strings or integers of them before fit."
        )
    else:
        keys, key_of, lost = "keys_int64s", int, -(2**63)
        floats = node("Cast", column, to=number_of(np.dtype(np.float64)))
        as_integers = node("Cast", floats, to=number_of(np.dtype(np.int64)))
        whole = node("Cast", as_integers, to=number_of(np.dtype(np.float64)))
        odd = node("Where", node("Equal", whole, floats), as_integers, np.array([lost + 1]))
        column = node("Where", node("IsNaN", floats), np.array([lost]), odd)
    places = {key_of(level): place for level, place in places.items()}
    places.setdefault(lost, missing)
    options = {keys: list(places), "values_int64s": list(places.values()), "default_int64": other}
    return OnnxLabelEncoder(column, op_version=ML_OPSET, **options)
