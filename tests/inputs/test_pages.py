"""What the operating system is told of a memory map."""

import mmap

import numpy as np
import pytest
from scipy import sparse

from skbackprop.inputs.pages import STEP, Pages

pytestmark = pytest.mark.skipif(not hasattr(mmap, "MADV_RANDOM"), reason="no advice is taken here")


class Listener:
    """In the place of a map: writes down the advice."""

    def __init__(self, n_bytes):
        self.n_bytes, self.heard = n_bytes, []

    def __len__(self):
        return self.n_bytes

    def madvise(self, *advice):
        self.heard.append(advice)


def listened(tmp_path, shape, dtype="f8"):
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", dtype, shape)
    pages = Pages(X)
    pages.map = Listener(len(pages.map))
    return X, pages


@pytest.mark.parametrize("shape", [(5000, 20), (50, 40_000)], ids=["short rows", "long rows"])
def test_all_that_the_rows_need_is_fetched_and_little_else(tmp_path, shape):
    X, pages = listened(tmp_path, shape)
    rows = np.concatenate([np.arange(10, 20), np.arange(3)])
    pages.fetch(rows)
    fetched = np.zeros(len(pages.map), bool)
    for advice, start, n in pages.map.heard:
        assert advice == mmap.MADV_WILLNEED
        assert start % mmap.PAGESIZE == 0 and start + n <= len(fetched)
        assert not fetched[start : start + n].any()
        fetched[start : start + n] = True
    header, row_bytes = X.offset, X.strides[0]
    for row in rows:
        begin = header + row * row_bytes
        assert fetched[begin : begin + row_bytes].all()
    assert fetched.sum() <= len(rows) * row_bytes + 4 * STEP


def test_reading_ahead_is_switched_off_for_a_while(tmp_path):
    _, pages = listened(tmp_path, (10, 10))
    with pages:
        assert pages.map.heard == [(mmap.MADV_RANDOM,)]
    assert pages.map.heard == [(mmap.MADV_RANDOM,), (mmap.MADV_NORMAL,)]


def test_a_part_of_a_map_is_found_and_what_is_in_memory_is_left_alone(tmp_path):
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", "f4", (1000, 100))
    X[...] = np.arange(1000)[:, None]
    with Pages(X[500:]) as pages:
        pages.fetch(np.arange(7))
        begin = pages._begin
    assert begin == X.offset + 500 * 400
    for other in (np.ones((3, 3)), sparse.csr_array(np.eye(3)), X.T, np.asarray(X[[1, 2]])):
        with Pages(other) as pages:
            pages.fetch(np.arange(2))
            assert pages.map is None


def test_a_system_that_refuses_advice_is_no_obstacle():
    class Deaf(mmap.mmap):
        def madvise(self, *advice):
            heard.append(advice)
            raise OSError(22, "Invalid argument")

    heard, shape = [], (100, 10)
    with Pages(np.ndarray(shape, "f8", Deaf(-1, 8000))) as pages:
        pages.fetch(np.arange(7))
    assert len(heard) == 3
