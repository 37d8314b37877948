"""The random orders of rows."""

import itertools
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import chisquare

from skbackprop.solvers.orders import (
    BLOCK_BYTES,
    LARGE_BYTES,
    ROWS_PER_DRAW,
    WINDOW_BYTES,
    BlockOrders,
    PagedEpoch,
    RandomOrders,
    random_orders,
)

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


@pytest.mark.parametrize("n_rows", SIZES)
def test_some_orders_at_once_are_those_of_the_epochs_that_follow(n_rows):
    rows, drawn = np.arange(n_rows), 0
    of = RandomOrders(7, rows)
    while drawn < 5:
        some = of.some(drawn, 3).copy()
        assert 1 <= len(some) <= 3
        assert_array_equal(some, orders(7, rows, range(drawn, drawn + len(some))))
        drawn += len(some)


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


BLOCKS = [(1, 1), (1, 4), (5, 1), (5, 3), (7, 100), (1000, 2)]


@pytest.mark.parametrize(("block", "window"), BLOCKS)
@pytest.mark.parametrize("n_rows", [1, 2, 13, 100])
def test_an_order_of_blocks_has_each_row_once(n_rows, block, window):
    rows = 5 + 3 * np.arange(n_rows)
    orders = BlockOrders(0, rows, block, window)
    for epoch in range(4):
        assert_array_equal(np.sort(orders[epoch]), rows)
    assert_array_equal(rows, 5 + 3 * np.arange(n_rows))


def test_an_order_of_blocks_is_a_function_of_the_seed_and_the_epoch():
    rows, own = np.arange(200), BlockOrders(7, np.arange(200), 5, 3)
    first = [own[epoch].copy() for epoch in range(6)]
    again = BlockOrders(7, rows, 5, 3)
    for epoch in (5, 0, 0, 3):
        assert_array_equal(again[epoch], first[epoch])
    assert len({tuple(order) for order in first}) == 6
    assert not np.array_equal(BlockOrders(8, rows, 5, 3)[0], first[0])


def test_a_window_has_the_rows_of_so_many_blocks_and_mixes_them():
    block, window, n_rows = 10, 4, 400
    order = BlockOrders(0, np.arange(n_rows), block, window)[0]
    for own in order.reshape(-1, block * window):
        blocks = own // block
        assert len(set(blocks)) == window
        assert np.count_nonzero(np.diff(blocks)) > block * window / 2


@pytest.mark.parametrize("batch_size", [1, 3, 32, 1000])
def test_windows_are_whole_batches_and_cover_all_rows(batch_size):
    rows = np.arange(203)
    windows = list(BlockOrders(0, rows, 5, 4).windows(batch_size))
    assert_array_equal(np.concatenate([rows[window] for window in windows]), rows)
    for number, window in enumerate(windows[:-1]):
        assert window.stop % batch_size == 0
        assert 0 <= window.stop - 20 * (number + 1) < batch_size or batch_size > 20


def test_each_row_is_as_likely_at_each_place():
    orders = BlockOrders(0, np.arange(12), 2, 3)
    places = np.array([np.argsort(orders[epoch]) for epoch in range(6000)])
    for row in (0, 5, 11):
        assert chisquare(np.bincount(places[:, row], minlength=12)).pvalue > 1e-3


def test_rows_of_many_bytes_are_shuffled_in_windows_of_so_many_bytes():
    rows = np.arange(2048)
    assert isinstance(random_orders(0, rows), RandomOrders)
    assert isinstance(random_orders(0, rows, LARGE_BYTES // 2048), RandomOrders)
    row_bytes = LARGE_BYTES // 1024
    order = random_orders(0, rows, row_bytes)[0]
    n = WINDOW_BYTES // row_bytes
    assert row_bytes >= BLOCK_BYTES  # a block is a row
    assert_array_equal(order, BlockOrders(0, rows, 1, n)[0])
    row_bytes = BLOCK_BYTES // 4 + 1
    assert_array_equal(
        random_orders(0, np.arange(5000), row_bytes)[0],
        BlockOrders(0, np.arange(5000), 3, WINDOW_BYTES // (3 * row_bytes))[0],
    )


class Told:
    """Stands for an epoch and for its inputs, and notes what is asked of it."""

    def __init__(self, bad_row=None):
        self.bad_row, self.notes = bad_row, []

    @contextmanager
    def pages(self):
        yield self
        self.notes.append("closed")

    def fetch(self, rows):
        self.notes.append(("fetch", rows.tolist()))

    def run(self, order, rates):
        """One row is one batch; the losses are 1, but one."""
        self.notes.append(("run", order.tolist(), rates[: len(order)].tolist()))
        rows = order.tolist()
        n = rows.index(self.bad_row) + 1 if self.bad_row in rows else len(rows)
        return np.nan if n < len(rows) else float(n), n


def test_a_paged_epoch_fetches_each_window_and_then_runs_it_at_its_own_rates():
    orders, told, rates = BlockOrders(0, np.arange(10), 2, 2), Told(), np.arange(10.0)
    order = orders[0]
    assert PagedEpoch(told, orders, 1, told).run(order, rates) == (10.0, 10)
    expected = []
    for begin in (0, 4, 8):
        own = order[begin : begin + 4].tolist()
        expected += [("fetch", own), ("run", own, list(map(float, range(begin, begin + len(own)))))]
    assert told.notes == [*expected, "closed"]


def test_a_paged_epoch_ends_with_the_window_whose_loss_is_not_finite():
    orders, rates = BlockOrders(0, np.arange(10), 2, 2), np.arange(10.0)
    order = orders[0]
    told = Told(bad_row=order[5])
    total, n_updates = PagedEpoch(told, orders, 1, told).run(order, rates)
    assert np.isnan(total) and n_updates == 6
    assert [note[0] for note in told.notes[:-1]] == ["fetch", "run"] * 2
