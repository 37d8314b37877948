"""Columns of numbers that are written as text."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import column_of, frame, read, values
from numpy.testing import assert_array_equal

from skbackprop.tables.kinds.text_numbers import TextNumbers

NAN = np.nan
WRITTEN = {
    "plain": (["1", "-2.5", "+3e2", ".5"], [1, -2.5, 300, 0.5]),
    "dollars": (["$1,200.50", "$3.00 ", "($7.25)", "-$1"], [1200.5, 3, -7.25, -1]),
    "euros": (["1.234,50 €", "3,5 €", "12 €"], [1234.5, 3.5, 12]),
    "per cent": (["8.90%", "5 %", "12.5%"], [8.9, 5, 12.5]),
    "one unit": (["1248 CC", "998 cc", "1.5 CC"], [1248, 998, 1.5]),
    "years, one or many": (["10+ years", "< 1 year", "3 years"], [10, 1, 3]),
    "thousands and millions": (["19M", "201k", "3.5M", "7"], [19e6, 201e3, 3.5e6, 7]),
    "groups parted by commas": (["1,234", "5,678,901", "12"], [1234, 5678901, 12]),
    "groups parted by points": (["1.234.567", "2.000", "3,5"], [1234567, 2000, 3.5]),
    "groups parted by spaces": (["1 234", "5\u202f678,5", "9"], [1234, 5678.5, 9]),
    "groups parted by apostrophes": (["1'234.5", "5’678", "9"], [1234.5, 5678, 9]),
    "decimal commas": (["1,5", "2,25", "3"], [1.5, 2.25, 3]),
    "minus signs of typography": (["−1", "−2", "3"], [-1, -2, 3]),
    "groups of lakhs": (["₹1,23,456.5", "₹12,34,56,789", "₹999"], [123456.5, 123456789, 999]),
    "codes of currencies": (["USD 1,200", "usd 3", "EUR7.5"], [1200, 3, 7.5]),
    "currencies of several letters": (["R$ 1,200", "-R$3", "(R$7)"], [1200, -3, -7]),
    "degrees": (["20°C", "-3.5 °c", "7°C"], [20, -3.5, 7]),
    "inches": (['15.6"', '13"', '14.1"'], [15.6, 13, 14.1]),
    "groups of which one is wrong": (
        [*(f"{i},000" for i in range(1, 20)), "7,7000"],
        [*range(1000, 20000, 1000), NAN],
    ),
    "postcodes": (["01234", "00501", "90210"], [1234, 501, 90210]),
}


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize(("text", "expected"), WRITTEN.values(), ids=WRITTEN)
def test_numbers_are_read_beside_their_levels(text, expected, library):
    table = read(frame(library.Series(text)))
    assert_array_equal(table.numbers[:, 1], expected)
    assert table.number_names == ["n", "c as a number"] and table.category_names == ["c"]
    assert values(table.categories[0]) == text


NO_NUMBERS = {
    "words": ["a", "b", "c"],
    "versions": ["1.0.2", "1.0.3", "2.1.0"],
    "addresses of networks": ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
    "ranges": ["1-2", "3-4", "5-6"],
    "several units": ["1 kg", "2 km", "3 s"],
    "dates": ["2020-01-01", "2020-01-02", "2020-01-05"],
    "addresses": ["7701 WHITE LN", "11216 TRINITY RIVER DR", "12 ELM ST"],
    "two numbers only": ["0", "1", "0", "1"],
    "codes": ["A12", "B7", "12C"],
    "beyond float64": ["1e999", "2e999", "3e999"],
    "groups that are not of three": ["1,23,4", "2,34,5", "3,45,6"],
}


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_other_text_is_none(text):
    assert TextNumbers.takes(column_of(pd.Series(text))) is False


def test_text_of_a_categorical_dtype_is_left_alone():
    table = read(frame(pd.Series(["1", "2", "3"], dtype="category")))
    assert table.number_names == ["n"] and table.category_names == ["c"]


@pytest.mark.parametrize("mark", ["?", "", " ", "N/A", "-", "NULL", "nan", "unknown", None])
def test_marks_of_missing_values_are_missing_numbers(mark):
    table = read(frame(pd.Series(["1", "2", mark, "4"], dtype=object)))
    assert_array_equal(table.numbers[:, 1], [1, 2, NAN, 4])
    assert values(table.categories[0]) == ["1", "2", mark, "4"]


def test_one_string_in_twenty_may_be_no_number_and_keeps_its_level():
    text = [str(i) for i in range(19)] + ["many"]
    table = read(frame(pd.Series(text)))
    assert_array_equal(table.numbers[:, 1], [*range(19), NAN])
    assert values(table.categories[0])[-1] == "many"
    assert read(frame(pd.Series([*text, "more"]))).number_names == ["n"]


def test_later_rows_are_read_as_those_of_training_were():
    kind = TextNumbers(",", "")
    later = ["1.000,5", "2", "no number", None, "3 kg"]
    numbers, category = kind.read(column_of(pd.Series(later)))
    assert_array_equal(numbers, [1000.5, 2, NAN, NAN, NAN])
    assert values(category) == later


def test_later_numbers_without_the_unit_of_training_are_refused():
    with pytest.raises(ValueError, match="column 'c' of X holds numbers without their unit: give"):
        TextNumbers(".", "%").read(column_of(pd.Series([0.5, 0.7])))


def test_a_column_of_which_nothing_is_read_later_is_told():
    kind = TextNumbers(".", "%")
    with pytest.warns(UserWarning, match="column 'c' of X has no numbers .*: '0.5' counts"):
        numbers, _ = kind.read(column_of(pd.Series(["?", "0.5"])))
    assert np.isnan(numbers).all()
    kind.read(column_of(pd.Series(["?", None, "n/a"])))


@pytest.mark.parametrize("string", ["(" + " " * 9999, "1" + " " * 9999 + "x", "$ " * 9999])
def test_spaces_without_end_take_no_time(string):
    assert_array_equal(TextNumbers(".", "").of([string] * 100), [NAN] * 100)


@pytest.mark.parametrize("later", [[1, 2, 7], [1.0, 2.0, 7.0]], ids=str)
def test_later_rows_may_hold_the_numbers_themselves(later):
    numbers, category = TextNumbers(".", "").read(column_of(pd.Series(later)))
    assert_array_equal(numbers, later)
    assert values(category) == ["1", "2", "7"]
