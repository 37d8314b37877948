"""How X becomes h⁰ W in ONNX: its columns as nodes, of which each block makes its inputs."""

from functools import partial, reduce

import numpy as np

from ..estimator.state import fitted_network


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
    categories = [one_node(columns([j])) for j in np.flatnonzero(mask)]
    x, missing = as_numbers(node, columns(np.flatnonzero(~mask)), encoding.means, W.dtype)
    dense = [b for b in encoding.blocks if hasattr(b, "write") and b.width]
    end, products = sum(block.width for block in dense), []
    if dense:
        parts = [converter(block, "onnx")(node, x, missing, W.dtype) for block in dense]
        H = parts[0] if len(parts) == 1 else node("Concat", *parts, axis=1)
        products.append(node("MatMul", H, W[:end]))
    for block in encoding.blocks:
        if hasattr(block, "look_up"):
            begin, end = end, end + block.width
            products += converter(block, "onnx_product")(node, categories, W[begin:end])
    return reduce(partial(node, "Add"), products)


def one_node(columns):
    """Return the node of a column, which may come in a list of its own."""
    return columns[0] if isinstance(columns, list) else columns


def as_numbers(node, columns, means, dtype):
    """Return the nodes of columns of numbers, of which each has a mean, and of what is missing."""
    if not len(means):
        return None, None
    if isinstance(columns, list):
        cast = [node("Cast", column, to=dtype) for column in columns]
        x = cast[0] if len(cast) == 1 else node("Concat", *cast, axis=1)
    else:
        x = node("Cast", columns, to=dtype)
    missing = node("IsNaN", x)
    return node("Where", missing, means.astype(dtype)[None], x), missing


def converter(block, method):
    """Return the method by which a block makes its nodes."""
    if not hasattr(block, method):
        raise NotImplementedError(
            f"The inputs of {type(block).__name__} are not converted to ONNX: give that class a "
            f"method `{method}`, which makes the nodes of the same formula."
        )
    return getattr(block, method)
