"""Hidden activations; the predictions themselves are tested with the classifier."""

import threading
import tracemalloc

import numpy as np
import pytest
from models import plain
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def fast(*sizes, **hyper_parameters):
    return plain(sizes, **{"max_iter": 5, "tol": None, "random_state": 0} | hyper_parameters)


FORMULAS = {
    "identity": lambda a: a,
    "logistic": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "relu": lambda a: np.where(a > 0, a, 0),
    "leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
    "elu": lambda a: np.where(a > 0, a, np.exp(a) - 1),
    "selu": lambda a: 1.0507009873554805 * np.where(a > 0, a, 1.6732632423543772 * (np.exp(a) - 1)),
    "softplus": lambda a: np.log(1 + np.exp(a)),
}


@pytest.mark.parametrize("first", FORMULAS)
def test_hidden_activations_are_by_the_formula_layer_by_layer(iris, first):
    X, y = iris
    model = fast(7, 5, 3, activation=[first, "tanh", "softplus"]).fit(X, y)
    h = model.scaler_.transform(X)
    for k, name in enumerate([first, "tanh", "softplus"]):
        h = FORMULAS[name](h @ model.coefs_[k] + model.intercepts_[k])
        np.testing.assert_allclose(model.hidden_activations(X, layer=k), h, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(
            model.hidden_activations(X, layer=k - 3), model.hidden_activations(X, layer=k)
        )
    np.testing.assert_array_equal(model.hidden_activations(X), model.hidden_activations(X, 2))


def test_the_output_layer_goes_on_from_the_last_hidden_one(digits):
    X, _ = digits
    model = fast(30, 20).fit(*digits)
    A = model.hidden_activations(X) @ model.coefs_[-1] + model.intercepts_[-1]
    np.testing.assert_allclose(A, model.decision_function(X), rtol=1e-9, atol=1e-9)


def test_hidden_activations_are_those_of_scikit_learns_network_with_the_same_weights(iris):
    X, y = iris
    model = fast(6, 4, activation="tanh", standardize=False, learning_rate_init=0.01).fit(X, y)
    peer = MLPClassifier((6, 4), "tanh").partial_fit(X, y, classes=[0, 1, 2])
    peer.coefs_, peer.intercepts_ = model.coefs_, model.intercepts_
    layers = [X, *(np.empty((150, n)) for n in (6, 4, 3))]
    peer._forward_pass(layers)
    for k in range(2):
        np.testing.assert_allclose(model.hidden_activations(X, k), layers[k + 1], rtol=1e-12)


def test_logistic_regression_on_the_last_layer_of_a_converged_network_finds_its_output_layer(iris):
    X, y = iris
    l2 = 1e-3
    steps = {"learning_rate": "constant", "learning_rate_init": 0.2, "batch_size": 150}
    network = fast(6, activation="tanh", l2=l2, max_iter=6000, **steps).fit(X, y)
    last = LogisticRegression(C=1 / (2 * len(y) * l2), tol=1e-8, max_iter=2000)
    features = FunctionTransformer(network.hidden_activations)
    pipeline = make_pipeline(features, last).fit(X, y)
    difference = pipeline.predict_proba(X) - network.predict_proba(X)
    assert np.abs(difference).max() < 1e-4
    assert pipeline.score(X, y) == network.score(X, y)


def test_float32_stays_float32(digits):
    X, y = digits[0].astype(np.float32), digits[1]
    model = fast(30, 20, dtype="auto").fit(X, y)
    assert model.hidden_activations(X).dtype == np.float32
    assert model.hidden_activations(X.astype(float)).dtype == np.float64
    assert fast(30).fit(*digits).hidden_activations(X).dtype == np.float64


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_x_gives_what_dense_x_does(digits, form):
    X, y = digits
    model = fast(30, 20, standardize=False).fit(X / 16, y)
    for layer in (0, 1):
        np.testing.assert_allclose(
            model.hidden_activations(form(X / 16), layer),
            model.hidden_activations(X / 16, layer),
            rtol=1e-9,
            atol=1e-12,
        )


@pytest.mark.parametrize("activation", ["relu", "selu", "softplus", "identity"])
def test_huge_inputs_give_finite_activations(iris, activation):
    X, y = iris
    model = fast(6, 4, activation=activation).fit(X, y)
    for layer in (0, 1):
        assert np.isfinite(model.hidden_activations(np.full((3, 4), 1e308), layer)).all()


def test_memory_besides_the_result_is_bounded(rng):
    X = rng.normal(size=(200_000, 10))
    model = fast(100, 4, max_iter=1).fit(X[:500], X[:500, 0] > 0)
    tracemalloc.start()
    H = model.hidden_activations(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - H.nbytes < 10 * 2**20 < X.nbytes


def test_ten_threads_compute_at_once_what_one_does(digits):
    X, _ = digits
    model, results = fast(30, 20).fit(*digits), []
    threads = [
        threading.Thread(target=lambda: results.append(model.hidden_activations(X)))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = model.hidden_activations(X)
    assert len(results) == 10
    assert all(np.array_equal(result, expected) for result in results)


@pytest.mark.parametrize("layer", [2, -3, 1.0, "last", None])
def test_a_layer_that_is_not_there_is_an_error_that_says_which_are(iris, layer):
    with pytest.raises(ValueError, match=r"layer must be an int from -2 to 1, .* got "):
        fast(6, 4).fit(*iris).hidden_activations(iris[0], layer)


def test_softmax_regression_has_no_hidden_layers(iris):
    with pytest.raises(ValueError, match=r"no hidden layers: hidden_layer_sizes is empty"):
        fast().fit(*iris).hidden_activations(iris[0])


def test_the_model_must_be_fitted_and_x_be_what_it_was_fitted_with(iris):
    with pytest.raises(NotFittedError):
        fast(4).hidden_activations(iris[0])
    with pytest.raises(ValueError, match="3 features"):
        fast(4).fit(*iris).hidden_activations(iris[0][:, :3])
