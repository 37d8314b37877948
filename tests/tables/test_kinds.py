"""Which columns of a table hold numbers, which categories, and which neither."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import BOOLEANS, CATEGORIES, NUMBERS, TEXT, WITH_NONE, frame, read, values
from numpy.testing import assert_array_equal
from scipy import sparse

from skbackprop.tables.frames import ArrayColumn
from skbackprop.tables.kinds import kind_of
from skbackprop.tables.opening import opened

UNTOLD = "object", "object with NA", "Decimal", "Fraction", "pl.Int64", "pl.Decimal"
TOLD = [name for name in NUMBERS if name not in UNTOLD]  # by the dtype, where no value is there


@pytest.mark.parametrize("data", [TEXT, WITH_NONE], ids=["full", "missing"])
@pytest.mark.parametrize("make", CATEGORIES.values(), ids=CATEGORIES)
def test_text_of_every_dtype_is_one_of_categories(make, data):
    table = read(frame(make(data)))
    assert values(table.categories[0]) == data
    assert table.columns.is_categorical.tolist() == [False, True]
    assert_array_equal(table.numbers, np.arange(4.0)[:, None])
    assert (table.number_names, table.category_names) == (["n"], ["c"])


@pytest.mark.parametrize("data", [[True, False, True], [True, None, False]], ids=str)
@pytest.mark.parametrize("make", BOOLEANS.values(), ids=BOOLEANS)
def test_booleans_of_every_dtype_are_categories(make, data):
    assert values(read(frame(make(data))).categories[0]) == data


@pytest.mark.parametrize(
    ("name", "data"),
    [(name, data) for name in NUMBERS for data in ([1, 2, 3], [1, None, 3])]
    + [(name, [None] * 3) for name in TOLD],
)
def test_numbers_of_every_dtype_are_numbers_with_nan_where_they_are_missing(name, data):
    column = NUMBERS[name](data)
    table = read(frame(column, t=["a", "b", "c"]))
    assert_array_equal(table.numbers[:, 1], np.array(data, dtype=float))
    alone = read(frame(column))
    assert_array_equal(alone.numbers[:, 1].astype(float), np.array(data, dtype=float))
    assert alone.columns.is_categorical is None


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
    assert (table.number_names, table.category_names) == (["x0"], ["x1"])


@pytest.mark.parametrize("given", [None, [], [False, False]], ids=str)
def test_nothing_chosen_is_no_categories(given):
    X = np.array([[0.5, 3], [1.5, 1]])
    table = read(X, categorical_features=given)
    assert table.numbers is X and table.columns.is_categorical is None and table.categories == ()


OBJECTS = {
    "lists": [[1], [2], [3]],
    "dicts": [{}, {}, {}],
    "complex": [1j, 2j, 3j],
}


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


def test_columns_that_are_not_chosen_are_of_numbers_unless_a_kind_reads_what_they_hold():
    X = frame(pd.Series(TEXT), d=pd.date_range("2020", periods=4))
    kinds = read(X, categorical_features=["c"]).columns.kinds
    assert [type(kind).__name__ for kind in kinds] == ["Numbers", "Categories", "Times"]
    with pytest.raises(ValueError, match="column 'c' of X holds 'red' where numbers are needed"):
        read(X, categorical_features=["n"])


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


class CountingColumn(ArrayColumn):
    """A column that counts how often objects are made of its values."""

    n_lists = 0

    def as_list(self):
        self.n_lists += 1
        return super().as_list()


TEXTS = {
    "categories": ["red", None, "green", "red"] * 10,
    "dates": ["2020-03-01", None, "2021-12-24", "2020-03-01"] * 10,
    "numbers": ["1,5 kg", None, "20 kg", "1,5 kg"] * 10,
    "words": [f"a house of {k} rooms" for k in range(200)],
}


@pytest.mark.parametrize("values", TEXTS.values(), ids=TEXTS)
def test_objects_are_made_once_of_the_values_of_a_column_of_text(values):
    column = CountingColumn("a", np.dtype(object), np.array(values, object))
    kind_of(column).read(column)
    assert column.n_lists == 1


@pytest.mark.parametrize("values", TEXTS.values(), ids=TEXTS)
def test_strings_of_pandas_are_the_same_text_as_objects(values):
    given = [pd.DataFrame({"a": pd.Series(values, dtype=dtype)}) for dtype in (object, "string")]
    read = [opened(X, None).columns[0].text for X in given]
    texts = [np.array(text.values, object)[text.places] for text in read]
    assert [*texts[0]] == [*texts[1]] == values
