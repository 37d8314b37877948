"""Rows of equal inputs, found by a hash, which every split keeps together.

A row that is trained on tells nothing when it is validated on. Equal rows are therefore split as
one, the first of them, and so as one row that weighs as much as all of them. Two sorts of repeats
are no copies, and are split row by row:

- of a grid, where so few values can be combined in the columns that rows must coincide;
- of a row that a fifth of the table shares, as one of nothing but zeros may be.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

ROWS_OF_CELL = 5  # on average, above which a grid is full
LARGEST_SHARE = 0.2  # of the rows, that copies of one may be
BLOCK_ELEMENTS = 2**17  # hashed at a time
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # of SplitMix64
STEP = np.uint64(0x9E3779B97F4A7C15)
NAN = np.uint64(0x7FF8000000000000)


@dataclass(frozen=True)
class Distinct:
    """Rows, of which some stand for all that are equal to them.

    Parameters
    ----------
    rows : ndarray of int
        All of them.
    first : ndarray of int
        Those that stand for themselves and others, each the first of its kind, in order.
    number : ndarray of int
        The place among `first` of what stands for each row.
    """

    rows: np.ndarray
    first: np.ndarray
    number: np.ndarray

    def with_equals(self, part):
        """Return all rows that a part of `first` stands for, sorted."""
        return self.rows[np.isin(self.first, part)[self.number]]


def distinct_rows(table, rows):
    """Return the Distinct of some rows of a Table, sorted; the same one where none are equal."""
    first, number = numbered(row_hashes(table, rows))
    if len(first) == len(rows) or is_grid(table, rows):
        return Distinct(rows, rows, np.arange(len(rows)))
    shared = np.bincount(number) > LARGEST_SHARE * len(rows)
    by_itself = len(rows) + np.arange(len(rows))
    first, number = numbered(np.where(shared[number], by_itself, number))
    return Distinct(rows, rows[first], number)


def is_grid(table, rows):
    """Whether the values of the columns can be combined in so few ways that each has many rows."""
    if sparse.issparse(table.numbers):
        return False
    n_cells, spread = 1, 1.0
    for parts in parts_of_columns(table):
        counts = [count_values(part[rows]) for part in parts]
        n_cells *= max(n_found for n_found, _ in counts)
        spread = max(spread, *(n_possible / n_found for n_found, n_possible in counts))
        if n_cells * spread * ROWS_OF_CELL >= len(rows):
            return False
    return True


def parts_of_columns(table):
    """Yield what has been read of each column that is not of words alone, as a list of arrays.

    Each determines the column, or is determined by it: they do not combine.
    """
    parts = [*table.numbers.T, *(category.places for category in table.categories)]
    sources = table.columns.sources[: len(parts)]
    for source in np.unique(sources):
        yield [parts[k] for k in np.flatnonzero(sources == source)]


def count_values(values):
    """Return how many values there are, k, and how many there might be: min(k², steps).

    The steps are as wide as the smallest gap, from the least value to the largest. Of measured
    numbers there are far more than have been seen, of small integers as many.
    """
    found = np.unique(values)
    with np.errstate(over="ignore"):
        steps = np.diff(found[~np.isnan(found)].astype(np.float64))
        n_steps = 1 + np.sum(steps) / np.min(steps, initial=np.inf)
    return len(found), max(len(found), min(len(found) ** 2, n_steps))


def numbered(keys):
    """Return where each key is first, in order, and the place of each row's key among these."""
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[number]


def row_hashes(table, rows):
    """Return a hash of 64 bits for each of the rows: equal for equal ones, else hardly ever."""
    numbers, is_sparse = table.numbers, sparse.issparse(table.numbers)
    hash_block = hash_csr if is_sparse else hash_dense
    hashes = np.empty(len(rows), np.uint64)
    n_entries = numbers.nnz // max(1, numbers.shape[0]) if is_sparse else numbers.shape[1]
    step = max(1, BLOCK_ELEMENTS // max(1, n_entries))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        hashes[start : start + step] = hash_block(numbers[part])
    for k, category in enumerate(table.categories):
        hashes += hash_dense(category.places[rows, None], -1 - k)
    return hashes


def hash_dense(block, column=0):
    """Return Σ_j m_j mix(x_j) mod 2⁶⁴ of each row of a block, whose columns begin at this one."""
    columns = np.arange(column, column + block.shape[1])
    return mixed(bits(block)) @ multipliers(columns)


def hash_csr(X):
    """Return the same of the entries of each row of a CSR matrix that are not 0."""
    X = X.copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    terms = mixed(bits(X.data)) * multipliers(X.indices)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    return sums[X.indptr[1:]] - sums[X.indptr[:-1]]


def bits(values):
    """Return numbers as integers of 64 bits, as arrays of their own: one for −0 and 0, one for all
    that are NaN.
    """
    if values.dtype.kind != "f":
        return values.astype(np.int64, order="C").view(np.uint64)
    values = values.astype(np.float64, order="C") + 0.0
    own = values.view(np.uint64)
    own[np.isnan(values)] = NAN
    return own


def mixed(own):
    """Return integers, each bit of which depends on all bits of those given, which are lost."""
    own ^= own >> np.uint64(30)
    own *= FIRST
    own ^= own >> np.uint64(27)
    own *= SECOND
    own ^= own >> np.uint64(31)
    return own


def multipliers(columns):
    """Return m_j, an odd number for each column."""
    places = np.asarray(columns, np.int64).astype(np.uint64)
    return mixed((places + np.uint64(1)) * STEP) | np.uint64(1)
