"""A table of any sort is read by its columns: frames, arrays, lists, sparse matrices."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import TEXT, frame, read, values
from numpy.testing import assert_array_equal


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
