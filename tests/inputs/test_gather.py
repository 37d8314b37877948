import tracemalloc

import numpy as np
import pytest
from encoded import matrix
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from skbackprop.inputs.bins import Bins
from skbackprop.inputs.gather import BLOCK_ELEMENTS, EncodedRows, Inputs, sum_of_squares
from skbackprop.inputs.levels import Levels
from skbackprop.inputs.missing import Missing
from skbackprop.inputs.numbers import Numbers
from skbackprop.network import affine

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


def standardized(scaler):
    """The block of numbers that does what a StandardScaler does."""
    return Numbers(len(scaler.mean_), scaler.mean_, 1 / scaler.scale_)


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
    inputs = Inputs(X, dtype, [standardized(scaler)])
    H = inputs.gather(rows)
    expected = scaler.transform(before.astype(np.float64))[rows]
    assert H.dtype == dtype
    eps = max(np.finfo(d).eps for d in (dtype, inputs.stored))
    assert_allclose(H, expected, rtol=0, atol=100 * eps)
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
    H = Inputs(X, np.float64, [standardized(scaler)]).gather(np.arange(N_ROWS))
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
        inputs = Inputs(X, dtype, [Numbers(50, np.zeros(50), np.ones(50))])
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


@pytest.mark.parametrize("X_dtype", [np.float32, np.float16, np.longdouble, np.int32, np.uint64])
@pytest.mark.parametrize("offset", [0, 50, 1000, 30_000, 1e9])
def test_inputs_of_numbers_far_from_0_are_those_of_the_same_numbers_in_float64(X_dtype, offset):
    with np.errstate(over="ignore"):
        X = (40 * make_X() + offset).astype(X_dtype)
    assert np.isfinite(X).all() or X_dtype is np.float16
    X = np.nan_to_num(X)
    x = X.astype(np.float64)
    scale = np.maximum(x.std(axis=0), 1e-3)
    edges = np.linspace(x.min(axis=0), x.max(axis=0) + 1e-3, 7)
    numbers = Numbers(N_FEATURES, x.mean(axis=0), 1 / scale)
    starts = np.arange(N_FEATURES + 1, dtype=np.int64) * 6
    lower, inverse_width = edges[:-1].T.ravel(), 1 / np.diff(edges, axis=0).T.ravel()
    bins = Bins(np.arange(N_FEATURES, dtype=np.int32), starts, lower, inverse_width)
    H = Inputs(X, np.float32, [numbers, bins]).gather(np.arange(N_ROWS))
    through = (np.repeat(x, 6, axis=1) - lower) * inverse_width
    expected = np.hstack([(x - x.mean(axis=0)) / scale, np.clip(through, 0, 1)])
    assert_allclose(H, expected, atol=2e-5)


def test_a_float32_x_near_0_is_read_as_it_is():
    X = make_X(np.float32)
    numbers = standardized(StandardScaler().fit(X))
    assert Inputs(X, np.float32, [numbers]).as_stored
    assert not Inputs(X + 1e6, np.float32, [standardized(StandardScaler().fit(X + 1e6))]).as_stored


def make_encoded(X, dtype=np.float64):
    """Inputs of all kinds: 4 numbers, 2 indicators, 3 bins and 5 levels."""
    numbers = Numbers(N_FEATURES, np.full(N_FEATURES, 8.0), np.full(N_FEATURES, 0.5))
    missing = Missing(np.array([1, 2], np.int32))
    bins = Bins(
        np.array([2, 0], np.int32),
        np.array([0, 2, 3]),
        np.array([0.0, 5.0, 10.0]),
        np.array([0.2, 0.1, 0.1]),
    )
    codes = np.random.default_rng(3).integers(-1, 5, size=(N_ROWS, 2), dtype=np.int32)
    blocks = [numbers, missing, bins, Levels([range(5), []], [[], []])]
    return Inputs(X, dtype, blocks, fill=np.full(N_FEATURES, 8.0), codes=codes)


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("X_dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_indicators_bins_and_levels_follow_one_another(
    dtype, X_dtype, order, rows, tmp_path
):
    X = make_X(X_dtype)
    X[::3, 1] = X[1::4, 2] = np.nan
    before, X = X.copy(), order(X, tmp_path)
    inputs = make_encoded(X, dtype)
    assert inputs.n_features == 4 + 2 + 3 + 5
    H = inputs.gather(rows)
    assert_array_equal(X, before)
    x, missing = before[rows].astype(float), np.isnan(before[rows])
    x[missing] = 8
    assert H.shape == (len(x), 14) and H.dense.dtype == dtype
    assert_allclose(H.dense[:, :4], (x - 8) / 2, rtol=1e-5, atol=1e-6)
    assert_array_equal(H.dense[:, 4:6], missing[:, 1:3])
    in_bins = np.column_stack([x[:, 2] / 5, (x[:, 2] - 5) / 10, (x[:, 0] - 10) / 10])
    assert_allclose(H.dense[:, 6:], in_bins.clip(0, 1), rtol=1e-5, atol=1e-6)
    one_hot = np.zeros((len(x), 6))
    for column in inputs.codes[rows].T:
        np.add.at(one_hot, (np.arange(len(x)), column), 1)  # −1 is the last one
    assert_array_equal(H.looked_up.toarray(), one_hot[:, :5])


@pytest.mark.parametrize("n_dense", [0, 3])
def test_encoded_rows_multiply_like_the_matrix_that_they_stand_for(n_dense):
    rng = np.random.default_rng(0)
    looked_up = sparse.random(10, 5, density=0.3, format="csr", random_state=0)
    H = EncodedRows(rng.standard_normal((10, n_dense)), looked_up)
    matrix = np.hstack([H.dense, looked_up.toarray()])
    W, A, b = rng.standard_normal((n_dense + 5, 4)), rng.standard_normal((10, 4)), np.ones(4)
    grad_W, grad_b = np.empty_like(W), np.empty_like(b)
    assert_allclose(affine.fprop(H, W, b, np.empty((10, 4))), matrix @ W + b)
    affine.bprop_parameters(H, A, grad_W, grad_b)
    assert_allclose(grad_W, matrix.T @ A)
    assert_allclose(H[2:5] @ W, matrix[2:5] @ W)
    copy = H.copy()
    H.dense.fill(0), H.looked_up.data.fill(0)
    assert_allclose(copy @ W, matrix @ W)


@pytest.mark.parametrize("X_dtype", [np.float32, np.float64])
def test_what_the_dtype_of_x_cannot_hold_is_as_far_as_it_goes(X_dtype):
    tiny = np.array([1e-60])
    numbers = Numbers(1, tiny, 1 / tiny, clip=4.0)
    bins = Bins(np.array([0], np.int32), np.array([0, 1]), np.array([0.0]), np.array([1e300]))
    X = np.array([[0.0], [1.0], [np.nan]], X_dtype)
    inputs = Inputs(X, np.float32, [numbers, bins], fill=tiny)
    with np.errstate(over="ignore"):
        H = inputs.gather(slice(0, 3))
    assert np.isfinite(H).all()
    assert_allclose(H[1], [4, 1], rtol=1e-3)


def test_the_sum_of_squares_is_that_of_the_same_rows_written_out():
    dense = np.array([[1.0, 2], [3, 4]])
    looked_up = sparse.csr_matrix([[1.5, 0, -1], [0, 0, 2]])
    rows = EncodedRows(dense, looked_up)
    expected = 1 + 4 + 9 + 16 + 2.25 + 1 + 4
    assert sum_of_squares(rows) == pytest.approx(expected)
    assert sum_of_squares(looked_up) == pytest.approx(7.25)
    assert sum_of_squares(dense) == pytest.approx(30)


class Words:
    """A block that looks up any number of words in each row, with weights."""

    width = 3

    def look_up(self, part, dtype):
        return sparse.csr_matrix(np.array([[0, 0.5, 2], [0, 0, 0]], dtype))


def test_a_row_has_as_many_entries_as_it_takes_to_write_it_out_on_average():
    X, codes = make_X(), np.zeros((N_ROWS, 2), np.int32)
    blocks = [Numbers(N_FEATURES), Levels([range(1000)], [[]])]
    wide = sparse.random(100, 10_000, 0.002, "csr", random_state=0)  # 20 entries in each row
    assert Inputs(X, "f8").n_entries == N_FEATURES
    assert Inputs(X, "f8", blocks, codes=codes).n_entries == N_FEATURES + 2
    assert Inputs(wide, "f8").n_entries == 20


def test_blocks_that_are_looked_up_follow_one_another():
    codes = np.array([[1], [0]], np.int32)
    blocks = [Numbers(1), Levels([["a", "b"]], [[]]), Words()]
    inputs = Inputs(np.array([[7.0], [8.0]]), np.float64, blocks, codes=codes)
    H = inputs.gather(slice(0, 2))
    assert inputs.n_features == 6 and H.shape == (2, 6)
    assert_array_equal(matrix(H), [[7, 0, 1, 0, 0.5, 2], [8, 1, 0, 0, 0, 0]])


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csr_array])
def test_rows_of_a_sparse_x_are_what_those_of_the_dense_one_are_whatever_the_blocks(form):
    X = make_X() * (np.random.default_rng(1).random((N_ROWS, N_FEATURES)) < 0.5)
    X[::3, 1] = X[1::4, 2] = np.nan
    fill, before = np.full(N_FEATURES, 8.0), form(X)
    missing, bins = Missing(np.array([1, 2], np.int32), 2.0), make_encoded(X).blocks[2]
    raw, standardised = Numbers(N_FEATURES), make_encoded(X).blocks[0]
    for blocks in ([raw], [raw, missing], [standardised, missing], [raw, missing, bins]):
        S = form(before)
        inputs = Inputs(S, np.float64, blocks, fill=fill)
        assert inputs.stays_sparse == (len(blocks) < 3 and blocks[0] is raw)
        expected = Inputs(X, np.float64, blocks, fill=fill).gather(np.arange(N_ROWS)[::-1])
        assert_array_equal(matrix(inputs.gather(np.arange(N_ROWS)[::-1])), expected)
        assert_array_equal(S.toarray(), X)


def test_a_norm_is_bounded_where_that_of_each_block_is_known():
    X = make_X()
    assert Inputs(X, np.float64).largest_norm() is None
    assert Inputs(X[:, :0], np.float64).largest_norm() == 0
    clipped = Numbers(N_FEATURES, np.zeros(N_FEATURES), np.ones(N_FEATURES), clip=3.0)
    bins = make_encoded(X).blocks[2]
    assert Inputs(X, np.float64, [clipped, bins]).largest_norm() == pytest.approx(39**0.5)
    words = Inputs(X, np.float64, [clipped, Words()])
    assert words.largest_norm() is None


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64])
@pytest.mark.parametrize("offset", [0, 10**9, 20240100])
def test_integers_far_from_0_lose_no_digits_in_a_network_of_float32(dtype, offset):
    X = offset + np.random.default_rng(0).integers(0, 100, (N_ROWS, N_FEATURES))
    scaler = StandardScaler().fit(X.astype(np.float64))
    inputs = Inputs(X.astype(dtype), np.float32, [standardized(scaler)])
    assert_allclose(
        inputs.gather(slice(0, N_ROWS)), scaler.transform(X.astype(np.float64)), atol=2e-6
    )
