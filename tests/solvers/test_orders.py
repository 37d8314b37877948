"""The random orders of rows."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import chisquare

from skbackprop.solvers.orders import ROWS_PER_DRAW, RandomOrders

SIZES = [1, 2, 13, ROWS_PER_DRAW // 2, ROWS_PER_DRAW, ROWS_PER_DRAW + 1]


def orders(seed, rows, epochs):
    of = RandomOrders(seed, rows)
    return [of[epoch].copy() for epoch in epochs]


@pytest.mark.parametrize("n_rows", SIZES)
def test_every_order_has_each_row_once(n_rows):
    rows = 5 + 3 * np.arange(n_rows)
    for order in orders(0, rows, range(4)):
        assert_array_equal(np.sort(order), rows)
        assert order.dtype == rows.dtype


@pytest.mark.parametrize("n_rows", SIZES)
def test_an_order_is_a_function_of_the_seed_and_the_epoch_whatever_was_asked_before(n_rows):
    rows, n_epochs = np.arange(n_rows), min(400, 3 * (1 + ROWS_PER_DRAW // n_rows))
    in_order = orders(7, rows, range(n_epochs))
    for epoch in (n_epochs - 1, 0, n_epochs // 2):
        assert_array_equal(orders(7, rows, [epoch])[0], in_order[epoch])
    backwards = orders(7, rows, reversed(range(n_epochs)))
    assert_array_equal(backwards[::-1], in_order)


def test_orders_differ_between_epochs_and_between_seeds_also_across_blocks():
    rows, per_block = np.arange(64), ROWS_PER_DRAW // 64
    drawn = [tuple(order) for seed in (0, 1) for order in orders(seed, rows, range(3 * per_block))]
    assert len(set(drawn)) == len(drawn)


def test_all_orders_of_three_rows_are_equally_likely():
    drawn = [tuple(order) for order in orders(0, np.arange(3), range(6000))]
    counts = [drawn.count(order) for order in itertools.permutations(range(3))]
    assert sum(counts) == 6000
    assert chisquare(counts).pvalue > 1e-3


def test_the_rows_given_are_not_changed():
    rows = np.arange(13)
    orders(0, rows, range(5))
    assert_array_equal(rows, np.arange(13))
