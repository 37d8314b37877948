"""Fit a memory map several times larger than the memory: visiting orders, time and accuracy.

    python tests/benchmarks/out_of_core.py --group /sys/fs/cgroup [--gigabytes 4] [--memory 1]

It writes a file of so many gigabytes, of float32 and of float64, whose rows are sorted by class,
and fits it in another process. Linux gives that process so many gigabytes of memory and no more,
with all that it reads of the file (a control group within `--group`, where one must be allowed to
make a folder). For a smaller file than 4 GB, the sizes by which rows are visited in blocks are
scaled down with it. It prints the time of the fit, what was read from the disk, the accuracy, and
the peak of the process's own memory, without and with the file. A fit is given up after 300 s.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from skbackprop import BackpropClassifier
from skbackprop.solvers import orders

N_COLUMNS, N_TEST = 100, 50_000
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


class Group:
    """A control group of Linux, whose processes have a limited memory, files read included.

    Parameters
    ----------
    above : path
        The folder of the group that it is made in, as /sys/fs/cgroup of version 2, or
        /sys/fs/cgroup/memory of version 1.
    limit : int
        Bytes.
    """

    def __init__(self, above, limit):
        self.folder = pathlib.Path(above) / "skbackprop-out-of-core"
        self.folder.mkdir(exist_ok=True)
        names = ("memory.max", "memory.limit_in_bytes")  # of version 2 and 1
        file = next(self.folder / name for name in names if (self.folder / name).exists())
        file.write_text(str(limit))
        peaks = ("memory.peak", "memory.max_usage_in_bytes")
        self.peak_file = next((self.folder / p for p in peaks if (self.folder / p).exists()), None)

    def add(self, process):
        """Put a process into the group."""
        (self.folder / "cgroup.procs").write_text(str(process))

    def end(self):
        """Remove the group; return the most memory that it has had at a time, in bytes."""
        peak = int(self.peak_file.read_text()) if self.peak_file else 0
        for _ in range(100):
            try:
                self.folder.rmdir()
                break
            except OSError:  # a process is not quite gone
                time.sleep(0.1)
        return peak


def drop(path):
    """Drop a file from the page cache."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def fit(path, large, window, shuffle):
    """Fit a file, in a process of its own; print a line of figures."""
    orders.LARGE_BYTES, orders.WINDOW_BYTES = large, window
    X, data = np.load(path, mmap_mode="r"), np.load(path.parent / "rest.npz")
    before, start = read_bytes(), time.perf_counter()
    model = BackpropClassifier(32, random_state=0, shuffle=bool(shuffle), **QUICK).fit(X, data["y"])
    seconds, read = time.perf_counter() - start, read_bytes() - before
    score = model.score(data["X_test"], data["y_test"])
    print(f"{seconds:7.1f} s   read {read / 1e9:7.2f} GB   accuracy {score:.4f}", flush=True)


def measure(path, above, memory, large, window, shuffle=True, most=300):
    """Fit in another process, in a group of so much memory; return a line of figures."""
    drop(path)
    options = [str(large), str(window), str(int(shuffle))]
    command = [sys.executable, __file__, "--fit", str(path), *options]
    group = Group(above, memory)
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        group.add(process.pid)
        start, own = time.perf_counter(), 0
        while process.poll() is None and time.perf_counter() - start < most:
            own = max(own, anonymous(process.pid))
            time.sleep(0.1)
        if process.poll() is None:
            process.kill()
            line = f"not ended after {most} s"
        else:
            line = process.stdout.read().strip() or f"ended with {process.returncode}"
    peak = group.end()
    return f"{line}   own memory {own / 1e9:.2f} GB   with the file {peak / 1e9:.2f} GB"


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
            for limit in (memory, 4 * n_bytes):
                print("  memory for all" if limit > n_bytes else "  limited memory", flush=True)
                for name, least, shuffle in (
                    ("blocks", large, True),
                    ("plain", PLAIN, True),
                    ("in order", PLAIN, False),
                ):
                    line = measure(path, arguments.group, limit, least, window, shuffle)
                    print(f"    {name:10s}{line}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where the files are written")
    parser.add_argument("--group", default="/sys/fs/cgroup", help="the control group to limit in")
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
