"""Data larger than the memory: a memory map, blocks of a file, and what stays exact in them."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from models import fast
from numpy.testing import assert_allclose, assert_array_equal

from skbackprop import BackpropClassifier
from skbackprop.solvers import orders

N_ROWS, N_COLUMNS = 300_000, 200

LIMITED = """
import resource, sys
import numpy as np
from skbackprop import BackpropClassifier
from skbackprop.solvers import orders

orders.LARGE_BYTES, orders.WINDOW_BYTES = 2**26, 2**24  # the map is a large one, by these
path, n_free = sys.argv[1], int(sys.argv[2])
X = np.load(path, mmap_mode="r")
y = np.load(path.replace("X.npy", "y.npy"))
BackpropClassifier(8, max_iter=1).fit(X[:200], y[:200])  # BLAS now has its buffers
in_use = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmData")) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (in_use + n_free, in_use + n_free))
try:
    np.array(X)
except MemoryError:
    print("X does not fit")
model = BackpropClassifier(8, numeric_encoding=None, max_iter=1, random_state=0).fit(X, y)
print("accuracy", model.score(X[-20_000:], y[-20_000:]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the data of a process so")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_memory_map_larger_than_the_memory_is_fitted(tmp_path, rng, dtype):
    n_rows = N_ROWS if dtype == "float32" else N_ROWS // 2
    X = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", dtype, (n_rows, N_COLUMNS))
    for begin in range(0, n_rows, 50_000):
        X[begin : begin + 50_000] = rng.standard_normal((50_000, N_COLUMNS), np.float32)
    np.save(tmp_path / "y.npy", X[:, 0] > X[:, 1])
    assert X.nbytes == 240e6
    X.flush()
    least = 40e6  # measured: windows of the rows, their order, a batch
    command = [sys.executable, "-c", LIMITED, tmp_path / "X.npy", str(int(2.5 * least))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, textwrap.shorten(done.stderr[-2000:], 2000)
    fits, accuracy = done.stdout.splitlines()
    assert fits == "X does not fit"
    assert float(accuracy.split()[1]) > 0.95


def test_a_large_array_and_a_large_memory_map_give_the_same_network(tmp_path, rng, monkeypatch):
    X = rng.normal(size=(3000, 5))
    y = X[:, 0] > X[:, 1]
    mapped = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", shape=X.shape)
    mapped[...] = X
    plain = fast(max_iter=3).fit(X, y)
    monkeypatch.setattr(orders, "LARGE_BYTES", 2**16)
    monkeypatch.setattr(orders, "BLOCK_BYTES", 2**10)
    monkeypatch.setattr(orders, "WINDOW_BYTES", 2**14)
    ours, theirs = fast(max_iter=3).fit(X, y), fast(max_iter=3).fit(mapped, y)
    assert_array_equal(ours.coefs_[0], theirs.coefs_[0])
    assert not np.array_equal(ours.coefs_[0], plain.coefs_[0])
    parts = fast(max_iter=3, l2=0.0, standardize=False)
    whole = fast(max_iter=3, l2=0.0, standardize=False).fit(mapped, y)
    for _ in range(3):
        parts.partial_fit(X, y, classes=[False, True])
    assert_array_equal(whole.coefs_[0], parts.coefs_[0])


def test_what_is_chosen_by_some_rows_of_a_memory_map_is_the_same(tmp_path, rng, monkeypatch):
    monkeypatch.setattr("skbackprop.estimator.l2_choice.MOST_ROWS", 200)
    X = rng.normal(size=(1000, 5))
    y, w = X[:, 0] > X[:, 1], rng.uniform(0, 2, 1000) * (np.arange(1000) % 3 > 0)
    mapped = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", shape=X.shape)
    mapped[...] = X
    validation = {"X_val": X[:99], "y_val": y[:99]}
    for options in ({}, {"sample_weight": w}, validation):
        a, b = (
            BackpropClassifier(8, random_state=0).fit(data, y, **options) for data in (X, mapped)
        )
        assert a.l2_validation_losses_ == b.l2_validation_losses_
        assert_array_equal(a.coefs_[0], b.coefs_[0])


# Blocks of rows, one after the other


def blocks_of(X, y, size):
    return [(X[i : i + size], y[i : i + size]) for i in range(0, len(X), size)]


@pytest.mark.parametrize("size", [1, 7, 60, 200])
def test_means_and_deviations_of_blocks_are_those_of_all_rows(rng, size):
    X = 1e3 + rng.normal(size=(200, 4)) * [1, 10, 1e-3, 1e3]
    X[rng.random(X.shape) < 0.3] = np.nan
    X[:80, 0] = np.nan  # a column that comes late
    y = rng.integers(0, 2, 200)
    parts = fast()
    for rows, labels in blocks_of(X, y, size):
        parts.partial_fit(rows, labels, classes=[0, 1])
    assert_allclose(parts.scaler_.mean_, np.nanmean(X, axis=0), rtol=1e-12)
    assert_allclose(parts.scaler_.var_, np.nanvar(X, axis=0), rtol=1e-7)
