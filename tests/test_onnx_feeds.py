"""What a converted model is fed with, of any table, and that it then answers as predict_proba."""

import numpy as np
import pandas as pd
import pytest
from models import fast
from scipy import sparse
from sklearn.base import is_classifier

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    BackpropEnsembleRegressor,
    BackpropRegressor,
    onnx_feeds,
    onnx_types,
    register_onnx_converter,
)

onnxruntime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")
data_types = pytest.importorskip("skl2onnx.common.data_types")
pytestmark = [
    pytest.mark.usefixtures("unconverged"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
N_ROWS = 120


def small(**hyper_parameters):
    options = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0, "dtype": "float64"}
    return BackpropClassifier(**options | hyper_parameters)


def converted(model, X=None, types=None, **options):
    register_onnx_converter()
    types = onnx_types(X) if types is None else types
    options = ({"zipmap": False} if is_classifier(model) else {}) | options
    return skl2onnx.to_onnx(model, initial_types=types, options=options)


def run(onnx, feeds):
    session = onnxruntime.InferenceSession(
        onnx.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)


def declared(X, **kinds):
    """Return initial types, by the names of their columns."""
    return [(name, getattr(data_types, f"{kinds[name]}TensorType")([None, 1])) for name in X]


def labels_of(X):
    """Return two classes that depend on all columns."""
    codes = sum(pd.factorize(X[name])[0] % 5 for name in X)
    return (codes > np.median(codes)).astype(int)


def assert_same(model, onnx, X, atol=1e-12):
    labels, proba = run(onnx, onnx_feeds(onnx, X))
    np.testing.assert_allclose(proba, model.predict_proba(X), rtol=0, atol=atol)
    assert np.array_equal(labels, model.predict(X))


# Columns of any kind


def some_missing(values, rng, **options):
    column = pd.Series(values, **options)
    column[rng.random(len(column)) < 0.2] = None
    return column


INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
COLUMNS = {
    **{dtype: lambda r, n, d=dtype: r.integers(0, 100, n).astype(d) for dtype in INTEGERS},
    "float32": lambda r, n: r.standard_normal(n).astype(np.float32),
    "float64": lambda r, n: r.standard_normal(n),
    "float64 missing": lambda r, n: some_missing(r.standard_normal(n), r),
    "Int64": lambda r, n: some_missing(r.integers(0, 9, n), r, dtype="Int64"),
    "Float64": lambda r, n: some_missing(r.standard_normal(n), r, dtype="Float64"),
    "bool": lambda r, n: r.random(n) < 0.5,
    "boolean": lambda r, n: some_missing(r.random(n) < 0.5, r, dtype="boolean"),
    "bool as objects": lambda r, n: some_missing(r.random(n) < 0.5, r, dtype=object),
    "text": lambda r, n: r.choice(["a", "bb", "ü", ""], n),
    "text missing": lambda r, n: some_missing(r.choice(["a", "b"], n), r, dtype=object),
    "str": lambda r, n: some_missing(r.choice(["a", "b"], n), r, dtype="str"),
    "string": lambda r, n: some_missing(r.choice(["a", "b"], n), r, dtype="string"),
    "text empty or missing": lambda r, n: some_missing(r.choice(["a", ""], n), r, dtype=object),
    "text of all such": lambda r, n: some_missing(
        r.choice(["nan", "NaN", "None", "<NA>", ""], n), r, dtype=object
    ),
    "category": lambda r, n: some_missing(r.choice(["a", "b"], n), r, dtype="category"),
    "category of int": lambda r, n: some_missing(r.integers(-2, 2, n), r, dtype="category"),
    "keys": lambda r, n: pd.Series(2**53 + r.integers(0, 4, n), dtype="category"),
    "least": lambda r, n: pd.Series(-(2**63) + r.integers(0, 3, n), dtype="category"),
    "most": lambda r, n: pd.Series(2**63 - 1 - r.integers(0, 3, n), dtype="category"),
    "seconds": lambda r, n: 1_700_000_000 + r.integers(0, 3600, n),
    "parts of seconds": lambda r, n: 1.7e9 + 3600 * r.random(n),
    "yyyymmdd": lambda r, n: 20240100 + r.integers(1, 29, n),
    "1e9 + N(0, 1)": lambda r, n: 1e9 + r.standard_normal(n),
    "beyond 2**53": lambda r, n: 2**60 + r.integers(0, 2**40, n),
    "constant": lambda r, n: np.full(n, 1e9 + 0.1),
}


@pytest.mark.parametrize("encoding", ["piecewise", None])
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_of_any_kind_is_fed_and_answered_as_predict_proba_does(kind, encoding):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({kind: COLUMNS[kind](rng, N_ROWS), "x": rng.standard_normal(N_ROWS)})
    model = small(numeric_encoding=encoding).fit(X, labels_of(X))
    onnx = converted(model, X)
    assert_same(model, onnx, X)
    assert_same(model, onnx, X[::-7])


@pytest.mark.parametrize("seed", range(20))
def test_a_table_of_any_columns_is_fed_and_answered_as_predict_proba_does(seed):
    rng = np.random.default_rng(seed)
    names = [*rng.choice(list(COLUMNS), 4, replace=False), "float64"]
    X = pd.DataFrame({name: COLUMNS[name](rng, N_ROWS) for name in dict.fromkeys(names)})
    model = small(min_frequency=int(rng.integers(1, 30)))
    if seed % 4 == 0:
        model = BackpropEnsembleClassifier(model, 2, cv=2, random_state=0)
    model.fit(X, labels_of(X))
    assert_same(model, converted(model, X), X, atol=1e-12 if seed % 4 else 1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("loss", ["squared_error", "quantile", "poisson"])
def test_numbers_are_predicted_from_a_table_of_any_columns_as_predict_does(seed, loss):
    rng = np.random.default_rng(seed)
    names = [*rng.choice(list(COLUMNS), 4, replace=False), "float64"]
    X = pd.DataFrame({name: COLUMNS[name](rng, N_ROWS) for name in dict.fromkeys(names)})
    y = 1000 + 50 * labels_of(X) + rng.random(N_ROWS)
    quantile = [0.1, 0.5] if loss == "quantile" else 0.5
    model = BackpropRegressor(
        (6,), loss=loss, quantile=quantile, max_iter=4, dtype="float64", random_state=0
    )
    if seed % 4 == 0:
        model = BackpropEnsembleRegressor(model, 2, cv=2, random_state=0)
    onnx = converted(model.fit(X, y), X)
    (predicted,) = run(onnx, onnx_feeds(onnx, X))
    expected = model.predict(X).reshape(predicted.shape)
    np.testing.assert_allclose(predicted, expected, rtol=1e-12 if seed % 4 else 1e-6)


def test_numbers_in_float32_are_taken_off_their_mean_exactly():
    rng = np.random.default_rng(0)
    X = (1e6 + rng.standard_normal((N_ROWS, 2))).astype(np.float32)
    model = small().fit(X.astype(np.float64), X[:, 0] > X[:, 1])
    onnx = skl2onnx_of_array(model, X)
    proba = run(onnx, onnx_feeds(onnx, X))[1]
    np.testing.assert_allclose(proba, model.predict_proba(X.astype(np.float64)), atol=1e-6)


def skl2onnx_of_array(model, X):
    register_onnx_converter()
    return skl2onnx.to_onnx(model, X[:1], options={"zipmap": False})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["seconds", "yyyymmdd", "beyond 2**53"])
def test_integers_declared_as_such_are_taken_off_their_mean_in_float64(kind, dtype):
    rng = np.random.default_rng(0)
    X = np.c_[COLUMNS[kind](rng, N_ROWS), rng.integers(0, 5, N_ROWS)]
    model = small(dtype=dtype).fit(X, X[:, 0] > np.median(X[:, 0]))
    onnx = skl2onnx_of_array(model, X)
    proba = run(onnx, {"X": X})[1]
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-6)


# Text that is missing


def text_table(*levels):
    rng = np.random.default_rng(0)
    colour = some_missing(rng.choice(list(levels), N_ROWS), rng, dtype=object)
    return pd.DataFrame({"colour": colour, "x": rng.standard_normal(N_ROWS)})


@pytest.mark.parametrize("levels", [("red", "green"), ("red", "nan"), ("", "unseen")])
def test_text_that_only_looks_missing_is_a_level_or_unseen(levels):
    X = text_table(*levels)
    model = small(max_iter=40).fit(X, X["colour"].isna())
    later = pd.DataFrame({"colour": ["nan", "None", "<NA>", "", "blue", None], "x": 0.0})
    onnx = converted(model, X)
    proba = run(onnx, onnx_feeds(onnx, later))[1]
    np.testing.assert_allclose(proba, model.predict_proba(later), atol=1e-12)


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA, pd.NaT, ""], ids=repr)
def test_text_that_is_missing_is_understood_as_any_client_writes_it(missing):
    X = text_table("red", "green")
    model = small().fit(X, X["colour"].isna())
    assert model.score(X, X["colour"].isna()) == 1
    texts = X["colour"].map(lambda value: missing if value is None else value).astype(object)
    feeds = {"colour": texts.to_numpy()[:, None], "x": X[["x"]].to_numpy()}
    proba = run(converted(model, X), feeds)[1]
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-12)


def test_text_that_reads_as_missing_is_a_level_where_training_has_had_it():
    X = text_table("red", "nan", "")
    model = small(min_frequency=1).fit(X, X["colour"] == "nan")
    onnx = converted(model, X)
    assert_same(model, onnx, X)
    given = onnx_feeds(onnx, X)["colour"]
    assert set(given[X["colour"].isna(), 0]) == {"NaT"}
    assert set(onnx_feeds(converted(small().fit(X[["x"]], X["x"] > 0), X[["x"]]), X)) == {"x"}


def test_text_that_reads_as_missing_and_is_rare_stays_rare():
    X = pd.DataFrame({"colour": ["red", "green"] * 60, "x": np.arange(120.0)}, dtype=object)
    X.loc[[3, 50], "colour"], X.loc[5:9, "colour"] = "nan", None
    X["x"] = X["x"].astype(float)
    model = small(min_frequency=5).fit(X, X["colour"] == "nan")
    assert_same(model, converted(model, X), X)


def test_unseen_text_counts_as_in_predict():
    X = text_table("red", "green")
    model = small().fit(X, X["x"] > 0)
    onnx = converted(model, X)
    assert_same(model, onnx, X.assign(colour="mauve"))


# The shape and the names of what is fed


def test_columns_go_by_their_names_as_skl2onnx_changes_them():
    rng = np.random.default_rng(0)
    names = ["a b", "a_b", "1st", "größe (m²)", "+", "a.b"]
    X = pd.DataFrame(rng.standard_normal((N_ROWS, 6)), columns=names)
    model = small().fit(X, X["a b"] > X["1st"])
    onnx = converted(model, X)
    assert_same(model, onnx, X)
    feeds = onnx_feeds(onnx, X.assign(target=1))
    assert [value.name for value in onnx.graph.input] == list(feeds)
    proba = run(onnx, feeds)[1]
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-12)


def test_rows_without_names_come_in_the_order_of_the_inputs():
    X = text_table("red", "green")
    model = small().fit(X, X["x"] > 0)
    onnx = converted(model, X)
    of_frame, of_array, of_lists = (
        onnx_feeds(onnx, rows) for rows in (X, X.to_numpy(), X.to_numpy().tolist())
    )
    for name, values in of_frame.items():
        assert np.array_equal(values, of_array[name]) and np.array_equal(values, of_lists[name])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_one_tensor_takes_all_columns(dtype):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 9, (N_ROWS, 3)).astype(dtype)
    model = small().fit(X, X[:, 0] > X[:, 1])
    onnx = skl2onnx_of_array(model, X)
    frame = pd.DataFrame(X.astype(np.float64), columns=list("abc"))
    for rows in (X, X.astype(np.int8), X.tolist(), frame):
        (values,) = onnx_feeds(onnx, rows).values()
        assert values.dtype == dtype and np.array_equal(values, X)


def test_a_sparse_matrix_is_fed_as_a_dense_one():
    X = np.eye(5, dtype=np.float32).repeat(20, axis=0)
    onnx = skl2onnx_of_array(fast().fit(X, X[:, 0]), X)
    assert np.array_equal(onnx_feeds(onnx, sparse.csr_array(X))["X"], X)


def test_frames_of_polars_are_fed_like_those_of_pandas():
    polars = pytest.importorskip("polars")
    X = text_table("red", "green").assign(n=np.arange(N_ROWS) + 2**60)
    P = polars.from_pandas(X)
    model = small().fit(P, X["x"] > 0)
    onnx = converted(model, P)
    assert [str(a) for a in onnx_types(P)] == [str(a) for a in onnx_types(X)]
    proba = run(onnx, onnx_feeds(onnx, P))[1]
    np.testing.assert_allclose(proba, model.predict_proba(P), atol=1e-12)


def test_a_model_is_read_from_bytes_and_from_a_file(tmp_path):
    X = text_table("red", "green")
    onnx = converted(small().fit(X, X["x"] > 0), X)
    stored = onnx.SerializeToString()
    (tmp_path / "model.onnx").write_bytes(stored)
    for model in (stored, str(tmp_path / "model.onnx"), tmp_path / "model.onnx"):
        feeds = onnx_feeds(model, X)
        assert all(np.array_equal(feeds[k], v) for k, v in onnx_feeds(onnx, X).items() if k != "x")


@pytest.mark.filterwarnings("ignore:X has columns that tell nothing")
def test_columns_that_hold_nothing_are_missing():
    X = pd.DataFrame({"nothing": [None] * N_ROWS, "x": np.arange(float(N_ROWS))})
    model = small().fit(X, X["x"] > 50)
    assert_same(model, converted(model, X), X)
    types = declared(X, nothing="String", x="Double")
    assert_same(model, converted(model, types=types), X)


# What is refused


REFUSED = {
    "a column that is not there": ("Double", {"y": 1.0}, "no column 'x', which the model takes"),
    "a missing value among integers": ("Int64", {"x": [1.0, None]}, "int64.*some are missing"),
    "a part among integers": ("Int64", {"x": [1.0, 1.5]}, "int64.*no whole numbers"),
    "an integer beyond its type": ("Int32", {"x": [1, 2**31]}, "int32.*beyond it"),
    "an integer that is not exact": ("Float", {"x": [1, 2**24 + 1]}, "holds 16777217, which flo"),
    "the same in float64": ("Double", {"x": [1, 2**53 + 1]}, "holds 9007199254740993, which flo"),
    "a number beyond its type": ("Float", {"x": [1.0, 1e300]}, "holds 1e\\+300, which float32"),
    "text for a number": ("Double", {"x": ["a", "1"]}, "holds .a. where numbers are needed"),
    "times": ("Double", {"x": pd.to_datetime(["2020-01-01"])}, "holds dates or times"),
}


@pytest.mark.parametrize(("kind", "given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_an_input_does_not_hold_is_refused_by_name(kind, given, message):
    X = pd.DataFrame({"x": np.arange(20)})
    onnx = converted(small().fit(X, X["x"] > 9), types=declared(X, x=kind))
    with pytest.raises(ValueError, match=f"column 'x'.*{message}|{message}"):
        onnx_feeds(
            onnx, pd.DataFrame(given, index=range(2)) if "y" in given else pd.DataFrame(given)
        )


def test_integers_and_floats_that_are_exact_are_fed():
    X = pd.DataFrame({"x": np.arange(20)})
    onnx = converted(small().fit(X, X["x"] > 9), types=declared(X, x="Float"))
    given = [2**24, -(2**24), 2**24 + 2, np.nan, 0.1]
    assert np.array_equal(
        onnx_feeds(onnx, pd.DataFrame({"x": given}, dtype=object))["x"].ravel(),
        np.array(given, np.float32),
        equal_nan=True,
    )


CATEGORIES = {
    "integers beyond float64": (2**53 + np.arange(4), "Double", "which float64 does not hold"),
    "integers beyond float32": (2**24 + np.arange(4), "Float", "which float32 does not hold"),
    "integers beyond int64": ([2**63, 2**63 + 1] * 2, "Int64", "which int64 does not hold"),
    "integers beyond int8": ([1, 2, 300, 4], "Int8", "which int8 does not hold"),
    "integers as booleans": ([0, 1, 2, 3], "Boolean", "which bool does not hold"),
    "text as numbers": (list("abcd"), "Double", "of text, but is declared as float64"),
}


@pytest.mark.parametrize(("values", "kind", "message"), CATEGORIES.values(), ids=CATEGORIES)
def test_categories_that_their_type_does_not_hold_are_refused_by_name(values, kind, message):
    levels = pd.Categorical.from_codes(np.arange(40) % 4 % len(set(values)), sorted(set(values)))
    X = pd.DataFrame({"key": levels, "x": np.arange(40.0)})
    model = small(min_frequency=1).fit(X, X["x"] > 9)
    with pytest.raises(ValueError, match=f"Column 'key' has .*{message}"):
        converted(model, types=declared(X, key=kind, x="Double"))


def test_keys_of_text_are_those_of_numbers_and_booleans_written_out():
    X = pd.DataFrame(
        {"key": pd.Categorical([-1, 2**60] * 20), "yes": [True, True, False, False] * 10}
    )
    model = small(min_frequency=1).fit(X, X["yes"])
    onnx = converted(model, types=declared(X, key="String", yes="String"))
    assert_same(model, onnx, X, atol=1e-6)


# Numbers near the largest


@pytest.mark.parametrize("raw_scores", [False, True])
@pytest.mark.parametrize("encoding", ["piecewise", None])
@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 3e38), (np.float64, 1.7e308)])
def test_what_comes_out_is_finite_for_the_largest_numbers(
    iris, dtype, most, ensemble, encoding, raw_scores
):
    X, y = iris[0].astype(dtype), iris[1]
    model = small(dtype="auto", hidden_layer_sizes=(8, 8), numeric_encoding=encoding)
    model = BackpropEnsembleClassifier(model, 2, cv=2, random_state=0) if ensemble else model
    onnx = converted(
        model.fit(X, y), types=[("X", type_of(dtype)([None, 4]))], raw_scores=raw_scores
    )
    signs = np.array(np.meshgrid(*[[-1, 0, 1]] * 4)).reshape(4, -1).T
    assert np.isfinite(run(onnx, {"X": (most * signs).astype(dtype)})[1]).all()
    far = (1e9 * signs + 1).astype(dtype)
    expected = model.decision_function(far) if raw_scores else model.predict_proba(far)
    np.testing.assert_allclose(run(onnx, {"X": far})[1], expected, rtol=1e-4, atol=1e-5)


def type_of(dtype):
    return data_types.FloatTensorType if dtype == np.float32 else data_types.DoubleTensorType


@pytest.mark.parametrize("kind", ["classes", "labels"])
def test_an_ensemble_tells_scores_of_which_the_probability_would_be_0(iris, kind):
    X, y = iris[0].astype(np.float32), iris[1]
    y = np.eye(3, dtype=int)[y] if kind == "labels" else y
    model = BackpropEnsembleClassifier(fast(hidden_layer_sizes=()), 2, cv=2, random_state=0)
    model.fit(X, y)
    for member in model.estimators_:
        member.coefs_[0] *= 1000
    onnx = converted(model, types=[("X", type_of(np.float32)([None, 4]))], raw_scores=True)
    expected = model.decision_function(X)
    assert np.abs(expected).max() > 1000
    np.testing.assert_allclose(run(onnx, {"X": X})[1], expected, rtol=1e-4, atol=1e-2)
