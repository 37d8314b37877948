"""Columns of words."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import column_of, frame, read, values
from numpy.testing import assert_array_equal

from skbackprop.tables.kinds.words import FEWEST, MOST_ROWS, Words, terms_of

TITLES = [f"{kind} no {i}" for i in range(20) for kind in ("Engineer", "Éditeur")]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("Go on", ["go", "on"]),
        ("The Engineer's", ["the", "engineer", "s", "eng-", "-eer"]),
        ("日本 7-up", ["日本", "7", "up"]),
    ],
)
def test_terms_are_words_and_the_ends_of_longer_ones(text, terms):
    assert terms_of(text) == terms


@pytest.mark.parametrize("library", [pd, pl])
def test_a_column_of_many_strings_gives_the_terms_of_each_row_beside_its_category(library):
    text = [*TITLES, None, TITLES[0]]
    table = read(frame(library.Series(text)))
    (bag,), (category,) = table.bags, table.categories
    assert table.columns.bag_names == ["c"] == table.category_names
    assert values(category) == text
    H = bag.entries[bag.places].toarray()
    for row, string in zip(H, text, strict=True):
        assert {term for term, has in zip(bag.terms, row, strict=True) if has} == set(
            terms_of(string or "")
        )


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        (TITLES[:FEWEST], False),
        (TITLES[: FEWEST + 1], True),
        (TITLES * MOST_ROWS, True),
        (TITLES * (MOST_ROWS + 1), False),
        (pd.Categorical(TITLES), False),
        (list(range(50)), False),
        ([f"LP00{i}" for i in range(50)], False),
        ([f"LP00{i // 2}" for i in range(80)], True),
        ([f"LP00{i} " + "north" * (i % 2) for i in range(50)], True),
    ],
)
def test_it_takes_text_of_many_distinct_strings_of_few_rows_each(text, is_taken):
    assert Words.takes(column_of(pd.Series(text))) is is_taken


def test_strings_without_any_word_have_no_terms():
    table = read(frame(pd.Series(["!" * i for i in range(1, 40)])))
    assert table.bags[0].terms == []
    assert_array_equal(table.bags[0].entries.shape, [40, 0])


def test_rows_of_a_table_keep_their_words():
    table = read(frame(pd.Series(TITLES)))
    some = np.array([3, 1])
    bag = table[some].bags[0]
    assert_array_equal(bag.places, table.bags[0].places[some])
