"""Later tables hold numbers as text, text as numbers, and both mixed."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from columns import arrow, dictionary, frame, read, values
from models import fast
from numpy.testing import assert_array_equal

RNG = np.random.default_rng(0)
NUMBERS = RNG.integers(0, 9, 60) / 2.0
X = pd.DataFrame({"n": np.arange(60.0), "c": NUMBERS})
Y = (NUMBERS > 2).astype(int)
WORDS = np.array(["red", "green", "blue"])[RNG.integers(0, 3, 60)]
AS_TEXT = {
    "str": lambda v: pd.Series(v).map(str),
    "object": lambda v: pd.Series(list(map(str, v)), dtype=object),
    "string": lambda v: pd.Series(list(map(str, v)), dtype="string"),
    "category of text": lambda v: pd.Series(pd.Categorical(list(map(str, v)))),
    "category of numbers": lambda v: pd.Series(pd.Categorical(v)),
    "arrow string": lambda v: arrow(list(map(str, v)), "string"),
    "arrow dictionary": lambda v: dictionary(list(map(str, v))),
    "bytes": lambda v: pd.Series([str(x).encode() for x in v], dtype=object),
    "with blanks around": lambda v: pd.Series([f" {x} " for x in v]),
    "exponents": lambda v: pd.Series([f"{x:e}" for x in v]),
    "mixed": lambda v: pd.Series([x if x > 1 else str(x) for x in v], dtype=object),
    "pl.String": lambda v: pl.Series("c", list(map(str, v))),
    "pl.Categorical": lambda v: pl.Series("c", list(map(str, v)), dtype=pl.Categorical),
    "pl.Binary": lambda v: pl.Series("c", [str(x).encode() for x in v]),
}


def with_c(column):
    """X with other values of 'c', in the library of the column."""
    if isinstance(column, pl.Series):
        return pl.DataFrame({"n": X["n"].to_numpy(), "c": column})
    return X.assign(c=column)


@pytest.mark.parametrize("make", AS_TEXT.values(), ids=AS_TEXT)
@pytest.mark.parametrize("others", [{}, {"w": WORDS}], ids=["numbers alone", "beside text"])
def test_text_that_is_a_number_is_one_where_training_had_numbers(make, others):
    model = fast().fit(X.assign(**others), Y)
    expected = model.predict_proba(X.assign(**others))
    later = with_c(make(NUMBERS.tolist()))
    if others:
        w = pl.Series("w", WORDS) if isinstance(later, pl.DataFrame) else WORDS
        later = later.with_columns(w) if isinstance(later, pl.DataFrame) else later.assign(w=w)
    assert_array_equal(model.predict_proba(later), expected)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, "", "  ", "nan"], ids=repr)
def test_numbers_text_and_what_is_missing_may_be_mixed_in_fit_and_later(missing):
    mixed = [missing if i % 7 == 0 else v if i % 2 else str(v) for i, v in enumerate(NUMBERS)]
    plain = [np.nan if i % 7 == 0 else v for i, v in enumerate(NUMBERS)]
    table = read(X.assign(c=pd.Series(mixed, dtype=object)))
    assert table.categories == ()
    assert_array_equal(table.numbers[:, 1], plain)
    model = fast().fit(X.assign(c=plain), Y)
    later = X.assign(c=pd.Series(mixed, dtype=object))
    assert_array_equal(model.predict_proba(later), model.predict_proba(X.assign(c=plain)))


@pytest.mark.parametrize("container", [np.array, list, lambda rows: np.array(rows, dtype=object)])
def test_rows_of_strings_are_numbers_where_training_had_numbers(container):
    model = fast().fit(X.to_numpy(), Y)
    rows = [[str(a), str(b)] for a, b in X.to_numpy().tolist()]
    assert_array_equal(model.predict_proba(container(rows)), model.predict_proba(X.to_numpy()))


@pytest.mark.parametrize("value", ["old", "1,5", "1_000", "--1", "0x1F", "1 2", "True"])
def test_what_is_no_number_is_refused_by_the_first_such_value(value):
    model = fast().fit(X, Y)
    later = X.assign(c=pd.Series(["1"] * 30 + [value] + ["other"] * 29))
    with pytest.raises(ValueError, match=f"column 'c' of X holds '{value}' where numbers are need"):
        model.predict(later)


def test_text_that_no_row_has_is_not_refused():
    model = fast().fit(X, Y)
    values = pd.Categorical(list(map(str, NUMBERS)), categories=[*map(str, set(NUMBERS)), "old"])
    assert_array_equal(model.predict(X.assign(c=values)), model.predict(X))


@pytest.mark.parametrize("value", [[1], {}, 1j, b"\xff", pd.Timestamp(0)], ids=repr)
def test_objects_among_later_numbers_are_refused(value):
    model = fast().fit(X, Y)
    later = X.assign(c=pd.Series([0.5] * 59 + [value], dtype=object))
    with pytest.raises(ValueError, match="column 'c' holds"):
        model.predict(later)


def test_infinity_and_integers_beyond_floats_as_text_are_refused():
    model = fast().fit(X, Y)
    for value, message in (("inf", "infinity"), ("1e999", "infinity"), (10**400, "too large")):
        with pytest.raises(ValueError, match=f"column 'c' of X .*{message}"):
            model.predict(X.assign(c=pd.Series([value] * 60, dtype=object)))


# Levels


CODES = {
    "numbers": [3, 1, 2, 3] * 15,
    "floats": [0.5, 1.5, 2, 0.5] * 15,
    "booleans": [True, 1] * 30,
}


@pytest.mark.parametrize("codes", [CODES["numbers"], CODES["floats"]], ids=["int", "float"])
def test_text_that_is_a_number_is_the_level_of_that_number(codes):
    chosen = {"categorical_features": ["c"]}
    model = fast(**chosen).fit(X.assign(c=codes), Y)
    expected = model.predict_proba(X.assign(c=codes))
    for later in (list(map(str, codes)), [f"{v:.3f}" for v in codes], list(map(float, codes))):
        assert_array_equal(model.predict_proba(X.assign(c=later)), expected)
    blank = model.predict_proba(X.assign(c=[""] * 60))
    assert_array_equal(blank, model.predict_proba(X.assign(c=np.nan)))


def test_text_that_is_no_number_is_refused_where_the_levels_are_numbers():
    model = fast(categorical_features=["c"]).fit(X.assign(c=CODES["numbers"]), Y)
    with pytest.raises(ValueError, match="column 'c' of X holds 'b' where training has had numb"):
        model.predict(X.assign(c=["1", "b"] * 30))
    unused = pd.Categorical(["1"] * 60, categories=["1", "b"])
    model.predict(X.assign(c=unused))


@pytest.mark.parametrize(
    "later",
    [[1] * 60, [0.5] * 60, [True] * 60, ["red", 1] * 30, pd.Categorical([1] * 60)],
    ids=["int", "float", "bool", "mixed", "category"],
)
def test_numbers_where_training_had_text_are_unseen_levels_and_told_once(later):
    model = fast().fit(X.assign(c=WORDS), Y)
    with pytest.warns(UserWarning, match="column 'c' of X holds numbers where .* text") as told:
        given = model.predict_proba(X.assign(c=later))
    assert len(told) == 1 and told[0].filename == __file__
    unseen = ["red" if v == "red" else "unheard of" for v in later]
    assert_array_equal(given, model.predict_proba(X.assign(c=unseen)))


def test_levels_of_both_sorts_stay_what_they_are():
    mixed = pd.Series(pd.Categorical([1, "1", "a"] * 20))
    model = fast().fit(X.assign(c=mixed), Y)
    assert model.categories_[0].tolist() == [1, "1", "a"]
    model.predict(X.assign(c=["1"] * 60))


def test_numbers_and_booleans_are_not_mixed():
    for column in ([1, "2", True], [1, True], ["a", 1]):
        with pytest.raises(ValueError, match="column 'c' mixes numbers with text or booleans"):
            read(frame(pd.Series(column, dtype=object)))


def test_strings_alone_are_still_categories():
    table = read(frame(pd.Series(["1", "2", "1"])))
    assert values(table.categories[0]) == ["1", "2", "1"]
