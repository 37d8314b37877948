"""The same seed gives the same model, with or without the kernel, in any jobs and BLAS threads.

What may differ is rounding: the kernel sums in another order than numpy, and a BLAS library in
another order for each number of threads. The kernel's own threads change nothing.
"""

import numpy as np
import pytest
from models import plain
from scipy.stats import loguniform
from sklearn.model_selection import RandomizedSearchCV
from threadpoolctl import threadpool_limits

from skbackprop._kernel import bind
from skbackprop.solvers.threads import LARGE_PRODUCT

pytestmark = pytest.mark.usefixtures("unconverged")


def fast(**hyper_parameters):
    return plain(**{"max_iter": 10, "random_state": 0} | hyper_parameters)


def assert_same_weights(one, other, rtol=1e-8):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 1, "max_iter": 3},
        {"solver": "adam", "hidden_layer_sizes": (20, 10), "activation": ["tanh", "softplus"]},
        {"early_stopping": True, "n_iter_no_change": 3, "max_iter": 100},
        {"l1": 1e-3, "class_weight": "balanced", "learning_rate": "adaptive"},
    ],
    ids=str,
)
def test_the_kernel_and_the_reference_give_the_same_model_to_rounding(digits, monkeypatch, options):
    X, y = digits
    compiled = fast(**options).fit(X, y)
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    reference = fast(**options).fit(X, y)
    assert compiled.n_iter_ == reference.n_iter_
    assert_same_weights(compiled, reference)


def test_a_random_search_gives_the_same_scores_and_weights_with_one_and_two_jobs(wine):
    one, two = (
        RandomizedSearchCV(
            fast(random_state=np.random.RandomState(3)),
            {"l2": loguniform(1e-4, 1e-1)},
            n_iter=3,
            cv=3,
            random_state=0,
            n_jobs=n_jobs,
        ).fit(*wine)
        for n_jobs in (1, 2)
    )
    assert one.best_params_ == two.best_params_
    assert np.array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    for a, b in zip(one.best_estimator_.coefs_, two.best_estimator_.coefs_, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("kernel", ["compiled", "reference"])
@pytest.mark.parametrize(
    ("hidden", "batch"), [((10,), 32), ((256, 128), 200), ((256, 256), 1000)], ids=str
)
def test_any_number_of_blas_threads_gives_the_same_model(rng, monkeypatch, kernel, hidden, batch):
    if kernel == "reference":
        monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    X = rng.normal(size=(1000, 60))
    y = X[:, :5].sum(axis=1) > 0
    models = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"):
            models.append(fast(hidden_layer_sizes=hidden, batch_size=batch, max_iter=3).fit(X, y))
    is_compiled = kernel == "compiled" and bind.is_available()
    for model in models[1:]:
        assert_same_weights(model, models[0], rtol=0 if is_compiled else 1e-8)


def test_the_largest_of_these_nets_is_one_that_blas_shares_among_threads():
    assert 1000 * 256 * 256 > LARGE_PRODUCT > 200 * 256 * 128
