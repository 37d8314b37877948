"""The block of levels of categories: one-hot in the formulas, looked up in memory."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from scipy import sparse

from .onnx_places import onnx_places

NONE = -1  # the code of a category that contributes nothing


@dataclass(frozen=True, eq=False)
class Levels:
    """An input for each level of some columns of categories: `present` in its rows, else 0.

    The levels of all columns are counted through. The code of a row and column is the number of its
    level; a value that is no level has that of the rare ones or, where there were none, NONE.

    Parameters
    ----------
    levels : sequence of list
        The levels of each column; None is that of a missing value.
    rare : sequence of list
        Of each column, the values that share the level after these.
    present : float
        What an input is in the place of 1.
    first_column : int
        The number of the first of these columns; the others follow.
    """

    levels: tuple
    rare: tuple
    present: float = 1.0
    first_column: int = 0
    is_off_centre = True

    @property
    def counts(self):
        """How many levels each column has."""
        return [len(a) + bool(b) for a, b in zip(self.levels, self.rare, strict=True)]

    @property
    def width(self):
        """How many inputs there are."""
        return sum(self.counts)

    @property
    def columns(self):
        """The column that each input comes from."""
        return self.first_column + np.repeat(np.arange(len(self.levels)), self.counts)

    @property
    def largest_square(self):
        """A bound on ‖h‖²."""
        return self.present**2 * len(self.levels)

    def names(self, columns):
        """Return the names of the inputs, given those of the columns."""
        names = []
        own = columns[self.first_column : self.first_column + len(self.levels)]
        for name, levels, rare in self._by_column(own):
            names += [f"{name} is missing" if v is None else f"{name}={v}" for v in levels]
            names += [f"{name} is rare"] if rare else []
        return names

    def _by_column(self, each):
        """Return what `each` has of each column, with its levels and its rare values."""
        return zip(each, self.levels, self.rare, strict=True)

    def codes(self, categories):
        """Return the codes of rows of which each category has distinct values and their places.

        The place of a missing value is −1.
        """
        codes = np.empty((len(categories[0].places), len(categories)), np.int32)
        firsts = accumulate(self.counts, initial=0)
        for j, (category, levels, rare) in enumerate(self._by_column(categories)):
            first = next(firsts)
            code_of = {level: first + place for place, level in enumerate(levels)}
            other = first + len(levels) if rare else NONE
            by_place = [code_of.get(value, other) for value in [*category.values, None]]
            codes[:, j] = np.array(by_place, np.int32)[category.places]
        return codes

    def look_up(self, part, dtype):
        """Return the inputs of some rows as a CSR matrix."""
        known = (part.codes >= 0) & (part.codes < self.width)  # others are of leaves
        ends = np.cumsum(np.count_nonzero(known, axis=1))
        indices = part.codes[known]
        entries = np.full(len(indices), self.present, dtype)
        shape = len(part.codes), self.width
        return sparse.csr_matrix((entries, indices, np.concatenate([[0], ends])), shape=shape)

    def onnx_product(self, node, x, missing, categories, W):
        """Return the nodes whose sum is h W, given each column of categories as a GivenColumn."""
        nothing, begin, products = np.zeros((1, W.shape[1]), W.dtype), 0, []
        for category, levels, rare in self._by_column(categories):
            end = begin + len(levels) + bool(rare)
            rows = np.concatenate([W[begin:end] * W.dtype.type(self.present), nothing])
            place = onnx_places(node, category, levels, rare)
            products.append(
                node("Reshape", node("Gather", rows, place), np.array([-1, W.shape[1]]))
            )
            begin = end
        return products

    def kernel_arguments(self):
        """Return what the compiled epoch is told."""
        return {"n_levels": self.width, "present": self.present}
