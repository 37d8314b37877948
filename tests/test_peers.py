"""Each measured defect of MLPClassifier, shown right here: one test, or more, for each number."""

import pickle

import numpy as np
import pytest
from models import fast, plain
from sklearn.datasets import make_classification

pytestmark = pytest.mark.usefixtures("unconverged")


def test_01_the_rows_held_out_have_the_classes_in_proportion():
    y = np.repeat([0, 1, 2], [500, 300, 200])
    X = np.eye(3)[y]
    seen = []

    def count_labels(estimator, X, y):
        seen.append(np.bincount(y))
        return 0.0

    for seed in range(5):
        fast(early_stopping=True, scoring=count_labels, random_state=seed, max_iter=1).fit(X, y)
    assert all(np.array_equal(counts, [50, 30, 20]) for counts in seen)


def test_02_a_mini_batch_of_zero_weights_is_harmless(iris):
    X, y = iris
    weights = np.ones(len(y))
    weights[:70] = 0
    model = fast(batch_size=10, shuffle=False).fit(X, y, weights)
    assert np.isfinite(model.loss_curve_).all()


@pytest.mark.parametrize("factor", [1e-6, 3.0, 1e200, 1e-200])
def test_03_multiplying_all_weights_by_a_constant_changes_nothing(iris, rng, factor):
    X, y = iris
    weights = rng.uniform(0.5, 2, len(y))
    for solver in ("sgd", "adam"):
        model = fast(solver=solver, batch_size=20)
        one, other = (model.fit(X, y, w).predict_proba(X) for w in (weights, weights * factor))
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_04_the_penalty_is_the_same_in_every_batch(iris):
    X, y = iris
    # With X = 0, the loss has no gradient in the first W: only l2 moves it, by 1 - 2 α l2 a step.
    options = {"momentum": 0.0, "learning_rate": "constant", "learning_rate_init": 0.1}
    start = fast(**options, l2=0.0).fit(0 * X, y).coefs_[0]
    for batch_size, n_batches in ((10, 15), (40, 4), (150, 1)):
        model = fast(**options, l2=0.1, batch_size=batch_size).fit(0 * X, y)
        np.testing.assert_allclose(model.coefs_[0], start * 0.98 ** (5 * n_batches), rtol=1e-12)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("learning_rate", ["constant", "inverse", "power", "adaptive"])
@pytest.mark.parametrize("pickled", [False, True], ids=["kept", "pickled"])
def test_05_k_calls_of_partial_fit_are_one_fit_of_k_epochs(iris, solver, learning_rate, pickled):
    X, y = iris
    model = fast(
        solver=solver,
        learning_rate=learning_rate,
        batch_size=16,
        standardize=False,
        l1=1e-3,
        n_iter_no_change=2,
        learning_rate_init=0.01,
    )
    whole = model.fit(X, y)
    parts = fast(**model.get_params())
    for _ in range(5):
        parts.partial_fit(X, y, classes=[0, 1, 2])
        if pickled:
            parts = pickle.loads(pickle.dumps(parts))
    for one, other in zip(
        whole.coefs_ + whole.intercepts_, parts.coefs_ + parts.intercepts_, strict=True
    ):
        assert np.array_equal(one, other)
    assert (whole.t_, whole.n_iter_) == (parts.t_, parts.n_iter_)
    assert whole.loss_curve_ == parts.loss_curve_


def test_05_partial_fit_visits_the_rows_in_another_order_each_time(iris):
    X, y = iris
    ordered, shuffled = (fast(batch_size=1, shuffle=s, momentum=0.0) for s in (False, True))
    steps = []
    for model in (ordered, shuffled):
        model.partial_fit(X, y, classes=[0, 1, 2])
        state = pickle.dumps(model)
        first = model.partial_fit(X, y).coefs_[0].copy()
        again = pickle.loads(state)
        again.n_iter_ += 1
        for curve in (again.loss_curve_, again.learning_rate_curve_):
            curve.append(curve[-1])
        steps.append(np.array_equal(first, again.partial_fit(X, y).coefs_[0]))
    assert steps == [True, False]


def test_06_log_probabilities_of_saturated_inputs_are_finite(iris):
    X, y = iris
    model = fast(hidden_layer_sizes=(), max_iter=50).fit(X, y)
    model.coefs_[0][...] *= 1e4
    with np.errstate(divide="ignore"):
        assert np.isinf(np.log(model.predict_proba(X))).any()
    log_proba = model.predict_log_proba(X)
    assert np.isfinite(log_proba).all()
    A = model.decision_function(X)
    np.testing.assert_allclose(log_proba, A - np.logaddexp.reduce(A, axis=1)[:, None], rtol=1e-12)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_07_float32_stays_float32(iris, solver):
    X, y = iris
    X, options = X.astype(np.float32), {"l1": 1e-4, "l2": 1e-4, "dtype": "auto"}
    model = fast(solver=solver, **options).fit(X, y, np.ones(len(y))).partial_fit(X, y)
    arrays = [*model.coefs_, *model.intercepts_, model.predict_proba(X), model.predict_log_proba(X)]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


def test_07_a_pickle_is_about_the_size_of_the_weights_and_of_the_optimiser_state_if_needed(digits):
    X, y = digits
    net = {"hidden_layer_sizes": (200, 100), "max_iter": 2}
    weights = 8 * (64 * 200 + 200 * 100 + 100 * 10 + 310)
    overhead = 8_000  # of the scaler, the parameters and the curves
    fitted = fast(**net).fit(X, y)
    assert len(pickle.dumps(fitted)) < weights + overhead
    assert len(pickle.dumps(fast(**net, warm_start=True).fit(X, y))) < 2 * weights + overhead
    assert len(pickle.dumps(fitted.partial_fit(X, y))) < 2 * weights + overhead
    assert len(pickle.dumps(fast(**net, solver="adam").partial_fit(X, y, classes=range(10)))) < (
        3 * weights + overhead
    )


def test_08_the_learning_rate_decreases_with_each_update():
    X, y = make_classification(1797, random_state=0)
    model = fast(
        learning_rate="power", delta=0.5, learning_rate_init=0.1, batch_size=200, max_iter=1
    ).fit(X, y)
    assert model.t_ == 9
    one_epoch = 0.1 / (1 + 9) ** 0.5
    assert one_epoch == pytest.approx(0.0316, abs=1e-4)  # not the 0.0024 of MLPClassifier


def test_08_the_rate_that_is_told_is_that_of_the_next_update(iris, capsys):
    fast(
        learning_rate="inverse",
        delta=0.1,
        learning_rate_init=0.5,
        batch_size=50,
        max_iter=2,
        verbose=True,
    ).fit(*iris)
    rates = [f"learning rate {0.5 / (1 + 0.1 * t):.2e}" for t in (3, 6)]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(rate in line for rate, line in zip(rates, lines, strict=True))


@pytest.mark.parametrize("patience", [1, 3, 7])
def test_09_the_look_ahead_is_exactly_n_iter_no_change_epochs(iris, patience):
    X, y = iris
    scores = iter([0.1, 0.5, *[0.4] * 100])
    model = fast(
        early_stopping=True,
        scoring=lambda *_: next(scores),
        n_iter_no_change=patience,
        tol=0.0,
        max_iter=50,
    ).fit(X, y)
    assert model.n_iter_ == 2 + patience


def test_09_biases_start_at_zero_and_weights_within_glorots_bounds(iris):
    X, y = iris
    model = plain(
        (40,), max_iter=1, learning_rate_init=1e-300, l2=0.0, tol=None, random_state=0
    ).fit(X, y)
    assert all((np.abs(b) < 1e-250).all() for b in model.intercepts_)
    for W in model.coefs_:
        r = np.sqrt(6 / sum(W.shape))
        assert 0.9 * r < np.abs(W).max() <= r


def test_09_the_decision_function_is_the_pre_activation_of_the_outputs(iris):
    X, y = iris
    model = fast().fit(X, y)
    A = model.decision_function(X)
    np.testing.assert_allclose(
        np.exp(A) / np.exp(A).sum(axis=1, keepdims=True), model.predict_proba(X), rtol=1e-12
    )
    two = fast().fit(X[y < 2], y[y < 2])
    margin = two.decision_function(X)
    np.testing.assert_allclose(1 / (1 + np.exp(-margin)), two.predict_proba(X)[:, 1], rtol=1e-10)
    assert np.array_equal(margin > 0, two.predict(X) == 1)


def test_10_partial_fit_works_with_early_stopping_which_then_has_no_effect(iris):
    X, y = iris
    with_it, without = (fast(early_stopping=e) for e in (True, False))
    for model in (with_it, without):
        model.partial_fit(X, y, classes=[0, 1, 2])
        model.partial_fit(X, y, sample_weight=np.arange(len(y)))
    assert np.array_equal(with_it.coefs_[0], without.coefs_[0])


def test_11_raw_data_on_any_scale_gives_the_same_model(wine):
    X, y = wine
    scaled = X * np.logspace(-6, 6, X.shape[1]) + 5 * np.logspace(-6, 6, X.shape[1])
    one, other = fast(max_iter=50).fit(X, y), fast(max_iter=50).fit(scaled, y)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(scaled), atol=1e-6)
    assert other.score(scaled, y) > 0.98
