"""The block of numbers, as they are or standardised."""

import math
from dataclasses import dataclass, replace

import numpy as np

from .dtypes import DOUBLE, MOST_ROUNDING, held, rounding

FARTHEST = 1e9  # a standardised value beyond which squares of float32 come near overflow


@dataclass(frozen=True, eq=False)
class Numbers:
    """An input for each column of numbers.

        z = (x − mean) / scale,    h = z / √(1 + (z / clip)²)

    h is z without a clip, and x without a mean.

    Parameters
    ----------
    width : int
        How many columns there are.
    mean, inverse_scale : ndarray of shape (width,), optional
        What standardises them; an inverse scale of 0 makes them 0.
    clip : float, optional
        With a mean: a smooth limit to values far out.
    """

    width: int
    mean: np.ndarray | None = None
    inverse_scale: np.ndarray | None = None
    clip: float | None = None

    @property
    def columns(self):
        """The column that each input comes from."""
        return np.arange(self.width)

    @property
    def largest_square(self):
        """A bound on ‖h‖²."""
        if not self.width:
            return 0
        return math.inf if self.mean is None or self.clip is None else self.clip**2 * self.width

    @property
    def stays_sparse(self):
        """Whether what is 0 in X is 0 in h."""
        return self.mean is None

    def names(self, columns):
        """Return the names of the inputs, given those of the columns."""
        return list(columns[: self.width])

    def fits(self, dtype):
        """Whether the scales can be told in this dtype, and the means are not rounded by much."""
        if self.mean is None:
            return True
        told = bool((self.inverse_scale <= np.finfo(dtype).max).all())
        return told and rounding(self.mean, self.inverse_scale, dtype) <= MOST_ROUNDING

    @property
    def farthest_mean(self):
        """How many deviations a mean is from 0 at most."""
        means = 0 if self.mean is None else np.abs(self.mean) * self.inverse_scale
        return np.max(means, initial=0)

    def astype(self, dtype):
        """Return what computes in this dtype."""
        if self.mean is None or self.mean.dtype == dtype:
            return self
        inverse_scale = held(self.inverse_scale, dtype)
        return replace(self, mean=held(self.mean, dtype), inverse_scale=inverse_scale)

    def write(self, part, out):
        """Write the inputs of some rows; `out` may be where the numbers are."""
        if self.mean is None:
            out[...] = part.numbers
            return
        in_place = out.flags.c_contiguous and out.dtype == part.numbers.dtype
        z = np.subtract(part.numbers, self.mean, out=out if in_place else None)
        z *= self.inverse_scale
        if self.clip is not None:
            np.maximum(z, -FARTHEST, out=z)  # np.clip takes longer to call
            np.minimum(z, FARTHEST, out=z)
            z /= np.sqrt(1 + np.square(z / self.clip))
        if not in_place:
            out[...] = z

    def of_sparse(self, X, missing):
        """Return the inputs of the rows of a CSR matrix, whose missing numbers are filled in."""
        return X

    def onnx(self, node, x, missing, dtype):
        """Return the node of the inputs, given that of the numbers and of where one is missing."""
        if self.mean is None:
            return x
        own = self.astype(DOUBLE)
        z = node("Mul", node("Sub", x, own.mean), own.inverse_scale)
        if self.clip is None:
            return z
        z = node("Clip", z, np.array(-FARTHEST), np.array(FARTHEST))
        ratio = node("Div", z, np.array(self.clip))
        square = node("Add", node("Mul", ratio, ratio), np.ones(1))
        return node("Div", z, node("Sqrt", square))

    def kernel_arguments(self):
        """Return what the compiled epoch is told."""
        numbers = {"mean": self.mean, "inverse_scale": self.inverse_scale}
        return numbers | {"clip": self.clip or 0.0}
