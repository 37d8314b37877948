"""Arrays of unusual dtypes as arrays of numpy's usual ones, with the same values."""

import numpy as np

FARTHEST = {
    "M": np.array(["-70000", "70000"], "M8[Y]"),
    "m": np.array([-25_000_000, 25_000_000], "m8[D]"),
}
COARSE_UNITS = "Y", "M", "W", "D", "h", "m", "s", "ms", "us"  # that hold times farther away
USER_DEFINED = 2  # what isbuiltin says of a dtype that another package has registered


def usual(values):
    """Return an array of numbers, booleans, times or objects with the values of any other one.

    What is masked is missing. Bytes are text. Floats of other packages, such as bfloat16, are of
    float32. An array of one of the usual dtypes stays what it is.
    """
    if hasattr(values, "mask") and hasattr(type(values), "unmasked"):  # of astropy
        values = np.ma.masked_array(values.unmasked, values.mask)
    if isinstance(values, np.ma.MaskedArray):
        values = with_missing(np.asarray(np.ma.getdata(values)), np.ma.getmaskarray(values))
    if values.dtype.kind in "ST":
        return text(values)
    return values.astype(np.float32) if is_foreign(values.dtype) else values


def with_missing(values, mask):
    """Return values of which those under the mask are NaN, NaT or None."""
    if not mask.any():
        return values
    kind = values.dtype.kind
    if kind in "iuf":
        least = np.float32 if kind == "f" else np.float64
        values, missing = values.astype(np.result_type(values, least)), np.nan
    elif kind in "mM":
        values, missing = values.copy(), np.array("NaT", values.dtype)
    else:
        values, missing = text(values).astype(object), None
    values[mask] = missing
    return values


def text(values):
    """Return an array of bytes, or of numpy's StringDType, as one of objects; all else as it is."""
    if values.dtype.kind == "S":
        return np.array([decoded(v) for v in values.flat], object).reshape(values.shape)
    return values.astype(object) if values.dtype.kind == "T" else values


def decoded(value):
    """Return bytes as a str, where they are UTF-8; all else as it is."""
    if not isinstance(value, bytes):
        return value
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError:
        return value


def as_times(values):
    """Return an array of datetime64, or of timedelta64 from the beginning of 1970 on, in µs.

    What is more than some 70,000 years away is brought that near: no difference is beyond 64 bits.
    """
    if np.datetime_data(values.dtype)[0] in COARSE_UNITS:
        values = np.clip(values, *FARTHEST[values.dtype.kind].astype(values.dtype))
    if values.dtype.kind == "m":
        return np.datetime64(0, "us") + values.astype("m8[us]")
    return values.astype("M8[us]")


def plain_floats(values):
    """Return floats that scipy cannot multiply as float64, and all else as it is, in native order.

    Floats of other packages, such as bfloat16, become float32.
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
