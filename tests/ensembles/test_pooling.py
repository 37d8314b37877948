"""Probabilities are pooled, by weights and at a temperature that are the likeliest."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from skbackprop.ensembles.pooling import (
    EQUAL,
    PRIOR,
    fit_temperature,
    member_weights,
    mixture_weights,
)
from skbackprop.objective.losses import LOSSES
from skbackprop.tables.targets import Classes, Labels

each_kind = pytest.mark.parametrize("kind", [Classes, Labels])


def targets_of(kind, n_outputs):
    """Return targets of a kind."""
    return kind(np.arange(n_outputs), LOSSES[kind.default_loss]())


def drawn(kind, logits, rng):
    """Return targets of a kind, and codes that are drawn from the probabilities that they have."""
    targets = targets_of(kind, logits.shape[1])
    F = targets.loss.outputs(logits.copy())
    if kind is Labels:
        return targets, (rng.uniform(size=F.shape) < F).astype(np.uint8)
    return targets, (rng.uniform(size=(len(F), 1)) > F.cumsum(axis=1)).sum(axis=1)


@each_kind
def test_the_weights_of_variants_are_the_likeliest(kind, rng):
    logits = rng.normal(size=(1500, 3)) * 2
    targets, codes = drawn(kind, logits, rng)
    outputs = logits + rng.normal(size=(3, *logits.shape)) * np.reshape([0.5, 1, 4], (3, 1, 1))
    logs, s = targets.log_likelihoods(outputs, codes), rng.uniform(0.1, 1, 1500)
    s = np.repeat(s, logs.shape[1] // 1500)
    found = mixture_weights(logs, s)
    assert found.sum() == pytest.approx(1)

    weights, each = np.full(3, 1 / 3), s / s.mean()
    for _ in range(3000):  # expectation and maximisation, another way to the maximum
        shares = weights[:, None] * np.exp(logs)
        weights = (shares / shares.sum(axis=0)) @ each + EQUAL / 3
        weights /= weights.sum()
    assert np.allclose(found, weights, atol=1e-3)
    assert np.allclose(mixture_weights(logs, s * 1e-6), found)


def test_variants_have_equal_weights_where_no_row_tells():
    assert mixture_weights(np.zeros((2, 0)), np.ones(0)).tolist() == [0.5, 0.5]
    assert np.allclose(mixture_weights(np.zeros((4, 10)), np.ones(10)), 0.25)


def test_the_networks_of_a_variant_share_its_weight():
    weights = np.array([0.2, 0.7, 0.1])
    variants = [0, 1, 1, 0, 2, 1, 1]
    shares = np.bincount(variants, member_weights(variants, weights))
    assert np.allclose(shares, weights)
    assert member_weights([1, 1], weights).tolist() == [0.5, 0.5]


@each_kind
def test_pooling_far_from_zero_overflows_nowhere(kind):
    A = np.array([[[1e4, -1e4]], [[-1e4, 1e4]]])
    targets = targets_of(kind, 2)
    assert np.allclose(targets.loss.outputs(targets.pool(A)), 0.5)
    assert np.isfinite(targets.loss.log_outputs(targets.pool(A[:1]))).all()


@each_kind
@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_newtons_method_finds_the_lowest_loss(kind, true_temperature, rng):
    logits = rng.normal(size=(2000, 3)) * 2
    targets, codes = drawn(kind, logits, rng)
    scores, s = logits * true_temperature, rng.uniform(0.5, 1.5, 2000)

    def risk(a):
        losses = targets.loss.fprop(scores * np.exp(a), codes)
        return 2000 * np.average(losses, weights=s) + PRIOR / 2 * a**2

    best = minimize_scalar(risk, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x
    found = fit_temperature(targets, scores, codes, s)
    assert found == pytest.approx(np.exp(-best), rel=1e-5)
    assert found == pytest.approx(true_temperature, rel=0.15)
    assert fit_temperature(targets, scores, codes, s * 1e-6) == pytest.approx(found)


def test_a_single_wrong_row_does_not_rule_the_temperature():
    scores = np.tile([30.0, -30.0], (200, 1))
    codes = np.zeros(200, int)
    codes[0] = 1
    targets = targets_of(Classes, 2)
    assert fit_temperature(targets, scores, codes, None) < 10
    all_right = fit_temperature(targets, scores, np.zeros(200, int), None)
    assert all_right == pytest.approx(1)
