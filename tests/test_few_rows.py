"""From a handful of rows to some hundred: what is learned, and what it takes, changes by steps."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier


def noisy(n_rows, seed):
    """Return rows of five columns, of which one tells a little, and others to test on."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows + 3000, 5))
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
    y[:2] = 0, 1
    return X[:n_rows], X[n_rows:], y[:n_rows], y[n_rows:]


def losses(model, draw, seeds=range(4)):
    """Return the mean log-loss of a model over several draws."""
    found = []
    for X, X_test, y, y_test in map(draw, seeds):
        found.append(log_loss(y_test, model.fit(X, y).predict_proba(X_test)))
    return np.mean(found)


@pytest.mark.parametrize("n_rows", [10, 16, 24, 25, 32, 33, 40, 80, 100, 101, 150])
def test_noise_of_any_number_of_rows_costs_little_more_than_by_logistic_regression(n_rows):
    model, logistic = (
        losses(model, lambda seed: noisy(n_rows, seed), range(8))
        for model in (BackpropClassifier(random_state=0), LogisticRegression())
    )
    assert model < max(logistic, np.log(2)) + 0.1


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine], ids=["cancer", "wine"])
def test_what_is_clear_is_learned_from_few_rows_and_the_better_the_more_there_are(load):
    X, y = load(return_X_y=True)

    def draw(seed, n_rows):
        return train_test_split(X, y, train_size=n_rows, stratify=y, random_state=seed)

    model = BackpropClassifier(random_state=0)
    of_15, of_40, of_80 = (losses(model, lambda seed, n=n: draw(seed, n)) for n in (15, 40, 80))
    assert of_80 < of_40 + 0.02 < of_15 + 0.02
    assert of_15 < 0.55 and of_40 < 0.17 and of_80 < 0.14


def test_the_updates_do_not_jump_between_100_and_101_rows(rng):
    X, y = rng.normal(size=(101, 4)), np.arange(101) % 2
    updates = [BackpropClassifier(random_state=0).fit(X[:n], y[:n]).t_ for n in (99, 100, 101)]
    assert max(updates) < 1.1 * min(updates)


@pytest.mark.parametrize("n_rows", [25, 48, 60, 100])
def test_weaker_penalties_are_tried_with_each_row_more(n_rows):
    X, _, y, _ = noisy(n_rows, 0)
    y = (X[:, 0] > 0).astype(int)  # clear: the weakest is reached
    tried = BackpropClassifier(random_state=0).fit(X, y).l2_validation_losses_
    ratio = max(tried) / min(tried)
    assert ratio <= min(256, (n_rows / 24) ** 6) * (1 + 1e-9)
