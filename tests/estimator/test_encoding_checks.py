"""How h⁰ is made: whatever somebody has put in its place is refused by name."""

import numpy as np
import pandas as pd
import pytest
from models import fast

from skbackprop import check_gradient

pytestmark = pytest.mark.usefixtures("unconverged")

RNG = np.random.default_rng(0)
X = pd.DataFrame({"size": RNG.normal(size=60), "colour": RNG.choice([*"abc"], 60)})
X["weight"] = RNG.normal(size=60)
X.loc[::7, "size"] = np.nan
Y = np.arange(60) % 3


def part(place, change):
    """Change one of the arrays of bins."""
    return lambda bins: [change(a) if k == place else a for k, a in enumerate(bins)]


CASES = {  # key, change, what the error says
    "a mean too few": ("means", lambda m: m[:1], "_column_kinds, or n_features_in_ is not|not of"),
    "means of text": (
        "means",
        lambda m: m.astype(str),
        r"\['means'\] must be an array of 2 floats",
    ),
    "means in a list": ("means", lambda m: m.tolist(), r"\['means'\] must be an array of 2 floats"),
    "no means": ("means", lambda _: None, "other fitted attributes are not what they were"),
    "indicators of int64": ("indicators", lambda i: i.astype("i8"), "must be an array of int32"),
    "a column beyond": ("indicators", lambda i: i + 2, r"\['indicators'\].*within 0 to 1"),
    "a column before": ("indicators", lambda i: i - 1, r"\['indicators'\].*within 0 to 1"),
    "no present": ("present", lambda _: None, r"\['present'\] must be a number"),
    "a huge present": ("present", lambda _: 10**30, r"\['present'\] must be a number"),
    "clip of NaN": ("clip", lambda _: np.nan, r"\['clip'\] must be a number"),
    "clip of 0": ("clip", lambda _: 0.0, r"\['clip'\] must be a number"),
    "levels as text": ("levels", lambda _: ["abc"], r"\['levels'\] must be a list of lists"),
    "levels as a tuple": ("levels", lambda v: tuple(v), r"\['levels'\] must be a list of lists"),
    "lists as levels": ("levels", lambda _: [[["a"], "b"]], r"\['levels'\] must be of strings"),
    "a column of levels more": ("levels", lambda v: v * 2, "_column_kinds or n_features_in_ is no"),
    "rare ones of no column": ("rare", lambda _: [], "_column_kinds or n_features_in_ is not of"),
    "terms of no column": ("terms", lambda _: [["a"]], "_column_kinds or n_features_in_ is not"),
    "cut of floats": ("bins", part(0, lambda a: a.astype(float)), r"\[0\] must be an array of int"),
    "cut beyond": ("bins", part(0, lambda a: a + 1), r"\[0\] must be an array of int32, which"),
    "starts of int32": ("bins", part(1, lambda a: a.astype("i4")), r"\[1\] must be an array of 3"),
    "starts that fall": ("bins", part(1, lambda a: a[::-1].copy()), r"\[1\] must increase from 0"),
    "starts beyond": ("bins", part(1, lambda a: a + (a > 20)), r"\[1\] must increase from 0 to"),
    "an edge too few": ("bins", part(3, lambda a: a[1:]), r"\[3\] must be an array of \d+ floats"),
    "edges of NaN": ("bins", part(2, lambda a: a * np.nan), "must have finite edges, and widths"),
    "widths of 0": ("bins", part(3, lambda a: a * 0), "must have finite edges, and widths above"),
    "bins of three": ("bins", lambda bins: bins[:3], "other fitted attributes are not what they"),
}
LEAVES = {
    "columns beyond": (part(0, lambda a: a + 9), r"\['leaves'\]\[0\] must be within 0 to 1"),
    "columns of int64": (part(0, lambda a: a.astype("i8")), r"\[0\] must be an array of int32"),
    "a threshold too few": (part(1, lambda a: a[1:]), r"\[1\] must be an array of \d+ floats"),
    "thresholds of NaN": (part(1, lambda a: a * np.nan), "must have thresholds that are not NaN"),
    "levels beyond": (part(2, lambda a: a + 9), r"\[2\] must be an array of int32, which increase"),
    "paths of bool": (part(3, lambda a: a > 0), r"\[3\] must be an array of int8 with \d+ rows"),
    "paths of 2": (part(3, lambda a: 2 * a), "and paths of -1, 0 and 1"),
    "trees beyond": (part(4, lambda a: a[:-1]), r"\[4\] must increase from 0 to \d+"),
    "trees of floats": (part(4, lambda a: a * 1.0), r"\[4\] must be an array of \d+ int64"),
    "leaves of 0": (part(5, lambda a: 0 * a), r"\['leaves'\]\[5\] must be"),
    "leaves of two": (lambda leaves: leaves[:2], "other fitted attributes are not what they"),
}
METHODS = {
    "predict": lambda model: model.predict(X),
    "names": lambda model: model.get_input_names(),
    "columns": lambda model: model.get_input_columns(),
    "description": lambda model: model.describe_columns(),
    "fit": lambda model: model.fit(X, Y),
    "partial_fit": lambda model: model.partial_fit(X, Y),
    "check_gradient": lambda model: check_gradient(model, X, Y),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_inputs_that_cannot_be_made_are_refused_by_name(case, method):
    key, change, message = CASES[case]
    model = fast(numeric_encoding="auto", max_iter=1, warm_start=True).fit(X, Y)
    model._encoding = model._encoding | {key: change(model._encoding[key])}
    with pytest.raises(ValueError, match=message) as caught:
        METHODS[method](model)
    assert "fitted attributes may be replaced by the like" in str(caught.value)


@pytest.mark.parametrize("case", LEAVES)
def test_leaves_that_no_tree_has_are_refused_by_name(case):
    change, message = LEAVES[case]
    model = fast(numeric_encoding="leaves", max_iter=1).fit(X, Y)
    model._encoding = model._encoding | {"leaves": change(model._encoding["leaves"])}
    with pytest.raises(ValueError, match=message):
        model.predict(X)


def laid_out_oddly(value):
    """The same arrays, every second entry of others."""
    if isinstance(value, list):
        return [laid_out_oddly(part) for part in value]
    return np.repeat(value, 2, axis=0)[::2] if isinstance(value, np.ndarray) else value


def test_training_goes_on_from_arrays_of_any_layout():
    one, other = (
        fast(numeric_encoding="leaves", max_iter=1, warm_start=True).fit(X, Y) for _ in range(2)
    )
    other._encoding = {key: laid_out_oddly(value) for key, value in other._encoding.items()}
    assert not other._encoding["means"].flags.c_contiguous
    for model in (one, other):
        model.fit(X, Y).partial_fit(X, Y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("method", METHODS)
def test_what_fit_has_left_is_taken(method):
    model = fast(numeric_encoding="auto", max_iter=1, warm_start=True).fit(X, Y)
    model._encoding = {key: model._encoding[key] for key in sorted(model._encoding)}
    METHODS[method](model)
