"""Arrays of unusual dtypes as arrays of numpy's usual ones, with the same values."""

import numpy as np

USER_DEFINED = 2  # what isbuiltin says of a dtype that another package has registered


def plain_floats(values):
    """Return floats that scipy cannot multiply as float64, and all else as it is, in native order.

    Floats of other packages (bfloat16 and the like), which numpy has as dtypes of kind 'V' or 'f',
    become float32, which has them all.
    """
    dtype = values.dtype
    if is_foreign(dtype):
        return values.astype(np.float32)
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        with np.errstate(over="ignore"):
            return values.astype(np.float64)
    return values.astype(dtype.newbyteorder("="), copy=False)


def is_foreign(dtype):
    """Whether a dtype is of real numbers, but of another package than numpy."""
    return dtype.kind in "Vf" and dtype.isbuiltin == USER_DEFINED
