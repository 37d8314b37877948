"""All that a training leaves behind."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from models import fast, table_of
from numpy.testing import assert_array_equal
from sklearn.utils import check_random_state

from skbackprop import BackpropClassifier
from skbackprop.estimator.state import State, fitted_network, record, restore
from skbackprop.objective.losses.classes import SoftmaxCrossEntropy
from skbackprop.tables.targets import Classes

X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 3


def documented():
    attributes = BackpropClassifier.__doc__.split("Attributes\n")[1].split("See Also")[0]
    return set(re.findall(r"^    (\w+_) : ", attributes, re.M))


@pytest.mark.parametrize("options", [{}, {"early_stopping": True, "scoring": "accuracy"}], ids=len)
@pytest.mark.parametrize("names", [False, True], ids=["array", "frame"])
def test_what_is_set_are_the_documented_attributes_and_no_others(options, names):
    table = pd.DataFrame(X, columns=[*"abc"]) if names else X
    model = fast(**options)
    before = set(vars(model))
    model.fit(table, Y)
    public = {name for name in set(vars(model)) - before if not name.startswith("_")}
    made_of_others = {"settings_"}
    expected = documented() - made_of_others - (set() if names else {"feature_names_in_"})
    assert public == expected and all(hasattr(model, name) for name in made_of_others)


def test_a_state_that_is_recorded_is_restored():
    model = fast(solver="adam", warm_start=True, class_weight="balanced").fit(X, Y)
    state = restore(model)
    names = "n_features_in_", "is_categorical_", "_column_kinds", "_column_notes"
    columns = {name: getattr(model, name) for name in names}
    targets = Classes(model.classes_, SoftmaxCrossEntropy())
    again = restore(record(BackpropClassifier(), state, targets, columns))
    assert pickle.dumps(again) == pickle.dumps(state)
    assert (state.n_epochs, state.n_updates) == (model.n_iter_, model.t_)
    assert state.curves.loss == model.loss_curve_


def test_names_of_columns_of_an_earlier_fit_are_forgotten():
    model = fast().fit(pd.DataFrame(X, columns=[*"abc"]), Y)
    assert not hasattr(model.fit(X, Y), "feature_names_in_")


def test_a_first_state_draws_its_seed_once_from_what_it_is_given():
    assert State.first(3).seed == check_random_state(3).randint(2**31 - 1)
    instance = np.random.RandomState(3)
    assert State.first(instance).seed == State.first(3).seed
    assert State.first(instance).seed != State.first(3).seed


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_float64_the_network_has_the_same_numbers_in_arrays_of_its_own(dtype):
    model = fast().fit(X.astype(dtype), Y)
    state = restore(model).in_float64()
    for (W, b), V, c in zip(state.network.layers, model.coefs_, model.intercepts_, strict=True):
        assert (W.dtype, b.dtype) == (np.float64, np.float64)
        assert_array_equal(W, V)
        assert_array_equal(b, c)
        assert not np.shares_memory(W, V)
    assert State(0).in_float64() == State(0)


def test_the_network_of_a_model_is_made_of_its_attributes_alone():
    model = fast(hidden_layer_sizes=(5,), activation="tanh").fit(X, Y)
    model.set_params(activation="relu", hidden_layer_sizes=(7,))
    H = np.tanh(model.scaler_.transform(X) @ model.coefs_[0] + model.intercepts_[0])
    expected = H @ model.coefs_[1] + model.intercepts_[1]
    ours = fitted_network(model).propagate(table_of(X), 2)
    np.testing.assert_allclose(ours, expected, rtol=1e-10)
