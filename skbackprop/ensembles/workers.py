"""Work that is shared out: among threads here, or where joblib has been told to have it done.

joblib is asked directly: scikit-learn's `delayed` would set the filters of warnings in each thread,
which belong to the process, and a thread that outlives Ctrl-C would set them late.
"""

import threading
from enum import Enum
from functools import partial

from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend

from ..solvers.buffers import is_room_for
from ..solvers.threads import one_blas_thread


class Ending(Enum):
    """Why no more of the work is done: all is, an observer has had enough, or by Ctrl-C."""

    DONE = "done"
    ENOUGH = "enough"
    INTERRUPTED = "interrupted"


def distribute(function, data, arguments, n_jobs, begins=None, ends=None):
    """Call a function of the data, each of the arguments and an event by which it may stop.

    That is in threads, unless joblib has been given processes or a cluster to work in; these get
    the data once, not with each call.

    Parameters
    ----------
    function : callable
        A result of None is as good as none.
    data : object
        What all calls have in common.
    arguments : list of tuple
        What each call has of its own.
    n_jobs : int or None
        How many calls there are at a time.
    begins, ends : callable, optional
        Told the number of each call, and its number and result; once `ends` returns true, no
        further call begins.

    Returns
    -------
    results : list
        Of the calls that have ended, in their order.
    ending : Ending
        Why there are no more.
    """
    done, stop, enough = {}, threading.Event(), threading.Event()

    def run(number, call):
        if enough.is_set() or stop.is_set():
            return
        if begins is not None:
            begins(number)
        result = call()
        if result is not None:
            done[number] = result
            if ends is not None and ends(number, result):
                enough.set()

    calls = [(function, data, *own) for own in arguments]
    backend, _ = get_active_backend(prefer="threads")
    try:
        if getattr(backend, "supports_sharedmem", False):
            here = [partial(run, k, partial(*call, stop)) for k, call in enumerate(calls)]
            in_threads(here, n_jobs)
        else:
            for number, result in enumerate(from_workers(calls, data, n_jobs, backend)):
                run(number, partial(same, result))
    except KeyboardInterrupt:
        stop.set()
        return [done[number] for number in sorted(dict(done))], Ending.INTERRUPTED
    ending = Ending.ENOUGH if enough.is_set() else Ending.DONE
    return [done[number] for number in sorted(done)], ending


def in_threads(calls, n_jobs):
    """Make calls in threads, which share what they are given; return the results.

    Where there is no room for what BLAS needs in each thread, one call is made after the other.
    What a call raises keeps its cause, in whose place joblib puts a text.
    """
    if not is_room_for(effective_n_jobs(n_jobs) - 1):
        n_jobs = 1
    raised = []

    def made(call):
        try:
            return call()
        except Exception as error:
            raised.append((error, error.__cause__))
            raise

    with one_blas_thread(takes_cores=effective_n_jobs(n_jobs) > 1):
        try:
            return Parallel(n_jobs, require="sharedmem")(delayed(made)(call) for call in calls)
        except Exception:
            for error, cause in raised:
                error.__cause__ = cause
            raise


def from_workers(calls, data, n_jobs, backend):
    """Yield the results of calls that are made in other processes, in order."""
    client = getattr(backend, "client", None)
    if client is not None:
        shared = kept_on_cluster(client, data, backend.submit_kwargs)
        calls = [(function, shared, *own) for function, _, *own in calls]
    return_as = "generator" if backend.supports_return_generator else "list"
    parallel = Parallel(n_jobs, prefer="threads", return_as=return_as)
    yield from parallel(delayed(elsewhere)(*call) for call in calls)


def kept_on_cluster(client, data, options):
    """Send data to a Dask cluster as the result of a task, and return its future.

    The scheduler can have a task done anew where a worker dies. It cannot restore what was
    scattered: even of data that were sent to all workers, it soon keeps a single copy.
    """
    from dask import config

    with config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):
        return client.submit(same, data, **{"pure": False, **options})


def elsewhere(function, *own):
    """Call a function in another process, on one BLAS thread, as it is called in a thread here."""
    with one_blas_thread():
        return function(*own, threading.Event())


def same(result):
    """Return what it is given."""
    return result
