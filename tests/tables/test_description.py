"""Descriptions of columns, counted by hand."""

import numpy as np
import pandas as pd
import pytest
from models import fast
from sklearn.exceptions import NotFittedError

from skbackprop import BackpropClassifier

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
Y = np.arange(N) % 2


def test_each_column_has_its_kind_and_counts():
    model = fast().fit(X, Y)
    read = pd.DataFrame(model.describe_columns()).set_index("name")
    assert [*read.index] == [*X]
    assert [*read["kind"]] == [
        "numbers",
        "text or categories",
        "numbers written as text",
        "dates or times",
    ]
    assert [*read["missing"]] == [True, True, False, False]
    assert (read.loc["colour", ["levels", "rare"]] == [3, 1]).all()
    assert read.loc["size", "levels"] == 0
    assert (read["terms"] == 0).all()


def test_inputs_add_up_to_those_of_the_network():
    model = fast().fit(X, Y)
    inputs = pd.DataFrame(model.describe_columns())["inputs"]
    counts = np.bincount(model.get_input_columns(), minlength=X.shape[1])
    assert [*inputs] == [*counts]
    assert inputs.sum() == len(model.coefs_[0])


def test_terms_are_the_inputs_of_words():
    words = [f"senior driver no{i} a{i}" for i in range(N)]
    model = fast().fit(pd.DataFrame({"title": words}), Y)
    (read,) = model.describe_columns()
    assert read.kind == "words"
    assert read.terms == sum(name.startswith("title has ") for name in model.get_input_names())


def test_columns_of_an_array_are_numbers_named_by_their_place():
    read = fast().fit(np.random.default_rng(0).normal(size=(N, 2)), Y).describe_columns()
    assert [(row.name, row.kind) for row in read] == [("x0", "numbers"), ("x1", "numbers")]


def test_it_prints_as_a_table():
    rows = fast().fit(X, Y).describe_columns()
    header, *lines = repr(rows).splitlines()
    assert header.split() == [*pd.DataFrame(rows).columns]
    assert [line.split()[0] for line in lines] == [*X]
    assert [line.split()[-1] for line in lines] == [str(row.inputs) for row in rows]


def test_before_fit_there_is_nothing_to_describe():
    with pytest.raises(NotFittedError):
        BackpropClassifier().describe_columns()
