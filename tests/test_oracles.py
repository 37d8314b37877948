"""What others compute: LogisticRegression's optimum, MLPClassifier's forward pass."""

import numpy as np
import pytest
import sklearn
from models import plain
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from skbackprop.network.activations import ACTIVATIONS

EPOCHS = 6000
SKLEARN = tuple(map(int, sklearn.__version__.split(".")[:2]))


def softmax_regression(X, y, **hyper_parameters):
    """Return softmax regression after a long, full-batch SGD."""
    classifier = plain(
        (),
        batch_size=len(y),
        learning_rate_init=0.5,
        momentum=0.9,
        max_iter=EPOCHS,
        tol=None,
        standardize=False,
        random_state=0,
        **hyper_parameters,
    )
    return classifier.fit(X, y)


@pytest.mark.parametrize("dataset", ["iris", "wine"])
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_softmax_regression_with_l2_reaches_the_coefficients_of_logistic_regression(
    dataset, weighted, request
):
    X, y = request.getfixturevalue(dataset)
    X = StandardScaler().fit_transform(X)
    weights = np.random.default_rng(0).integers(1, 4, len(y)) if weighted else np.ones(len(y))
    l2 = 0.01
    oracle = LogisticRegression(C=1 / (2 * l2 * weights.sum()), tol=1e-10, max_iter=10_000)
    oracle.fit(X, y, weights)
    ours = plain(
        (),
        batch_size=len(y),
        learning_rate_init=0.5,
        l2=l2,
        max_iter=EPOCHS,
        tol=None,
        standardize=False,
        random_state=0,
    ).fit(X, y, weights)
    assert np.abs(ours.coefs_[0].T - oracle.coef_).max() < 1e-4
    assert np.abs(ours.predict_proba(X) - oracle.predict_proba(X)).max() < 1e-4


@pytest.mark.parametrize("nesterov", [False, True], ids=["classical", "nesterov"])
@pytest.mark.parametrize("dataset", ["iris", "wine"])
def test_softmax_regression_with_l1_has_the_coefficients_and_zeros_of_logistic_regression(
    dataset, nesterov, request
):
    X, y = request.getfixturevalue(dataset)
    X = StandardScaler().fit_transform(X)
    l1 = 0.02
    penalty = {"l1_ratio": 1} if SKLEARN >= (1, 8) else {"penalty": "l1"}
    oracle = LogisticRegression(
        **penalty, C=1 / (l1 * len(y)), solver="saga", tol=1e-12, max_iter=200_000
    ).fit(X, y)
    ours = softmax_regression(X, y, l1=l1, l2=0.0, nesterovs_momentum=nesterov)
    assert (oracle.coef_ == 0).any()
    assert np.array_equal(ours.coefs_[0].T == 0, oracle.coef_ == 0)
    assert np.abs(ours.coefs_[0].T - oracle.coef_).max() < 1e-4


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits])
def test_full_batch_solvers_reach_the_coefficients_of_logistic_regression(load, solver):
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    l2 = 0.01
    tol = 1e-9 if solver == "newton" else None  # a line search may end at the limit of rounding
    ours = plain((), solver=solver, l2=l2, tol=tol, max_iter=500, standardize=False)
    ours.fit(X, y)
    W, b = ours.coefs_[0].T, ours.intercepts_[0]
    C = 1 / (2 * l2 * len(y))
    if len(b) == 2:  # of two softmax outputs ± w, each is half of one logistic output
        W, b, C = W[1:] - W[:1], b[1:] - b[:1], 2 * C
    oracle = LogisticRegression(C=C, solver="newton-cg", tol=1e-10, max_iter=1000).fit(X, y)
    assert np.abs(W - oracle.coef_).max() < 1e-6
    assert np.abs((b - b.mean()) - (oracle.intercept_ - oracle.intercept_.mean())).max() < 1e-6
    assert np.abs(ours.predict_proba(X) - oracle.predict_proba(X)).max() < 1e-6
    if solver == "newton":
        assert ours.n_iter_ <= 15


@pytest.mark.parametrize("dataset", ["iris", "wine"])
@pytest.mark.parametrize("l1", [0.01, 0.05])
def test_lbfgs_with_l1_has_the_coefficients_and_zeros_of_logistic_regression(dataset, l1, request):
    X, y = request.getfixturevalue(dataset)
    X = StandardScaler().fit_transform(X)
    penalty = {"l1_ratio": 1} if SKLEARN >= (1, 8) else {"penalty": "l1"}
    oracle = LogisticRegression(
        **penalty, C=1 / (l1 * len(y)), solver="saga", tol=1e-12, max_iter=200_000
    ).fit(X, y)
    ours = plain((), solver="lbfgs", l1=l1, l2=0.0, tol=1e-7, standardize=False)
    ours.set_params(max_iter=2000).fit(X, y)
    assert (oracle.coef_ == 0).any()
    assert np.array_equal(ours.coefs_[0].T == 0, oracle.coef_ == 0)
    assert np.abs(ours.coefs_[0].T - oracle.coef_).max() < 1e-4


def test_per_example_updates_with_a_decreasing_rate_approach_the_same_optimum(iris):
    X, y = iris
    X = StandardScaler().fit_transform(X)
    l2 = 0.01
    oracle = LogisticRegression(C=1 / (2 * l2 * len(y)), tol=1e-10).fit(X, y)
    ours = plain(
        (),
        batch_size=1,
        learning_rate="inverse",
        learning_rate_init=0.1,
        delta=1e-3,
        l2=l2,
        momentum=0.0,
        max_iter=400,
        tol=None,
        standardize=False,
        random_state=0,
    ).fit(X, y)
    assert np.abs(ours.coefs_[0].T - oracle.coef_).max() < 0.02


@pytest.mark.parametrize("batch_size", [10, 50, 150])
def test_the_strength_of_l2_does_not_depend_on_the_batch_size(iris, batch_size):
    X, y = iris
    X = StandardScaler().fit_transform(X)
    l2 = 0.05
    oracle = LogisticRegression(C=1 / (2 * l2 * len(y)), tol=1e-10).fit(X, y)
    ours = plain(
        (),
        batch_size=batch_size,
        learning_rate="inverse",
        learning_rate_init=0.1,
        delta=1e-2,
        l2=l2,
        max_iter=600,
        tol=None,
        standardize=False,
        random_state=0,
    ).fit(X, y)
    norms = np.linalg.norm(ours.coefs_[0]), np.linalg.norm(oracle.coef_)
    assert norms[0] == pytest.approx(norms[1], rel=0.01)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("hidden", [(7,), (9, 6, 5)], ids=["one", "three"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_forward_pass_equals_that_of_mlp_classifier_with_the_same_weights(
    wine, unconverged, activation, hidden, n_classes
):
    X, y = wine
    X, y = StandardScaler().fit_transform(X)[y < n_classes], y[y < n_classes]
    theirs = MLPClassifier(hidden, activation, max_iter=5, random_state=0).fit(X, y)
    ours = plain(hidden, activation, max_iter=1, standardize=False).fit(X, y)
    for mine, other in ((ours.coefs_, theirs.coefs_), (ours.intercepts_, theirs.intercepts_)):
        for own, given in zip(mine[:-1], other[:-1], strict=True):
            own[...] = given
    W, b = theirs.coefs_[-1], theirs.intercepts_[-1]
    if n_classes == 2:  # their one logistic output is the difference of our two
        W, b = np.hstack([0 * W, W]), np.array([0, b[0]])
    ours.coefs_[-1][...], ours.intercepts_[-1][...] = W, b
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(
    "solver, options, within",
    [
        ("sgd", {"batch_size": 10**6, "learning_rate_init": 0.5, "max_iter": EPOCHS}, 1e-4),
        ("newton", {"tol": 1e-9}, 1e-6),
        ("lbfgs", {"tol": 1e-7}, 1e-5),
    ],
    ids=["sgd", "newton", "lbfgs"],
)
def test_logistic_outputs_reach_the_coefficients_of_a_logistic_regression_for_each_label(
    multilabel, solver, options, within, weighted
):
    X, Y = multilabel
    X = StandardScaler().fit_transform(X)
    weights = np.random.default_rng(0).integers(1, 4, len(Y)) if weighted else np.ones(len(Y))
    l2 = 0.01
    options = {"tol": None, "standardize": False, "random_state": 0} | options
    ours = plain((), solver=solver, l2=l2, **options).fit(X, Y, weights)
    for k, y in enumerate(Y.T):
        oracle = LogisticRegression(C=1 / (2 * l2 * weights.sum()), tol=1e-11, max_iter=10_000)
        oracle.fit(X, y, weights)
        assert np.abs(ours.coefs_[0][:, k] - oracle.coef_[0]).max() < within
        assert abs(ours.intercepts_[0][k] - oracle.intercept_[0]) < within
        assert np.abs(ours.predict_proba(X)[:, k] - oracle.predict_proba(X)[:, 1]).max() < within


@pytest.mark.parametrize("n_labels", [2, 4])
@pytest.mark.parametrize("activation", ["logistic", "relu"])
def test_the_forward_pass_of_labels_equals_that_of_mlp_classifier_with_the_same_weights(
    multilabel, unconverged, activation, n_labels
):
    X, Y = multilabel
    X, Y = StandardScaler().fit_transform(X), Y[:, :n_labels]
    theirs = MLPClassifier((7, 5), activation, max_iter=5, random_state=0).fit(X, Y)
    ours = plain((7, 5), activation, max_iter=1, standardize=False).fit(X, Y)
    for mine, other in ((ours.coefs_, theirs.coefs_), (ours.intercepts_, theirs.intercepts_)):
        for own, given in zip(mine, other, strict=True):
            own[...] = given
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-12)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    assert np.array_equal(ours.classes_, theirs.classes_)
    assert (ours.n_outputs_, ours.out_activation_) == (theirs.n_outputs_, theirs.out_activation_)
    assert ours.score(X, Y) == theirs.score(X, Y)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_every_activation_learns_a_problem_that_no_linear_model_can(activation, solver, rng):
    X = rng.uniform(-1, 1, size=(400, 2))
    y = X[:, 0] * X[:, 1] > 0
    rate = 0.05 if solver == "sgd" else 0.01
    classifier = plain(
        (32,),
        activation,
        solver=solver,
        learning_rate_init=rate,
        l2=0.0,
        max_iter=150,
        tol=None,
        random_state=0,
    ).fit(X, y)
    if activation == "identity":
        assert classifier.score(X, y) < 0.75
    else:
        assert classifier.score(X, y) > 0.9
