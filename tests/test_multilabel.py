"""Indicator matrices as targets, all through the estimator: any of several labels for each row."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from models import fast, plain, same_parameters
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop.network.activations import ACTIVATIONS

pytestmark = pytest.mark.usefixtures("unconverged")


def summed_loss(Y, proba, weights=None):
    return sum(
        log_loss(y, p, labels=[0, 1], sample_weight=weights)
        for y, p in zip(Y.T, proba.T, strict=True)
    )


@pytest.mark.parametrize("n_labels", [2, 4])
def test_predictions_have_the_shapes_and_types_of_scikit_learns_convention(multilabel, n_labels):
    X, Y = multilabel[0], multilabel[1][:, :n_labels]
    model = fast().fit(X, Y)
    A, proba, log_proba, labels = (
        getattr(model, name)(X)
        for name in ("decision_function", "predict_proba", "predict_log_proba", "predict")
    )
    assert A.shape == proba.shape == log_proba.shape == labels.shape == Y.shape
    np.testing.assert_allclose(proba, 1 / (1 + np.exp(-A)), rtol=1e-12)
    np.testing.assert_allclose(log_proba, np.log(proba), rtol=1e-9)
    assert np.array_equal(labels, proba > 0.5)
    assert labels.dtype == int
    assert np.array_equal(model.classes_, np.arange(n_labels))
    assert (model.n_outputs_, model.out_activation_) == (n_labels, "logistic")
    assert model.score(X, Y) == accuracy_score(Y, labels)


@pytest.mark.parametrize("form", [pd.DataFrame, sparse.csr_array, np.ndarray.tolist], ids=str)
def test_any_container_of_labels_gives_the_same_model(multilabel, form):
    X, Y = multilabel
    options = {"early_stopping": True, "scoring": "f1_micro"}
    assert same_parameters(fast(**options).fit(X, Y), fast(**options).fit(X, form(Y)))
    given, validated = (fast().fit(X, y, X_val=X, y_val=y) for y in (Y, form(Y)))
    assert given.validation_loss_curve_ == validated.validation_loss_curve_


def test_the_loss_is_the_sum_of_the_log_losses_of_the_labels(multilabel, rng):
    X, Y = multilabel
    weights = rng.uniform(0.1, 1, len(Y))
    options = {"batch_size": len(Y), "l1": 0.01, "l2": 0.02, "warm_start": True}
    model = fast(**options, max_iter=3).fit(X, Y, weights)
    theta = np.concatenate([W.ravel() for W in model.coefs_])
    J = summed_loss(Y, model.predict_proba(X), weights)
    J += 0.01 * np.abs(theta).sum() + 0.02 * (theta**2).sum()
    model.set_params(max_iter=1).fit(X, Y, weights)
    assert model.loss_ == pytest.approx(J, rel=1e-12)


def test_an_integer_weight_equals_repeats_in_a_full_batch(multilabel, rng):
    X, Y = multilabel
    repeats = rng.integers(0, 4, len(Y))
    model = fast(batch_size=10_000, max_iter=30)
    one = clone(model).fit(X, Y, repeats)
    other = clone(model).fit(np.repeat(X, repeats, axis=0), np.repeat(Y, repeats, axis=0))
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-7)


def test_l2_rises_and_the_rate_falls_by_themselves_with_the_root_of_the_number_of_labels(
    multilabel,
):
    X, Y = multilabel
    for n_labels in (2, 4):
        model = fast(max_iter=1, learning_rate="constant").fit(X, Y[:, :n_labels])
        assert model.l2_ == pytest.approx(8 * (512 / 1500) ** 0.4 / 128 * n_labels**0.5)
        assert model.learning_rate_curve_ == pytest.approx([0.05 / n_labels**0.5])


# Knowing when to stop


def test_early_stopping_restores_the_best_parameters_on_labels_held_out(multilabel):
    X, Y = multilabel
    seen = []

    def score(model, X, Y):
        seen.append((X, Y))
        return -summed_loss(Y, model.predict_proba(X))

    options = {"learning_rate_init": 0.2, "l2": 0.0, "early_stopping": True}
    model = fast(scoring=score, max_iter=30, **options).fit(X, Y)
    X_val, Y_val = seen[0]
    assert 15 <= len(X_val) <= 25
    assert Y_val.any(axis=0).all() and not Y_val.all(axis=0).any()
    best = min(model.validation_loss_curve_)
    assert best < model.validation_loss_curve_[-1]
    assert summed_loss(Y_val, model.predict_proba(X_val)) == pytest.approx(best, rel=1e-9)
    assert max(model.validation_scores_) == pytest.approx(-best, rel=1e-9)
    watching_loss = fast(max_iter=30, **options).fit(X, Y)
    assert same_parameters(model, watching_loss)


@pytest.mark.parametrize("scoring", ["f1_macro", "roc_auc", "average_precision", "accuracy"])
@pytest.mark.parametrize("n_labels", [2, 4])
def test_scorers_for_labels_can_be_watched_and_cross_validated(multilabel, scoring, n_labels):
    X, Y = multilabel[0], multilabel[1][:, :n_labels]
    model = fast(early_stopping=True, scoring=scoring).fit(X, Y, np.linspace(1, 2, len(Y)))
    assert len(model.validation_scores_) == 5
    assert np.isfinite(cross_val_score(fast(), X, Y, scoring=scoring, cv=3)).all()


def test_a_grid_search_finds_what_fits_labels_best(multilabel):
    X, Y = multilabel
    grid = {"learning_rate_init": [1e-6, 0.05]}
    search = GridSearchCV(fast(max_iter=20), grid, scoring="roc_auc", cv=3).fit(X, Y)
    assert search.best_params_ == {"learning_rate_init": 0.05}
    assert search.score(X, Y) > 0.85


def test_labels_that_all_or_no_rows_have_are_learnt(multilabel):
    X, Y = multilabel
    Y = np.column_stack([Y, np.zeros(len(Y)), np.ones(len(Y))]).astype(int)
    for early_stopping in (False, True):
        model = fast(early_stopping=early_stopping, max_iter=30).fit(X, Y)
        assert np.array_equal(model.predict(X)[:, -2:], Y[:, -2:])
        assert np.isfinite(model.predict_log_proba(X)).all()


def test_verbose_prints_one_line_an_epoch(multilabel, capsys):
    fast(early_stopping=True, verbose=True).fit(*multilabel)
    assert len(capsys.readouterr().out.splitlines()) == 5


# Options


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("penalty", [{"l1": 1e-3}, {"l2": 0.01}], ids=str)
def test_sparse_inputs_equal_dense_ones_in_any_dtype(multilabel, solver, dtype, penalty):
    X, Y = multilabel[0].astype(dtype), multilabel[1]
    options = {"standardize": False, "solver": solver, "learning_rate_init": 1e-3, **penalty}
    options["dtype"] = np.dtype(dtype).name
    dense, thin = fast(**options).fit(X, Y), fast(**options).fit(sparse.csr_array(X), Y)
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(dense.coefs_[0], thin.coefs_[0], atol=tolerance)
    assert thin.predict_proba(X).dtype == dtype


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_learns_labels_that_no_linear_model_can(activation, rng):
    X = rng.uniform(-1, 1, size=(400, 2))
    Y = np.column_stack([X[:, 0] * X[:, 1] > 0, X[:, 0] > X[:, 1]])
    model = fast(activation=activation, hidden_layer_sizes=(32,), l2=0.0, max_iter=150).fit(X, Y)
    assert (model.score(X, Y) > 0.85) == (activation != "identity")


# Continuing


@pytest.mark.parametrize("classes", [None, [0, 1, 2, 3]], ids=str)
def test_k_calls_of_partial_fit_are_one_fit_of_k_epochs_also_pickled(multilabel, classes):
    X, Y = multilabel
    whole = fast(standardize=False, learning_rate_init=0.01).fit(X, Y)
    parts = fast(standardize=False, learning_rate_init=0.01)
    for _ in range(5):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, Y, classes=classes)))
    assert same_parameters(whole, parts)
    assert whole.loss_curve_ == parts.loss_curve_


def test_a_warm_start_goes_on(multilabel):
    X, Y = multilabel
    parts = fast(max_iter=2, warm_start=True).fit(X, Y)
    assert same_parameters(parts.set_params(max_iter=3).fit(X, Y), fast().fit(X, Y))


def test_a_change_between_classes_and_labels_is_a_clear_error(multilabel):
    X, Y = multilabel
    on_labels, on_classes = fast(warm_start=True).fit(X, Y), fast(warm_start=True).fit(X, Y[:, 0])
    for model, y, message in (
        (on_labels, Y[:, 0], "indicator matrix of 4 labels.*warm_start=False"),
        (on_classes, Y, "classes, one for each row.*warm_start=False"),
        (on_labels, Y[:, 1:], "3 columns for 4 labels"),
    ):
        for method in ("fit", "partial_fit"):
            before = pickle.dumps(model)
            with pytest.raises(ValueError, match=message):
                getattr(model, method)(X, y)
            assert pickle.dumps(model) == before
    assert clone(on_labels).set_params(warm_start=False).fit(X, Y[:, 0]).n_outputs_ == 2


def test_other_classes_than_the_labels_are_refused_in_partial_fit(multilabel):
    X, Y = multilabel
    with pytest.raises(ValueError, match="classes"):
        fast().partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="classes"):
        fast().partial_fit(X, Y).partial_fit(X, Y, classes=[0, 1])


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1, 1: 2}], ids=str)
def test_class_weights_of_labels_are_an_error_that_names_the_cure(multilabel, class_weight):
    with pytest.raises(ValueError, match=r"class_weight.*sample_weight"):
        fast(class_weight=class_weight).fit(*multilabel)


def test_one_row_cannot_be_held_out(multilabel):
    X, Y = multilabel
    with pytest.raises(ValueError, match=r"early_stopping.*X_val"):
        fast(early_stopping=True).fit(X[:1], Y[:1])


def test_the_targets_given_are_not_changed(multilabel):
    X, Y = multilabel[0], multilabel[1].astype(np.uint8)
    before = Y.copy()
    copy.deepcopy(fast(early_stopping=True).fit(X, Y)).partial_fit(X, Y).predict(X)
    assert np.array_equal(Y, before)


# A peer


def generated(_):
    return make_multilabel_classification(1500, random_state=2)


def traits_of_digits(digits):
    X, y = digits
    return X, np.column_stack([y % 2, y > 4, np.isin(y, [2, 3, 5, 7]), np.isin(y, [0, 6, 8, 9])])


@pytest.mark.parametrize("data", [generated, traits_of_digits])
def test_the_defaults_on_raw_data_have_a_lower_loss_than_mlp_classifier_on_scaled(digits, data):
    X, Y = data(digits)
    losses = []
    for model in (
        plain(random_state=0),
        make_pipeline(StandardScaler(), MLPClassifier(random_state=0)),
    ):
        proba = model.fit(X[:500], Y[:500]).predict_proba(X[500:])
        losses.append(summed_loss(Y[500:], proba))
    assert losses[0] < losses[1]
