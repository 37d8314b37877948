"""Data as users bring it: containers, dtypes and labels that are fine, and others that are not."""

import tempfile

import numpy as np
import pandas as pd
from scipy import sparse


def memory_map(X):
    if not X.size or X.dtype == object:
        return X
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, X.dtype, mode="w+", shape=X.shape)
    mapped[...] = X
    mapped.setflags(write=False)
    return mapped


def read_only(X):
    X = X.copy()
    X.setflags(write=False)
    return X


def unsorted_csr(X):
    """Return rows whose entries are in descending order of columns, each as two halves."""
    n_rows, n_columns = X.shape
    halves = np.repeat(X.astype(float)[:, ::-1], 2) / 2
    columns = np.tile(np.repeat(np.arange(n_columns)[::-1], 2), n_rows)
    return sparse.csr_array((halves, columns, 2 * n_columns * np.arange(n_rows + 1)), X.shape)


def infrequent(X, value):
    X = X.astype(float)
    X.flat[::5] = value
    return X


CONTAINERS = {
    "array": np.asarray,
    "fortran": np.asfortranarray,
    "read-only": read_only,
    "memory map": memory_map,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "list": lambda X: X.tolist(),
    "frame": lambda X: pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]),
    "frame without names": pd.DataFrame,
    "csr": lambda X: sparse.csr_matrix(X.astype(float)),
    "csc": lambda X: sparse.csc_array(X.astype(np.float32)),
    "coo": lambda X: sparse.coo_array(X.astype(float)),
    "csr of integers": lambda X: sparse.csr_array(X.astype(int)),
    "unsorted csr": unsorted_csr,
}
DTYPES = ["f8", "f4", "f2", ">f8", "i1", "u8", "i8", "?", "O"]
SPOILT_X = {
    "huge": lambda X: infrequent(X, 1e300),
    "float32's largest": lambda X: infrequent(X, 3e38).astype("f4"),
    "tiny": lambda X: X * 1e-300,
    "NaN": lambda X: infrequent(X, np.nan),
    "infinite": lambda X: infrequent(X, -np.inf),
    "sparse NaN": lambda X: sparse.csr_array(infrequent(X, np.nan)),
    "sparse huge": lambda X: sparse.csr_array(infrequent(X, 1e300)),
    "dok": lambda X: sparse.dok_array(X.astype(float)),
    "1-d": lambda X: X.ravel(),
    "3-d": lambda X: X[:, :, None],
    "scalar": lambda X: 3.0,
    "None": lambda X: None,
    "no rows": lambda X: X[:0],
    "no columns": lambda X: X[:, :0],
    "sparse without columns": lambda X: sparse.csr_array(X.astype(float)[:, :0]),
    "more columns": lambda X: np.hstack([X, X, X[:, :1]]),
    "more rows": lambda X: np.vstack([X, X[:1]]),
    "strings": lambda X: X.astype(float).astype(str),
    "words": lambda X: np.full(X.shape, "word"),
    "objects": lambda X: np.full(X.shape, {}, dtype=object),
    "None inside": lambda X: np.full(X.shape, None),
    "complex": lambda X: X + 1j,
    "dates": lambda X: np.full(X.shape, np.datetime64("2020-01-01")),
    "ragged": lambda X: [[1.0], [2.0, 3.0]],
    "masked": lambda X: np.ma.masked_array(X, mask=X.astype(float) > 0),
    "other names": lambda X: pd.DataFrame(X, columns=[f"z{j}" for j in range(X.shape[1])]),
}
LABELS = {
    "numbers": np.arange(40),
    "gaps": np.arange(40) * 17 - 5,
    "strings": np.array([f"class {k:02}" for k in range(40)]),
    "objects": np.array([f"class {k:02}" for k in range(40)], dtype=object),
    "floats": np.arange(40.0),
    "small": np.arange(40, dtype=np.uint8),
    "indicators": np.arange(40)[:, None] >> np.arange(6) & 1,
}
SPOILT_Y = {
    "other labels": lambda y: np.array([f"other {label}" for label in y]),
    "continuous": lambda y: np.linspace(0.1, 0.9, len(y)),
    "NaN": lambda y: np.where(np.arange(len(y)) % 5, 1.0, np.nan),
    "None": lambda y: None,
    "None inside": lambda y: np.array([None, *y.tolist()[1:]], dtype=object),
    "mixed": lambda y: np.array([1.5, "a"] * len(y), dtype=object)[: len(y)],
    "short": lambda y: y[:-1],
    "column": lambda y: y[:, None],
    "two columns": lambda y: np.c_[y, y],
    "indicators": lambda y: np.c_[np.arange(len(y)) % 2, np.arange(len(y)) % 3 > 0].astype(int),
    "sparse": lambda y: sparse.csr_array(np.arange(len(y)) % 2),
    "scalar": lambda y: 1,
    "sets": lambda y: [{1}, {2, 3}] * len(y),
}
GOOD_WEIGHTS = {
    "none": lambda n: None,
    "equal": lambda n: np.full(n, 0.3),
    "integers": lambda n: np.arange(1, n + 1),
    "some zeros": lambda n: (np.arange(n) % 3 == 0).astype(float),
    "huge and tiny": lambda n: np.geomspace(1e300, 1e-300, n) if n else np.ones(0),
    "list": lambda n: [0.5] * n,
    "half precision": lambda n: np.linspace(0, 1, n + 1, dtype="f2")[1:],
}
SPOILT_WEIGHTS = {
    "zeros": lambda n: np.zeros(n),
    "negative": lambda n: -np.ones(n),
    "one negative": lambda n: np.r_[-1e-9, np.ones(n)][:n],
    "NaN": lambda n: np.full(n, np.nan),
    "infinite": lambda n: np.r_[np.inf, np.ones(n)][:n],
    "long": lambda n: np.ones(n + 1),
    "two columns": lambda n: np.ones((n, 2)),
    "strings": lambda n: ["heavy"] * n,
    "word": lambda n: "balanced",
    "complex": lambda n: np.full(n, 1j),
    "zero": lambda n: 0,
}
