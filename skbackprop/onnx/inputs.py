"""How X becomes h⁰ W in ONNX: its columns as nodes, of which each block makes its inputs.

Numbers are float64 for the blocks, whatever the network computes in: what is left of a large one
when the mean is taken off is exact.
"""

from functools import partial, reduce

import numpy as np

from ..estimator.state import fitted_network
from ..inputs.dtypes import DOUBLE
from ..inputs.onnx_places import GivenColumn
from ..tables.columns import names_of

DTYPES = {"Boolean": bool, "Double": np.float64, "Float": np.float32, "String": object}  # of numpy


def type_name(variable):
    """Return what the type of a variable is called in skl2onnx: 'Float', 'Double', 'String'…"""
    return type(variable.type).__name__.removesuffix("TensorType")


def declared_dtype(variable):
    """Return the dtype of the values of an input; text is object."""
    name = type_name(variable)
    return np.dtype(DTYPES.get(name, name.lower()))


class OneTensor:
    """Columns of X that come in one tensor.

    Parameters
    ----------
    node : NodeMaker
        Makes nodes.
    variable : Variable
        The tensor.
    names : list of str
        What its columns are called.
    """

    def __init__(self, node, variable, names):
        self.node, self.variable, self.names = node, variable, names

    def _some(self, chosen):
        return self.node("Gather", self.variable, np.array(chosen), axis=1)

    def numbers(self, chosen):
        """Return the node of some columns as numbers of float64."""
        some = self.variable if len(chosen) == len(self.names) else self._some(chosen)
        return self.node("Cast", some, to=DOUBLE)

    def category(self, j):
        """Return a column as a GivenColumn."""
        return GivenColumn(self._some([j]), declared_dtype(self.variable), self.names[j])


class Separate:
    """Columns of X that come in a tensor each.

    Parameters
    ----------
    node, names :
        As in OneTensor.
    variables : list of Variable
        The tensors.
    """

    def __init__(self, node, variables, names):
        self.node, self.variables, self.names = node, variables, names

    def numbers(self, chosen):
        """Return the node of some columns as numbers of float64."""
        cast = [self.node("Cast", self.variables[j], to=DOUBLE) for j in chosen]
        return cast[0] if len(cast) == 1 else self.node("Concat", *cast, axis=1)

    def category(self, j):
        """Return a column as a GivenColumn."""
        variable = self.variables[j]
        return GivenColumn(variable, declared_dtype(variable), self.names[j])


def input_columns(node, model, inputs):
    """Return the columns of X: of one tensor, or one for each."""
    n_columns, names = model.n_features_in_, names_of(model)
    shown = [f"x{j}" for j in range(n_columns)] if names is None else list(names)
    if len(inputs) == 1:
        return OneTensor(node, inputs[0], shown)
    if len(inputs) != n_columns:
        raise NotImplementedError(
            f"X comes in {len(inputs)} inputs: convert with one input for all of its {n_columns} "
            "columns, or one for each."
        )
    by_name = {variable.raw_name: variable for variable in inputs}
    in_order = [by_name[n] for n in shown] if set(shown) == set(by_name) else list(inputs)
    return Separate(node, in_order, shown)


def first(node, model, columns, W, farthest):
    """Return h⁰ W, in which the levels of categories are looked up.

    Other inputs are held within ±`farthest`, where that is a number.
    """
    encoding = fitted_network(model).encoding
    mask = model.is_categorical_
    mask = np.zeros(model.n_features_in_, bool) if mask is None else mask
    categories = [columns.category(j) for j in np.flatnonzero(mask)]
    x, missing = filled(node, columns, np.flatnonzero(~mask), encoding.means)
    dense = [b for b in encoding.blocks if hasattr(b, "write") and b.width]
    end, products = sum(block.width for block in dense), []
    if dense:
        parts = [converter(block, "onnx")(node, x, missing, W.dtype) for block in dense]
        parts = [node("Cast", part, to=W.dtype) for part in parts]
        H = parts[0] if len(parts) == 1 else node("Concat", *parts, axis=1)
        if farthest is not None:
            H = node("Clip", H, np.array(-farthest, W.dtype), np.array(farthest, W.dtype))
        products.append(node("MatMul", H, W[:end]))
    for block in encoding.blocks:
        if hasattr(block, "look_up"):
            begin, end = end, end + block.width
            products += converter(block, "onnx_product")(node, x, missing, categories, W[begin:end])
    return reduce(partial(node, "Add"), products)


def filled(node, columns, chosen, means):
    """Return the nodes of columns of numbers, where one is missing its mean, and of where."""
    if not len(chosen):
        return None, None
    x = columns.numbers(chosen)
    missing = node("IsNaN", x)
    return node("Where", missing, means[None].astype(DOUBLE), x), missing


def converter(block, method):
    """Return the method by which a block makes its nodes."""
    if not hasattr(block, method):
        raise NotImplementedError(
            f"The inputs of {type(block).__name__} are not converted to ONNX: give that class a "
            f"method `{method}`, which makes the nodes of the same formula."
        )
    return getattr(block, method)
