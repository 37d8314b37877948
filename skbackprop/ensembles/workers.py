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
        if enough.is_set():
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
            in_threads(here, n_jobs, stop)
        else:
            for number, result in enumerate(from_workers(calls, data, n_jobs, backend)):
                run(number, partial(same, result))
    except KeyboardInterrupt:
        return [done[number] for number in sorted(dict(done))], Ending.INTERRUPTED
    ending = Ending.ENOUGH if enough.is_set() else Ending.DONE
    return [done[number] for number in sorted(done)], ending


class Crew:
    """The threads that make some calls, which can be sent home.

    Parameters
    ----------
    stop : threading.Event
        Whether calls are to end early, and no more are to begin.
    """

    def __init__(self, stop):
        self.stop, self.raised = stop, []
        self._n_at_work, self._changed = 0, threading.Condition()

    def make(self, call):
        """Return what a call returns; None where it is not to begin."""
        with self._changed:
            if self.stop.is_set():
                return None
            self._n_at_work += 1
        try:
            return call()
        except Exception as error:
            self.raised.append((error, error.__cause__))
            self.stop.set()
            raise
        finally:
            with self._changed:
                self._n_at_work -= 1
                self._changed.notify_all()

    def send_home(self):
        """Have calls end, and wait until all have; another Ctrl-C ends the waiting."""
        self.stop.set()
        with self._changed:
            self._changed.wait_for(lambda: self._n_at_work == 0)


def in_threads(calls, n_jobs, stop=None):
    """Make calls in threads, which share what they are given; return the results.

    Where there is no room for what BLAS needs in each thread, one call is made after the other.
    However it ends, no thread is at work any more: where one call fails, or by Ctrl-C, the others
    are told to `stop`, an event. What a call raises keeps its cause, in whose place joblib puts a
    text.
    """
    if not is_room_for(effective_n_jobs(n_jobs) - 1):
        n_jobs = 1
    crew = Crew(stop or threading.Event())
    with one_blas_thread(takes_cores=effective_n_jobs(n_jobs) > 1):
        try:
            return Parallel(n_jobs, require="sharedmem")(delayed(crew.make)(call) for call in calls)
        except BaseException:
            crew.send_home()
            for error, cause in crew.raised:
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
