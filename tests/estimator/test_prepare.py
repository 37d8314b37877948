"""A user's table and targets, checked and encoded."""

import numpy as np
import pandas as pd
import pytest
from models import fast
from numpy.testing import assert_array_equal

from skbackprop.estimator.prepare import prepare, with_validation

X = np.random.default_rng(0).normal(size=(12, 3))
Y = np.array(["a", "b", "c"])[np.arange(12) % 3]


def prepared_of(y=Y, weights=None, **options):
    return prepare(fast(), X, y, weights, **{"resume": False} | options)


def test_targets_are_encoded_and_neither_the_model_nor_the_data_is_changed():
    model, X_given, y_given, s = fast(), X.copy(), Y.copy(), np.arange(12.0)
    before = dict(vars(model))
    prepared = prepare(model, X_given, y_given, s, resume=False)
    assert vars(model) == before
    for given, original in ((X_given, X), (y_given, Y), (s, np.arange(12.0))):
        assert_array_equal(given, original)
    assert_array_equal(prepared.targets.classes, ["a", "b", "c"])
    assert_array_equal(prepared.training.codes, np.arange(12) % 3)
    assert_array_equal(prepared.training.table.numbers, X)
    assert prepared.validation is None


def test_weights_are_scaled_to_a_maximum_of_one_and_equal_ones_are_none():
    s = np.arange(1.0, 13.0)
    assert_array_equal(prepared_of(weights=s).training.sample_weight, s / 12)
    for equal in (None, np.full(12, 7), 3.5):
        assert prepared_of(weights=equal).training.sample_weight is None


@pytest.mark.parametrize("names", [None, ["u", "v", "w"]])
def test_what_is_known_of_the_columns_is_their_number_and_their_names_if_any(names):
    table = X if names is None else pd.DataFrame(X, columns=names)
    columns = prepare(fast(), table, Y, resume=False).columns
    assert columns["n_features_in_"] == 3
    assert list(columns.get("feature_names_in_", [])) == (names or [])


@pytest.mark.parametrize("warm_start", [False, True])
def test_targets_of_an_unknown_type_are_named_so_with_a_warm_start_as_without(iris, warm_start):
    model = fast(warm_start=warm_start).fit(*iris)
    with pytest.raises(ValueError, match="Unknown label type"):
        model.fit(iris[0], iris[1] + 0.5)


def test_to_resume_keeps_to_the_classes_and_columns_of_the_model():
    model = fast().fit(X, Y)
    prepared = prepare(model, X[:2], ["c", "a"], resume=True)
    assert_array_equal(prepared.training.codes, [2, 0])
    with pytest.raises(ValueError, match="not among the classes"):
        prepare(model, X[:2], ["c", "d"], resume=True)
    with pytest.raises(ValueError, match="3 features"):
        prepare(model, X[:2, :2], ["c", "a"], resume=True)


def test_part_of_the_rows_need_not_have_all_classes_that_are_promised():
    prepared = prepare(fast(), X[:2], ["c", "a"], resume=False, partial=True, classes=[*"cba"])
    assert_array_equal(prepared.targets.classes, ["a", "b", "c"])
    assert_array_equal(prepared.training.codes, [2, 0])


def test_in_float64_is_another_value_and_leaves_the_first_as_it_is():
    single = prepare(fast(), X.astype(np.float32), Y, resume=False)
    double = single.in_float64()
    assert (single.training.table.numbers.dtype, double.training.table.numbers.dtype) == (
        np.float32,
        np.float64,
    )
    assert_array_equal(double.training.table.numbers, X.astype(np.float32))
    assert double.training.codes is single.training.codes


def test_rows_are_cut_out_of_everything():
    examples = prepared_of(weights=np.arange(12.0)).training[[3, 5]]
    assert_array_equal(examples.table.numbers, X[[3, 5]])
    assert_array_equal(examples.codes, [0, 2])
    assert_array_equal(examples.sample_weight, np.array([3.0, 5.0]) / 11)
    assert prepared_of().training[[3, 5]].sample_weight is None


def test_validation_data_is_encoded_by_the_classes_of_the_training_data():
    first = prepared_of()
    both = with_validation(fast(), first, X[:2] + 1, ["c", "a"], [1.0, 2.0])
    assert_array_equal(both.validation.table.numbers, X[:2] + 1)
    assert_array_equal(both.validation.codes, [2, 0])
    assert_array_equal(both.validation.sample_weight, [0.5, 1.0])
    assert (first.validation, both.training) == (None, first.training)
    assert with_validation(fast(), first, None, None, None) is first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, None, None), "X_val is given, but y_val is not"),
        ((None, Y, None), "y_val is given, but X_val is not"),
        ((None, None, np.ones(12)), "sample_weight_val is given, but X_val"),
        ((X[:, :2], Y, None), "X_val, y_val: .*features"),
        ((X, np.full(12, "d"), None), "y_val has labels that are not among the classes"),
        ((X, Y, -np.ones(12)), "sample_weight_val has negative values"),
        ((X, Y, np.ones(3)), "sample_weight_val has 3 weights for 12 rows"),
    ],
)
def test_what_is_wrong_with_validation_data_is_said_by_the_names_of_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        with_validation(fast(), prepared_of(), *arguments)
