"""Attributions: they add up, they are the integral they claim to be, and the axioms hold."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from models import ensemble, fast
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleRegressor,
    BackpropRegressor,
    attribute,
)

N = 120
SMALL = {"max_iter": 4, "tol": None, "random_state": 0, "l2": 1e-3}


@pytest.fixture(scope="module")
def frame():
    """A column of each sort: numbers, one with gaps, categories, dates, words, nothing to learn."""
    rng = np.random.default_rng(0)
    words = np.array(["red", "small", "old", "broken", "with box", "new", "rare"])
    return pd.DataFrame(
        {
            "age": rng.normal(40, 12, N),
            "income": np.where(rng.random(N) < 0.2, np.nan, rng.lognormal(10, 1, N)),
            "town": rng.choice(["Bonn", "Graz", "Oslo", None], N),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N), "D"),
            "note": [" ".join(rng.choice(words, 4)) for _ in range(N)],
            "same": 1.0,
        }
    )


@pytest.fixture(scope="module")
def y(frame):
    return np.where(frame["age"] + 15 * (frame["town"] == "Bonn") > 42, "yes", "no")


def three(y):
    return np.where(np.arange(N) % 3, y, "maybe")


def labels(y):
    return np.column_stack([y == "yes", np.arange(N) % 2 == 0]).astype(int)


def adds_up(result):
    lacking = result.predictions - result.base_value - result.values.sum(axis=1)
    assert np.abs(lacking).max() == result.gap < 1e-6 * (1 + np.abs(result.predictions).max())


CLASSIFIERS = {
    "network": lambda: BackpropClassifier((8,), **SMALL),
    "deep": lambda: BackpropClassifier((8, 6), ["tanh", "relu"], **SMALL),
    "leaves": lambda: BackpropClassifier((8,), numeric_encoding="leaves", **SMALL),
    "ensemble": lambda: ensemble(3),
}


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("of", [lambda y: y, three, labels], ids=["two", "three", "labels"])
def test_values_of_any_columns_add_up_to_what_the_model_predicts(frame, y, kind, of):
    model = CLASSIFIERS[kind]().fit(frame, of(y))
    P = model.predict_proba(frame[:9])
    if of(y) is y:
        P = P[:, 1]
    for output, expected in {"log_odds": np.log(P / (1 - P)), "probability": P}.items():
        result = attribute(model, frame[:9], background=frame, output=output)
        adds_up(result)
        assert_allclose(result.predictions, expected, rtol=1e-4, atol=1e-4)
        assert result.values.shape == (9, 6, *P.shape[1:])
        assert result.feature_names == list(frame)
        assert not result.values[:, 5].any()  # of a column that is always the same


@pytest.mark.parametrize(
    "options", [{}, {"loss": "poisson"}, {"loss": "quantile", "quantile": [0.1, 0.9]}]
)
def test_values_add_up_to_the_numbers_that_a_regressor_predicts(frame, options):
    model = BackpropRegressor((8, 6), **SMALL, **options).fit(frame, frame["age"] + 100)
    result = attribute(model, frame[:9], background=frame)
    adds_up(result)
    assert_allclose(result.predictions, model.predict(frame[:9]), rtol=1e-4)
    assert (result.quantity, result.output_names) == ("prediction", options.get("quantile", [0]))


def test_values_add_up_to_what_an_ensemble_of_regressors_predicts(frame):
    network = BackpropRegressor((8,), **SMALL)
    model = BackpropEnsembleRegressor(network, 2, cv=2, random_state=0).fit(frame, frame["age"])
    result = attribute(model, frame[:9], background=frame)
    adds_up(result)
    assert_allclose(result.predictions, model.predict(frame[:9]), rtol=1e-4)


def test_a_column_of_y_is_explained_by_itself(frame):
    Y = np.column_stack([frame["age"], -frame["age"]])
    model = BackpropRegressor((8,), **SMALL).fit(frame, Y)
    one, both = attribute(model, frame, target=1), attribute(model, frame)
    assert_allclose(one.values, both.values[:, :, 1], atol=1e-9)
    assert one.output_names == [1]


def test_sparse_rows_are_explained_as_dense_ones_are(rng):
    X = rng.normal(size=(60, 5)) * (rng.random((60, 5)) < 0.4)
    S = sparse.csr_matrix(X)
    model = fast(hidden_layer_sizes=(6, 4), standardize=False).fit(S, X[:, 0] > 0)
    result = attribute(model, S)
    adds_up(result)
    assert_allclose(result.values, attribute(model, X).values, atol=1e-9)


def test_a_linear_model_has_weights_times_differences_from_the_mean(iris):
    X, y = iris
    model = fast(hidden_layer_sizes=()).fit(X[:100], y[:100])
    W, Z = model.coefs_[0], model.scaler_.transform(X)
    result = attribute(model, X, background=X[:100])
    assert_allclose(result.values, Z * (W[:, 1] - W[:, 0]), atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("sizes", [(7,), (6, 5)])
def test_values_are_the_integral_along_the_path_of_what_anyone_can_ask_the_model(
    iris, activation, sizes
):
    """Numbers without bins make inputs that are linear in X: the path is straight in X as well."""
    X, y = iris
    model = fast(hidden_layer_sizes=sizes, activation=activation, max_iter=20).fit(X, y)
    start, rows, n, e = X.mean(axis=0), X[::15], 1000, 1e-5
    points = start + ((np.arange(n) + 0.5) / n)[:, None, None] * (rows - start)

    def log_odds(at):
        P = model.predict_proba(at.reshape(-1, 4)).reshape(n, len(rows), 3)
        return np.log(P[:, :, 2] / (1 - P[:, :, 2]))

    slopes = [(log_odds(points + w) - log_odds(points - w)) / (2 * e) for w in e * np.eye(4)]
    expected = (rows - start) * np.mean(slopes, axis=1).T
    result = attribute(model, rows, background=X, target=2, tol=1e-3)
    assert_allclose(result.values, expected, atol=1e-3 * np.abs(expected).max())


LINEAR = {
    "two classes": lambda X, y: fast(hidden_layer_sizes=7).fit(X, y),
    "labels": lambda X, y: fast(hidden_layer_sizes=7).fit(X, np.column_stack([y, X[:, 0] > 5])),
    "numbers": lambda X, y: BackpropRegressor(
        7, numeric_encoding=None, max_iter=20, dtype="float64", random_state=0
    ).fit(X, X[:, 0] * X[:, 1]),
}


@pytest.mark.parametrize("kind", LINEAR)
def test_one_hidden_layer_takes_a_single_step_where_f_is_linear_in_its_outputs(iris, kind):
    X, y = iris[0][:100], iris[1][:100]
    model = LINEAR[kind](X, y)
    start, rows, n = X.mean(axis=0), X[::9], 4000
    points = start + (np.arange(n + 1) / n)[:, None, None] * (rows - start)

    def f(at):
        scores = model.predict(at) if kind == "numbers" else model.decision_function(at)
        return scores.reshape(len(at), -1)[:, 0]

    e, flat = 1e-5, ((points[1:] + points[:-1]) / 2).reshape(-1, 4)
    slopes = [((f(flat + w) - f(flat - w)) / (2 * e)).reshape(n, -1) for w in e * np.eye(4)]
    expected = (rows - start) * np.mean(slopes, axis=1).T
    target = 0 if kind == "labels" else None
    result = attribute(model, rows, background=X, target=target)
    assert result.n_steps == 1
    assert_allclose(result.values, expected, atol=1e-3 * np.abs(expected).max())


def with_weights(model, change):
    """Return the model after a change of its first weights."""
    W = model.coefs_[0].copy()
    change(W)
    model.coefs_ = [W, *model.coefs_[1:]]
    return model


def test_a_column_without_a_part_gets_nothing_and_equal_parts_get_the_same(iris):
    X, y = iris
    X = np.column_stack([X[:, 0], X[:, 1], X[:, 0]])

    def change(W):
        W[1], W[2] = 0, W[0]

    model = with_weights(fast(hidden_layer_sizes=(6, 5)).fit(X, y), change)
    values = attribute(model, X, output="probability").values
    assert not values[:, 1].any()
    assert_allclose(values[:, 0], values[:, 2], atol=1e-12)
    assert np.abs(values[:, 0]).max() > 0.01


def shapley(model, row, start):
    """Return the exact Shapley values of the log-odds, where columns come from one row or other."""
    columns = list(row)
    n = len(columns)
    values = np.zeros(n)
    subsets = [set(s) for k in range(n + 1) for s in combinations(range(n), k)]
    pairs = list(zip(row.to_numpy()[0], start.to_numpy()[0], strict=True))
    mixed = [[b if c in s else a for c, (b, a) in enumerate(pairs)] for s in subsets]
    mixed = pd.DataFrame(mixed, columns=columns).astype(row.dtypes.to_dict())
    f = dict(zip(map(frozenset, subsets), model.decision_function(mixed), strict=True))
    for subset in map(frozenset, subsets):
        for j in set(range(n)) - subset:
            weight = factorial(len(subset)) * factorial(n - len(subset) - 1) / factorial(n)
            values[j] += weight * (f[subset | {j}] - f[subset])
    return values


def test_without_interactions_values_are_the_exact_shapley_values(frame, y):
    """Without hidden layers, a number still acts by its bins, and text by its levels."""
    table = frame[["age", "income", "town"]].astype({"town": object})
    model = BackpropClassifier((), **SMALL).fit(table, y)
    row, start = table[3:4].reset_index(drop=True), table[8:9].reset_index(drop=True)
    result = attribute(model, row, background=start)
    assert_allclose(result.values[0], shapley(model, row, start), atol=1e-5)


def test_an_average_of_values_is_that_over_the_rows_of_the_background(frame, y):
    model = BackpropClassifier((8, 6), **SMALL).fit(frame, y)
    rows, background = frame[:5], frame[10:14]
    result = attribute(model, rows, background=background, average="values", tol=1e-6)
    each = [attribute(model, rows, background=frame[j : j + 1], tol=1e-6) for j in range(10, 14)]
    assert_allclose(result.values, np.mean([one.values for one in each], axis=0), atol=1e-5)
    assert_allclose(result.base_value, np.mean(model.decision_function(background)), rtol=1e-4)
    adds_up(result)


def test_a_row_that_is_the_background_has_nothing_to_explain(frame, y):
    model = BackpropClassifier((8, 6), **SMALL).fit(frame, y)
    assert_allclose(attribute(model, frame[:1], background=frame[:1]).values, 0, atol=1e-12)


@pytest.mark.parametrize("value", [1e300, -1e300, np.nan])
def test_numbers_beyond_all_measure_give_finite_values(iris, value):
    X, y = iris
    for options in ({}, {"standardize": False}):
        model = fast(hidden_layer_sizes=(6, 5), **options).fit(X, y)
        far = X[:3].copy()
        far[0, 1] = value
        result = attribute(model, far, background=X, output="probability")
        assert np.isfinite(result.values).all()


def test_a_tighter_tolerance_takes_more_steps_and_leaves_less_error(iris):
    X, y = iris
    model = fast(hidden_layer_sizes=(6, 5)).fit(X, y)
    rough, fine = (attribute(model, X, target=1, tol=tol) for tol in (0.1, 1e-4))
    assert rough.n_steps < fine.n_steps
    assert fine.error < 1e-4 * np.abs(fine.values).max()


def test_rows_in_chunks_are_explained_as_each_by_itself(frame, y):
    model = BackpropClassifier((8, 6), **SMALL).fit(frame, y)
    many = pd.concat([frame] * 40, ignore_index=True)
    result = attribute(model, many, background=frame)
    alone = attribute(model, many[-1:], background=frame)
    assert_allclose(result.values[-1], alone.values[0], atol=1e-12)


def test_of_a_pipeline_the_last_step_is_explained_by_the_columns_that_it_sees(iris):
    X, y = iris
    names = ["a", "b", "c", "d"]
    model = make_pipeline(StandardScaler(), fast()).fit(pd.DataFrame(X, columns=names), y)
    frame = pd.DataFrame(X, columns=names)
    result = attribute(model, frame[:4], background=frame, target=1)
    assert result.feature_names == names
    Z = model[0].transform(frame)
    expected = attribute(model[-1], Z[:4], background=Z)
    assert_allclose(result.values, expected.values[:, :, 1])


def test_an_attribution_tells_what_it_is_of_and_by_how_much_it_is_off(iris):
    X, y = iris
    result = attribute(fast().fit(X, y), X)
    text = "Attribution(150 rows x 4 columns, log-odds of 0, 1, 2, gap "
    assert repr(result).startswith(text)
    assert_allclose(result.mean_absolute, np.abs(result.values).mean(axis=0))


def test_what_is_not_fitted_has_no_attributions(iris):
    for model in (BackpropClassifier(), ensemble(), make_pipeline(BackpropClassifier())):
        with pytest.raises(NotFittedError):
            attribute(model, iris[0])
