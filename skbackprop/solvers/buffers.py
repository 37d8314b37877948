"""The work buffers of BLAS: had before a fit takes memory for anything else, or refused.

Where OpenBLAS has no buffer left for a product, it takes one from the system and keeps it; both
precisions share it, but not two threads, nor the libraries of numpy and scipy. If the system has
none to give, it asks again for ever, or ends the process, according to its version. Small products
need no buffer on some processors, so that any later one may be the first to ask.
"""

import mmap
from functools import cache

import numpy as np
from scipy.linalg.blas import dsymv
from threadpoolctl import ThreadpoolController

WHEEL_BYTES, DEFAULT_BYTES = 2**25, 2**27  # of a buffer, by how OpenBLAS has been built
PRIVATE = {"flags": mmap.MAP_PRIVATE} if hasattr(mmap, "MAP_PRIVATE") else {}  # not on Windows


@cache
def blas_libraries():
    """Find the BLAS libraries, which takes some milliseconds."""
    return ThreadpoolController().select(user_api="blas")


@cache
def bytes_of_a_thread():
    """Return what one thread takes for products: a buffer from each OpenBLAS."""
    return sum(
        WHEEL_BYTES if library.prefix == "libscipy_openblas" else DEFAULT_BYTES
        for library in blas_libraries().lib_controllers
        if library.internal_api == "openblas"
    )


def is_room_for(n_threads):
    """Whether the system would give the buffers of so many more threads now."""
    return would_give(n_threads * bytes_of_a_thread())


def would_give(n_bytes):
    """Whether the system would give so much memory now."""
    try:
        if n_bytes > 0:
            mmap.mmap(-1, n_bytes, **PRIVATE).close()
    except (OSError, OverflowError):
        return False
    return True


def check_room(n_threads):
    """Refuse to compute where there is no room for the buffers of so many more threads."""
    if not is_room_for(n_threads):
        raise MemoryError(
            f"BLAS needs {n_threads * bytes_of_a_thread() / 2**20:.0f} MiB for its work buffers, "
            "and the system has not so much left for this process: free memory, or raise the limit."
        )


@cache
def take_buffers():
    """Let BLAS have the buffers of one thread, once for all."""
    check_room(1)
    np.linalg.solve(np.eye(1), np.ones(1))  # these two need a buffer, however small they are
    dsymv(1.0, np.eye(1), np.ones(1))
