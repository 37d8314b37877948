"""The block of leaves of decision trees: what a row is by conditions on several columns at once."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .levels import Levels
from .onnx_places import onnx_places

CHUNK_ROWS = 4096  # whose conditions are looked at together
NO_LEVELS = Levels((), ())


@dataclass(frozen=True, eq=False)
class Leaves:
    """An input for each leaf of some trees: `reached` in the rows that reach it, else 0.

        row t reaches leaf l  ⇔  Σ_i C_ti P_il = Σ_i max(P_il, 0)

    C_ti is 1 where condition i holds in row t, else 0. A condition is that a number is above a
    threshold, which a missing one is not, or that a category has a certain level. The leaves of all
    trees are counted through, after the levels. A row reaches one leaf of each tree.

    Parameters
    ----------
    columns : ndarray of int32 of shape (n_above,)
        The column of numbers of each of the first conditions.
    thresholds : ndarray of float64 of shape (n_above,)
        What the number is to be above; −∞ where it is only not to be missing.
    levels : ndarray of int32 of shape (n_equal,)
        The codes of the levels of the further conditions, which increase.
    paths : ndarray of int8 of shape (n_above + n_equal, n_leaves)
        P: 1 where the path to a leaf asks that the condition holds, −1 that it does not, else 0.
    starts : ndarray of int64 of shape (n_trees + 1,)
        The leaves of tree i are those from starts[i] to starts[i + 1].
    reached : float
        What an input is in the place of 1.
    n_numbers : int
        How many columns of numbers there are.
    of_levels : Levels
        The block of levels.
    """

    columns: np.ndarray
    thresholds: np.ndarray
    levels: np.ndarray
    paths: np.ndarray
    starts: np.ndarray
    reached: float = 1.0
    n_numbers: int = 0
    of_levels: Levels = NO_LEVELS
    is_off_centre = True

    @property
    def width(self):
        """How many inputs there are."""
        return self.paths.shape[1]

    @property
    def n_trees(self):
        """How many trees there are."""
        return len(self.starts) - 1

    @property
    def largest_square(self):
        """A bound on ‖h‖²."""
        return self.reached**2 * self.n_trees

    @property
    def asked(self):
        """The column that each condition asks, categories counted after numbers."""
        return np.concatenate([self.columns, self.of_levels.columns[self.levels]])

    @property
    def shares(self):
        """The shares of the columns in each input: of all that the path to a leaf asks, equal."""
        i, leaves = np.nonzero(self.paths)
        pairs = np.unique(np.column_stack([leaves, self.asked[i]]), axis=0)
        each = 1 / np.bincount(pairs[:, 0], minlength=self.width)[pairs[:, 0]]
        shape = self.width, self.n_numbers + len(self.of_levels.levels)
        return sparse.csr_matrix((each, pairs.T), shape=shape)

    def names(self, columns):
        """Return the names of the inputs, given those of the columns."""
        asked = [(columns[j], t) for j, t in zip(self.columns, self.thresholds, strict=True)]
        yes = [f"{name} is known" if t == -np.inf else f"{name} > {t:.4g}" for name, t in asked]
        no = [f"{name} is missing" if t == -np.inf else f"{name} <= {t:.4g}" for name, t in asked]
        equal = np.array(self.of_levels.names(columns), object)[self.levels].tolist()
        yes, no = yes + equal, no + [f"not {name}" for name in equal]
        conditions = np.array([no, yes])
        return [
            " and ".join(conditions[int(path[i] > 0), i] for i in np.flatnonzero(path))
            for path in self.paths.T
        ]

    def codes(self, numbers, levels):
        """Return the code of the leaf that each row reaches, for each tree.

        Parameters
        ----------
        numbers : ndarray or sparse matrix of shape (n_rows, n_columns)
            With NaN where they are missing.
        levels : ndarray of int32 of shape (n_rows, n_categories) or None
            The codes of the levels.
        """
        codes = np.empty((numbers.shape[0], self.n_trees), np.int32)
        paths, needed = self.paths.astype(np.float32), self._needed
        own, starts = np.arange(self.width, dtype=np.int32), self.starts[:-1]
        for begin in range(0, len(codes), CHUNK_ROWS):
            rows = slice(begin, begin + CHUNK_ROWS)
            met = self._conditions(numbers[rows], None if levels is None else levels[rows])
            reached = met.astype(np.float32) @ paths == needed  # one leaf of each tree
            np.maximum.reduceat(reached * own, starts, axis=1, out=codes[rows])
        return codes + np.int32(self.of_levels.width)

    @property
    def _needed(self):
        return np.maximum(self.paths, 0).sum(axis=0, dtype=np.float32)

    def _conditions(self, numbers, levels):
        """Return C of some rows."""
        if sparse.issparse(numbers):
            numbers = numbers.toarray()
        above = np.take(numbers, self.columns, axis=1) > self.thresholds
        if not len(self.levels):
            return above
        place = self.of_levels.columns[self.levels] - self.of_levels.first_column
        return np.concatenate([above, levels[:, place] == self.levels], axis=1)

    def look_up(self, part, dtype):
        """Return the inputs of some rows as a CSR matrix."""
        indices = part.codes[:, -self.n_trees :].ravel() - self.of_levels.width
        ends = np.arange(0, len(indices) + 1, self.n_trees)
        entries = np.full(len(indices), self.reached, dtype)
        return sparse.csr_matrix((entries, indices, ends), shape=(len(part.codes), self.width))

    def onnx_product(self, node, x, missing, categories, W):
        """Return the node whose value is h W, given numbers and each column of categories."""
        met = []
        if len(self.columns):
            columns = self.columns.astype(np.int64)
            above = node("Greater", node("Gather", x, columns, axis=1), self.thresholds[None])
            there = node("Not", node("Gather", missing, columns, axis=1))
            met.append(node("Cast", node("And", above, there), to=W.dtype))
        place = self.of_levels.columns[self.levels] - self.of_levels.first_column
        firsts = np.cumsum([0, *self.of_levels.counts])
        for j in np.unique(place):
            wanted = self.levels[place == j] - firsts[j]
            given = onnx_places(
                node, categories[j], self.of_levels.levels[j], self.of_levels.rare[j]
            )
            given = node("Reshape", given, np.array([-1, 1]))
            equal = node("Equal", given, wanted.astype(np.int64)[None])
            met.append(node("Cast", equal, to=W.dtype))
        met = met[0] if len(met) == 1 else node("Concat", *met, axis=1)
        sums = node("MatMul", met, self.paths.astype(W.dtype))
        reached = node("Equal", sums, self._needed.astype(W.dtype)[None])
        reached = node("Cast", reached, to=W.dtype)
        return [node("MatMul", reached, W * W.dtype.type(self.reached))]

    def kernel_arguments(self):
        """Return what the compiled epoch is told: leaves are levels to it."""
        n_levels = self.of_levels.width + self.width
        return {"n_levels": n_levels, "n_trees": self.n_trees, "reached": self.reached}
