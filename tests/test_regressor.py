"""BackpropRegressor: oracles for each loss, and what it promises as the classifier does."""

import pickle
from functools import partial

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from models import PLAIN, same_parameters
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.decomposition import PCA
from sklearn.linear_model import GammaRegressor, PoissonRegressor, QuantileRegressor, Ridge
from sklearn.metrics import PredictionErrorDisplay, r2_score
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import scale

from skbackprop import BackpropRegressor, LossCurveDisplay, check_gradient, search_space
from skbackprop.objective.losses import OF_NUMBERS

pytestmark = pytest.mark.usefixtures("unconverged")
each_solver = pytest.mark.parametrize("solver", ["sgd", "adam", "newton", "lbfgs"])
KINKED = "absolute_error", "quantile"


def linear(**options):
    """Return a network without hidden layers, of float64, whose minimum a peer knows."""
    options = {"random_state": 0, "l2": 1e-2, "tol": 1e-10, "max_iter": 1000} | options
    return BackpropRegressor(**PLAIN | {"hidden_layer_sizes": ()} | options)


network = partial(
    linear,
    hidden_layer_sizes=(6,),
    activation="tanh",
    max_iter=100,
    learning_rate_init=0.02,
    tol=None,
    l2=1e-4,
)


@pytest.fixture
def X(rng):
    return rng.normal(size=(200, 4)) * [1, 10, 100, 0.1]


@pytest.fixture(params=[1, 2], ids=["one column", "two columns"])
def y(request, X, rng):
    y = np.column_stack([X @ [3, 0.2, 0.01, 5], np.sin(X[:, 0]) + X[:, 1] / 10])
    y = 1000 + 50 * y + rng.normal(size=y.shape)
    return y[:, 0] if request.param == 1 else y


# Oracles


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_without_hidden_layers_squared_error_is_ridge_regression(X, y, solver):
    model = linear(solver=solver).fit(X, y)
    peer = Ridge(alpha=2 * 200 * 1e-2).fit(scale(X), scale(y))
    assert_allclose(model.coefs_[0].T, np.atleast_2d(peer.coef_), atol=1e-6)
    expected = y.mean(axis=0) + y.std(axis=0) * peer.predict(scale(X))
    assert_allclose(model.predict(X), expected, rtol=1e-6)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize(
    ("loss", "peer"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)]
)
def test_without_hidden_layers_deviances_are_generalized_linear_models(X, rng, solver, loss, peer):
    mean = 40 * np.exp(scale(X) @ [0.4, -0.3, 0.2, 0])
    y = rng.poisson(mean) if loss == "poisson" else rng.gamma(2, mean / 2)
    model = linear(loss=loss, solver=solver, l2=1e-3).fit(X, y)
    peer = peer(alpha=2e-3, tol=1e-10, max_iter=10000).fit(scale(X), y / y.mean())
    assert_allclose(model.coefs_[0][:, 0], peer.coef_, atol=1e-5)
    assert_allclose(model.predict(X), y.mean() * peer.predict(scale(X)), rtol=1e-4)


@pytest.mark.parametrize("q", [0.2, 0.5])
def test_without_hidden_layers_the_pinball_loss_is_as_low_as_that_of_quantile_regression(X, rng, q):
    y = X @ [3, 0.2, 0.01, 5] + rng.standard_t(3, size=200)
    model = linear(loss="quantile", quantile=q, solver="lbfgs", l2=0.0, tol=1e-12).fit(X, y)
    z = (y - model._standards["location"]) / model._standards["scale"]
    peer = QuantileRegressor(quantile=q, alpha=0).fit(scale(X), z)
    assert_allclose(model.coefs_[0][:, 0], peer.coef_, atol=0.02)
    u = z - peer.predict(scale(X))
    assert model.loss_ == pytest.approx(np.maximum(q * u, (q - 1) * u).mean(), rel=2e-3)


def test_the_absolute_error_is_twice_the_pinball_loss_of_the_median(X, y):
    options = {"solver": "sgd", "max_iter": 5, "tol": None, "l2": 0.0, "momentum": 0.0}
    absolute = network(loss="absolute_error", learning_rate_init=0.01, **options).fit(X, y)
    median = network(loss="quantile", learning_rate_init=0.02, **options).fit(X, y)
    assert_allclose(absolute.predict(X), median.predict(X), rtol=1e-9)
    assert_allclose(absolute.loss_curve_, 2 * np.array(median.loss_curve_), rtol=1e-9)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
@pytest.mark.parametrize("delta", [0.1, 0.5])
def test_the_huber_loss_is_minimised(X, y, delta, solver):
    model = linear(loss="huber", huber_delta=delta, solver=solver, tol=1e-8).fit(X, y)
    z = ((y - model._standards["location"]) / model._standards["scale"]).reshape(200, -1)

    def J(theta):
        theta = theta.reshape(5, -1)
        r = np.abs(scale(X) @ theta[:4] + theta[4] - z)
        h = np.where(r < delta, r**2 / 2, delta * (r - delta / 2))
        return h.sum(axis=1).mean() + 1e-2 * (theta[:4] ** 2).sum()

    found = np.concatenate([model.coefs_[0], model.intercepts_])
    best = minimize(J, np.zeros(found.size), tol=1e-12)
    assert_allclose(found.ravel(), best.x, atol=1e-4)
    assert model.loss_ == pytest.approx(best.fun)
    assert model._loss == {"name": "huber", "huber_delta": delta}


# Standardised y


def test_y_may_be_shifted_and_scaled_without_any_other_effect(X, y):
    one, other = network(max_iter=20).fit(X, y), network(max_iter=20).fit(X, 1024 * y - 2**20)
    assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-6)
    assert_allclose(other.predict(X), 1024 * one.predict(X) - 2**20, rtol=1e-6)


@pytest.mark.parametrize("loss", OF_NUMBERS)
@pytest.mark.parametrize("size", [1e-150, 1.0, 1e150])
def test_numbers_of_any_size_are_learned_alike(loss, size):
    X, y = make_friedman1(150, random_state=0)
    one, other = (network(loss=loss, max_iter=3).fit(X, k * y) for k in (1, size))
    assert_allclose(other.predict(X) / size, one.predict(X), rtol=1e-6)


@pytest.mark.parametrize("loss", OF_NUMBERS)
@pytest.mark.parametrize("value", [0.1, 3e7, 1e-300])
def test_equal_numbers_are_predicted_as_they_are(X, loss, value):
    model = BackpropRegressor(loss=loss, max_iter=20, random_state=0).fit(X, np.full(200, value))
    assert_allclose(model.predict(X), value, rtol=0.05)


def test_equal_zeros_of_a_count_are_predicted_as_about_zero(X):
    model = BackpropRegressor(loss="poisson", random_state=0).fit(X, np.zeros(200))
    assert (model.predict(X) < 0.1).all()


@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson"])
def test_weights_are_repeats_and_rows_of_weight_0_are_absent(rng, loss):
    X, y = rng.normal(size=(60, 3)), rng.gamma(2, size=60)
    y[50:] = 1e6
    s = rng.integers(1, 4, size=60) * (np.arange(60) < 50)
    options = {"loss": loss, "solver": "lbfgs", "max_iter": 300, "l2": 1e-2, "tol": 1e-9}
    weighted = network(**options).fit(X, y, s)
    repeated = network(**options).fit(np.repeat(X, s, axis=0), np.repeat(y, s))
    assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-4)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile"])
@pytest.mark.parametrize("far", [1e308, -1e308])
def test_a_row_of_weight_0_may_be_as_far_from_the_others_as_numbers_go(rng, loss, far):
    X, y = rng.normal(size=(60, 3)), 1e-30 * rng.normal(size=60)
    s = (np.arange(60) > 0) * 1.0
    y[0] = far
    model = network(loss=loss, max_iter=5, l2=1e-2).fit(X, y, s)
    absent = network(loss=loss, max_iter=5, l2=1e-2).fit(X[1:], y[1:])
    assert_allclose(model._standards["scale"], absent._standards["scale"])
    assert np.abs(model.predict(X)).max() < 1e-28


# What the classifier promises, too


@each_solver
@pytest.mark.parametrize("loss", OF_NUMBERS)
def test_a_network_learns_numbers_and_its_gradient_is_right(X, y, solver, loss):
    model = network(solver=solver, loss=loss)
    if solver == "newton" and loss in KINKED:
        with pytest.raises(ValueError, match="needs second derivatives, which"):
            model.fit(X, y)
        return
    checked = check_gradient(model, X, y)
    assert checked.max_relative_error < 1e-7
    assert (checked.hessian is None) == (loss in KINKED)
    model.fit(X, y)
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
    assert model.score(X, y) > 0.7
    assert model.predict(X).shape == y.shape
    is_positive = loss in ("poisson", "gamma")
    assert model.out_activation_ == ("exp" if is_positive else "identity")
    assert model.n_outputs_ == y.size // 200
    assert not hasattr(model, "classes_") and not hasattr(model, "predict_proba")
    assert clone(model).get_params() == model.get_params()
    assert model.settings_.solver == solver


def test_several_quantiles_hold_their_shares_and_never_cross():
    X, y = make_friedman1(2000, noise=3, random_state=0)
    quantiles = [0.1, 0.5, 0.9]
    model = BackpropRegressor(loss="quantile", quantile=quantiles, l2="auto", random_state=0)
    f = model.fit(X[:1000], y[:1000]).predict(X[1000:])
    assert f.shape == (1000, 3) and model.out_activation_ == "increasing"
    assert (np.diff(f, axis=1) > 0).all()
    assert_allclose((y[1000:, None] < f).mean(axis=0), quantiles, atol=0.08)
    smooth = BackpropRegressor((6,), "tanh", loss="quantile", quantile=quantiles, random_state=0)
    assert check_gradient(smooth, X[:200], y[:200]).max_relative_error < 1e-7


def test_x_may_be_sparse(X, y):
    X = np.where(X > 0, X, 0)
    options = {"solver": "newton", "tol": 1e-10, "max_iter": 100, "standardize": False}
    dense, in_csr = (linear(**options).fit(form(X), y) for form in (np.array, sparse.csr_array))
    assert_allclose(dense.predict(X), in_csr.predict(X))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_calls_of_partial_fit_are_one_fit_also_pickled(X, y, solver):
    options = {"solver": solver, "max_iter": 5, "standardize": False, "l2": 1e-3}
    whole, parts = network(**options).fit(X, y), network(**options)
    for _ in range(5):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y)))
    assert same_parameters(whole, parts)
    assert_array_equal(whole.predict(X), parts.predict(X))


def test_partial_fit_may_begin_with_one_row(X, y):
    model = network().partial_fit(X[:1], y[:1])
    for start in range(1, 200, 50):
        model.partial_fit(X[start : start + 50], y[start : start + 50])
    assert np.isfinite(model.predict(X)).all()


def test_a_warm_start_goes_on_with_the_standards_that_it_knows(X, y):
    model = network(warm_start=True).fit(X, y)
    before = model.loss_
    model.fit(X[:100], y[:100])
    assert_allclose(model._standards["location"], y.reshape(200, -1).mean(axis=0))
    assert len(model.loss_curve_) == 200 and model.loss_ < before * 2


def test_numbers_are_held_out_for_early_stopping_the_choice_of_l2_and_a_scorer(X, y):
    model = network(early_stopping=True, l2="validate", scoring="r2").fit(X, y)
    assert model.validation_scores_[model._best_epoch - 1] == max(model.validation_scores_) > 0.8
    assert len(model.l2_validation_losses_) > 1


def test_it_validates_on_data_of_its_own(X, y):
    model = network(max_iter=3).fit(X, y, X_val=X[:50], y_val=y[:50])
    f = (model.predict(X[:50]) - model._standards["location"]) / model._standards["scale"]
    z = (y[:50] - model._standards["location"]) / model._standards["scale"]
    loss = ((f - z) ** 2).reshape(50, -1).sum(axis=1).mean() / 2
    assert model.validation_loss_curve_[-1] == pytest.approx(loss)


def test_a_fitted_attribute_that_does_not_fit_is_named(X, y):
    model = network(max_iter=2).fit(X, y)
    standards = model._standards
    model._standards = {**standards, "location": np.zeros(7)}
    with pytest.raises(ValueError, match="_standards must have a float for each column of y"):
        model.predict(X)
    for name, value in (("location", np.nan), ("scale", np.inf), ("scale", 0.0)):
        model._standards = {**standards, name: np.full(len(standards[name]), value)}
        with pytest.raises(ValueError, match="_standards must be finite, and no scale 0 or less"):
            model.predict(X)


# y as it comes


FORMS = {
    "integers": lambda y: np.round(y).astype(int),
    "float32": lambda y: y.astype(np.float32),
    "booleans": lambda y: y > np.median(y),
    "objects": lambda y: y.astype(object),
    "a list": lambda y: y.tolist(),
    "a column": lambda y: y[:, None],
}


@pytest.mark.parametrize("form", FORMS)
def test_y_may_come_in_any_form_of_numbers(X, form):
    y = X @ [3, 0.2, 0.01, 5]
    given = FORMS[form](y)
    model = network(max_iter=3).fit(X, given)
    as_floats = np.asarray(given, float).ravel()
    assert_array_equal(model.predict(X), network(max_iter=3).fit(X, as_floats).predict(X))
    assert model.predict(X).shape == (200,)
    assert model.score(X, given) == model.score(X, as_floats)


REFUSED = {
    "text": (np.array(["a", "b"] * 100), "y holds objects of type str, but must hold numbers"),
    "missing": (np.array([1.0, np.nan] * 100), "y has 100 missing values in 200 rows"),
    "infinite": (np.array([1.0, np.inf] * 100), "Input y contains infinity or a value too large"),
    "too large": ([10**400, 1] * 100, "Input y contains infinity or a value too large"),
    "complex": (np.ones(200, complex), "Complex data not supported"),
    "dates": (np.zeros(200, "datetime64[D]"), "y has dtype .*: make numbers of dates"),
    "sparse": (sparse.csr_array(np.ones((200, 2))), "y is sparse, but numbers to predict"),
    "three dimensions": (np.ones((200, 2, 2)), "dim"),
    "other rows": (np.ones(199), "inconsistent numbers of samples"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_y_is_refused(X, case):
    y, words = REFUSED[case]
    with pytest.raises(ValueError, match=words):
        network(max_iter=2).fit(X, y)


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        ("poisson", -1.0, "loss='poisson' needs y of at least 0; it has -1"),
        ("gamma", 0.0, "loss='gamma' needs y above 0; it has 0"),
    ],
)
def test_numbers_that_a_loss_cannot_take_are_refused(X, loss, y, words):
    numbers = np.append(np.ones(199), y)
    with pytest.raises(ValueError, match=words):
        network(loss=loss, max_iter=2).fit(X, numbers)
    model = network(loss=loss, max_iter=2).fit(X, np.ones(200))
    with pytest.raises(
        ValueError, match=words.replace("y of", "y_val of").replace("y ab", "y_val ab")
    ):
        model.fit(X, np.ones(200), X_val=X, y_val=numbers)


def test_other_columns_of_y_than_before_are_refused(X, y):
    model = network(max_iter=2, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="y has 3 columns, but the numbers so far have had"):
        model.fit(X, np.ones((200, 3)))


def test_several_quantiles_of_several_columns_are_refused(X):
    model = network(loss="quantile", quantile=[0.1, 0.9])
    with pytest.raises(ValueError, match="asks for several quantiles, but y has 2 columns"):
        model.fit(X, np.ones((200, 2)))


def test_one_row_cannot_be_held_out(X):
    with pytest.raises(ValueError, match="early_stopping=True needs at least 2 rows"):
        network(early_stopping=True).fit(X[:1], [1.0])


# With others


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_the_forward_pass_is_that_of_mlp_regressor(X, y, activation):
    z = scale(y)
    theirs = MLPRegressor(
        hidden_layer_sizes=(7, 5), activation=activation, max_iter=5, random_state=0
    ).fit(scale(X), z)
    ours = network(hidden_layer_sizes=(7, 5), activation=activation, max_iter=1).fit(X, z)
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    assert_allclose(ours.predict(X), theirs.predict(scale(X)), rtol=1e-9, atol=1e-12)


def test_an_epoch_of_sgd_is_that_of_mlp_regressor(X, y):
    X, z = scale(X), scale(y)
    options = {"solver": "sgd", "batch_size": 30, "shuffle": False, "max_iter": 1}
    options |= {"hidden_layer_sizes": (7, 5), "activation": "relu", "learning_rate": "constant"}
    theirs = MLPRegressor(alpha=0.0, learning_rate_init=1e-300, random_state=0, **options).fit(X, z)
    ours = network(l2=0.0, learning_rate_init=1e-300, **options).fit(X, z)
    ours.coefs_, ours.intercepts_ = theirs.coefs_, theirs.intercepts_
    theirs.set_params(learning_rate_init=0.01).fit(X, z)  # begins with the same weights again
    ours.set_params(learning_rate_init=0.01).partial_fit(X, z)  # which has no momentum yet
    for mine, other in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert_allclose(mine, other, rtol=1e-9, atol=1e-12)


def test_it_is_searched_and_drawn_as_any_regressor(X, rng):
    y = X @ [3, 0.2, 0.01, 5] + rng.normal(size=200)
    model = BackpropRegressor((8,), max_iter=5, random_state=0)
    space = search_space() | {"loss": ["squared_error", "huber"]}
    search = RandomizedSearchCV(model, space, n_iter=2, cv=2, random_state=0).fit(X, y)
    assert np.isfinite(search.best_score_)
    assert cross_val_score(model, pd.DataFrame(X), y, cv=2).shape == (2,)
    pipeline = make_pipeline(PCA(2), model).fit(X, y)
    matplotlib.use("agg")
    display = PredictionErrorDisplay.from_estimator(pipeline, X, y)
    LossCurveDisplay.from_estimator(pipeline[-1])
    assert len(display.scatter_.get_offsets()) == 200
    plt.close("all")


def test_a_raw_table_is_read_as_by_the_classifier(rng):
    n = 300
    kind, day = rng.choice(["a", "b", "c"], n), rng.integers(0, 365, n)
    y = 100.0 * (kind == "a") + day + rng.normal(size=n)
    frame = pd.DataFrame({"kind": kind, "day": np.datetime64("2024-01-01") + day})
    frame.loc[::20, "kind"] = None
    model = BackpropRegressor(random_state=0).fit(frame[:200], y[:200])
    assert model.score(frame[200:], y[200:]) > 0.8
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(frame), model.predict(frame))
    assert list(model.describe_columns()["kind"]) == ["text or categories", "dates or times"]
