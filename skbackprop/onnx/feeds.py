"""Rows of a table as what a converted model is fed with, and the types of its columns."""

from __future__ import annotations

import re
from itertools import count
from numbers import Integral
from typing import Any

import numpy as np

from ..estimator.annotations import Matrix
from ..inputs.onnx_places import MISSING_TEXTS
from ..tables.frames import is_missing
from ..tables.kinds.categories import as_level
from ..tables.kinds.numbers import floats_of
from ..tables.kinds.refusals import refuse_times
from ..tables.opening import opened

EXACT = 2**53  # to which integers are exact in float64


def onnx_feeds(model: Any, X: Matrix) -> dict[str, np.ndarray]:
    """Turn rows of a table into the inputs of a converted model.

    Each input gets its column (or a single input gets all of them), in its declared type. Missing
    numbers become NaN, and missing text becomes the empty string, or whatever else the model
    takes as missing. A value that the type cannot hold is an error.

    Parameters
    ----------
    model : onnx.ModelProto, bytes or path
        A model that skl2onnx has made, or the file that it is stored in. It need not be one of
        this package.
    X : data frame or array-like of shape (n_samples, n_features)
        The columns are found by their names, and those that the model does not take are left out.
        Without names, they must be in the order of the inputs.

    Returns
    -------
    dict of str to ndarray
        By the names of the inputs, as ``onnxruntime.InferenceSession.run`` takes it.

    Raises
    ------
    ValueError
        A column is missing, or has a value that its type cannot hold: text for a number, a
        missing value among integers, or an integer that a float would round.

    See Also
    --------
    onnx_types : The types of columns, for the conversion.
    register_onnx_converter : Makes models convert.

    Examples
    --------
    >>> from skbackprop import onnx_feeds
    >>> session.run(None, onnx_feeds("model.onnx", frame))  # doctest: +SKIP
    """
    graph = read_model(model).graph
    initial = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in initial]
    given = opened_dense(X)
    columns = given.columns
    if len(inputs) == 1 and len(columns) != 1 and inputs[0].name not in map(name_of, columns):
        parts = [as_declared(column, inputs[0], graph) for column in columns]
        return {inputs[0].name: np.hstack(parts)}
    found = find(given, inputs)
    pairs = zip(found, inputs, strict=True)
    return {value.name: as_declared(column, value, graph) for column, value in pairs}


def opened_dense(X):
    """Return X opened, as a dense one where it is sparse."""
    return opened(X.toarray() if hasattr(X, "toarray") else X)


def read_model(model):
    """Return a model of ONNX that is given as such, or as bytes, or as a path."""
    import onnx

    if hasattr(model, "graph"):
        return model
    return onnx.load_from_string(model) if isinstance(model, bytes) else onnx.load(model)


def name_of(column):
    """Return what a column is called."""
    return str(column.name)


def find(given, inputs):
    """Return the columns of some inputs: by their names or, without such, in their order."""
    wanted, names = [value.name for value in inputs], [*map(name_of, given.columns)]
    for called in (names, in_onnx(names)):
        by_name = dict(zip(called, given.columns, strict=True))
        if set(wanted) <= set(by_name):
            return [by_name[name] for name in wanted]
    if not given.is_frame and len(wanted) == len(names):
        return given.columns
    lost = next(name for name in wanted if name not in by_name)
    raise ValueError(f"X has no column {lost!r}, which the model takes: pass those of training.")


def in_onnx(names):
    """Return what skl2onnx calls inputs of these names: identifiers, with numbers where equal."""
    taken = {}
    for name in names:
        plain = re.sub(r"^(?=\d)", "_", re.sub(r"[^\w+]", "_", name))
        numbered = (plain + str(number) for number in count(1))
        taken[plain if plain not in taken else next(n for n in numbered if n not in taken)] = None
    return list(taken)


def as_declared(column, value, graph):
    """Return a column as an input takes it, of shape (n_rows, 1)."""
    from onnx.helper import tensor_dtype_to_np_dtype

    refuse_times(column)
    dtype = np.dtype(tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
    if dtype.kind in "OUST":
        values = as_text(column, places_of(value.name, graph))
    elif dtype.kind == "f":
        values = as_floats(column, dtype)
    else:
        values = as_integers(column, dtype)
    return values.reshape(-1, 1)


def as_text(column, places):
    """Return a column as strings; numbers are "nan" where one is missing.

    Text that is there, but would be taken as missing, becomes other text that is no level.
    """
    missing = next(reversed(places), "")
    means_missing = {text for text, place in places.items() if place == places[missing]}
    unseen = max([*places, ""], key=len) + " unseen"

    def text_of(value):
        text = str(as_level(value))
        return unseen if text in means_missing else text

    missing = "nan" if column.family in ("number", "decimal") else missing
    texts = [missing if is_missing(value) else text_of(value) for value in column.objects()]
    return np.fromiter(texts, object, len(texts))


def places_of(name, graph):
    """Return the places of the strings that an input of text is looked up among, by a model of this
    package, the last of which means a missing value; or none.
    """
    for node in graph.node:
        if node.op_type == "LabelEncoder" and list(node.input) == [name]:
            known = {attribute.name: attribute for attribute in node.attribute}
            if {"keys_strings", "values_int64s"} <= known.keys():
                keys = [key.decode() for key in known["keys_strings"].strings]
                if keys[-1] in MISSING_TEXTS:
                    return dict(zip(keys, known["values_int64s"].ints, strict=True))
    return {}


def as_floats(column, dtype):
    """Return a column of numbers as floats; integers stay what they are, or are refused."""
    numbers = floats_of(column)
    with np.errstate(over="ignore"):
        floats = numbers.astype(dtype)
    doubtful = np.flatnonzero(np.abs(floats) >= 2 ** (np.finfo(dtype).nmant + 1))
    values = column.objects() if len(doubtful) else []
    for row in doubtful:
        value, number = values[row], float(floats[row])
        is_integer = isinstance(value, Integral)
        if np.isinf(number) or (is_integer and int(number) != value):
            raise ValueError(
                f"column {column.name!r} holds {value}, which {dtype}, the type that the model "
                "takes, does not: convert with the types of onnx_types for a table like this one."
            )
    return floats


def as_integers(column, dtype):
    """Return a column of whole numbers, or of booleans, in a dtype that has no missing values."""
    values = column.objects()
    try:
        whole = [int(value) for value in values]
        if [*map(float, whole)] != [*map(float, values)]:
            raise ValueError("some are no whole numbers")
        info = np.iinfo(dtype) if dtype.kind in "iu" else None
        if whole and info and not info.min <= min(whole) <= max(whole) <= info.max:
            raise ValueError("some are beyond it")
    except (TypeError, ValueError, OverflowError) as error:
        told = "some are missing" if any(map(is_missing, values)) else error
        raise ValueError(
            f"column {column.name!r} cannot be {dtype}, the type that the model takes: {told}; "
            "convert with the types of onnx_types for a table like this one."
        ) from error
    return np.array(whole, dtype)


def onnx_types(X: Matrix) -> list:
    """Return the types of the columns of a table for skl2onnx, even if values are missing.

    Parameters
    ----------
    X : data frame of shape (n_samples, n_features)
        The table that the model was trained on, or similar rows.

    Returns
    -------
    list of (str, TensorType)
        The ``initial_types`` of ``skl2onnx.to_onnx``: text, and categories of text, are strings;
        numbers and booleans are floats of 64 bits, or of 32 bits where the column is of such;
        integers of which some are beyond 2⁵³ and none is missing are integers of 64 bits.

    See Also
    --------
    onnx_feeds : Makes of rows what the converted model is fed with.

    Examples
    --------
    >>> from skl2onnx import to_onnx  # doctest: +SKIP
    >>> from skbackprop import onnx_types
    >>> to_onnx(model, initial_types=onnx_types(frame))  # doctest: +SKIP
    """
    from skl2onnx.common import data_types

    return [
        (name_of(column), getattr(data_types, f"{type_of(column)}TensorType")([None, 1]))
        for column in opened(X).columns
    ]


def type_of(column):
    """Return what the type of a column is called in skl2onnx."""
    refuse_times(column)
    if any(issubclass(kind, str) for kind in column.types):
        return "String"
    if column.is_single:
        return "Float"
    values = [value for value in column.objects() if isinstance(value, Integral)]
    beyond = values and not -EXACT <= min(values) <= max(values) <= EXACT
    is_whole = len(values) == len(column.objects()) and -(2**63) <= min(values, default=0)
    return "Int64" if beyond and is_whole and max(values) < 2**63 else "Double"
