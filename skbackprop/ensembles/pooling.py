"""Several networks as one: the mean of their probabilities, and one temperature for it.

An ensemble answers as a network does, by "scores" of which softmax, or for labels the logistic
function, makes probabilities: of the mean probability, they are its logarithm, or its log-odds.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_expit, logsumexp, softmax

from ..objective.losses import LOSSES

PRIOR = 10.0  # the curvature, in rows, that keeps log b near 0 where the rows can hardly tell
EQUAL = 2.0  # rows that speak for equal weights
MOST_STEPS, LONGEST_STEP, SMALLEST_STEP = 100, 1.0, 1e-10


def pool(outputs, type_of_target, weights=None):
    """Return the scores of the mean of probabilities, from the pre-activations of each network.

    Parameters
    ----------
    outputs : ndarray of shape (n_networks, n_rows, n_outputs)
        Of float64.
    type_of_target : str
        A key of LOSSES.
    weights : ndarray of shape (n_networks,), optional
        What each network counts; their sum is 1. None is equally much.
    """
    share = 1 / len(outputs) if weights is None else np.reshape(weights, (-1, 1, 1))

    def log_of_mean(logs):
        return logsumexp(logs, axis=0, b=share)

    if type_of_target == "multiclass":
        return log_of_mean(outputs - logsumexp(outputs, axis=2, keepdims=True))
    return log_of_mean(log_expit(outputs)) - log_of_mean(log_expit(-outputs))


def mean_loss(scores, codes, weights, type_of_target):
    """Return the mean loss of scores, weighted."""
    return np.average(LOSSES[type_of_target].fprop(scores.copy(), codes), weights=weights)


def log_likelihoods(outputs, codes, type_of_target):
    """Return the log-probability that each network gives to what is true of each row.

    Its shape is (n_networks, n_rows), or (n_networks, n_rows · n_labels).
    """
    if type_of_target == "multiclass":
        logs = outputs - logsumexp(outputs, axis=2, keepdims=True)
        return logs[:, np.arange(len(codes)), codes]
    return log_expit(np.where(codes > 0, outputs, -outputs)).reshape(len(outputs), -1)


def mixture_weights(logs, sample_weight):
    """Return what each variant counts in a mean of probabilities, by their log-likelihoods.

    The logarithm of the likelihood, with the prior of EQUAL further rows in which all variants have
    equal shares, is concave in the weights: it has one maximum. They are the softmax of what
    L-BFGS moves.

    Parameters
    ----------
    logs : ndarray of shape (n_variants, n_rows)
        The log-probability that each variant gives to what is true of each row.
    sample_weight : ndarray of shape (n_rows,)
        What the rows count, on any scale.
    """
    n_variants = len(logs)
    equal = np.full(n_variants, 1 / n_variants)
    if n_variants == 1 or not sample_weight.any():
        return equal
    s = sample_weight / sample_weight.sum()
    p = np.exp(logs - logs.max(axis=0))
    prior = EQUAL / n_variants / np.count_nonzero(s)

    def value_and_gradient(scores):
        weights = softmax(scores)
        mixed = weights @ p
        value = s @ np.log(mixed) + prior * np.log(weights).sum()
        slope = p @ (s / mixed) + prior / weights
        return -value, -weights * (slope - weights @ slope)

    options = {"ftol": 1e-12, "gtol": 1e-8}
    start = np.zeros(n_variants)
    found = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    return softmax(found.x)


def deal(weights, n):
    """Return of which variant each of n networks is: nearly as many of each as it weighs.

    The first networks of more are those of fewer.
    """
    variants, counts = [], np.zeros(len(weights))
    for m in range(1, n + 1):
        variants.append(int(np.argmax(m * weights - counts)))
        counts[variants[-1]] += 1
    return variants


def member_weights(variants, weights):
    """Return what each network counts, whose sum is 1: its part of the weight of its variant."""
    each = weights[variants] / np.bincount(variants)[variants]
    return each / each.sum()


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
