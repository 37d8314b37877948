"""What the columns of a table hold: numbers, and the distinct values of categories."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import NUMBERS, TEXT, frame, read, values

NA = [None, np.nan, pd.NA]


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


@pytest.mark.parametrize(
    "make", [NUMBERS[k] for k in ("float64", "Float64", "object", "arrow double")]
)
@pytest.mark.parametrize("others", [{}, {"t": ["a", "b", "c"]}], ids=["alone", "beside text"])
def test_infinity_is_refused_by_name(make, others):
    with pytest.raises(ValueError, match="column 'c' of X contains infinity"):
        read(frame(make([1.0, np.inf, 2.0]), **others))


def test_text_in_an_array_without_categories_names_the_cure():
    X = np.array([[0.5, "red"]], dtype=object)
    with pytest.raises(ValueError, match=r"'x1' of X holds 'red' .*categorical_features"):
        read(X, categorical_features=None)
