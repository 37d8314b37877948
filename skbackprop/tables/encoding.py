"""T: what turns a table into h⁰, fitted once and read wherever rows are.

    h⁰ = [ numbers | what is missing | bins | levels | leaves | words ]

Each column of numbers is brought to mean 0 and deviation 1, or left as it is. A missing number
counts as the mean of its column and, where the column had missing ones in training, one more input
says so. A column of categories is one-hot: an input for each of its levels, of which one is 1. So
is what leaf of a decision tree a row reaches. A column of words has an input for each of its terms,
of which all are 1 that a row has.
"""

import copy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from ..inputs.bins import Bins
from ..inputs.gather import Inputs
from ..inputs.leaves import NO_LEVELS, Leaves
from ..inputs.levels import Levels
from ..inputs.missing import Missing
from ..inputs.numbers import Numbers
from ..inputs.words import Words
from .alike import made_alike
from .bins import cut
from .kinds.categories import MISSING
from .moments import fit_scaler, look, saw_missing
from .trees import grow

GROWN = "columns", "thresholds", "levels", "paths", "starts", "reached"  # of leaves
PRESENT = 2.0  # the input of a level in its rows, beside bins: it is then learned sooner
REACHED = {"leaves": 2.0, "light_leaves": 1.0}  # that of a leaf, by how numbers are encoded
MOST_TERMS = 1000  # of a column
CLIP = 4.0  # deviations from which a number is smoothly held back, beside bins


@dataclass(frozen=True)
class Encoding:
    """T(x) = h⁰.

    It is not changed once it has been fitted: to see more rows gives another one.

    Parameters
    ----------
    scaler : StandardScaler or None
        What standardises the numbers. Without it, they stay as they are.
    means : ndarray of shape (n_numbers,)
        What a missing number counts as.
    indicators : ndarray of int32
        The columns of numbers in which some are missing.
    clip : float or None
        c of z / √(1 + (z / c)²), which a standardised number becomes.
    bins : Bins or None
        The columns of numbers that are cut.
    levels : tuple of list
        The levels of each column of categories; None is that of a missing one.
    rare : tuple of list
        Of each, the values that share the level after these.
    terms : tuple of list of str
        The terms of each column of words.
    leaves : Leaves or None
        The trees that were grown.
    present : float
        The input of a level, or of what is missing, where it is so.
    """

    scaler: StandardScaler | None = None
    means: np.ndarray | None = None
    indicators: np.ndarray | None = None
    clip: float | None = None
    bins: Bins | None = None
    levels: tuple = ()
    rare: tuple = ()
    terms: tuple = ()
    leaves: Leaves | None = None
    present: float = 1.0

    def having_seen(self, table, dtype, rows=None, weights=None):
        """Return the encoding whose means and deviations have seen these rows, weighted, as well.

        Raises
        ------
        ValueError
            A column is too large or too small for its deviation to be computed, or for dtype.
        """
        if self.scaler is None:
            return self
        scaler = fit_scaler(copy.deepcopy(self.scaler), table, dtype, rows, weights)
        return replace(self, scaler=scaler, means=scaler.mean_)

    def inputs(self, table, dtype):
        """Return what h⁰ of the rows of a table is gathered from."""
        fill = self.means if may_have_nan(table.numbers) else None
        words = words_of(self).rows(table.bags, dtype) if self.terms else None
        codes = self.with_leaves(self.codes(table), table)
        return Inputs(table.numbers, dtype, self.blocks, fill=fill, codes=codes, words=words)

    @cached_property
    def blocks(self):
        """The blocks that make the inputs; those that are looked up come last."""
        blocks = [make(self) for make in BLOCKS.values()]
        blocks = [block for block in blocks if block is not None]
        return sorted(blocks, key=lambda block: hasattr(block, "look_up"))

    def as_dict(self):
        """Return all but the scaler as arrays, lists and numbers, which any format can store."""
        own = {name: getattr(self, name) for name in ("clip", "present", "means", "indicators")}
        own["bins"] = None if self.bins is None else list(vars(self.bins).values())
        own |= {"levels": list(self.levels), "rare": list(self.rare)}
        own["leaves"] = None if self.leaves is None else [getattr(self.leaves, n) for n in GROWN]
        return own | {"terms": list(self.terms)}

    @classmethod
    def from_dict(cls, scaler, own):
        """Return the encoding that `as_dict` has stored.

        Raises
        ------
        ValueError
            It has other entries.
        """
        if others := own.keys() ^ STORED:
            raise ValueError(f"the encoding lacks, or should not have, {', '.join(sorted(others))}")
        bins = own["bins"] if own["bins"] is None else Bins(*own["bins"])
        leaves = own["leaves"] if own["leaves"] is None else Leaves(*own["leaves"])
        levels = {name: tuple(own[name]) for name in ("levels", "rare", "terms")}
        return cls(**own | levels | {"scaler": scaler, "bins": bins, "leaves": leaves})

    @property
    def counts(self):
        """How many numbers, categories and bags of words it takes."""
        return len(self.means), len(self.levels), len(self.terms)

    @property
    def n_inputs(self):
        """How many inputs there are."""
        return sum(block.width for block in self.blocks)

    @property
    def n_written(self):
        """How many of them are not looked up, so that each costs a product in every row."""
        return sum(block.width for block in self.blocks if not hasattr(block, "look_up"))

    @property
    def columns(self):
        """The column that each input comes from, numbers counted before categories.

        It is −1 for what several columns share.
        """
        parts = [
            np.full(block.width, -1) if hasattr(block, "shares") else block.columns
            for block in self.blocks
        ]
        return np.concatenate(parts)

    @property
    def shares(self):
        """The share of each column in each input, as a CSR matrix whose rows add up to 1."""
        n_columns = sum(self.counts)
        parts = [
            block.shares if hasattr(block, "shares") else one_hot(block.columns, n_columns)
            for block in self.blocks
        ]
        for part in parts:
            part.resize(part.shape[0], n_columns)
        return sparse.vstack(parts, format="csr")

    @property
    def most_bins(self):
        """How many bins the column has that has most; 0 where none is cut."""
        return 0 if self.bins is None else int(np.diff(self.bins.starts).max())

    @property
    def categories(self):
        """The levels of each column of categories, as arrays of objects."""
        return [np.fromiter(levels, object, len(levels)) for levels in self.levels]

    @property
    def is_off_centre(self):
        """Whether there are inputs from 0 to 1, of no mean 0."""
        return any(getattr(block, "is_off_centre", False) for block in self.blocks)

    def codes(self, table):
        """Return the level of each row and column of categories, of all levels that there are.

        A level that training has not seen counts as a rare one, or as none where there were none.
        """
        if not self.levels:
            return None
        known = zip(table.categories, self.levels, self.rare, table.category_names, strict=True)
        categories = []
        for category, levels, rare, name in known:
            categories.append(made_alike(category, [*levels, *rare], name))
        return levels_of(self).codes(categories)

    def with_leaves(self, levels, table):
        """Return the codes of levels, or None, beside those of the leaves that rows reach."""
        if self.leaves is None:
            return levels
        leaves = leaves_of(self).codes(table.numbers, levels)
        return leaves if levels is None else np.concatenate([levels, leaves], axis=1)

    def names(self, numbers, categories, bags=()):
        """Return the names of the inputs, given those of the columns."""
        columns = [*numbers, *categories, *bags]
        return [name for block in self.blocks for name in block.names(columns)]


STORED = Encoding().as_dict().keys()


def numbers_of(encoding):
    """Return the block of numbers; columns in which the scaler saw no deviation are 0 in it."""
    scaler, n = encoding.scaler, len(encoding.means)
    if scaler is None:
        return Numbers(n)
    constant = constant_numbers(scaler, n)
    with np.errstate(all="ignore"):  # a deviation may be too small to be inverted
        inverse_scale = 1 / np.where(constant, np.inf, scaler.scale_)
    inverse_scale = np.minimum(inverse_scale, np.finfo(np.float64).max)
    return Numbers(n, encoding.means, inverse_scale, encoding.clip)


def constant_numbers(scaler, n):
    """Return which of n columns of numbers are constant, as far as a scaler has seen that."""
    if scaler is None:
        return np.zeros(n, bool)
    with np.errstate(invalid="ignore"):  # what is no variance is refused elsewhere
        return scaler.scale_ != np.sqrt(scaler.var_)


def missing_of(encoding):
    """Return the block that tells what is missing, where training had some such."""
    indicators = encoding.indicators
    return Missing(indicators, encoding.present) if len(indicators) else None


def levels_of(encoding):
    """Return the block of the levels of categories, where there are columns of them."""
    if not encoding.levels:
        return None
    return Levels(encoding.levels, encoding.rare, encoding.present, len(encoding.means))


def leaves_of(encoding):
    """Return the block of the leaves of trees, where some were grown."""
    if encoding.leaves is None:
        return None
    of_levels, n_numbers = levels_of(encoding) or NO_LEVELS, len(encoding.means)
    return replace(encoding.leaves, of_levels=of_levels, n_numbers=n_numbers)


def words_of(encoding):
    """Return the block of the terms of words, where there are columns of them."""
    if not encoding.terms:
        return None
    first = len(encoding.means) + len(encoding.levels)
    return Words(encoding.terms, encoding.present, first)


# h⁰, in this order: what makes a block of what was fitted, or None
BLOCKS = {
    "numbers": numbers_of,
    "missing": missing_of,
    "bins": lambda encoding: encoding.bins,
    "levels": levels_of,
    "leaves": leaves_of,
    "words": words_of,
}


def fit_encoding(
    table,
    dtype,
    rows,
    weights,
    *,
    standardize,
    numeric_encoding,
    min_frequency,
    grows,
    targets=None,
    seed=0,
):
    """Return the Encoding of a table, by the rows of it that count.

    Parameters
    ----------
    table : Table
        What there is.
    dtype : dtype
        What the network computes in.
    rows, weights : ndarray or None
        The rows to look at, all by default, and what each of all rows weighs.
    standardize : bool
        Whether numbers are brought to mean 0 and deviation 1; sparse ones never are.
    numeric_encoding : str or None
        None leaves numbers alone. Else columns of them are cut into bins as well, and those far out
        held back: 'target_aware' has bins that follow the targets, 'leaves' trees beside bins, and
        'light_leaves' trees whose inputs are half as large, beside the bins of 'auto'.
    min_frequency : int
        A level of fewer rows is rare.
    grows : bool
        Whether other rows will follow, so that all levels that are announced count.
    targets : ndarray, optional
        What all rows are to tell, encoded.
    seed : int
        Of the trees.
    """
    piecewise = numeric_encoding is not None
    dense = isinstance(table.numbers, np.ndarray)
    standardize = standardize and dense and table.numbers.shape[1] > 0
    levels, rare = zip_lists(
        [find_levels(column, rows, min_frequency, grows) for column in table.categories]
    )
    terms = tuple(find_terms(bag, rows, min_frequency) for bag in table.bags)
    scaler = fit_scaler(StandardScaler(), table, dtype, rows, weights) if standardize else None
    if standardize:
        means, missing = scaler.mean_, saw_missing(scaler, table.numbers, rows, weights)
    else:
        means, missing = look(table.numbers, rows, weights)
    encoding = Encoding(
        scaler=scaler,
        means=means,
        indicators=np.flatnonzero(missing).astype(np.int32),
        clip=CLIP if standardize and piecewise else None,
        present=PRESENT if piecewise and dense else 1.0,
        levels=levels,
        rare=rare,
        terms=terms,
    )
    if piecewise and dense:
        told = targets if bins_know_targets(numeric_encoding, targets) else None
        bins = cut(table.numbers, rows, weights, encoding.n_written, told)
        encoding = replace(encoding, bins=bins)
    if numeric_encoding in REACHED and dense:
        codes, reached = encoding.codes(table), REACHED[numeric_encoding]
        leaves = grow(table.numbers, codes, rows, weights, targets, reached, seed)
        encoding = replace(encoding, leaves=leaves)
    return encoding


def bins_know_targets(numeric_encoding, targets):
    """Whether the edges of bins follow the targets: beside light leaves, if these are numbers."""
    of_numbers = targets is not None and targets.dtype.kind == "f"
    return numeric_encoding == "target_aware" or (of_numbers and numeric_encoding == "light_leaves")


def one_hot(columns, n_columns):
    """Return a CSR matrix with a row for each of these columns: 1 there."""
    ones, ends = np.ones(len(columns)), np.arange(len(columns) + 1)
    return sparse.csr_matrix((ones, columns, ends), shape=(len(columns), n_columns))


def zip_lists(pairs):
    """Return two tuples for a list of pairs."""
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def find_levels(category, rows, min_frequency, grows):
    """Return the levels of a column, sorted, and the values that are too rare to have their own."""
    places = category.places if rows is None else category.places[rows]
    n_missing = np.count_nonzero(places == MISSING)
    counts = np.bincount(places[places != MISSING], minlength=len(category.values))
    announced = grows and category.announced
    frequent = [v for v, n in zip(category.values, counts, strict=True) if n >= min_frequency]
    rare = [v for v, n in zip(category.values, counts, strict=True) if 0 < n < min_frequency]
    if announced:
        frequent, rare = category.values, []
    levels = sorted(frequent, key=lambda value: (type(value).__name__, value))
    return levels + ([None] if n_missing else []), sorted(rare, key=str)


def find_terms(bag, rows, min_frequency):
    """Return the terms of a column that most rows have, and enough rows, sorted."""
    places = bag.places if rows is None else bag.places[rows]
    n_rows_of = np.bincount(places[places != MISSING], minlength=bag.entries.shape[0])
    n_rows = bag.entries.T @ n_rows_of
    most = np.argsort(-n_rows, kind="stable")[:MOST_TERMS]
    return sorted(bag.terms[i] for i in most[n_rows[most] >= min_frequency])


def may_have_nan(X):
    """Whether NaN can be among these numbers, as far as a quick look tells."""
    if X.dtype.kind != "f" or isinstance(X, np.memmap):
        return X.dtype.kind == "f"
    with np.errstate(all="ignore"):  # X.sum() of a sparse X may sum duplicates, in X itself
        return bool(np.isnan((X.data if sparse.issparse(X) else X).sum()))
