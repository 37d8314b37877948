"""Several networks as one: the mean of their probabilities, and one temperature for it.

An ensemble answers as a network does, by "scores" of which softmax, or for labels the logistic
function, makes probabilities: of the mean probability, they are its logarithm, or its log-odds.
"""

import numpy as np
from scipy.special import log_expit, logsumexp

from ..objective.losses import LOSSES

PRIOR = 10.0  # the curvature, in rows, that keeps log b near 0 where the rows can hardly tell
MOST_STEPS, LONGEST_STEP, SMALLEST_STEP = 100, 1.0, 1e-10


def pool(outputs, type_of_target):
    """Return the scores of the mean of probabilities, from the pre-activations of each network.

    Parameters
    ----------
    outputs : ndarray of shape (n_networks, n_rows, n_outputs)
        Of float64.
    type_of_target : str
        A key of LOSSES.
    """
    if type_of_target == "multiclass":
        logs = outputs - logsumexp(outputs, axis=2, keepdims=True)
        return logsumexp(logs, axis=0) - np.log(len(outputs))
    return logsumexp(log_expit(outputs), axis=0) - logsumexp(log_expit(-outputs), axis=0)


def mean_loss(scores, codes, weights, type_of_target):
    """Return the mean loss of scores, weighted."""
    return np.average(LOSSES[type_of_target].fprop(scores.copy(), codes), weights=weights)


def fit_temperature(scores, codes, weights, type_of_target):
    """Return the T for which softmax(scores / T) has the lowest loss, by Newton's method.

    With b = exp(a) = 1 / T and the gradient F − E of the loss at the scores b S, what is minimised
    is n (mean loss) + ½ PRIOR a². Its first derivative is Σ (F − E) · b S + PRIOR a; of its second,
    what is never negative is kept: the variance of b S under F, and PRIOR. The prior matters where
    nearly all rows are right: there, one that is not would rule alone.
    """
    loss = LOSSES[type_of_target]
    s = np.ones(len(codes)) if weights is None else weights
    s = s * (np.count_nonzero(s) / s.sum())
    a = 0.0
    for _ in range(MOST_STEPS):
        scaled = np.exp(a) * scores
        F = loss.outputs(scaled.copy())
        spread = variance(F, scaled, type_of_target)
        slope = s @ np.einsum("tc,tc->t", loss.bprop(F, codes), scaled) + PRIOR * a
        step = np.clip(-slope / (s @ spread + PRIOR), -LONGEST_STEP, LONGEST_STEP)
        a += step
        if abs(step) < SMALLEST_STEP:
            break
    return float(np.exp(-a))


def variance(F, scores, type_of_target):
    """Return the variance of the scores of each row under its probabilities."""
    if type_of_target == "multiclass":
        mean = np.einsum("tc,tc->t", F, scores)[:, None]
        return np.einsum("tc,tc->t", F, (scores - mean) ** 2)
    return (F * (1 - F) * scores**2).sum(axis=1)
