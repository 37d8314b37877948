"""BLAS has one thread while small nets train, and what it had before afterwards."""

import gc
import threading
from functools import partial
from types import SimpleNamespace

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skbackprop.solvers import threads
from skbackprop.solvers.threads import (
    LARGE_PRODUCT,
    few_blas_threads,
    one_blas_thread,
    side_by_side,
    threads_of,
)


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_the_users_setting_afterwards():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with few_blas_threads(10):
            assert set(blas_threads()) == {1}
            with few_blas_threads(20):
                assert set(blas_threads()) == {1}
            assert set(blas_threads()) == {1}
        assert blas_threads() == before


def test_large_products_leave_the_users_setting():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with few_blas_threads(LARGE_PRODUCT):
            assert blas_threads() == before


@pytest.mark.parametrize("first_leaves_first", [True, False])
def test_the_setting_is_restored_after_two_threads(first_leaves_first):
    before = blas_threads()
    inside, leave = threading.Event(), threading.Event()

    def train():
        with few_blas_threads(10):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=train, daemon=True)
    thread.start()
    inside.wait(10)
    assert set(blas_threads()) == {1}
    with few_blas_threads(10):
        if first_leaves_first:
            leave.set()
            thread.join()
    leave.set()
    thread.join()
    assert blas_threads() == before


@pytest.fixture
def four_cores(monkeypatch):
    """A machine with four cores, and a BLAS that gives way."""
    monkeypatch.setattr(threads, "cpu_count", lambda: 4)
    monkeypatch.setattr(threads, "_gives_way", lambda: True)
    with threadpool_limits(4, user_api="blas"):
        if set(blas_threads()) != {4}:
            pytest.skip("this BLAS has fewer threads")
        yield


def test_who_comes_first_has_all_cores_and_the_next_has_one(four_cores):
    with one_blas_thread(takes_cores=True) as first, one_blas_thread(takes_cores=True) as second:
        assert (first, second) == (4, 1)
        assert set(blas_threads()) == {1}
    with one_blas_thread() as idle, one_blas_thread(takes_cores=True) as alone:
        assert (idle, alone) == (1, 4)


def test_no_more_threads_than_cores(four_cores, monkeypatch):
    monkeypatch.setattr(threads, "cpu_count", lambda: 3)
    with one_blas_thread(takes_cores=True) as n_threads:
        assert n_threads == 3


@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("gives_way", [True, False])
def test_an_epoch_has_the_threads_of_a_blas_that_gives_way(
    four_cores, monkeypatch, shares, gives_way
):
    monkeypatch.setattr(threads, "_gives_way", lambda: gives_way)
    epoch = SimpleNamespace(shares=shares, n_threads=1)
    with threads_of(epoch, LARGE_PRODUCT):
        assert epoch.n_threads == (4 if shares and gives_way else 1)
        assert set(blas_threads()) == {1 if shares and gives_way else 4}
    assert set(blas_threads()) == {4}


def test_a_turn_that_an_interrupt_keeps_from_leaving_is_forgotten(four_cores):
    turn = threads._Turn()
    assert threads._limit.enter(turn, takes_cores=True) == 4
    del turn
    gc.collect()
    with one_blas_thread(takes_cores=True) as n_threads:
        assert n_threads == 4
    assert set(blas_threads()) == {4}


def test_a_forked_process_does_not_wait_for_threads_of_its_parent(four_cores):
    limit, turn = threads._Limit(), threads._Turn()
    limit.enter(turn, takes_cores=True)
    limit._lock.acquire()
    limit.start_anew()
    mine = threads._Turn()
    assert limit.enter(mine, takes_cores=True) == 4
    limit.leave(mine)
    assert set(blas_threads()) == {4}


@pytest.mark.parametrize("gives_way", [True, False])
def test_calls_are_made_side_by_side_by_a_blas_that_gives_way(four_cores, monkeypatch, gives_way):
    monkeypatch.setattr(threads, "_gives_way", lambda: gives_way)
    meeting = threading.Barrier(4 if gives_way else 1)

    def call(number):
        meeting.wait(10)
        return number, set(blas_threads())

    with side_by_side([partial(call, i) for i in range(4)], threading.Event()) as results:
        assert list(results) == [(i, {1 if gives_way else 4}) for i in range(4)]
    assert set(blas_threads()) == {4}


def test_calls_whose_result_nobody_wants_end_or_do_not_begin(four_cores):
    stop, began = threading.Event(), []

    def call(number):
        began.append(number)
        assert number == 0 or stop.wait(10)
        return number

    with side_by_side([partial(call, i) for i in range(9)], stop) as results:
        assert next(results) == 0
    assert len(began) <= 5


def test_what_a_call_raises_comes_in_the_place_of_its_result(four_cores):
    calls = [int, partial(int, "x"), int]
    with (
        pytest.raises(ValueError, match="'x'"),
        side_by_side(calls, threading.Event()) as results,
    ):
        assert next(results) == 0
        next(results)
    assert set(blas_threads()) == {4}


def test_one_call_is_made_after_the_other_where_there_is_no_room_for_buffers(
    four_cores, monkeypatch
):
    monkeypatch.setattr(threads, "is_room_for", lambda n_threads: n_threads < 3)
    began = []
    with side_by_side([partial(began.append, i) for i in range(4)], threading.Event()) as results:
        next(results)
        assert began == [0]
