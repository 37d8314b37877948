"""Location and scale by which numbers are standardised: (y − location) / scale is learned.

Rates, penalties and their choice then mean the same for euros and for millimetres. Each function
takes y of shape (n_rows, n_columns) and weights of the rows or None, for equal ones.
"""

import numpy as np

PACE = 0.3  # of the learning rate that suits probabilities
NORMAL = np.sqrt(np.pi / 2)  # a deviation, by the mean absolute deviation of normal numbers


def mean_and_deviation(y, s):
    """Return the mean and the standard deviation of each column."""
    unit = units(y)
    z = y / unit
    mean = np.average(z, axis=0, weights=s)
    deviation = np.sqrt(np.average((z - mean) ** 2, axis=0, weights=s))
    return sound(y, mean * unit, deviation * unit)


def median_and_deviation(y, s):
    """Return the median of each column and, from that, the mean absolute deviation times √(π/2).

    That is the standard deviation of normal numbers, and far less of numbers with heavy tails.
    """
    unit = units(y)
    z = y / unit
    median = np.array([weighted_median(column, s) for column in z.T])
    deviation = NORMAL * np.average(np.abs(z - median), axis=0, weights=s)
    return sound(y, median * unit, deviation * unit)


def zero_and_mean(y, s):
    """Return 0 and the mean of each column, for numbers that are not negative."""
    unit = units(y)
    mean = np.average(y / unit, axis=0, weights=s) * unit
    return np.zeros(y.shape[1]), np.where(mean > 0, mean, 1.0)


def units(y):
    """Return the largest magnitude in each column, by which sums and squares are finite."""
    largest = np.abs(y).max(axis=0)
    return np.where(largest > 0, largest, 1.0)


def sound(y, location, scale):
    """Return location and scale, of which a column of equal numbers has that and its magnitude."""
    equal = (y == y[0]).all(axis=0) | (scale == 0)
    return np.where(equal, y[0], location), np.where(equal, units(y), scale)


def weighted_median(values, s):
    """Return the median of numbers, in the middle of two where these are as good."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(np.ones(len(values)) if s is None else s[order])
    half = cumulated[-1] / 2
    first = np.searchsorted(cumulated, half * (1 - 1e-12))
    last = np.searchsorted(cumulated, half * (1 + 1e-12), side="right")
    return (values[order[first]] + values[order[min(last, len(values) - 1)]]) / 2
