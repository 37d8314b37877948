import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skbackprop.objective.inputs import BLOCK_ELEMENTS, Inputs

N_ROWS, N_FEATURES = 30, 4
ROWS = {"indices": np.array([7, 0, 7, 29, 3]), "slice": slice(5, 11), "none": np.array([], int)}
LAYOUTS = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "int64": np.int64,
    "uint8": np.uint8,
    "bool": bool,
    "big_endian": ">f8",
}


def make_X(dtype=np.float64):
    return (20 * np.random.default_rng(0).random((N_ROWS, N_FEATURES))).astype(dtype)


def to_memmap(X, path):
    np.save(path / "X.npy", X)
    return np.load(path / "X.npy", mmap_mode="r")


ORDERS = {
    "C": lambda X, path: X,
    "Fortran": lambda X, path: np.asfortranarray(X),
    "every_other_column": lambda X, path: np.repeat(X, 2, axis=1)[:, ::2],
    "reversed": lambda X, path: X[::-1].copy()[::-1],
    "memmap": to_memmap,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("X_dtype", LAYOUTS.values(), ids=LAYOUTS)
def test_any_dtype_and_layout_gives_its_rows_standardised_and_stays_unchanged(
    X_dtype, order, rows, dtype, tmp_path
):
    X = order(make_X(X_dtype), tmp_path)
    before = X.copy()
    if X.flags.writeable:
        X.setflags(write=False)
    scaler = StandardScaler().fit(before.astype(np.float64))
    inputs = Inputs(X, dtype, scaler.mean_, scaler.scale_)
    H = inputs.gather(rows)
    expected = scaler.transform(before.astype(np.float64))[rows]
    assert H.dtype == dtype
    assert_allclose(H, expected, rtol=0, atol=100 * np.finfo(dtype).eps)
    assert_array_equal(X, before)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("X_dtype", LAYOUTS.values(), ids=LAYOUTS)
def test_without_mean_and_scale_rows_are_taken_as_they_are(X_dtype, rows):
    X = make_X(X_dtype)
    inputs = Inputs(X, np.float64)
    assert_array_equal(inputs.gather(rows), X[rows].astype(np.float64))
    inputs.gather(rows).fill(0)
    assert_array_equal(X, make_X(X_dtype))


def test_constant_columns_become_zero():
    X = make_X()
    X[:, 1] = 3.5
    scaler = StandardScaler().fit(X)
    H = Inputs(X, np.float64, scaler.mean_, scaler.scale_).gather(np.arange(N_ROWS))
    assert_array_equal(H[:, 1], 0)


def test_gathers_of_growing_and_shrinking_size_follow_one_another():
    X = make_X()
    inputs = Inputs(X, np.float64)
    for n in (3, N_ROWS, 1, 10):
        rows = np.arange(n)[::-1]
        assert_array_equal(inputs.gather(rows), X[rows])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_memory_map_is_never_loaded_whole(dtype, tmp_path):
    X = to_memmap(np.zeros((20_000, 50), dtype=np.float32), tmp_path)
    tracemalloc.start()
    try:
        inputs = Inputs(X, dtype, np.zeros(50), np.ones(50))
        for start in range(0, len(X), 100):
            inputs.gather(slice(start, start + 100))
            inputs.gather(np.arange(start, start + 100))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 20


@pytest.mark.parametrize("batch_size", [1, 7, 32, 200, 10**7])
@pytest.mark.parametrize("n_features", [1, 4, 784, 10**6])
def test_a_block_is_a_whole_number_of_batches_and_no_larger_than_the_cache(n_features, batch_size):
    block = Inputs(np.empty((0, n_features)), np.float64).block_size(batch_size)
    assert block % batch_size == 0 and block >= batch_size
    assert block == batch_size or block * n_features <= BLOCK_ELEMENTS


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("X_dtype", [np.float32, np.float64, np.int64])
def test_sparse_rows_are_taken_as_they_are(X_dtype, dtype, form, rows):
    X = form(make_X(X_dtype) * (np.random.default_rng(1).random((N_ROWS, N_FEATURES)) < 0.4))
    before = X.toarray()
    inputs = Inputs(X, dtype)
    gathered = inputs.gather(rows)
    assert gathered.format == "csr" and gathered.dtype == dtype
    assert_array_equal(gathered.toarray(), before[rows].astype(dtype))
    assert_array_equal(X.toarray(), before)
    assert inputs.block_size(7) == 7


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_shape_and_dtype_are_told(container):
    inputs = Inputs(container(make_X()), np.float32)
    assert (inputs.n_rows, inputs.n_features, inputs.dtype) == (N_ROWS, N_FEATURES, np.float32)
