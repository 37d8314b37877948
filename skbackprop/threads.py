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


@contextmanager
def few_blas_threads(product):
    """Limit BLAS to one thread inside, unless the largest product has many multiplications.

    The setting belongs to the process. Only the first of several Python threads makes it, and
    restores it: were all to do so, the last might restore what another had set.
    """
    first = False
    try:
        first = product < LARGE_PRODUCT and _limiting.acquire(blocking=False)
        with _blas().limit(limits=1) if first else nullcontext():
            yield
    finally:
        if first:
            _limiting.release()
