"""The whole J against finite differences: every activation, penalty, weighting and depth."""

import numpy as np
import pytest
from models import plain
from scipy import sparse

from skbackprop import check_gradient
from skbackprop.network.activations import ACTIVATIONS, Activation, Tanh
from skbackprop.objective.curvature import Curvature

DEPTHS = [(), (4,), (5, 4), (5, 4, 3)]
PENALTIES = {
    "none": {},
    "l1": {"l1": 0.01, "l2": 0.0},
    "l2": {"l2": 0.02},
    "both": {"l1": 0.01, "l2": 0.02},
}


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("hidden", DEPTHS, ids=len)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backprop_equals_central_differences_below_1e_7(
    wine, activation, hidden, penalty, weighted
):
    X, y = wine
    weights = np.random.default_rng(1).uniform(size=len(y)) if weighted else None
    classifier = plain(
        hidden,
        activation,
        class_weight="balanced" if weighted else None,
        random_state=0,
        **PENALTIES[penalty],
    )
    result = check_gradient(classifier, X, y, sample_weight=weights, max_entries=20)
    assert len(result.parameters) == 2 * (len(hidden) + 1)
    assert all(p.n_checked for p in result.parameters)
    assert result.max_relative_error < 1e-7
    if not hidden or hasattr(ACTIVATIONS[activation], "curvature"):
        assert result.hessian.max_relative_error < 1e-7
        assert result.hessian.asymmetry < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [["tanh", "relu"], ["softplus", "elu"]], ids="-".join)
def test_a_fitted_model_is_checked_in_float64_where_it_stands_and_not_changed(
    wine, unconverged, activation, dtype
):
    X, y = wine
    options = {"l1": 1e-3, "max_iter": 5, "random_state": 0, "dtype": np.dtype(dtype).name}
    classifier = plain((6, 5), activation, **options).fit(X.astype(dtype), y)
    before = [W.copy() for W in classifier.coefs_]
    assert check_gradient(classifier, X.astype(dtype), y).max_relative_error < 1e-7
    assert all(np.array_equal(W, V) for W, V in zip(before, classifier.coefs_, strict=True))
    assert classifier.coefs_[0].dtype == dtype


def test_gradient_of_sparse_inputs_is_right(wine):
    X, y = wine
    classifier = plain((4,), "tanh", random_state=0)
    X = sparse.csr_array(np.where(X > np.median(X, axis=0), 1.0, 0.0))
    assert check_gradient(classifier, X, y).max_relative_error < 1e-7


def test_string_labels_and_balanced_classes_are_checked_too(wine):
    X, y = wine
    classifier = plain(3, "tanh", class_weight="balanced", random_state=0)
    assert check_gradient(classifier, X, np.array(["a", "b", "c"])[y]).max_relative_error < 1e-7


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backprop_of_labels_equals_central_differences_below_1e_7(
    multilabel, activation, penalty, weighted
):
    X, Y = multilabel
    weights = np.random.default_rng(1).uniform(size=len(Y)) if weighted else None
    classifier = plain((5, 4), activation, random_state=0, **PENALTIES[penalty])
    result = check_gradient(classifier, X, Y, sample_weight=weights, max_entries=20)
    assert result.parameters[-1].shape == (Y.shape[1],)
    assert result.max_relative_error < 1e-7


def test_a_wrong_derivative_is_caught(wine, monkeypatch):
    class Broken(Tanh):
        def derivative(self, H, out):
            return np.copyto(out, H) or out

    monkeypatch.setitem(ACTIVATIONS, "tanh", Broken())
    assert check_gradient(plain(4, "tanh"), *wine).max_relative_error > 1e-2


def test_a_wrong_curvature_is_caught_while_the_gradient_is_right(wine, monkeypatch):
    class Broken(Tanh):
        def curvature(self, H, out):
            return super().curvature(H, out) * 1.01

    monkeypatch.setitem(ACTIVATIONS, "tanh", Broken())
    result = check_gradient(plain(4, "tanh", random_state=0), *wine)
    assert result.max_relative_error < 1e-7
    assert result.hessian.max_relative_error > 1e-5


def test_a_hessian_that_is_not_symmetric_is_caught(wine, monkeypatch):
    right = Curvature.hessian_vector
    monkeypatch.setattr(Curvature, "hessian_vector", lambda self, v: right(self, v) + v[::-1] * v)
    result = check_gradient(plain(4, "tanh", random_state=0), *wine)
    assert result.hessian.asymmetry > 1e-3


def test_a_missing_bias_gradient_is_caught_and_named(wine, monkeypatch):
    right = Activation.bprop

    def forgetful(self, H, grad_H):
        return right(self, H, grad_H) * np.where(np.arange(H.shape[1]) == 2, 0, 1)

    monkeypatch.setattr(Activation, "bprop", forgetful)
    result = check_gradient(plain(4, "tanh", random_state=0), *wine)
    by_name = {p.name: p for p in result.parameters}
    assert by_name["b1"].entry == (2,)
    assert by_name["b1"].backprop == 0
    assert by_name["W2"].max_relative_error < 1e-7


def test_many_entries_are_sampled_and_the_repr_names_each_parameter(wine):
    result = check_gradient(plain(30, "tanh"), *wine, max_entries=7)
    assert [p.n_checked for p in result.parameters] == [7, 7, 7, 3]
    text = repr(result)
    assert all(name in text for name in ("W1", "b1", "W2", "b2", "13 x 30", "Hessian"))


@pytest.mark.parametrize(
    "argument",
    [
        {"epsilon": 0},
        {"epsilon": float("nan")},
        {"epsilon": float("inf")},
        {"epsilon": "a"},
        {"max_entries": 0},
        {"max_entries": 2.5},
    ],
)
def test_bad_arguments_are_named(wine, argument):
    with pytest.raises(ValueError, match=next(iter(argument))):
        check_gradient(plain(3), *wine, **argument)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("unit", [1e120, 1e300])
def test_weights_at_which_no_difference_can_be_taken_are_refused(wine, unit):
    model = plain((), l2=1.0, max_iter=1).fit(*wine)
    model.coefs_ = [unit * W.astype(np.float64) for W in model.coefs_]
    with pytest.raises(ValueError, match="too large to take differences"):
        check_gradient(model, *wine)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("hidden", [(), (4,)], ids=len)
@pytest.mark.parametrize("l2", [0.0, 1e-2])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_minimum_where_the_gradient_is_rounding_is_no_error(wine, solver, hidden, l2):
    options = {"solver": solver, "tol": 0.0, "max_iter": 300, "random_state": 0}
    model = plain(hidden, "tanh", l2=l2, **options).fit(*wine)
    result = check_gradient(model, *wine, max_entries=20)
    assert max(result.max_relative_error, result.hessian.max_relative_error) < 1e-6
    assert result.hessian.asymmetry < 1e-6
