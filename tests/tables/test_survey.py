"""What is noted of columns in training, and which losses are warned of."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from containers import COLUMNS, CONTAINERS
from models import ensemble, fast

pytestmark = pytest.mark.usefixtures("unconverged")

N = 60
Y = np.arange(N) % 2
COLOURS = pd.Series(["red", "green", "blue"] * (N // 3))
DAYS = pd.Series(pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d"))
CODES = pd.Series([f"{'abcdefghij'[i % 10]}{i}" for i in range(N)])
LOST = {  # a column, and why it tells nothing
    "no numbers": (pd.Series([np.nan] * N), "all missing"),
    "no text": (pd.Series([None] * N, dtype=object), "all missing"),
    "no categories": (pd.Series(pd.Categorical([None] * N, ["a"])), "all missing"),
    "a word": (pd.Series(["x"] * N), "constant"),
    "a day": (pd.Series(pd.to_datetime(["2020-01-01"] * N)), "constant"),
    "codes": (CODES, "all values are rare, and no term tells rows apart"),
    "codes after a word": ("no " + CODES, "all values are rare, and no term tells rows apart"),
    "codes, one missing": (
        CODES.where(CODES.index > 0),
        "all values are rare, and no term tells rows apart",
    ),
}
KEPT = {  # a column that tells something, or may do so
    "a number": pd.Series([7.0] * N),  # as one-hot columns are in a part of the rows
    "a boolean": pd.Series([False] * N),
    "a word, one missing": pd.Series(["x"] * N).where(COLOURS.index > 0),
    "words": "the " + COLOURS + " " + CODES,
    "categories, two used": pd.Series(pd.Categorical(["a", "b"] * (N // 2), [*"abc"])),
    "a frequent word among numbers": CODES.str[1:].where(COLOURS != "red", "many"),
    "a few words among days": DAYS.where(COLOURS.index > 5, "ongoing"),
}


def frame_of(column):
    return pd.DataFrame({"size": np.arange(N) % 7.0, "odd": column, "colour": COLOURS})


@pytest.mark.parametrize("case", LOST)
def test_a_column_that_tells_nothing_is_named_and_described(case):
    column, why = LOST[case]
    message = f"columns that tell nothing: 'odd' ({why}). Leave them out"
    with pytest.warns(UserWarning, match=re.escape(message)):
        model = fast().fit(frame_of(column), Y)
    read = model.describe_columns().loc["odd"]
    assert (read["kind"], read["why"]) == ("nothing to learn", why)
    assert read["missing"] == column.isna().sum()


@pytest.mark.parametrize("case", KEPT)
def test_nothing_is_said_of_a_column_that_may_tell_something(case):
    fast().fit(frame_of(KEPT[case]), Y)


def test_text_that_cannot_be_read_is_warned_of_where_it_has_no_level_either():
    X = frame_of(DAYS.where(COLOURS != "red", "ongoing"))
    with pytest.warns(UserWarning, match="more than a tenth is text .* as missing: 'odd'. Write"):
        model = fast().fit(X, Y)
    read = model.describe_columns().loc["odd"]
    assert (read["unparsed"], read["missing"]) == ((COLOURS == "red").sum(), 0)
    assert read["why"] == "40 of 41 distinct strings are read so"


def test_many_columns_are_named_in_one_sentence():
    X = pd.DataFrame({f"c{j}": ["x"] * N for j in range(8)})
    with pytest.warns(UserWarning) as caught:
        fast().fit(X, Y)
    (warning,) = caught
    assert "'c4' (constant) and 3 more. Leave" in str(warning.message)


def test_an_ensemble_warns_once():
    with pytest.warns(UserWarning) as caught:
        ensemble().fit(frame_of(CODES), Y)
    assert len(caught) == 1


def test_what_later_rows_may_bring_and_what_a_few_rows_lack_is_no_loss():
    fast().partial_fit(frame_of(CODES), Y, classes=[0, 1])
    fast().fit(frame_of(CODES)[:10], Y[:10])


def test_arrays_of_numbers_are_not_looked_at():
    fast().fit(np.full((N, 3), np.nan), Y)


def test_notes_are_those_of_the_first_call():
    X = frame_of(KEPT["words"])
    model = fast(warm_start=True).fit(X, Y)
    notes = model._column_notes
    later = X.assign(size=np.nan)
    assert model.fit(later, Y)._column_notes == model.partial_fit(later, Y)._column_notes == notes


@pytest.mark.parametrize("container", CONTAINERS)
def test_notes_are_the_same_of_any_container(container):
    columns = {name: COLUMNS[name] * 5 for name in ("float", "integer", "missing text")}
    notes = fast().fit(CONTAINERS[container](columns), np.arange(20) % 2)._column_notes
    assert notes["missing"] == [5, 0, 5] and notes["unparsed"] == [0] * 3
    assert list(map(float, notes["example"][:2])) == [0.5, 3] and notes["example"][2] == "red"


def test_an_example_is_one_short_line():
    X = frame_of(pd.Series([f"a\nlong {i % 2} " + "word " * 1000 for i in range(N)]))
    assert fast().fit(X, Y)._column_notes["example"][1] == "a long 0 word word word wor..."


def test_notes_of_many_columns_are_stored_in_little():
    X = pd.DataFrame(np.eye(N, 1000), columns=[f"c{j}" for j in range(1000)])
    assert len(pickle.dumps(fast().fit(X, Y)._column_notes)) < 20_000
