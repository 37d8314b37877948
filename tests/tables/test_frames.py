"""A table of any sort is read by its columns: frames, arrays, lists, sparse matrices."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import TEXT, frame, read, values
from numpy.testing import assert_array_equal

from skbackprop import BackpropClassifier
from skbackprop.tables.choice import mask_of


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
    assert values(table.categories[0]) == ["a", None] and table.number_names == ["n"]
    with pytest.raises(ValueError, match=r"LazyFrame.*pass X.collect\(\)"):
        read(pl.DataFrame({"c": ["a"]}).lazy())


@pytest.mark.parametrize("n_rows", [0, 3])
def test_no_rows_or_no_columns_are_refused_as_scikit_learn_does(n_rows):
    X = frame(pd.Series(TEXT))[:n_rows]
    X = X if n_rows == 0 else X[[]]
    with pytest.raises(ValueError, match=r"Found array with 0 (sample|feature)\(s\)"):
        read(X)


@pytest.mark.parametrize("series", [pd.Series([0.5, 1]), pl.Series("x", [0.5, 1])], ids=type)
def test_a_series_is_refused_with_what_it_should_be(series):
    model = BackpropClassifier(max_iter=1).fit(pd.DataFrame({"a": [0.5, 1], "b": [1, 0]}), [0, 1])
    for call in (read, model.predict):
        with pytest.raises(ValueError, match=r"X is a Series, .* row .* is frame.iloc\[\[0\]\]"):
            call(series)


def test_columns_chosen_by_name_are_looked_up_and_not_searched_for():
    compared = []

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other):
            compared.append(1)
            return str.__eq__(self, other)

    names = [f"c{j}" for j in range(500)]
    table = SimpleNamespace(names=list(map(Name, names)), n_columns=len(names))
    assert mask_of(names[::2], table) == [True, False] * 250
    assert len(compared) < 10 * len(names)
