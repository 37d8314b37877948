"""One BLAS thread where matrix products are too small to be shared among several."""

import threading
from contextlib import contextmanager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

LARGE_PRODUCT = 2**25  # multiplications from which the threads of BLAS pay

_limiting = threading.Lock()


@cache
def _blas():
    """Find the BLAS libraries, which takes a millisecond."""
    return ThreadpoolController().select(user_api="blas")


class _Turn:
    """Whoever holds it has set the limit; it ends with the frame, however that is left."""

    __del__ = _limiting.release


@contextmanager
def few_blas_threads(product):
    """Limit BLAS to one thread inside, unless the largest product has many multiplications.

    The setting belongs to the process. Only the first of several Python threads makes it, and
    restores it: were all to do so, the last might restore what another had set.
    """
    turn = product < LARGE_PRODUCT and _limiting.acquire(blocking=False) and _Turn()
    with _blas().limit(limits=1) if turn else nullcontext():
        yield
