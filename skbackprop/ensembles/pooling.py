"""Several networks as one: what each counts in their mean, and one temperature for it.

An ensemble answers as a network does, by "scores" that stand for the pre-activations of the
outputs. What they are is for the targets to say: their `pool` makes them.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

PRIOR = 10.0  # the curvature, in rows, that keeps log b near 0 where the rows can hardly tell
EQUAL = 2.0  # rows that speak for equal weights
MOST_STEPS, LONGEST_STEP, SMALLEST_STEP = 100, 1.0, 1e-10


def mean_loss(targets, scores, codes, weights):
    """Return the mean loss of scores, weighted."""
    return np.average(targets.loss.fprop(scores.copy(), codes), weights=weights)


def variant_weights(targets, outputs, codes, sample_weight):
    """Return what each variant counts, by which the out-of-fold predictions are best.

    Parameters
    ----------
    targets : targets
        What the networks tell.
    outputs : ndarray of shape (n_variants, n_rows, n_outputs)
        Pre-activations out of fold.
    codes, sample_weight : ndarray of length n_rows
        What is true, and what the rows count.
    """
    if not hasattr(targets, "log_likelihoods"):
        return mean_weights(targets, outputs, codes, sample_weight)
    logs = targets.log_likelihoods(outputs, codes)
    return mixture_weights(logs, np.repeat(sample_weight, logs.shape[1] // len(codes)))


def mean_weights(targets, outputs, codes, sample_weight):
    """Return what each variant counts in a mean of predictions, by the loss of the mean.

    Minimised is the mean loss together with that of EQUAL further rows, whose loss is that of equal
    weights, and grows as these do that the likelihood of a mixture has: they are the softmax of
    what L-BFGS moves, by differences.
    """
    n_variants = len(outputs)
    equal = np.full(n_variants, 1 / n_variants)
    if n_variants == 1:
        return equal
    at_equal = mean_loss(targets, targets.pool(outputs, equal), codes, sample_weight)
    if not at_equal > 0:
        return equal
    prior = EQUAL / n_variants / len(codes)

    def value(scores):
        weights = softmax(scores)
        loss = mean_loss(targets, targets.pool(outputs, weights), codes, sample_weight)
        return loss / at_equal - prior * np.log(n_variants * weights).sum()

    return softmax(minimize(value, np.zeros(n_variants), method="L-BFGS-B").x)


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


def member_weights(variants, weights):
    """Return what each network counts, whose sum is 1: its part of the weight of its variant."""
    each = weights[variants] / np.bincount(variants)[variants]
    return each / each.sum()


def has_temperature(targets):
    """Whether the outputs are probabilities, which may be too confident."""
    return hasattr(targets, "variance")


def fit_temperature(targets, scores, codes, weights):
    """Return the T for which scores / T have the lowest loss, by Newton's method.

    It is 1 where the targets have no variance of scores, since their outputs are no probabilities.

    With b = exp(a) = 1 / T and the gradient F − E of the loss at the scores b S, what is minimised
    is n (mean loss) + ½ PRIOR a². Its first derivative is Σ (F − E) · b S + PRIOR a; of its second,
    what is never negative is kept: the variance of b S under F, and PRIOR. The prior matters where
    nearly all rows are right: there, one that is not would rule alone.
    """
    if not has_temperature(targets):
        return 1.0
    loss = targets.loss
    s = np.ones(len(codes)) if weights is None else weights
    s = s * (np.count_nonzero(s) / s.sum())
    a = 0.0
    for _ in range(MOST_STEPS):
        scaled = np.exp(a) * scores
        F = loss.outputs(scaled.copy())
        spread = targets.variance(F, scaled)
        slope = s @ np.einsum("tc,tc->t", loss.bprop(F, codes), scaled) + PRIOR * a
        step = np.clip(-slope / (s @ spread + PRIOR), -LONGEST_STEP, LONGEST_STEP)
        a += step
        if abs(step) < SMALLEST_STEP:
            break
    return float(np.exp(-a))
