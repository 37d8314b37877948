"""Descriptions of columns, counted by hand."""

import sys

import numpy as np
import pandas as pd
import pytest
from models import ensemble, fast
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier

pytestmark = pytest.mark.usefixtures("unconverged")

N = 120
X = pd.DataFrame(
    {
        "size": np.where(np.arange(N) % 10 == 0, np.nan, np.arange(N, dtype=float)),
        "colour": ["red", "green", "blue"] * (N // 3),
        "pay": [f"${i}.50" for i in range(N)],
        "hired": pd.date_range("2020-01-01", periods=N, freq="17h"),
    }
)
X.loc[5, "colour"], X.loc[6, "colour"] = "violet", None
X.loc[0, "pay"], X.loc[[1, 2, 3], "pay"] = "a lot", "?"
Y = np.arange(N) % 2
KINDS = ["numbers", "text or categories", "numbers written as text", "dates or times"]
each_model = pytest.mark.parametrize("model", [fast(), ensemble()], ids=["network", "ensemble"])


@each_model
def test_each_column_has_its_kind_and_counts(model):
    read = model.fit(X, Y).describe_columns()
    assert [*read.index] == [*X]
    assert [*read["kind"]] == KINDS
    assert [*read["missing"]] == [12, 1, 3, 0]
    assert [*read["unparsed"]] == [0, 0, 1, 0]
    assert (read.loc["colour", ["levels", "rare"]] == [3, 1]).all()
    assert read.loc["size", "levels"] == 0
    assert (read["terms"] == 0).all()
    assert [*read["example"]] == ["1.0", "red", "a lot", str(X["hired"][0])]


def test_it_says_why_a_column_is_of_its_kind():
    read = fast().fit(X, Y).describe_columns()
    assert [*read["why"]] == [
        "dtype float64",
        "4 distinct strings",
        "116 of 117 distinct strings are read so",
        f"dtype {X['hired'].dtype}",
    ]
    chosen = fast(categorical_features=["colour", "pay"]).fit(X, Y).describe_columns()
    assert chosen.loc["pay", "why"] == "chosen by categorical_features"
    parsed = fast().fit(X[["pay"]][4:], Y[4:]).describe_columns()
    assert parsed.loc["pay", "why"] == "all 116 distinct strings are read so"
    objects = pd.DataFrame({"day": X["hired"].dt.date.astype(object)})
    (why,) = fast().fit(objects, Y).describe_columns()["why"]
    assert why == "values of type date"


def test_inputs_add_up_to_those_of_the_network():
    model = fast().fit(X, Y)
    inputs = model.describe_columns()["inputs"]
    counts = np.bincount(model.get_input_columns(), minlength=X.shape[1])
    assert [*inputs] == [*counts]
    assert inputs.sum() == len(model.coefs_[0])


def test_an_ensemble_tells_of_a_network_on_all_rows_or_else_of_one_on_a_part():
    model = ensemble(variants=[{}, {"numeric_encoding": "piecewise"}]).fit(X, Y)
    on_all = model.estimators_[-model._n_on_all_rows :]
    inputs = model.describe_columns()["inputs"].sum()
    assert inputs == max(len(member.coefs_[0]) for member in on_all)
    folds = ensemble(n_estimators=0).fit(X, Y)
    assert [*folds.describe_columns()["kind"]] == KINDS


def test_terms_are_the_inputs_of_words():
    words = [f"senior driver no{i} a{i % 9}" for i in range(N)]
    model = fast().fit(pd.DataFrame({"title": words}), Y)
    read = model.describe_columns().loc["title"]
    assert read["kind"] == "words"
    assert read["terms"] == sum(n.startswith("title has ") for n in model.get_input_names())


def test_of_an_array_of_numbers_there_is_said_what_is_known_without_a_look():
    numbers = np.random.default_rng(0).normal(size=(N, 3))
    numbers[3, 1], numbers[:, 2] = np.nan, 7.0
    model = fast(standardize=True).fit(numbers, Y)
    read = model.describe_columns()
    assert [*read.index] == ["x0", "x1", "x2"]
    assert [*read["kind"]] == ["numbers", "numbers", "nothing to learn"]
    assert [*read["why"]] == ["array of numbers", "array of numbers", "constant"]
    assert read["missing"].isna().tolist() == [False, True, False]
    assert model._column_notes is None


def test_without_pandas_it_is_a_list_that_prints_as_a_table(monkeypatch):
    model = fast().fit(X, Y)
    frame = model.describe_columns()
    monkeypatch.setitem(sys.modules, "pandas", None)
    rows = model.describe_columns()
    assert [row.name for row in rows] == [*frame.index]
    assert [[*row[1:]] for row in rows] == frame.values.tolist()
    header, *lines = repr(rows).splitlines()
    assert header.split() == ["name", *frame.columns]
    assert [line.split()[0] for line in lines] == [*X]
    assert all(line.endswith(row.example) for line, row in zip(lines, rows, strict=True))


@each_model
def test_the_display_of_a_fitted_model_has_a_row_for_the_columns_of_each_kind(model):
    if not hasattr(BaseEstimator, "_get_fitted_attr_html"):
        pytest.skip("this scikit-learn displays no fitted attributes")
    html = model.fit(X, Y)._repr_html_()
    assert all(f"columns: {kind}" in html for kind in KINDS)
    model._column_notes = {}
    assert "columns: " not in model._repr_html_()


@pytest.mark.parametrize("kind", [BackpropClassifier, BackpropEnsembleClassifier])
def test_before_fit_there_is_nothing_to_describe(kind):
    with pytest.raises(NotFittedError):
        kind().describe_columns()
