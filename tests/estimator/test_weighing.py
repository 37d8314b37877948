"""Rows that outweigh others, visited several times in an epoch."""

import numpy as np
import pytest
from models import fast, same_parameters
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop import BackpropRegressor
from skbackprop.estimator.weighing import evenly_spread, visits
from skbackprop.objective.losses import LOSSES
from skbackprop.tables.targets import Classes, Labels

LOSS = LOSSES["softmax_cross_entropy"]
CODES = np.repeat([0, 1], [90, 10])
CLASSES = Classes(np.array([0, 1]), LOSS)


def test_a_row_of_more_than_8_times_the_mean_of_its_class_is_visited_several_times():
    s = np.ones(100)
    s[3], s[95] = 911, 31  # 82 times the mean of the class, 1000 / 90, and 7.75 times 4
    rows, in_a_visit = visits(CLASSES, CODES, None, s, shuffle=True)
    assert_array_equal(np.bincount(rows), np.select([s == 911, s == 31], [82, 8], 1))
    assert in_a_visit[3] == pytest.approx(911 / 82)
    assert_allclose(np.bincount(rows, in_a_visit[rows]), s, rtol=1e-12)
    labels = Labels(np.arange(1), LOSSES["logistic_cross_entropy"])
    s[3], s[95] = 21, 1  # 17.5 times the mean of all, 1.2: weights of up to 64 / 17.5 at once
    rows, _ = visits(labels, CODES[:, None], None, s, shuffle=True)
    assert_array_equal(np.bincount(rows), np.where(s == 21, 5, 1))


@pytest.mark.parametrize("s", [None, np.where(CODES, 900.0, 1.0), np.arange(100) % 7 + 1.0])
def test_rows_that_weigh_about_as_others_of_their_class_are_visited_once(s):
    rows = np.arange(0, 100, 2)
    assert all(
        a is b for a, b in zip(visits(CLASSES, CODES, rows, s, True), (rows, s), strict=True)
    )


def test_visits_are_evenly_spread_where_the_order_is_not_random():
    n_visits = np.array([1, 1, 3, 1, 1])
    order = np.repeat(np.arange(5), n_visits)[evenly_spread(n_visits)]
    assert order.tolist() == [0, 2, 1, 2, 3, 2, 4]


def test_calls_on_rows_of_wide_weights_are_the_epochs_of_one_fit(iris, rng):
    X, y, s = *iris, rng.lognormal(0, 3, 150)
    options = {"max_iter": 4, "standardize": False, "l2": 0.01, "batch_size": 7}
    whole, parts = fast(**options).fit(X, y, s), fast(**options)
    for _ in range(4):
        parts.partial_fit(X, y, [0, 1, 2], s)
    assert whole.t_ > 4 * 22
    assert same_parameters(whole, parts)


def test_numbers_of_wide_weights_are_learned(rng):
    X, X_test = rng.normal(size=(2, 2000, 4))
    s = rng.lognormal(0, 3, 2000)
    model = BackpropRegressor((16,), random_state=0).fit(X, X[:, 0] + X[:, 1], s)
    assert model.score(X_test, X_test[:, 0] + X_test[:, 1]) > 0.9
