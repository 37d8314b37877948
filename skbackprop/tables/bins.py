"""Where to cut columns of numbers into bins, for their piecewise-linear encoding."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ..inputs.bins import Bins

N_BINS = 16  # of a column, at most
FEWEST_VALUES = 9  # that a column needs to be cut
FEW_VALUES = 33  # up to which those of a column have an edge each, where numbers are to be told
MOST_INPUTS = 512  # of the network, up to which columns are cut; those looked up are not counted
SAMPLE = 20_000  # rows that are looked at
FIRST = 100  # of them, that tell most columns of many values
FEWEST_SHARED = 4  # bins, of which targets have a say in half
SMALLEST_LEAF = 0.002  # of the weight, on either side of a threshold


def cut(X, rows=None, weights=None, n_others=0, targets=None):
    """Choose the bins of the columns of X by what these rows hold.

    A column of few values has an edge at each of them; of more, edges at its quantiles, where the
    rows of one value count for no more than one bin. Where the targets are given, half of these are
    thresholds by which the targets differ instead; where these are numbers, a column of up to
    FEW_VALUES has an edge at each of them, if there is room. All others have as many bins as let
    the network have up to MOST_INPUTS inputs.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Numbers; NaN is passed over.
    rows : ndarray of int, optional
        The rows to look at, or some evenly spaced ones of them.
    weights : ndarray of shape (n_rows,), optional
        What the rows count.
    n_others : int
        How many inputs there are besides the bins, but for those that are looked up.
    targets : ndarray of shape (n_rows,) or (n_rows, n_outputs), optional
        What all rows are to tell: classes, labels of 0 and 1, or numbers of float.

    Returns
    -------
    Bins or None
        None where no column is to be cut.

    References
    ----------
    Gorishniy, Rubachev & Babenko, On embeddings for numerical features in tabular deep learning,
    NeurIPS 2022, arXiv:2203.05556.
    """
    room = MOST_INPUTS - n_others
    if room < 2:
        return None
    rows = np.arange(X.shape[0]) if rows is None else rows
    rows = rows[np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(int)]
    X, weights = X[rows], None if weights is None else weights[rows]  # a large X is read once
    columns = [j for j, x in enumerate(X.T) if n_values(x, FEWEST_VALUES) >= FEWEST_VALUES]
    few = {} if targets is None else of_few_values(X, columns, targets)
    n_bins, few = shared(room, columns, few)
    if not columns or n_bins < 2:
        return None
    if targets is None:
        edges = [edges_of(*distinct(X[:, j], weights), n_bins) for j in columns]
    else:
        known = targets[rows], weights
        edges = [
            target_aware_edges(X[:, j], *distinct(X[:, j], weights), few.get(j, n_bins), *known)
            for j in columns
        ]
    kept = [(j, e) for j, e in zip(columns, edges, strict=True) if len(e) > 2]
    if not kept:
        return None
    lower = np.concatenate([e[:-1] for _, e in kept])
    width = np.concatenate([np.diff(e) for _, e in kept])
    starts = np.cumsum([0, *(len(e) - 1 for _, e in kept)])
    columns = np.array([j for j, _ in kept], np.int32)
    return Bins(columns, starts.astype(np.int64), lower, 1 / width)


def n_values(column, enough):
    """Return how many distinct values a column has, or some number that is enough.

    Mostly its first ones tell.
    """
    there = column[np.isfinite(column)].astype(np.float64)
    n = len(np.unique(there[:FIRST]))
    return n if n >= enough else len(np.unique(there))


def of_few_values(X, columns, targets):
    """Return how many bins each of the columns has that is to have an edge at each of its values.

    A network that predicts numbers gains by that, as the targets may jump from any value to any.
    """
    if targets.dtype.kind != "f":
        return {}
    counts = {j: n_values(X[:, j], FEW_VALUES + 1) for j in columns}
    return {j: n - 1 for j, n in counts.items() if n <= FEW_VALUES}


def shared(room, columns, few):
    """Return how many bins a column has at most, and for which there is room for bins of their own.

    The latter are all that are proposed or, where they would leave the others with next to nothing,
    none.
    """
    n_bins = (room - sum(few.values())) // max(1, len(columns) - len(few))
    if n_bins < FEWEST_SHARED:
        n_bins, few = room // max(1, len(columns)), {}
    return min(N_BINS, n_bins), few


def distinct(column, weights):
    """Return the distinct values of a column, sorted, and what each weighs."""
    there = np.isfinite(column)
    values, places = np.unique(column[there].astype(np.float64), return_inverse=True)
    return values, np.bincount(
        places, weights=None if weights is None else weights[there], minlength=len(values)
    )


def edges_of(values, masses, n_bins):
    """Return where the bins of a column begin and end."""
    if len(values) > n_bins + 1:
        masses = np.minimum(masses, masses.sum() / n_bins)
        middles = np.cumsum(masses) - masses / 2
        shares = (middles - middles[0]) / (middles[-1] - middles[0])
        places = np.searchsorted(shares, np.linspace(0, 1, n_bins + 1) - 1e-9)
        values = values[np.unique(np.clip(places, 0, len(values) - 1))]
    return separated(values)


def target_aware_edges(column, values, masses, n_bins, targets, weights):
    """Return edges of which half are quantiles, the others thresholds by which targets differ.

    The thresholds are between the leaves of a decision tree, which sees not the values but their
    places among all, that are exact in float32.
    """
    if n_bins < FEWEST_SHARED or len(values) <= n_bins + 1:
        return edges_of(values, masses, n_bins)
    there, half = np.isfinite(column), n_bins // 2
    places = np.searchsorted(values, column[there])[:, None]
    weights = None if weights is None else weights[there]
    make = DecisionTreeRegressor if targets.dtype.kind == "f" else DecisionTreeClassifier
    tree = make(max_leaf_nodes=half, min_weight_fraction_leaf=SMALLEST_LEAF, random_state=0)
    tree = tree.fit(places, targets[there], weights).tree_
    below = tree.threshold[tree.feature >= 0].astype(int)
    thresholds = values[below] / 2 + values[below + 1] / 2
    return separated(np.union1d(edges_of(values, masses, half), thresholds))


def separated(edges):
    """Return edges of which each is clearly larger than the one before, and widths invertible."""
    with np.errstate(over="ignore", divide="ignore"):
        wide = np.isfinite(1 / np.diff(edges)) & np.isfinite(np.diff(edges))
    return edges[np.concatenate([[True], wide])]
