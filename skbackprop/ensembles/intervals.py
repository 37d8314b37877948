"""The error of a prediction, as the errors out of fold tell it.

Errors mostly grow with what is predicted. They are therefore looked at in bands of rows whose
predictions out of fold are alike, and what they come to is interpolated between the bands.

References
----------
Barber, Candès, Ramdas & Tibshirani, Predictive inference with the jackknife+, Annals of Statistics
49(1), 2021, arXiv:1905.02928. (Of its methods, this is the cross-validated relative of the
jackknife, with signed errors, in bands.)
"""

import math

import numpy as np

FEWEST, MOST_BANDS = 100, 20  # rows in a band, and bands
IN_A_TAIL = 4  # rows that a band has beyond either end of the interval


class Errors:
    """The errors of one column of y out of fold.

    Parameters
    ----------
    predicted, errors, spread : ndarray of shape (n_rows,)
        What was predicted; what y was above that; the deviation of what the variants predicted.
        NaN where there is nothing.
    weights : ndarray of shape (n_rows,)
        What the rows count.
    """

    def __init__(self, predicted, errors, spread, weights):
        there = np.isfinite(errors) & (weights > 0)
        order = np.argsort(predicted[there], kind="stable")
        parts = predicted, errors, spread, weights
        self.predicted, self.errors, self.spread, self.weights = (p[there][order] for p in parts)

    def ends(self, predicted, coverage):
        """Return by how much y is above predictions at least, and at most, with this probability.

        Beyond either end is half of the other rows. Where fewer are below, as of counts that are 0
        and can be no less, as many more are above.

        Raises
        ------
        ValueError
            There are too few rows to tell.
        """
        tail = (1 - coverage) / 2
        n = len(self.errors)
        if (n + 1) * tail < 1:
            raise ValueError(
                f"coverage={coverage} cannot be told from {n} rows predicted out of fold: lower it "
                f"to {max(0.0, 1 - 2 / (n + 1)):.3g}, or give at least {math.ceil(1 / tail) - 1}."
            )

        def lower(errors, predicted, tail):
            def end(rows):
                return [lower_end(errors[rows], self.weights[rows], tail)]

            return self._interpolated(predicted, end, n_least)[0]

        n_least = max(FEWEST, math.ceil(IN_A_TAIL / tail))
        is_below = self.errors < lower(self.errors, self.predicted, tail)
        above = max(tail, 2 * tail - np.average(is_below, weights=self.weights))
        return lower(self.errors, predicted, tail), -lower(-self.errors, predicted, above)

    def deviation(self, predicted):
        """Return the root mean square of the errors near predictions, less the variants' spread."""

        def noise(rows):
            parts = np.array([self.errors[rows], self.spread[rows]])
            unit = np.abs(parts).max() or 1.0  # no square is beyond a float
            errors, spread = parts / unit
            mean = np.average(errors**2 - spread**2, weights=self.weights[rows])
            return [unit * math.sqrt(max(0.0, mean))]

        return self._interpolated(predicted, noise, FEWEST)[0]

    def _interpolated(self, predicted, statistics, n_least):
        """Return statistics of the bands, each interpolated at predictions."""
        n = len(self.errors)
        n_bands = int(np.clip(n // n_least, 1, MOST_BANDS))
        bands = [slice(n * k // n_bands, n * (k + 1) // n_bands) for k in range(n_bands)]
        centres = [np.median(self.predicted[band]) for band in bands]
        values = np.array([statistics(band) for band in bands])
        return [np.interp(predicted, centres, column) for column in values.T]


def lower_end(errors, weights, tail):
    """Return the error with this share, of one row more, up to it.

    Of n rows of equal weight, it is the ⌊(n + 1) · tail⌋th.
    """
    order = np.argsort(errors, kind="stable")
    w = weights / weights.max()  # no square is 0
    errors, shares = errors[order], w[order] * (w.sum() / np.sum(w**2))
    limit = (shares.sum() + 1) * tail
    n_below = np.searchsorted(np.cumsum(shares), limit * (1 + 1e-12), side="right")
    return errors[max(0, n_below - 1)]
