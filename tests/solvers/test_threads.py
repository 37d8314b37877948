"""BLAS has one thread while small nets train, and what it had before afterwards."""

import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skbackprop.solvers.threads import LARGE_PRODUCT, few_blas_threads


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
