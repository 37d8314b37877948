"""Fit a memory map several times larger than the memory: visiting orders, time and accuracy.

    python tests/benchmarks/out_of_core.py [--folder FOLDER] [--gigabytes 4] [--memory 1]

It writes a file of so many gigabytes, of float32 and of float64, whose rows are sorted by class,
and fits it in another process. This one looks 50 times a second how much of the file is in memory
and has what has come first taken away where that is more than `--memory` gigabytes. For a smaller
file than 4 GB, the sizes by which rows are visited in blocks are scaled down with it. It prints
the time of the fit, what was read from the disk, how much of the file was in memory (median, and
99 %), the peak of the process's own memory, and the accuracy. A fit is given up after 300 s. On
Linux only.
"""

import argparse
import ctypes
import mmap
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from skbackprop import BackpropClassifier
from skbackprop.solvers import orders

N_COLUMNS, N_TEST, CHUNK, PAGE = 100, 50_000, 2**17, mmap.PAGESIZE
QUICK = {"numeric_encoding": None, "max_iter": 1, "l2": 1e-6}  # the reading counts here
PROCESS_MADVISE, MADV_PAGEOUT = 440, 21  # of Linux
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


class Warden(threading.Thread):
    """Keeps the part of a file that is in memory below a limit, while another process reads it.

    Parameters
    ----------
    path : path
        The file.
    limit : int
        Bytes.
    process : int
        Who reads it.
    """

    def __init__(self, path, limit, process):
        super().__init__(daemon=True)
        self.path, self.limit, self.process = path, limit, process
        X = np.load(path, mmap_mode="r")
        self.map, self.n_bytes = X._mmap, len(X._mmap)
        self.address = np.frombuffer(self.map, np.uint8).ctypes.data
        self.seen = np.empty(-(-self.n_bytes // PAGE), np.uint8)
        self.libc, self.over = ctypes.CDLL(None, use_errno=True), threading.Event()
        self.pid_fd, self.sizes = os.pidfd_open(process), []

    def resident(self):
        """Return which pages of the file are in memory."""
        pointer = self.seen.ctypes.data_as(ctypes.c_void_p)
        size = ctypes.c_size_t(self.n_bytes)
        self.libc.mincore(ctypes.c_void_p(self.address), size, pointer)
        return self.seen & 1

    def mapped_at(self):
        """Return where the other process has the file, or None."""
        try:
            with open(f"/proc/{self.process}/maps") as lines:
                found = [line for line in lines if line.rstrip().endswith(str(self.path))]
        except OSError:  # it has ended
            return None
        return int(found[0].split("-")[0], 16) if found else None

    def give_back(self, chunks, base):
        """Have pieces of the file taken from the other process."""
        pieces = [
            (base + int(c) * CHUNK, min(CHUNK, self.n_bytes - int(c) * CHUNK)) for c in chunks
        ]
        for begin in range(0, len(pieces), 512):
            part = np.array(pieces[begin : begin + 512], np.uint64)
            pointer = part.ctypes.data_as(ctypes.c_void_p)
            self.libc.syscall(PROCESS_MADVISE, self.pid_fd, pointer, len(part), MADV_PAGEOUT, 0)

    def run(self):
        """Look 50 times a second; what has come first goes first."""
        starts, now = np.arange(0, len(self.seen), CHUNK // PAGE), 0
        came, before = np.zeros((2, len(starts)), np.int64)
        while not self.over.wait(0.02):
            now += 1
            n_pages = np.add.reduceat(self.resident(), starts, dtype=np.int64)
            came[n_pages > before], before = now, n_pages
            in_memory = int(n_pages.sum()) * PAGE
            self.sizes.append(in_memory)
            base = self.mapped_at()
            if in_memory > self.limit and base is not None:
                order = np.argsort(came, kind="stable")
                order = order[n_pages[order] > 0]
                freed = np.cumsum(n_pages[order]) * PAGE
                n = 1 + int(np.searchsorted(freed, in_memory - 0.95 * self.limit))
                self.give_back(order[:n], base)


def drop(path):
    """Drop a file from the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def fit(path, large, window, shuffle):
    """Fit a file, in a process of its own; print a line of figures."""
    orders.LARGE_BYTES, orders.WINDOW_BYTES = large, window
    X, data = np.load(path, mmap_mode="r"), np.load(path.parent / "rest.npz")
    print("ready", flush=True)
    input()
    before, start = read_bytes(), time.perf_counter()
    model = BackpropClassifier(32, random_state=0, shuffle=bool(shuffle), **QUICK).fit(X, data["y"])
    seconds, read = time.perf_counter() - start, read_bytes() - before
    score = model.score(data["X_test"], data["y_test"])
    print(f"{seconds:7.1f} s   read {read / 1e9:7.2f} GB   accuracy {score:.4f}", flush=True)


def measure(path, memory, large, window, shuffle=True, most=300):
    """Fit in another process under the eyes of the warden; return a line of figures."""
    drop(path)
    options = [str(large), str(window), str(int(shuffle))]
    command = [sys.executable, __file__, "--fit", str(path), *options]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        process.stdout.readline()
        warden = Warden(path, memory, process.pid)
        warden.start()
        start, own = time.perf_counter(), 0
        process.stdin.write("\n")
        process.stdin.flush()
        while process.poll() is None and time.perf_counter() - start < most:
            own = max(own, anonymous(process.pid))
            time.sleep(0.1)
        warden.over.set()
        if process.poll() is None:
            process.kill()
            line = f"not ended after {most} s"
        else:
            line = process.stdout.read().strip()
    sizes = np.percentile(warden.sizes, [50, 99]) / 1e9
    return f"{line}   of the file {sizes[0]:.2f} GB (99 %: {sizes[1]:.2f})   own {own / 1e9:.2f} GB"


def anonymous(process):
    """Return how much memory of its own a process has, in bytes."""
    try:
        with open(f"/proc/{process}/status") as lines:
            own = [int(line.split()[1]) for line in lines if line.startswith("RssAnon")]
    except OSError:
        own = []
    return own[0] * 1024 if own else 0


def read_bytes():
    """Return how much the process has read from the disk."""
    with open("/proc/self/io") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))


def main(arguments):
    """Write the files, and print what was measured."""
    large, window = orders.LARGE_BYTES, orders.WINDOW_BYTES
    scale = min(1.0, arguments.gigabytes / 4)
    large, window = int(large * scale), int(window * scale)
    n_bytes, memory = int(arguments.gigabytes * 1e9), int(arguments.memory * 1e9)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = pathlib.Path(folder) / "X.npy"
        for dtype in arguments.dtypes:
            y, (X_test, y_test) = write(path, n_bytes, dtype)
            np.savez(path.parent / "rest.npz", y=y, X_test=X_test, y_test=y_test)
            print(f"{dtype}, {n_bytes / 1e9:.1f} GB, memory {memory / 1e9:.1f} GB", flush=True)
            print("  blocks   ", measure(path, memory, large, window), flush=True)
            print("  plain    ", measure(path, memory, PLAIN, window), flush=True)
            print("  in order ", measure(path, memory, PLAIN, window, False), flush=True)
            print("  with memory for all", flush=True)
            print("  blocks   ", measure(path, n_bytes, large, window), flush=True)
            print("  plain    ", measure(path, n_bytes, PLAIN, window), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the files are written")
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--memory", type=float, default=1.0)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"])
    parser.add_argument("--fit", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fit:
        path, *numbers = options.fit
        fit(pathlib.Path(path), *map(int, numbers))
    else:
        main(options)
