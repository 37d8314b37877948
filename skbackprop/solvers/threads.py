"""Who has the cores: BLAS in a product, threads that share a batch, trainings side by side."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from weakref import WeakKeyDictionary

from joblib import cpu_count

from .buffers import blas_libraries, check_room, is_room_for

LARGE_PRODUCT = 2**25  # multiplications from which the threads of BLAS pay


@cache
def _gives_way():
    """Whether a limit of BLAS holds for all threads, as it does but for OpenMP and the unknown."""
    libraries = blas_libraries().lib_controllers
    kinds = {(library.internal_api, library.threading_layer) for library in libraries}
    return bool(kinds) and all(
        kind in (("openblas", "pthreads"), ("openblas", "disabled")) or kind[0] == "mkl"
        for kind in kinds
    )


def _take_control():
    """Let any thread set the limit: threadpoolctl 3.8 ignores all but the first that has."""
    for library in blas_libraries().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)


class _Turn:
    """Somebody who wants BLAS to have one thread, and may compute products with it."""

    def __init__(self, computes=False):
        self.computes = computes


class _Limit:
    """BLAS has one thread for as long as anybody wants that, and then what it had before.

    The setting belongs to the process, and so does this. A turn that an interrupt has kept from
    leaving is forgotten with its frame, and the next to enter puts the setting right.
    """

    def __init__(self):
        self._lock, self._taken = threading.Lock(), WeakKeyDictionary()
        self._limiter, self._n_threads = None, 1

    def enter(self, turn, takes_cores):
        """Limit BLAS; return how many threads this turn has, where it takes the cores."""
        with self._lock:
            if turn.computes:  # the buffers that have been taken are for one at a time
                check_room(sum(other.computes for other in self._taken))
            if not self._taken:
                self._restore()
                counts = [library.num_threads for library in blas_libraries().lib_controllers]
                self._n_threads = min(counts, default=1)
                _take_control()
                self._limiter = blas_libraries().limit(limits=1)
            self._taken[turn] = 0
            if takes_cores and self._n_threads > 1:
                n_cores = min(self._n_threads, cpu_count())
                self._taken[turn] = max(1, n_cores - sum(self._taken.values()))
            return max(1, self._taken[turn])

    def leave(self, turn):
        """Restore the setting after the last."""
        with self._lock:
            self._taken.pop(turn, None)
            if not self._taken:
                self._restore()

    def _restore(self):
        if self._limiter is not None:
            _take_control()
            self._limiter.restore_original_limits()
            self._limiter = None
            _take_control()

    def start_anew(self):
        """Forget the threads of the parent, which a forked process does not have."""
        self._lock, self._taken = threading.Lock(), WeakKeyDictionary()


_limit = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_limit.start_anew)


@contextmanager
def one_blas_thread(takes_cores=False, computes=False):
    """Limit BLAS to one thread inside; yield how many the caller may have itself.

    Whoever takes the cores has as many threads as the user lets BLAS have, less those that others
    have taken, but at least one. Who computes while others do is refused where there is no room
    for the buffers of all.
    """
    turn = _Turn(computes)
    try:
        yield _limit.enter(turn, takes_cores)
    finally:
        _limit.leave(turn)


def few_blas_threads(product):
    """Limit BLAS to one thread inside, unless the largest product has many multiplications."""
    return one_blas_thread(computes=True) if product < LARGE_PRODUCT else nullcontext()


@contextmanager
def threads_of(epoch, product):
    """Give an epoch that can share its work the threads of BLAS; else do as `few_blas_threads`.

    So it is, too, with a BLAS that cannot be limited for all threads at once. The epoch has one
    thread where there is no room for the buffers of more.
    """
    if epoch.shares and _gives_way():
        with one_blas_thread(takes_cores=True, computes=True) as n_threads:
            epoch.n_threads = n_threads if is_room_for(n_threads - 1) else 1
            yield
    else:
        with few_blas_threads(product):
            yield


@contextmanager
def side_by_side(calls, stop):
    """Yield the results of some calls, in order; as many as BLAS has threads are made at a time.

    So calls begin before their results are asked for. Those that are at work at the end of the
    context are told to `stop`, an event, and waited for; others do not begin. One call is made
    after the other, when it is asked for, where BLAS has one thread, cannot be limited for all
    threads at once, or has no room for the buffers of more.
    """
    with one_blas_thread(takes_cores=True) if _gives_way() else nullcontext(1) as n_cores:
        n_threads = min(n_cores, len(calls))
        if n_threads < 2 or not is_room_for(n_threads - 1):
            yield (call() for call in calls)
            return
        pool = ThreadPoolExecutor(n_threads)
        try:
            futures = [pool.submit(call) for call in calls]
            yield (future.result() for future in futures)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
