"""Hyper-parameters resolved."""

import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from models import fast, plain, same_parameters

from skbackprop import BackpropClassifier
from skbackprop.estimator import defaults
from skbackprop.estimator.defaults import hyper_parameters
from skbackprop.network.activations import ACTIVATIONS
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.penalties import L1, L2
from skbackprop.solvers.schedules import SCHEDULES
from skbackprop.solvers.updates import UPDATES

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3


def hyper(**given):
    return hyper_parameters(plain(**given))


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
        ("l2", "auto", "auto"),
        ("random_state", np.int64(3), 3),
    ],
)
def test_numbers_of_any_type_are_those_of_python_and_all_else_is_as_given(name, given, expected):
    value = getattr(hyper(**{name: given}), name)
    assert value == expected
    assert type(value) is type(expected)


def test_there_is_one_for_each_parameter_and_the_model_keeps_what_it_was_given():
    model = BackpropClassifier(max_iter=np.int8(127))
    assert vars(hyper_parameters(model)).keys() - {"l2_factor"} == model.get_params().keys()
    assert type(model.max_iter) is np.int8


def test_a_parameter_of_a_subclass_is_among_them():
    class Wider(BackpropClassifier):
        _parameter_constraints = {**BackpropClassifier._parameter_constraints, "decay": [float]}
        decay = np.float32(0.5)

    assert hyper_parameters(Wider()).decay == 0.5


def test_counts_in_few_bits_do_not_overflow():
    few_bits = hyper(max_iter=np.int8(127), batch_size=np.int8(10))
    assert defaults.horizon(few_bits, 1005, 7) == (7, 7 + 127 * 101)
    assert fast(max_iter=np.int8(127)).fit(X, Y).n_iter_ == 127


@pytest.mark.parametrize("hold", [10**30, np.uint64(3), np.int8(5)])
@pytest.mark.parametrize("delta", [np.int64(2**62), np.float32(0.5)])
def test_counts_and_constants_of_any_size_and_type_are_numbers(hold, delta):
    model = fast(learning_rate_hold=hold, delta=delta).fit(X, Y)
    expected = fast(learning_rate_hold=int(hold), delta=float(delta)).fit(X, Y)
    assert np.array_equal(model.coefs_[0], expected.coefs_[0])


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
    with pytest.raises(ValueError, match="hidden_layer_sizes must be an int or a sequence"):
        defaults.hidden_sizes(SimpleNamespace(hidden_layer_sizes=sizes))


def test_one_name_is_that_of_all_layers_and_synonyms_are_resolved():
    def names(activation, n):
        return defaults.activation_names(SimpleNamespace(activation=activation), n)

    assert names("sigmoid", 3) == ["logistic"] * 3
    assert names(("linear", "tanh"), 2) == ["identity", "tanh"]
    assert names(np.array(["relu", "elu"]), 2) == ["relu", "elu"]
    assert names("relu", 0) == names((), 0) == []
    with pytest.raises(ValueError, match="one for each of the 2 hidden layers"):
        names(("tanh",), 2)
    with pytest.raises(ValueError, match=r"activation must be among .*'swish'"):
        names(("tanh", "swish"), 2)


# Batches and updates


def test_batch_size_auto_is_all_rows_up_to_a_hundred_and_32_of_more(iris):
    X, y = iris
    assert fast().fit(X[25:125], y[25:125]).t_ == 5
    assert fast().fit(X[:101], y[:101]).t_ == 5 * 4
    assert fast(batch_size=10_000).fit(X, y).t_ == 5


@pytest.mark.parametrize("batch_size", [1, 7, 30, 1000])
@pytest.mark.parametrize("solver", UPDATES)
def test_the_horizon_is_the_number_of_updates_that_max_iter_epochs_make(batch_size, solver):
    model = fast(batch_size=batch_size, solver=solver, max_iter=3)
    end = model.fit(X, Y).t_
    assert defaults.horizon(hyper_parameters(model), len(Y), 0) == (0, end)
    assert defaults.horizon(hyper_parameters(model), len(Y), 9) == (9, 9 + end)


# Penalties


def test_l2_by_itself_is_the_formula_of_rows_inputs_and_classes_and_less_on_the_last_layer():
    def strengths(n_rows, *sizes, n_terms=1):
        return defaults.l2_strengths(hyper(l2="auto"), n_rows, sizes, n_terms, None)

    for n_rows, step, by_rows in (
        (1, 512, 1 / 128),
        (512, 512, 1 / 128),
        (513, 2048, 2 / 2048),
        (2048, 2048, 2 / 2048),
        (5000, 8192, 2 / 8192),
    ):
        expected = by_rows * 8 * (step / 1500 * 2 / 3) ** 0.4
        assert strengths(n_rows, 5, 3) == pytest.approx([expected])
        assert strengths(n_rows, 256, 9, 7, 3) == pytest.approx(
            [2 * expected, 2 * expected, 0.2 * expected]
        )
    two_classes = 8 / 128 * (512 / 1500) ** 0.4
    assert strengths(9, 5, 4, n_terms=4) == pytest.approx([2 * two_classes])


def test_l2_as_a_number_is_that_number_on_every_layer():
    for n_rows in (1, 10_000):
        assert defaults.l2_strengths(hyper(l2=0.25), n_rows, [9, 5, 2], 1, 2.0) == [0.25, 0.25]


def test_a_penalty_without_strength_is_none():
    parameters = ParameterVector([3, 4, 2])

    def of(l1, *strengths):
        return defaults.penalties(hyper(l1=l1), strengths, parameters)

    assert of(0, 0.0, 0.0) == []
    assert [(type(p), p.strength) for p in of(0.5, 0.25, 0.25)] == [(L1, 0.5), (L2, 0.25)]
    (by_layer,) = of(0, 0.5, 0.25)
    W = np.arange(20.0)
    assert by_layer.value(W) == 0.5 * W[:12] @ W[:12] + 0.25 * W[12:] @ W[12:]


# The learning rate, and when to stop


@pytest.mark.parametrize("name", SCHEDULES)
def test_delta_by_itself_is_that_of_the_schedule_and_a_number_is_that_number(name):
    kind = SCHEDULES[name]
    by_itself = defaults.schedule(hyper(learning_rate=name))
    assert (type(by_itself), by_itself.delta) == (kind, kind.auto_delta)
    assert defaults.schedule(hyper(learning_rate=name, delta=0.5)).delta == 0.5


@pytest.mark.parametrize("name", ["inverse", "power"])
def test_by_themselves_the_schedules_that_decrease_do_so_within_a_usual_training(iris, name):
    model = fast(learning_rate=name, max_iter=200).fit(*iris)
    n_updates = 200 * 5
    expected = {"inverse": 0.05 / (1 + 1e-3 * n_updates), "power": 0.05 / (1 + n_updates) ** 0.25}
    assert model.learning_rate_curve_[-1] == pytest.approx(expected[name], rel=1e-12)
    assert model.learning_rate_curve_[-1] < 0.6 * model.learning_rate_curve_[0]


def test_the_rate_of_sgd_by_itself_falls_with_noise_with_the_size_of_inputs_and_with_labels():
    def rate(batch_size="auto", n_rows=1000, size=1.0, n_terms=1, **given):
        given = hyper(batch_size=batch_size, **given)
        targets = SimpleNamespace(n_terms=n_terms)
        problem = SimpleNamespace(input_size=size, mean_square=1.0, targets=targets)
        return defaults.initial_rate(given, problem, n_rows)

    assert rate() == rate(100) == rate(8, n_rows=8) == 0.05
    assert rate(8) == 0.05 / 2
    assert rate(size=20.0) == 0.05 / 20
    assert rate(size=0.1) == 0.05
    assert rate(n_terms=4) == 0.05 / 2
    assert rate(8, size=20.0, n_terms=4, solver="adam") == 1e-3
    assert rate(8, size=20.0, learning_rate_init=1) == 1.0


def test_the_least_fall_is_tol_but_for_full_batches_that_end_where_the_gradient_vanishes():
    def least_fall(*names, **given):
        return defaults.least_fall(hyper(tol=1e-3, **given), [ACTIVATIONS[n] for n in names])

    assert least_fall("tanh") == 1e-3
    assert least_fall("tanh", solver="lbfgs") == 0.0
    assert least_fall("tanh", "relu", solver="lbfgs") == 1e-3
    assert least_fall("tanh", solver="lbfgs", early_stopping=True) == 1e-3
    assert least_fall("tanh", solver="newton", scoring="accuracy") == 1e-3
    assert defaults.least_fall(hyper(tol=None), []) == 0.0


def test_the_names_of_solvers_follow_the_registries(monkeypatch):
    names = defaults.solver_names()
    assert set(names) == {"sgd", "adam", "newton", "lbfgs"}
    monkeypatch.setitem(UPDATES, "mine", UPDATES["sgd"])
    assert "mine" in names
