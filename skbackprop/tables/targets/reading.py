"""y as it comes, from any container: an array of one type, in which nothing is missing."""

import numpy as np

from ..checks import DATES
from ..csr import is_sparse_matrix, own_csr
from ..frames import is_missing
from ..kinds.refusals import TEXT, is_number

WHOLE = int, np.integer, np.bool_  # a bool is an int
INT64 = np.iinfo(np.int64)


def read_targets(y, name="y"):
    """Return y as an array of numbers, booleans or strings; a sparse y as a copy in CSR.

    Numbers and booleans that come as objects become arrays of numpy's dtypes. So come columns of
    pandas that have lost their missing values, or whose dtype is not numpy's.

    Raises
    ------
    ValueError
        Some of y is missing, or is no label.
    """
    if y is None:
        return None
    if is_sparse_matrix(y):
        csr = own_csr(y, name)
        refuse_missing(which_are_missing(csr.data), csr.shape[0], name)
        return csr
    try:
        array = as_array(y)
    except ValueError:  # a ragged list, which will be refused
        return y
    if array.dtype.kind in DATES:
        raise ValueError(
            f"{name} has dtype {array.dtype}: dates and durations are no labels; make strings of "
            "them, e.g. by astype(str)."
        )
    missing = which_are_missing_of(y, array)
    refuse_missing(missing, len(array) if array.ndim else 1, name)
    return of_one_type(array, name) if array.size and array.dtype.kind in "OS" else array


def read_numbers(y, name="y"):
    """Return y as an array of float64, of shape (n_rows,) or (n_rows, n_columns) for several.

    Raises
    ------
    ValueError
        Some of y is missing, infinite, or no real number.
    """
    if y is None:
        return None
    if is_sparse_matrix(y):
        raise ValueError(
            f"{name} is sparse, but numbers to predict must be dense: pass y.toarray()."
        )
    try:
        array = as_array(y)
    except ValueError:  # a ragged list, which will be refused
        return y
    if array.dtype.kind in DATES:
        raise ValueError(
            f"{name} has dtype {array.dtype}: make numbers of dates and durations first, e.g. "
            f"({name} - {name}.min()) / np.timedelta64(1, 'D')."
        )
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {array.dtype}.")
    missing = which_are_missing_of(y, array)
    refuse_missing(missing, len(array) if array.ndim else 1, name, "")
    if array.dtype.kind in "OSU" and array.size:
        refuse_no_numbers(array, name)
    return as_floats(array, name)


def refuse_no_numbers(objects, name):
    """Refuse objects that are neither numbers nor booleans."""
    for kind in types_in(objects):
        if not (is_number(kind) or issubclass(kind, WHOLE)):
            raise ValueError(
                f"{name} holds objects of type {kind.__name__}, but must hold numbers to predict: "
                f"convert them, e.g. by {name}.astype(float), or use a classifier."
            )


def as_floats(array, name):
    """Return an array of finite float64; a single column is as good as none."""
    try:
        numbers = array.astype(np.float64)
    except OverflowError:
        numbers = np.array([np.inf])
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"Input {name} contains infinity or a value too large for dtype('float64'): leave such "
            "rows out, or scale y down."
        )
    return numbers[:, 0] if numbers.ndim == 2 and numbers.shape[1] == 1 else numbers


def as_array(y):
    """Return y as an array, of objects where numpy would not keep each value as it is."""
    dtypes = [y.dtype] if hasattr(y, "dtype") else getattr(y, "dtypes", ())
    if hasattr(y, "iloc") and not all(isinstance(dtype, np.dtype) for dtype in dtypes):
        return y.to_numpy(dtype=object)  # a dtype of pandas' own
    array = np.asarray(y)
    if array.dtype.kind == "T":
        return array.astype(object)
    if isinstance(y, list | tuple) and array.dtype.kind not in "biu":
        objects = np.asarray(y, dtype=object)
        return array if types_in(objects) == {str} else objects
    return array


def types_in(objects):
    """Return the types of the objects in an array."""
    return set(map(type, objects.ravel().tolist()))


def which_are_missing_of(y, array):
    """Return a mask of the values of y, as an array, that are missing or masked."""
    missing = which_are_missing(array)
    return missing | np.ma.getmaskarray(y) if np.ma.isMA(y) else missing


def which_are_missing(array):
    """Return a mask of the values that are missing."""
    if array.dtype.kind in "fc":
        return np.isnan(array)
    if array.dtype.kind != "O" or types_in(array) <= {str, bool, int}:
        return np.zeros(array.shape, bool)
    return np.reshape([is_missing(value) for value in array.flat], array.shape).astype(bool)


def refuse_missing(missing, n_rows, name, cure=", or make a label of what is missing"):
    """Refuse targets of which some are missing."""
    n_missing = int(np.count_nonzero(missing))
    if n_missing:
        values = "value" if n_missing == 1 else "values"
        raise ValueError(
            f"{name} has {n_missing} missing {values} in {n_rows} rows: leave out the rows that "
            f"have none, of X as well{cure}."
        )


def of_one_type(objects, name):
    """Return objects that are numbers or booleans as an array of these, and strings as they are.

    Anything else is refused, and so is a mixture.
    """
    types = types_in(objects)
    strings = {kind for kind in types if issubclass(kind, str)}
    for kind in types - strings:
        if issubclass(kind, bytes):
            raise ValueError(
                f"{name} holds bytes: decode them into strings, e.g. [label.decode() for label in "
                f"{name}]."
            )
        if not (is_number(kind) or issubclass(kind, TEXT)):
            raise ValueError(
                f"{name} holds objects of type {kind.__name__}: labels are strings, numbers or "
                "booleans."
            )
    if strings and types != strings:
        raise ValueError(
            f"{name} must have labels that are all strings or all numbers, not some of each: make "
            f"strings of all, e.g. [str(label) for label in {name}]."
        )
    return objects if strings else numbers_in(objects, types, name)


def numbers_in(objects, types, name):
    """Return numbers or booleans that come as objects as an array in which they stay distinct."""
    values = objects.ravel().tolist()
    try:
        if all(issubclass(kind, WHOLE) for kind in types):
            array = np.array(values, dtype=whole_dtype(values, types))
        else:
            array = np.array([float(value) for value in values])
    except OverflowError:
        array = np.array([])
    if len(set(array.tolist())) < len(set(values)):
        raise ValueError(
            f"{name} holds numbers that 64 bits cannot tell apart: make strings of them."
        )
    return array.reshape(objects.shape)


def whole_dtype(values, types):
    """Return the dtype of numpy that has these integers or booleans."""
    if types <= {bool, np.bool_}:
        return bool
    return np.uint64 if min(values) >= 0 and max(values) > INT64.max else np.int64
