"""Small decision trees, whose leaves tell of thresholds in several columns at once."""

import math

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from ..inputs.leaves import Leaves
from .bins import SMALLEST_LEAF
from .repeats import hash_dense, mixed

N_TREES, N_LEAVES = 16, 8  # at most, of each
SAMPLE, FEWEST_SEEN = 10_000, 1000  # rows that are looked at, where there are as many;
MOST_ENTRIES = 4_000_000  # of y, but for the fewest rows
RATE = 0.3  # of what a tree tells, that is not left to the next ones
ROUNDING = 1e-10  # of squares, that no split is for
FEWEST_ROWS = 5  # of a leaf
ROWS_OF_TREE = 0.63  # of the rows, at random
TRIED, MOST_TRIED = 0.25, 32  # of the columns, at random for each split, and at the most
SMALLEST_LEVEL = 0.01  # of the rows, that a level needs to be asked for


def grow(numbers, codes, rows, weights, targets, reached, seed):
    """Return the Leaves of trees that tell the targets of these rows; None where no tree splits.

    Each tree sees some of the rows, and for each split some of the columns, drawn at random, so
    that trees differ, and a leaf tells the network no more than it will of other rows. It splits
    where the sum of squares falls most of what the trees before it have left:

        r_1 = y,    r_{k+1} = r_k − RATE · tree_k(x)

    It sees not numbers but their places among all, that are exact in float32; a missing one is
    below all. Equal rows are drawn together, so that repeats are as one row that weighs as much.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_columns)
        NaN is missing.
    codes : ndarray of int32 of shape (n_rows, n_categories) or None
        The levels of columns of categories.
    rows : ndarray of int or None
        The rows to look at.
    weights : ndarray of shape (n_rows,) or None
        What all rows count.
    targets : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        What all rows are to tell: classes, of which y is one-hot, or labels of 0 and 1, or numbers
        of float.
    reached : float
        The input of a leaf in its rows.
    seed : int
        Of what is drawn.

    References
    ----------
    He et al., Practical lessons from predicting clicks on ads at Facebook, ADKDD 2014,
    doi:10.1145/2648584.2648589 (leaves of trees as inputs of another model).
    Friedman, Stochastic gradient boosting, Computational Statistics & Data Analysis 38(4), 2002,
    doi:10.1016/S0167-9473(01)00065-2.
    """
    rows = np.arange(len(targets)) if rows is None else rows
    n_seen = min(len(rows), SAMPLE, max(FEWEST_SEEN, MOST_ENTRIES // n_outputs(targets)))
    rows = rows[np.linspace(0, len(rows) - 1, n_seen).astype(int)]
    columns, values, places = ordered(numbers[rows])
    levels, has_level = frequent_levels(None if codes is None else codes[rows])
    if not (columns or has_level):
        return None
    seen = np.column_stack([*places, *has_level]).astype(np.float32)
    hashes = hash_dense(seen)
    smallest = max(SMALLEST_LEAF, FEWEST_ROWS / (ROWS_OF_TREE * len(np.unique(hashes))))
    if smallest > 0.5:
        return None
    limits = {"max_leaf_nodes": N_LEAVES, "min_weight_fraction_leaf": smallest}
    limits["min_impurity_decrease"] = ROUNDING
    limits["max_features"] = min(MOST_TRIED, math.ceil(TRIED * seen.shape[1]))
    trees, left = [], in_columns(targets[rows])
    for k, some in enumerate(samples(hashes, seed)):
        s = None if weights is None else weights[rows[some]]
        tree = DecisionTreeRegressor(**limits, random_state=(seed + k) % 2**32)
        trees.append(tree.fit(seen[some], left[some], s).tree_)
        left = left - RATE * tree.predict(seen).reshape(left.shape)
    trees = [tree for tree in trees if tree.node_count > 1]
    return joined(trees, columns, values, levels, reached) if trees else None


def n_outputs(targets):
    """Return how many columns `in_columns` makes, but of two classes."""
    if targets.ndim == 2:
        return targets.shape[1]
    return 1 if targets.dtype.kind == "f" else int(targets.max()) + 1


def in_columns(targets):
    """Return classes as one-hot, of two the second alone, and anything else in float64."""
    if targets.ndim == 2 or targets.dtype.kind == "f":
        return targets.reshape(len(targets), -1).astype(np.float64)
    y = np.eye(n_outputs(targets))[targets]
    return y[:, 1:] if y.shape[1] == 2 else y


def samples(hashes, seed):
    """Yield which rows each tree sees: a random part, that depends on their hashes alone."""
    for k in range(N_TREES):
        drawn = mixed(hashes + np.uint64((seed * N_TREES + k) % 2**64)) < ROWS_OF_TREE * 2.0**64
        if drawn.any():
            yield drawn


def ordered(numbers):
    """Return the columns that are not constant, their distinct values, and the places of these.

    The place of NaN is −1.
    """
    found = []
    for j, column in enumerate(numbers.T):
        column = column.astype(np.float64)
        there = ~np.isnan(column)
        values, places = np.unique(column[there], return_inverse=True)
        if len(values) > there.all():
            place = np.full(len(column), -1)
            place[there] = places
            found.append((j, values, place))
    columns, values, places = zip(*found, strict=True) if found else ((), (), ())
    return columns, values, places


def frequent_levels(codes):
    """Return the codes of levels that tell some rows from others, and which rows have each."""
    if codes is None:
        return np.array([], np.int32), []
    counts = np.bincount(codes[codes >= 0])
    least = SMALLEST_LEVEL * len(codes)
    frequent = np.flatnonzero((counts >= least) & (counts <= len(codes) - least))
    return frequent.astype(np.int32), [(codes == code).any(axis=1) for code in frequent]


def joined(trees, columns, values, levels, reached):
    """Return trees as Leaves, of which each condition is there once."""
    asked = [condition for tree in trees for condition in conditions(tree)]
    features, places = np.unique(asked, axis=0).T
    number_of = {pair: i for i, pair in enumerate(zip(features, places, strict=True))}
    paths = [path for tree in trees for path in paths_of(tree, number_of)]
    is_number = features < len(columns)
    numbers, places = features[is_number], places[is_number]
    thresholds = [between(values[f], place) for f, place in zip(numbers, places, strict=True)]
    return Leaves(
        np.array(columns, np.int32)[numbers],
        np.array(thresholds, np.float64),
        levels[features[~is_number] - len(columns)],
        np.array(paths, np.int8).T.copy(),
        np.cumsum([0, *((tree.node_count + 1) // 2 for tree in trees)]),
        reached,
    )


def conditions(tree):
    """Return the feature and the place below the threshold of each inner node of a tree."""
    inner = tree.feature >= 0
    return list(zip(tree.feature[inner], np.floor(tree.threshold[inner]).astype(int), strict=True))


def paths_of(tree, number_of, node=0, path=None):
    """Return the path to each leaf: what it asks of each condition, given their numbers."""
    path = np.zeros(len(number_of), np.int8) if path is None else path
    if tree.feature[node] < 0:
        return [path]
    i = number_of[tree.feature[node], int(np.floor(tree.threshold[node]))]
    left, right = path.copy(), path.copy()
    left[i], right[i] = -1, 1
    return [
        *paths_of(tree, number_of, tree.children_left[node], left),
        *paths_of(tree, number_of, tree.children_right[node], right),
    ]


def between(values, place):
    """Return the threshold above the value at a place; −1 is that of missing ones."""
    return values[place] / 2 + values[place + 1] / 2 if place >= 0 else -np.inf
