import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop.objective.losses import OF_NUMBERS, LogisticCrossEntropy, SoftmaxCrossEntropy
from skbackprop.tables.targets.classes import Classes
from skbackprop.tables.targets.labels import Labels
from skbackprop.tables.targets.numbers import Numbers

WEIGHTS = np.array([0.7, 0.0, 0.3])
OPTIONS = {"huber": {"huber_delta": 1.3}, "quantile": {"quantile": [0.1, 0.5, 0.9]}}
CLASSES = Classes(np.array(["a", "b", "c"]), SoftmaxCrossEntropy())
LABELS = Labels(np.arange(3), LogisticCrossEntropy())


def numbers(name):
    n = 1 if name == "quantile" else 3
    loss = OF_NUMBERS[name](**OPTIONS.get(name, {}))
    return Numbers(np.arange(n) + 1.0, np.arange(n) + 2.0, loss)


HEADS = {"classes": CLASSES, "labels": LABELS, **{name: numbers(name) for name in OF_NUMBERS}}
CASES = [(head, name) for head, targets in HEADS.items() for name in targets.quantities]


@pytest.mark.parametrize(("head", "name"), CASES)
def test_the_gradient_of_a_quantity_of_several_networks_is_that_of_finite_differences(
    head, name, rng
):
    quantity = HEADS[head].quantities[name](HEADS[head], WEIGHTS, 1.5)
    A, e = rng.normal(size=(3, 4, 3)), 1e-6
    for k in range(3):
        gradient, expected = quantity.gradient(A, k), np.empty_like(A)
        for m, c in np.ndindex(3, 3):
            way = np.zeros_like(A)
            way[m, :, c] = e
            expected[m, :, c] = quantity.value(A + way, k) - quantity.value(A - way, k)
        assert_allclose(gradient, expected / (2 * e), atol=1e-8)


def test_log_odds_and_probabilities_are_those_of_the_mean_at_the_temperature(rng):
    A = 3 * rng.normal(size=(3, 4, 3))
    P = np.average(np.exp(A) / np.exp(A).sum(axis=2, keepdims=True), axis=0, weights=WEIGHTS)
    P = P ** (1 / 1.5) / (P ** (1 / 1.5)).sum(axis=1, keepdims=True)
    of = {name: made(CLASSES, WEIGHTS, 1.5) for name, made in CLASSES.quantities.items()}
    for k in range(3):
        assert_allclose(of["probability"].value(A, k), P[:, k])
        assert_allclose(of["log_odds"].value(A, k), np.log(P[:, k] / (1 - P[:, k])))


def test_log_odds_of_what_is_certain_are_finite():
    A = np.array([[[800.0, 0.0, -800.0], [0.0, 0.0, 2000.0]]])
    quantity = Classes.quantities["log_odds"](CLASSES, np.ones(1), 1.0)
    assert_allclose(quantity.value(A, 0), [800, -2000])
    assert np.isfinite(quantity.gradient(A, 0)).all()
