"""Checks of the arguments of the compiled epoch, which then reads them without looking."""

import numpy as np

MAX_LAYERS = 64  # for the kernel, whose arrays of layers are that long
MAX_UNITS = 2**31 - 1  # for BLAS


def checked_sizes(layer_sizes):
    """Return H_0 … H_{L+1} as integers that the kernel and BLAS can hold."""
    sizes = [int(size) for size in layer_sizes]
    if not 2 <= len(sizes) <= MAX_LAYERS + 1:
        raise ValueError(f"a network has from 1 to {MAX_LAYERS} layers, not {len(sizes) - 1}")
    if sizes[0] < 0 or min(sizes[1:]) < 1 or max(sizes) > MAX_UNITS:
        raise ValueError(f"these numbers of units cannot be: {sizes}")
    return sizes


def checked_float(array):
    """Return the dtype of an array that is of float32 or float64."""
    dtype = getattr(array, "dtype", None)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"an array of float32 or float64 is needed, not of {dtype}")
    return dtype


def check_array(name, array, dtype, shape, writeable=False):
    """Refuse what is not an aligned C-contiguous array of this dtype and shape."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        raise TypeError(f"{name} must be an array of {np.dtype(dtype)}")
    if not (array.flags.c_contiguous and array.flags.aligned):
        raise TypeError(f"{name} must be C-contiguous and aligned")
    if array.shape != tuple(shape):
        raise ValueError(f"{name} must be of shape {tuple(shape)}, not {array.shape}")
    if writeable and not array.flags.writeable:
        raise ValueError(f"{name} must be writeable")


def check_range(name, array, low, high):
    """Refuse integers outside of low ≤ … < high."""
    if array.size and not (low <= array.min() and array.max() < high):
        raise ValueError(f"{name} must be at least {low} and less than {high}")


def check_increasing(name, array):
    """Refuse integers of which one is smaller than the one before."""
    if (array[1:] < array[:-1]).any():
        raise ValueError(f"{name} must not decrease")


def check_partition(name, starts, n):
    """Refuse what does not cut 0 … n into parts of at least one entry."""
    if starts[0] != 0 or starts[-1] != n or (starts[1:] <= starts[:-1]).any():
        raise ValueError(f"{name} must increase from 0 to {n}")
