"""Steps on a row or two, or on a row that outweighs all others: noise that the first rate knows."""

import numpy as np
import pytest
from models import fast, same_parameters
from numpy.testing import assert_allclose
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier


def rare(n_rows, seed, offset=8):
    """Return rows of which a few are positive, by P(y = 1 | x) = σ(2 x₀ − offset)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 6))
    return X, (rng.random(n_rows) < 1 / (1 + np.exp(offset - 2 * X[:, 0]))).astype(int)


def ranked(model, X, y):
    return roc_auc_score(y, model.decision_function(X))


# Weights


@pytest.mark.parametrize("n_rows", [5000, 10_000])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 1, 1: 100}])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"momentum": 0}, {"l2": 0.001}])
def test_a_rare_class_of_large_weight_is_learned(n_rows, class_weight, options):
    (X, y), unseen = rare(n_rows, 0), rare(40_000, 1)
    assert 5 < y.sum() < 50
    model = BackpropClassifier((32,), class_weight=class_weight, random_state=0, **options)
    peer = LogisticRegression(class_weight=class_weight).fit(X, y)
    assert ranked(model.fit(X, y), *unseen) > ranked(peer, *unseen) - 0.08


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_sample_weights_of_wide_spread_are_learned(sigma):
    (X, y), unseen = rare(3000, 0, offset=0), rare(10_000, 1, offset=0)
    s = np.random.default_rng(2).lognormal(0, sigma, len(y))
    model = BackpropClassifier((32,), random_state=0).fit(X, y, s)
    peer = LogisticRegression().fit(X, y, s)
    assert ranked(model, *unseen) > ranked(peer, *unseen) - 0.05


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_a_rare_class_is_learned_under_weights_of_wide_spread(sigma):
    found = []
    for seed in range(3):
        (X, y), unseen = rare(10_000, seed), rare(20_000, 10)
        s = np.random.default_rng(seed).lognormal(0, sigma, len(y))
        models = BackpropClassifier((128,), random_state=0), LogisticRegression()
        found.append([ranked(model.fit(X, y, s), *unseen) for model in models])
    ours, linear = np.mean(found, axis=0)
    assert ours > linear - 0.15  # two positives weigh about as much as all others together


def test_labels_of_uneven_weights_are_learned_by_logistic_outputs():
    X, y = rare(5000, 0, offset=2)
    Y = np.column_stack([y, X[:, 1] > 0])
    s = np.random.default_rng(2).pareto(0.8, len(y))
    model = BackpropClassifier((32,), random_state=0).fit(X, Y, s)
    unseen, y_unseen = rare(10_000, 1, offset=2)
    decision = model.decision_function(unseen)
    assert roc_auc_score(y_unseen, decision[:, 0]) > 0.8
    assert roc_auc_score(unseen[:, 1] > 0, decision[:, 1]) > 0.95


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1, 1: 200}])
def test_a_rate_that_was_given_and_is_too_high_for_the_weights_is_warned_of(class_weight):
    X, y = rare(5000, 0)
    options = {"class_weight": class_weight, "l2": 0.001, "random_state": 0}
    with pytest.warns(RuntimeWarning, match=r"learned nothing.* times the mean.*batch_size"):
        BackpropClassifier((32,), learning_rate_init=0.075, **options).fit(X, y)
    for rate in ({"learning_rate_init": 0.001}, {"batch_size": 5000}, {"solver": "adam"}):
        BackpropClassifier((32,), **rate, **options).fit(X, y)


def test_nothing_is_said_of_even_weights_at_a_high_rate():
    X, y = rare(2000, 0, offset=3)
    options = {"learning_rate_init": 0.3, "class_weight": "balanced", "max_iter": 2}
    BackpropClassifier((8,), l2=0.001, random_state=0, **options).fit(X, y)


# Calls of few rows


@pytest.fixture(scope="module")
def stream():
    X, y = make_classification(3000, 8, random_state=0)
    return X[:2000], y[:2000], X[2000:], y[2000:]


def learn(stream, sizes):
    """Return the accuracies of a network and of SGDClassifier, learned in calls of these sizes."""
    X, y, *unseen = stream
    model, peer = BackpropClassifier(random_state=0), SGDClassifier(random_state=0)
    scaler, begin = StandardScaler(), 0
    for size in sizes:
        part = slice(begin, begin + size)
        model.partial_fit(X[part], y[part], classes=[0, 1])
        peer.partial_fit(scaler.partial_fit(X[part]).transform(X[part]), y[part], classes=[0, 1])
        begin += size
    X, y = unseen
    return model.score(X, y), peer.score(scaler.transform(X), y)


@pytest.mark.parametrize("first", [[], [200], [2]])
@pytest.mark.parametrize("size", [1, 2])
def test_calls_of_a_row_or_two_learn_what_linear_models_learn(stream, first, size):
    ours, linear = learn(stream, [*first, *[size] * 700])
    assert ours > linear - 0.02
    assert ours > 0.85


@pytest.mark.parametrize("n_rows", [3, 8, 20])
@pytest.mark.parametrize("learning_rate", ["inverse", "linear"])
def test_calls_on_the_same_few_rows_are_the_epochs_of_one_fit(iris, n_rows, learning_rate):
    X, y = iris[0][::50][:n_rows], iris[1][::50][:n_rows]
    if n_rows > 3:
        X, y = iris[0][:: 150 // n_rows], iris[1][:: 150 // n_rows]
    options = {"max_iter": 4, "learning_rate": learning_rate, "standardize": False, "l2": 0.01}
    whole, parts = fast(**options).fit(X, y), fast(**options)
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    assert same_parameters(whole, parts)


@pytest.mark.parametrize("size", [1, 3, 50])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 1, 1: 10}])
def test_class_weights_count_however_few_rows_a_call_has(size, class_weight):
    X, y = rare(2000, 0, offset=4)
    model = BackpropClassifier((32,), class_weight=class_weight, random_state=0)
    for begin in range(0, 900, size):
        part = slice(begin, begin + size)
        model.partial_fit(X[part], y[part], classes=[0, 1])
    found = model.predict(X[1000:])[y[1000:] == 1].mean()
    assert found > 0.3  # without weights, nearly none
    assert model.predict(X[1000:]).mean() < 0.5


@pytest.mark.parametrize("n_rows", [8, 60])
@pytest.mark.parametrize("batch_size", ["auto", 7])
def test_calls_on_the_same_weighted_rows_are_the_epochs_of_one_fit(iris, rng, n_rows, batch_size):
    rows = np.r_[0, 60, 120, rng.permutation(150)[: n_rows - 3]]
    X, y, s = iris[0][rows], iris[1][rows], rng.lognormal(size=n_rows)
    options = {"max_iter": 4, "standardize": False, "l2": 0.01, "class_weight": {1: 30}}
    whole, parts = (fast(batch_size=batch_size, **options) for _ in range(2))
    whole.fit(X, y, s)
    for _ in range(4):
        parts.partial_fit(X, y, [0, 1, 2], s)
    assert same_parameters(whole, parts)


def test_an_integer_weight_equals_repeats_of_few_rows(iris):
    X, y = iris[0][::15], iris[1][::15]
    s = np.arange(len(y)) % 4
    one, other = fast().fit(X, y, s), fast().fit(X.repeat(s, axis=0), y.repeat(s))
    assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-9)
