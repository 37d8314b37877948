"""y from any container: the values that were given, or one sentence that says what is wrong."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from models import ensemble, fast
from scipy import sparse
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skbackprop.tables.targets.reading import read_targets

pa = pytest.importorskip("pyarrow", exc_type=ImportError)
HAS_STRING_DTYPE = hasattr(getattr(np, "dtypes", None), "StringDType")


def objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


CONTAINERS = {
    "array of objects": objects,
    "list": list,
    "tuple": tuple,
    "series": pd.Series,
    "series of objects": lambda values: pd.Series(values, dtype=object),
    "series of pandas' dtypes": lambda values: pd.Series(values, dtype=object).convert_dtypes(),
    "series of categories": lambda values: pd.Series(values, dtype="category"),
    "series of arrow": lambda values: pd.Series(
        values, dtype=pd.ArrowDtype(pa.array(values, from_pandas=True).type)
    ),
    "series without order": lambda values: pd.Series(values, index=range(len(values), 0, -1)),
    "array of pandas": lambda values: pd.array(values),
    "column of a frame": lambda values: pd.DataFrame({"y": objects(values)}),
    "polars": pl.Series,
    "arrow": pa.array,
    "chunks of arrow": lambda values: pa.chunked_array(
        [pa.array(values[:2]), pa.array(values[2:])]
    ),
}
LABELS = {
    "bool": ([True, False, True, True], "b"),
    "int": ([3, -1, 3, 2**60 + 1], "i"),
    "float": ([0.0, 2.0, 0.5, 0.0], "f"),
    "str": (["b", "a", "", "nan"], "UO"),
}
each_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)


# What is read


@each_container
@pytest.mark.parametrize(("values", "kinds"), LABELS.values(), ids=LABELS)
def test_labels_of_any_container_keep_their_values_and_their_type(container, values, kinds):
    y = read_targets(container(values))
    assert y.dtype.kind in kinds
    assert y.ravel().tolist() == values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, 2, False], np.array([1, 2, 0])),
        ([np.bool_(True), False], np.array([True, False])),
        ([np.int8(1), 2**40], np.array([1, 2**40])),
        ([2**63, 2**63 + 1, 1], np.array([2**63, 2**63 + 1, 1], np.uint64)),
        ([1, 2.5], np.array([1, 2.5])),
        ([Decimal("1.5"), Decimal(2)], np.array([1.5, 2])),
        ([Fraction(1, 4), 3], np.array([0.25, 3])),
    ],
    ids=str,
)
@pytest.mark.parametrize("container", [list, objects, pd.Series])
def test_numbers_that_come_as_objects_are_numbers(container, values, expected):
    y = read_targets(container(values))
    assert y.dtype == expected.dtype
    assert np.array_equal(y, expected)


def test_an_array_of_numbers_or_strings_stays_as_it_is():
    for y in (np.arange(3), np.array([True, False]), np.array(["a", "b"]), np.eye(3, dtype="f4")):
        assert read_targets(y) is y


def test_strings_of_an_enumeration_are_strings():
    colour = StrEnum("colour", ["RED", "BLUE"])
    assert read_targets([colour.RED, colour.BLUE]).tolist() == ["red", "blue"]


@pytest.mark.skipif(not HAS_STRING_DTYPE, reason="numpy has no StringDType")
def test_the_strings_of_numpy_2_are_strings():
    dtype = np.dtypes.StringDType
    assert read_targets(np.array(["b", "a"], dtype=dtype())).tolist() == ["b", "a"]
    for nothing in (None, np.nan):
        with pytest.raises(ValueError, match=r"y has 1 missing value in 2 rows"):
            read_targets(np.array(["b", nothing], dtype=dtype(na_object=nothing)))


def test_an_indicator_matrix_of_objects_is_one_of_numbers():
    Y = np.array([[1, 0], [0, 1], [1, 1]])
    for given in (Y.astype(object), Y.astype(bool).astype(object), Y.astype(object).tolist()):
        assert np.array_equal(read_targets(given), Y)
    columns = {"a": pd.array([True, False, True], "boolean"), "b": [0, 1, 1]}
    assert np.array_equal(read_targets(pd.DataFrame(columns)), Y)


def test_a_sparse_y_is_copied_and_an_explicit_nan_is_missing():
    Y = sparse.csc_array(np.eye(3))
    read = read_targets(Y)
    Y.data[:] = 7
    assert np.array_equal(read.toarray(), np.eye(3))
    Y.data[:2] = np.nan
    with pytest.raises(ValueError, match=r"y has 2 missing values in 3 rows"):
        read_targets(Y)


# What is refused

NOTHING = {"None": None, "NaN": np.nan, "NA": pd.NA, "NaT": pd.NaT}
MISSING = {
    "floats": np.array([1.0, np.nan, 0.0, np.nan]),
    "half floats": np.array([1.0, np.nan, 0.0, np.nan], "f2"),
    "masked": np.ma.masked_array([1, -999, 0, -999], mask=[0, 1, 0, 1]),
    "masked and NaN": np.ma.masked_array([1, np.nan, 0, -999], mask=[0, 0, 0, 1]),
    "Int64": pd.Series([1, None, 0, None], dtype="Int64"),
    "boolean": pd.Series([True, None, False, None], dtype="boolean"),
    "string": pd.Series(["a", None, "b", None], dtype="string"),
    "strings by default": pd.Series(["a", None, "b", None]),
    "categories": pd.Series(["a", None, "b", None], dtype="category"),
    "categories of numbers": pd.Series([1, None, 2, None], dtype="category"),
    "arrow": pa.array(["a", None, "b", None]),
    "booleans of polars": pl.Series([True, None, False, None]),
    "numbers of polars": pl.Series([1, None, 2, None]),
    "categories of polars": pl.Series(["a", None, "b", None], dtype=pl.Categorical),
    "labels": np.array([[1.0, np.nan], [np.nan, 0], [1, 0], [0, 1]]),
    "labels of objects": np.array([[1, None], [None, 0], [1, 0], [0, 1]]),
    "a frame": pd.DataFrame({"a": pd.array([1, None, 0, None], "Int64"), "b": 1}),
}


@pytest.mark.parametrize("y", MISSING.values(), ids=MISSING)
def test_what_is_missing_is_counted_and_named(y):
    with pytest.raises(ValueError, match=r"^y_val has 2 missing values in 4 rows: leave out the"):
        read_targets(y, "y_val")


@each_container
def test_none_among_labels_of_any_container_is_missing(container):
    for values in (["a", None, "b"], [True, None, False], [1, None, 2]):
        with pytest.raises(ValueError, match=r"^y has 1 missing value in 3 rows"):
            read_targets(container(values))


@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("labels", [["a", "b"], [1, 2], [True, False]], ids=str)
def test_each_sort_of_nothing_is_missing_and_never_a_label(nothing, labels):
    for y in ([*labels, nothing], objects([nothing, *labels])):
        with pytest.raises(ValueError, match=r"^y has 1 missing value in 3 rows"):
            read_targets(y)
    with pytest.raises(ValueError, match=r"^y has 3 missing values in 3 rows"):
        read_targets([nothing] * 3)


@pytest.mark.parametrize(
    "y",
    [
        np.array([b"a", b"b"]),
        [b"a", b"b"],
        objects([b"a", "b"]),
        pd.Series([b"a", b"b"]),
        pl.Series([b"a", b"b"]),
        pa.array([b"a", b"b"]),
    ],
    ids=lambda y: type(y).__name__,
)
def test_bytes_are_to_be_decoded(y):
    with pytest.raises(ValueError, match=r"^y holds bytes: decode them"):
        read_targets(y)


@pytest.mark.parametrize("container", [list, objects, pd.Series])
def test_a_mixture_of_strings_and_numbers_is_refused(container):
    for values in ([1, "a"], ["a", 1.5], [True, "a"], ["1", 1]):
        with pytest.raises(ValueError, match=r"^y must have labels that are all strings or all"):
            read_targets(container(values))


def test_objects_that_are_no_labels_are_named_by_their_type():
    for value, name in (({1}, "set"), (date(2020, 1, 1), "date"), (1j, "complex")):
        with pytest.raises(ValueError, match=rf"y holds objects of type {name}: labels are"):
            read_targets(objects([value, value]))
    intervals = pd.cut(pd.Series([1.0, 2.0, 3.0]), 2)
    with pytest.raises(ValueError, match=r"y holds objects of type Interval"):
        read_targets(intervals)


@pytest.mark.parametrize("kind", ["datetime64[D]", "timedelta64[h]"])
def test_dates_are_no_labels(kind):
    for y in (np.arange(4).astype(kind), pd.Series(np.arange(4).astype(kind))):
        with pytest.raises(ValueError, match=r"y has dtype .*: dates and durations are no labels"):
            read_targets(y)


@pytest.mark.parametrize("values", [[2**64, 1], [2**63, -1], [10**400, 0.5], [2**53 + 1, 2.0**53]])
def test_numbers_that_would_become_one_label_are_refused(values):
    with pytest.raises(ValueError, match=r"y holds numbers that 64 bits cannot tell apart"):
        read_targets(objects(values))


# Estimators that read them


@pytest.fixture
def with_objects(rng):
    X = rng.normal(size=(60, 2))
    return X, objects([bool(x > 0) for x in X[:, 0]])


def test_booleans_as_objects_are_learned_scored_and_cross_validated(with_objects):
    X, y = with_objects
    model = fast(max_iter=50).fit(X, y)
    assert model.classes_.dtype == bool
    assert model.score(X, y) == np.mean(model.predict(X) == y.astype(bool)) > 0.9
    assert cross_val_score(fast(max_iter=50), X, y, cv=3).min() > 0.8
    parts = fast().partial_fit(X, y, classes=np.array([True, False], dtype=object))
    assert parts.classes_.tolist() == [False, True]
    fast().fit(X, y, X_val=X, y_val=y)


def test_an_ensemble_reads_them_for_its_networks_its_splitter_and_its_score(with_objects):
    X, y = with_objects
    model = ensemble(cv=StratifiedKFold(3)).fit(X, y)
    expected = ensemble(cv=StratifiedKFold(3)).fit(X, y.astype(bool))
    assert np.array_equal(model.oof_probabilities_, expected.oof_probabilities_)
    assert model.score(X, y) == expected.score(X, y.astype(bool))


def test_whole_numbers_beyond_the_floats_stay_two_labels(rng):
    y = pd.Series([2**60, 2**60 + 1] * 10, dtype="Int64")
    assert fast().fit(rng.normal(size=(20, 2)), y).classes_.tolist() == [2**60, 2**60 + 1]


@pytest.mark.parametrize("make", [fast, ensemble])
def test_targets_are_named_in_what_an_estimator_refuses(with_objects, make):
    X, y = with_objects
    spoilt = y.copy()
    spoilt[7] = None
    for call in (make().fit, make().fit(X, y).score):
        with pytest.raises(ValueError, match=r"^y has 1 missing value in 60 rows"):
            call(X, spoilt)
    if make is fast:
        with pytest.raises(ValueError, match=r"^y_val has 1 missing value in 60 rows"):
            make().fit(X, y, X_val=X, y_val=spoilt)
        with pytest.raises(ValueError, match=r"^classes has 1 missing value in 2 rows"):
            make().partial_fit(X, y, classes=[True, None])
