"""The block of columns of numbers that are cut into bins."""

from dataclasses import dataclass, replace

import numpy as np

from .dtypes import DOUBLE, MOST_ROUNDING, held, rounding


@dataclass(frozen=True, eq=False)
class Bins:
    """An input for each bin of a column: how far the number has come through it.

        h = min(max((x − lower) · inverse_width, 0), 1)

    In a column, each bin begins where the one before it ends.

    Parameters
    ----------
    cut : ndarray of int32 of shape (n_cut,)
        The columns that are cut.
    starts : ndarray of int64 of shape (n_cut + 1,)
        The bins of cut[i] are those from starts[i] to starts[i + 1].
    lower, inverse_width : ndarray of shape (width,)
        Where each bin begins, and 1 / (its upper end − its lower end).
    """

    cut: np.ndarray
    starts: np.ndarray
    lower: np.ndarray
    inverse_width: np.ndarray
    is_off_centre = True

    @property
    def width(self):
        """How many inputs there are."""
        return len(self.lower)

    @property
    def columns(self):
        """The column that each input comes from."""
        return np.repeat(self.cut, np.diff(self.starts))

    @property
    def largest_square(self):
        """A bound on ‖h‖²."""
        return self.width

    def names(self, columns):
        """Return the names of the inputs, given those of the columns."""
        ends = zip(self.lower, self.lower + 1 / self.inverse_width, strict=True)
        return [
            f"{columns[j]} from {low:.4g} to {high:.4g}"
            for j, (low, high) in zip(self.columns, ends, strict=True)
        ]

    def fits(self, dtype):
        """Whether the edges are not rounded by much in this dtype."""
        return rounding(self.lower, self.inverse_width, dtype) <= MOST_ROUNDING

    def astype(self, dtype):
        """Return what computes in this dtype."""
        if self.lower.dtype == dtype:
            return self
        inverse_width = held(self.inverse_width, dtype)
        return replace(self, lower=held(self.lower, dtype), inverse_width=inverse_width)

    def write(self, part, out):
        """Write the inputs of some rows."""
        through = np.take(part.numbers, self.columns, axis=1)
        through -= self.lower
        through *= self.inverse_width
        np.maximum(through, 0, out=through)  # np.clip takes longer to call
        np.minimum(through, 1, out=out)

    def onnx(self, node, x, missing, dtype):
        """Return the node of the inputs, given that of the numbers and of where one is missing."""
        x = node("Gather", x, self.columns.astype(np.int64), axis=1)
        above = node("Cast", node("Sub", x, held(self.lower, DOUBLE)), to=dtype)
        through = node("Mul", above, held(self.inverse_width, dtype))
        return node("Clip", through, np.array(0, dtype), np.array(1, dtype))

    def kernel_arguments(self):
        """Return what the compiled epoch is told."""
        cut = {"bin_columns": self.cut, "bin_starts": self.starts}
        return cut | {"lower": self.lower, "inverse_width": self.inverse_width}
