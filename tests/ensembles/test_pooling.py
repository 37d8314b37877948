"""Probabilities are pooled, by weights and at a temperature that are the likeliest."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from skbackprop.ensembles.pooling import (
    EQUAL,
    PRIOR,
    deal,
    fit_temperature,
    log_likelihoods,
    member_weights,
    mixture_weights,
    pool,
)
from skbackprop.objective.losses import LOSSES

KINDS = tuple(LOSSES)


def drawn(F, kind, rng):
    """Return targets that are drawn from the probabilities F."""
    if kind == "multiclass":
        return (rng.uniform(size=(len(F), 1)) > F.cumsum(axis=1)).sum(axis=1)
    return (rng.uniform(size=F.shape) < F).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_of_variants_are_the_likeliest(kind, rng):
    logits = rng.normal(size=(1500, 3)) * 2
    F = LOSSES[kind].outputs(logits.copy())
    codes = drawn(F, kind, rng)
    outputs = logits + rng.normal(size=(3, *logits.shape)) * np.reshape([0.5, 1, 4], (3, 1, 1))
    logs, s = log_likelihoods(outputs, codes, kind), rng.uniform(0.1, 1, 1500)
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


def test_networks_on_all_rows_are_dealt_out_by_weight(rng):
    weights = np.array([0.2, 0.7, 0.1])
    for n in (1, 2, 10, 100):
        counts = np.bincount(deal(weights, n), minlength=3)
        assert np.abs(counts - n * weights).max() < 1
    assert deal(weights, 3) == deal(weights, 10)[:3]
    variants = [0, 1, 1, 0, 2, 1, 1]
    shares = np.bincount(variants, member_weights(variants, weights))
    assert np.allclose(shares, weights)
    assert member_weights([1, 1], weights).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kind", KINDS)
def test_pooling_far_from_zero_overflows_nowhere(kind):
    A = np.array([[[1e4, -1e4]], [[-1e4, 1e4]]])
    S = pool(A, kind)
    assert np.allclose(LOSSES[kind].outputs(S.copy()), 0.5)
    assert np.isfinite(LOSSES[kind].log_outputs(pool(A[:1], kind))).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_newtons_method_finds_the_lowest_loss(kind, true_temperature, rng):
    logits = rng.normal(size=(2000, 3)) * 2
    F = LOSSES[kind].outputs(logits.copy())
    codes = drawn(F, kind, rng)
    scores, s = logits * true_temperature, rng.uniform(0.5, 1.5, 2000)

    def risk(a):
        losses = LOSSES[kind].fprop(scores * np.exp(a), codes)
        return 2000 * np.average(losses, weights=s) + PRIOR / 2 * a**2

    best = minimize_scalar(risk, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x
    found = fit_temperature(scores, codes, s, kind)
    assert found == pytest.approx(np.exp(-best), rel=1e-5)
    assert found == pytest.approx(true_temperature, rel=0.15)
    assert fit_temperature(scores, codes, s * 1e-6, kind) == pytest.approx(found)


def test_a_single_wrong_row_does_not_rule_the_temperature():
    scores = np.tile([30.0, -30.0], (200, 1))
    codes = np.zeros(200, int)
    codes[0] = 1
    assert fit_temperature(scores, codes, None, "multiclass") < 10
    all_right = fit_temperature(scores, np.zeros(200, int), None, "multiclass")
    assert all_right == pytest.approx(1)
