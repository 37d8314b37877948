"""Fit a memory map several times larger than the memory: visiting orders, time and accuracy.

    python tests/benchmarks/out_of_core.py [--folder FOLDER] [--gigabytes 4] [--memory 1]

It writes a file of so many gigabytes, of float32 and of float64, whose rows are sorted by class,
and fits it. Of the file, no more than `--memory` gigabytes are in the page cache at any time: a
thread gives back what has come first, as soon as there is more. What the process itself holds
is measured as the peak of its anonymous memory. The random order of all rows (plain) is timed on
its first rows alone, and on a tenth of all sizes whole. On Linux only.
"""

import argparse
import ctypes
import mmap
import os
import pathlib
import tempfile
import threading
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from skbackprop import BackpropClassifier
from skbackprop.solvers import orders

N_COLUMNS, N_TEST, CHUNK, PAGE = 100, 50_000, 2**17, mmap.PAGESIZE
QUICK = {"numeric_encoding": None, "max_iter": 1, "l2": 1e-6}  # the reading counts here
PLAIN = 2**60  # bytes: of no more, all rows are shuffled together


def make_rows(rng, n, centre, dtype):
    """Return rows of a class, around ± a centre, and their labels: half of each."""
    y = rng.integers(0, 2, n)
    X = rng.standard_normal((n, N_COLUMNS), np.float32)
    X[:, 0] *= np.sign(X[:, 1])  # the product of two columns matters as well
    X += np.where(y, 1, -1)[:, None] * centre
    X[:, 2] += np.where(y, 0.7, -0.7) * np.abs(X[:, 3])
    return X.astype(dtype), y


def write(path, n_bytes, dtype):
    """Write a file of rows, sorted by class; return the labels, and rows to judge by."""
    rng = np.random.default_rng(0)
    centre = (0.08 * rng.standard_normal(N_COLUMNS)).astype(np.float32)
    n = int(n_bytes // (N_COLUMNS * np.dtype(dtype).itemsize))
    X = np.lib.format.open_memmap(path, "w+", dtype, (n, N_COLUMNS))
    y = (np.arange(n) >= n // 2).astype(int)
    for begin in range(0, n, 50_000):
        part = slice(begin, min(n, begin + 50_000))
        rows, labels = make_rows(rng, 3 * (part.stop - begin), centre, dtype)
        by_class = [iter(np.flatnonzero(labels == k)) for k in (0, 1)]
        X[part] = rows[[next(by_class[k]) for k in y[part]]]
    X.flush()
    return y, make_rows(rng, N_TEST, centre, dtype)


class Cache(threading.Thread):
    """Keeps the part of a file that is in the page cache below a limit; notes the peak of both.

    Parameters
    ----------
    X : memmap
        The file.
    limit : int
        Bytes.
    """

    def __init__(self, X, limit):
        super().__init__(daemon=True)
        self.map, self.limit = X._mmap, limit
        self.file = os.open(X.filename, os.O_RDONLY)
        self.n_bytes = len(self.map)
        self.address = np.frombuffer(self.map, np.uint8).ctypes.data
        self.seen = np.empty(-(-self.n_bytes // PAGE), np.uint8)
        self.rng, self.over = np.random.default_rng(0), threading.Event()
        self.cached = self.own = 0
        self.libc = ctypes.CDLL(None, use_errno=True)

    def resident(self):
        """Return which pages of the file are in memory."""
        pointer = self.seen.ctypes.data_as(ctypes.c_void_p)
        size = ctypes.c_size_t(self.n_bytes)
        self.libc.mincore(ctypes.c_void_p(self.address), size, pointer)
        return self.seen & 1

    def give_back(self, begin, n):
        """Give back a piece of the file."""
        n = min(n, self.n_bytes - begin)
        self.map.madvise(mmap.MADV_DONTNEED, begin, n)
        os.posix_fadvise(self.file, begin, n, os.POSIX_FADV_DONTNEED)

    def run(self):
        """Look 30 times a second; what has come first goes first."""
        self.give_back(0, self.n_bytes)
        starts, now = np.arange(0, len(self.seen), CHUNK // PAGE), 0
        came, before = np.zeros((2, len(starts)), np.int64)
        while not self.over.wait(0.03):
            now += 1
            n_pages = np.add.reduceat(self.resident(), starts, dtype=np.int64)
            came[n_pages > before] = now
            before = n_pages
            in_memory = int(n_pages.sum()) * PAGE
            self.cached, self.own = max(self.cached, in_memory), max(self.own, anonymous())
            for chunk in np.argsort(came, kind="stable"):
                if in_memory <= self.limit:
                    break
                if n_pages[chunk]:
                    in_memory -= int(n_pages[chunk]) * PAGE
                    self.give_back(int(chunk) * CHUNK, CHUNK)
                    before[chunk] = 0


def anonymous():
    """Return how much memory of its own the process has, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024


def measure(path, y, test, memory, large, shuffle=True):
    """Fit; return a line of figures."""
    orders.LARGE_BYTES = large
    X = np.load(path, mmap_mode="r")
    cache = Cache(X, memory)
    cache.start()
    time.sleep(0.5)
    before, start = read_bytes(), time.perf_counter()
    model = BackpropClassifier(32, random_state=0, shuffle=shuffle, **QUICK).fit(X, y)
    seconds, read = time.perf_counter() - start, read_bytes() - before
    cache.over.set()
    cache.join()
    return (
        f"{seconds:8.1f} s   read {read / 1e9:7.2f} GB   of the file {cache.cached / 1e9:5.2f} GB"
        f"   own {cache.own / 1e9:5.2f} GB   accuracy {model.score(*test):.4f}"
    )


def read_bytes():
    """Return how much the process has read from the disk."""
    with open("/proc/self/io") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))


def plain_rate(path, memory, seconds=20):
    """Return how many rows a second a random order reads from a file, once the cache is full."""
    X = np.load(path, mmap_mode="r")
    cache = Cache(X, memory)
    cache.start()
    rng, n, start, counted = np.random.default_rng(0), 0, time.perf_counter(), 0
    while (now := time.perf_counter() - start) < seconds:
        X[rng.integers(0, len(X), 1000)]
        n += 1000
        if now < seconds / 2:
            counted = n
    cache.over.set()
    cache.join()
    return (n - counted) / (seconds / 2), len(X)


def main(arguments):
    """Write the files, and print what was measured."""
    large = orders.LARGE_BYTES, orders.WINDOW_BYTES
    n_bytes, memory = int(arguments.gigabytes * 1e9), int(arguments.memory * 1e9)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = pathlib.Path(folder) / "X.npy"
        for dtype in ("float32", "float64"):
            y, test = write(path, n_bytes, dtype)
            print(f"{dtype}, {n_bytes / 1e9:.1f} GB, memory {memory / 1e9:.1f} GB", flush=True)
            print("  blocks  ", measure(path, y, test, memory, large[0]), flush=True)
            rate, n_rows = plain_rate(path, memory)
            print(f"  plain    {rate:.0f} rows/s: an epoch takes {n_rows / rate:.0f} s", flush=True)
            y, test = write(path, n_bytes // 10, dtype)
            print(f"  a tenth: {n_bytes / 1e10:.1f} GB, memory {memory / 1e10:.1f} GB", flush=True)
            orders.WINDOW_BYTES = large[1] // 10
            print("  blocks  ", measure(path, y, test, memory // 10, large[0] // 10), flush=True)
            print("  plain   ", measure(path, y, test, memory // 10, PLAIN), flush=True)
            print("  in order", measure(path, y, test, memory // 10, PLAIN, False), flush=True)
            orders.LARGE_BYTES, orders.WINDOW_BYTES = large
            print("  all in memory", flush=True)
            print("  blocks  ", measure(path, y, test, n_bytes, large[0] // 10), flush=True)
            print("  plain   ", measure(path, y, test, n_bytes, PLAIN), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the files are written")
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--memory", type=float, default=1.0)
    main(parser.parse_args())
