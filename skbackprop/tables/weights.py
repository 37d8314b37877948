"""s: sample weights, checked and scaled."""

from numbers import Real

import numpy as np
from sklearn.utils import check_array

NEGLIGIBLE = 1e-30  # a weight, relative to the largest


def check_weights(weights, n_rows, name="sample_weight"):
    """Return weights of shape (n_rows,) with a maximum of 1, or None where all are equal."""
    if weights is None:
        return None
    try:
        if isinstance(weights, Real):
            weights = np.full(n_rows, float(weights))
        if np.ma.is_masked(weights):
            raise ValueError("values are masked; a row that is not to count has weight 0")
        weights = check_array(weights, ensure_2d=False, dtype=np.float64, input_name=name)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{name}: {error}") from error
    if weights.ndim != 1:
        raise ValueError(f"{name} must be 1D, of shape (n_rows,), but has shape {weights.shape}.")
    if len(weights) != n_rows:
        raise ValueError(f"{name} has {len(weights)} weights for {n_rows} rows.")
    if weights.min() < 0:
        raise ValueError(f"{name} has negative values; weights must be at least 0.")
    if weights.max() == 0:
        raise ValueError(f"{name} is zero for every row; at least one row must count.")
    return None if weights.min() == weights.max() else relative(weights)


def relative(weights):
    """Return weights with a maximum of 1, where those that are negligible are 0.

    float32 would make them 0, even where a split has left no others to train on.
    """
    weights = weights / weights.max()
    return np.where(weights < NEGLIGIBLE, 0.0, weights)
