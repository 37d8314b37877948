"""Hyper-parameters, read from a model."""

import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from models import fast, plain, same_parameters

from skbackprop import BackpropClassifier
from skbackprop.estimator.hyper_parameters import (
    activation_names,
    hidden_sizes,
    hyper_parameters,
    solver_names,
)
from skbackprop.solvers.updates import UPDATES

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("max_iter", np.int8(127), 127),
        ("batch_size", np.uint16(5), 5),
        ("l1", np.float32(0.5), 0.5),
        ("delta", Fraction(1, 4), 0.25),
        ("n_iter_no_change", np.float64(np.inf), math.inf),
        ("shuffle", np.bool_(True), True),
        ("verbose", True, True),
        ("tol", None, None),
        ("tol", "auto", "auto"),
        ("l2", "auto", "auto"),
        ("random_state", np.int64(3), 3),
    ],
)
def test_numbers_of_any_type_are_those_of_python_and_all_else_is_as_given(name, given, expected):
    value = getattr(hyper_parameters(plain(**{name: given})), name)
    assert value == expected
    assert type(value) is type(expected)


def test_there_is_one_for_each_parameter_and_the_model_keeps_what_it_was_given():
    model = BackpropClassifier(max_iter=np.int8(127))
    assert vars(hyper_parameters(model)).keys() == model.get_params().keys()
    assert type(model.max_iter) is np.int8


def test_some_may_be_given_instead_of_those_of_the_model():
    model = plain(l1=0.5)
    hyper = hyper_parameters(model, dtype="float32", l1=0.25)
    assert (hyper.dtype, hyper.l1) == ("float32", 0.25)
    assert (model.dtype, model.l1) == ("float64", 0.5)


def test_a_parameter_of_a_subclass_is_among_them():
    class Wider(BackpropClassifier):
        _parameter_constraints = {**BackpropClassifier._parameter_constraints, "decay": [float]}
        decay = np.float32(0.5)

    assert hyper_parameters(Wider()).decay == 0.5


def test_the_names_of_solvers_follow_the_registries(monkeypatch):
    names = solver_names()
    assert set(names) == {"sgd", "adam", "newton", "lbfgs"}
    monkeypatch.setitem(UPDATES, "mine", UPDATES["sgd"])
    assert "mine" in names


@pytest.mark.parametrize("name", ["activation", "solver", "learning_rate"])
def test_numpy_strings_are_names(name):
    value = np.str_(fast().get_params()[name])
    assert same_parameters(fast(**{name: value}).fit(X, Y), fast().fit(X, Y))


# Layers


@pytest.mark.parametrize("sizes", [7, (7,), [7], np.array([7]), np.int64(7), (np.int32(7),)])
def test_hidden_layer_sizes_take_any_sort_of_ints(iris, sizes):
    assert fast(hidden_layer_sizes=sizes).fit(*iris).coefs_[0].shape == (4, 7)


@pytest.mark.parametrize("sizes", [0, (5, 0), (2.0,), (True,), "5", ("5",), [[3]]])
def test_sizes_that_are_no_counts_are_an_error_that_names_the_parameter(sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes must be 'auto', an int or a sequence"):
        hidden_sizes(SimpleNamespace(hidden_layer_sizes=sizes), 9)


def test_layers_by_themselves_are_those_of_the_rule_or_one_for_each_name():
    def sizes(activation, n_distinct):
        given = {"hidden_layer_sizes": "auto", "activation": activation}
        return hidden_sizes(SimpleNamespace(**given), n_distinct)

    assert sizes("relu", 8192) == [128]
    assert sizes("relu", 8193) == [64, 64]
    assert sizes(np.array(["relu"]), 8193) == [128]
    assert sizes(("relu", "tanh", "relu"), 9) == [64, 64, 64]
    assert sizes((), 9) == []


def test_one_name_is_that_of_all_layers_and_synonyms_are_resolved():
    def names(activation, n):
        return activation_names(SimpleNamespace(activation=activation), n)

    assert names("sigmoid", 3) == ["logistic"] * 3
    assert names(("linear", "tanh"), 2) == ["identity", "tanh"]
    assert names(np.array(["relu", "elu"]), 2) == ["relu", "elu"]
    assert names("relu", 0) == names((), 0) == []
    with pytest.raises(ValueError, match="one for each of the 2 hidden layers"):
        names(("tanh",), 2)
    with pytest.raises(ValueError, match=r"activation must be among .*'swish'"):
        names(("tanh", "swish"), 2)
