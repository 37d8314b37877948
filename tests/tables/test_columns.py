"""A table as it comes is read: frames of pandas and polars, arrays, lists, sparse matrices."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from skbackprop import BackpropClassifier
from skbackprop.tables.columns import MISSING, read_table

NA = [None, np.nan, pd.NA]
TEXT = ["red", "green", "red", "blue"]
WITH_NONE = ["red", None, "red", "blue"]


def read(X, y="no_validation", **hyper_parameters):
    """The Table of X, for an estimator that has not been fitted."""
    return read_table(BackpropClassifier(**hyper_parameters), X, y, reset=True)


def values(category):
    """The values of a column of categories, row by row."""
    return [None if p == MISSING else category.values[p] for p in category.places]


def arrow(data, kind):
    """A column of pandas that pyarrow holds."""
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    return pd.Series(data, dtype=pd.ArrowDtype(getattr(pa, kind)()))


def dictionary(data):
    """A column of pandas that is a dictionary of pyarrow."""
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    encoded = pa.chunked_array([pa.array(data).dictionary_encode()])
    return pd.Series(pd.arrays.ArrowExtensionArray(encoded))


CATEGORIES = {
    "category": lambda v: pd.Series(pd.Categorical(v)),
    "string": lambda v: pd.Series(v, dtype="string"),
    "str": lambda v: pd.Series(v),
    "object": lambda v: pd.Series(v, dtype=object),
    "arrow string": lambda v: arrow(v, "string"),
    "arrow large_string": lambda v: arrow(v, "large_string"),
    "arrow dictionary": dictionary,
    "pl.String": lambda v: pl.Series("c", v),
    "pl.Categorical": lambda v: pl.Series("c", v, dtype=pl.Categorical),
    "pl.Enum": lambda v: pl.Series("c", v, dtype=pl.Enum(["green", "red", "blue", "black"])),
}
BOOLEANS = {
    "bool": lambda v: pd.Series(v),
    "boolean": lambda v: pd.Series(v, dtype="boolean"),
    "object": lambda v: pd.Series(v, dtype=object),
    "arrow bool": lambda v: arrow(v, "bool_"),
    "pl.Boolean": lambda v: pl.Series("c", v),
}
NUMBERS = {
    "Int64": lambda v: pd.Series(v, dtype="Int64"),
    "Float64": lambda v: pd.Series(v, dtype="Float64"),
    "Float32": lambda v: pd.Series(v, dtype="Float32"),
    "float64": lambda v: pd.Series(v, dtype="float64"),
    "object": lambda v: pd.Series(v, dtype=object),
    "object with NA": lambda v: pd.Series([pd.NA if x is None else x for x in v], dtype=object),
    "Decimal": lambda v: pd.Series([None if x is None else Decimal(x) for x in v], dtype=object),
    "Fraction": lambda v: pd.Series([None if x is None else Fraction(x) for x in v], dtype=object),
    "arrow int32": lambda v: arrow(v, "int32"),
    "arrow double": lambda v: arrow(v, "float64"),
    "pl.Int64": lambda v: pl.Series("c", v),
    "pl.UInt8": lambda v: pl.Series("c", v, dtype=pl.UInt8),
    "pl.Float32": lambda v: pl.Series("c", v, dtype=pl.Float32),
    "pl.Decimal": lambda v: pl.Series("c", [None if x is None else Decimal(x) for x in v]),
}


def frame(column, **others):
    """A frame of the column's library, with one of numbers before."""
    if isinstance(column, pl.Series):
        return pl.DataFrame({"n": np.arange(len(column)), "c": column, **others})
    return pd.DataFrame({"n": np.arange(len(column)), "c": column, **others})


def skip_missing(make, data):
    """Skip what cannot hold missing values: pandas' bool."""
    if make is BOOLEANS["bool"] and None in data:
        pytest.skip("it becomes one of objects")


@pytest.mark.parametrize("data", [TEXT, WITH_NONE], ids=["full", "missing"])
@pytest.mark.parametrize("make", CATEGORIES.values(), ids=CATEGORIES)
def test_text_of_every_dtype_is_one_of_categories(make, data):
    table = read(frame(make(data)))
    assert values(table.categories[0]) == data
    assert table.is_categorical.tolist() == [False, True]
    assert_array_equal(table.numbers, np.arange(4.0)[:, None])
    assert (table.number_names, table.category_names) == (["n"], ["c"])


@pytest.mark.parametrize("data", [[True, False, True], [True, None, False]], ids=str)
@pytest.mark.parametrize("make", BOOLEANS.values(), ids=BOOLEANS)
def test_booleans_of_every_dtype_are_categories(make, data):
    skip_missing(make, data)
    assert values(read(frame(make(data))).categories[0]) == data


@pytest.mark.parametrize("data", [[1, 2, 3], [1, None, 3], [None] * 3], ids=str)
@pytest.mark.parametrize("make", NUMBERS.values(), ids=NUMBERS)
def test_numbers_of_every_dtype_are_numbers_with_nan_where_they_are_missing(make, data):
    column = make(data)
    kind = str(column.dtype).lower()
    if data == [None] * 3 and kind.startswith(("object", "null")):
        pytest.skip("nothing tells what it would hold")
    table = read(frame(column, t=["a", "b", "c"]))
    assert_array_equal(table.numbers[:, 1], np.array(data, dtype=float))
    alone = read(frame(column))
    assert_array_equal(alone.numbers[:, 1].astype(float), np.array(data, dtype=float))
    assert alone.is_categorical is None


@pytest.mark.parametrize("missing", NA, ids=["None", "nan", "NA"])
def test_all_sorts_of_missing_are_one(missing):
    column = pd.Series(["a", missing, None, "a"], dtype=object)
    assert values(read(frame(column)).categories[0]) == ["a", None, None, "a"]


def test_what_a_dtype_announces_are_values_whether_seen_or_not():
    for column in (
        pd.Series(pd.Categorical(["b"], categories=["a", "b"])),
        pl.Series("c", ["b"], dtype=pl.Enum(["a", "b"])),
    ):
        (category,) = read(frame(column)).categories
        assert category.announced and category.values == ["a", "b"]
    assert not read(frame(pd.Series(["b"]))).categories[0].announced


def test_categories_of_any_type_become_text_or_numbers():
    intervals = pd.cut(pd.Series([0.5, 1.5]), [0, 1, 2])
    assert values(read(frame(intervals)).categories[0]) == ["(0, 1]", "(1, 2]"]
    dates = pd.Series(pd.Categorical(pd.to_datetime(["2020-01-01", "2021-01-01"])))
    assert all(isinstance(v, str) for v in read(frame(dates)).categories[0].values)
    whole = pd.Series(pd.Categorical([1.0, 2.5]))
    assert [type(v) for v in read(frame(whole)).categories[0].values] == [int, float]


@pytest.mark.parametrize(
    "given",
    [[1], [-1], [False, True], np.array([1]), ("c",), np.array(["c"], dtype=object)],
    ids=str,
)
@pytest.mark.parametrize("library", [pd, pl])
def test_columns_are_chosen_by_mask_indices_or_names(given, library):
    X = library.DataFrame({"n": [0.5, 1.5, 0.0], "c": [3, 1, 3]})
    assert values(read(X, categorical_features=given).categories[0]) == [3, 1, 3]


@pytest.mark.parametrize("container", [np.asarray, list, lambda X: X.astype(np.float32)])
def test_codes_in_an_array_or_a_list_are_categories_where_they_are_chosen(container):
    X = np.array([[0.5, 3], [1.5, np.nan], [2.5, 3]])
    table = read(container(X), categorical_features=[1])
    assert values(table.categories[0]) == [3, None, 3]
    assert_array_equal(table.numbers, X[:, :1])
    assert table.names == ["x0", "x1"]


@pytest.mark.parametrize("given", [None, [], [False, False]], ids=str)
def test_nothing_chosen_is_no_categories(given):
    X = np.array([[0.5, 3], [1.5, 1]])
    table = read(X, categorical_features=given)
    assert table.numbers is X and table.is_categorical is None and table.categories == ()


def test_an_array_of_objects_or_a_list_is_read_by_its_columns():
    rows = [[0.5, "red"], [None, "blue"], [1.5, None]]
    for X in (np.array(rows, dtype=object), rows):
        table = read(X)
        assert values(table.categories[0]) == ["red", "blue", None]
        assert_array_equal(table.numbers[:, 0], [0.5, np.nan, 1.5])
    assert len(read(np.array([["a", "b"], ["c", "d"]])).categories) == 2


def test_a_table_of_pyarrow_is_read_and_a_lazy_frame_is_not():
    pa = pytest.importorskip("pyarrow", exc_type=ImportError)
    table = read(pa.table({"n": [0.5, None], "c": ["a", None]}))
    assert values(table.categories[0]) == ["a", None] and table.names == ["n", "c"]
    with pytest.raises(ValueError, match=r"LazyFrame.*pass X.collect\(\)"):
        read(pl.DataFrame({"c": ["a"]}).lazy())


def test_an_array_of_numbers_is_not_copied_and_a_frame_keeps_float32(tmp_path):
    X = np.random.default_rng(0).random((10, 3))
    assert read(X).numbers is X
    assert np.shares_memory(read(pd.DataFrame(X, copy=False)).numbers, X)
    mapped = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", shape=(5, 2))
    assert np.shares_memory(read(mapped).numbers, mapped)
    single = pd.DataFrame({"a": X[:, 0].astype(np.float32), "c": ["a"] * 10})
    assert read(single).numbers.dtype == np.float32
    assert read(single.assign(b=1.0)).numbers.dtype == np.float64


def test_rows_of_a_table_are_a_table():
    rows = np.array([2, 0])
    for X in (frame(pd.Series(TEXT)), frame(pl.Series("c", TEXT)), np.array([TEXT]).T):
        part = read(X)[rows]
        assert values(part.categories[0]) == ["red", "red"]
        assert part.n_rows == len(part.source) == 2
        assert read(part.source).n_rows == 2


# What is refused: a sentence with the column's name, and the cure

DAY = datetime.date(2020, 1, 1)
MOMENT = datetime.datetime(2020, 1, 1)
STEP = datetime.timedelta(days=1)
TIMES = {
    "datetime64": pd.Series([MOMENT] * 3),
    "with a zone": pd.Series([MOMENT] * 3).dt.tz_localize("UTC"),
    "timedelta64": pd.Series([STEP] * 3),
    "period": pd.Series(pd.period_range("2020", periods=3, freq="M")),
    "pl.Date": pl.Series([DAY] * 3),
    "pl.Datetime": pl.Series([MOMENT] * 3),
    "pl.Duration": pl.Series([STEP] * 3),
    "pl.Time": pl.Series([datetime.time(1)] * 3),
}
OBJECTS = {
    "lists": [[1], [2], [3]],
    "dicts": [{}, {}, {}],
    "dates": [DAY] * 3,
    "bytes": [b"a", b"b", b"c"],
    "complex": [1j, 2j, 3j],
}


@pytest.mark.parametrize("with_text", [False, True])
@pytest.mark.parametrize("column", TIMES.values(), ids=TIMES)
def test_dates_and_times_are_refused(column, with_text):
    X = frame(column, **({"t": ["a", "b", "c"]} if with_text else {}))
    for options in ({}, {"categorical_features": None}, {"categorical_features": ["c"]}):
        if with_text and options.get("categorical_features", "") is None:
            continue
        with pytest.raises(ValueError, match="column 'c' holds dates or times: make numbers"):
            read(X, **options)


@pytest.mark.parametrize("data", OBJECTS.values(), ids=OBJECTS)
def test_other_objects_are_refused(data):
    column = pd.Series(data, dtype=object)
    for options in ({}, {"categorical_features": ["c"]}):
        with pytest.raises(ValueError, match=r"column 'c' holds objects .*: make numbers, strings"):
            read(frame(column), **options)


@pytest.mark.parametrize("data", [[1, "a", 2.5], [True, 1, 2], ["a", 1, None]], ids=str)
def test_numbers_mixed_with_text_are_refused(data):
    with pytest.raises(ValueError, match=r"column 'c' mixes numbers with text .*astype"):
        read(frame(pd.Series(data, dtype=object)))


@pytest.mark.parametrize(
    "make", [NUMBERS[k] for k in ("float64", "Float64", "object", "arrow double")]
)
@pytest.mark.parametrize("others", [{}, {"t": ["a", "b", "c"]}], ids=["alone", "beside text"])
def test_infinity_is_refused_by_name(make, others):
    with pytest.raises(ValueError, match="column 'c' of X contains infinity"):
        read(frame(make([1.0, np.inf, 2.0]), **others))


WRONG = {
    "a name that is none": (["zz"], r"has names that are no columns of X: \['zz'\]"),
    "too large an index": ([2], "must be of columns from 0 to 1"),
    "too small an index": ([-3], "must be of columns from 0 to 1"),
    "a short mask": ([True], "must have 2 entries as a mask"),
    "floats": ([0.5], "must be 'from_dtype', None, or a list"),
    "a matrix": ([[1]], "must be 'from_dtype', None, or a list"),
    "a set": ({"c"}, "must be 'from_dtype', None, or a list"),
}


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_what_categorical_features_cannot_be(given, message):
    with pytest.raises(ValueError, match=f"categorical_features {message}"):
        read(frame(pd.Series(TEXT)), categorical_features=given)


def test_categories_of_a_sparse_matrix_are_refused():
    with pytest.raises(ValueError, match="needs a dense X of two dimensions"):
        read(sparse.csr_array(np.eye(3)), categorical_features=[1])


def test_text_in_an_array_without_categories_names_the_cure():
    X = np.array([[0.5, "red"]], dtype=object)
    with pytest.raises(ValueError, match=r"X holds text .*categorical_features"):
        read(X, categorical_features=None)


@pytest.mark.parametrize("n_rows", [0, 3])
def test_no_rows_or_no_columns_are_refused_as_scikit_learn_does(n_rows):
    X = frame(pd.Series(TEXT))[:n_rows]
    X = X if n_rows == 0 else X[[]]
    with pytest.raises(ValueError, match=r"Found array with 0 (sample|feature)\(s\)"):
        read(X)
