"""BackpropClassifier as its users meet it: surface, validation data, warm starts, interrupts."""

import copy
import pickle
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from models import ensemble, fast, plain, same_parameters
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import log_loss

from skbackprop import BackpropClassifier
from skbackprop.estimator.hyper_parameters import solver_names

pytestmark = pytest.mark.usefixtures("unconverged")


# Attributes


def test_the_attributes_are_those_of_mlp_classifier_and_the_specified_ones(iris):
    X, y = iris
    model = fast(hidden_layer_sizes=(7, 5)).fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert [W.shape for W in model.coefs_] == [(4, 7), (7, 5), (5, 3)]
    assert [b.shape for b in model.intercepts_] == [(7,), (5,), (3,)]
    assert list(model.feature_names_in_) == list("abcd")
    assert (model.n_features_in_, model.n_layers_, model.n_outputs_) == (4, 4, 3)
    assert model.out_activation_ == "softmax"
    assert (model.n_iter_, model.t_) == (5, 5 * 5)
    assert len(model.loss_curve_) == 5
    assert model.loss_ == model.loss_curve_[-1]
    rates = [0.05 / (1 + 1e-3 * 5 * epoch) for epoch in range(1, 6)]
    assert model.learning_rate_curve_ == pytest.approx(rates, rel=1e-12)
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.validation_loss_curve_ is None
    assert model.validation_scores_ is None


def test_the_loss_of_a_full_batch_is_j_before_its_update(wine):
    X, y = wine
    options = {"batch_size": len(y), "l1": 0.01, "l2": 0.02, "warm_start": True}
    model = fast(**options, max_iter=3).fit(X, y)
    weights = np.concatenate([W.ravel() for W in model.coefs_])
    J = log_loss(y, model.predict_proba(X))
    J += 0.01 * np.abs(weights).sum() + 0.02 * (weights**2).sum()
    model.set_params(max_iter=1).fit(X, y)
    assert model.loss_ == pytest.approx(J, rel=1e-12)


def test_one_activation_per_layer_and_the_lectures_names_are_understood(iris):
    X, y = iris
    lecture = fast(hidden_layer_sizes=(5, 4), activation=("sigmoid", "linear")).fit(X, y)
    sklearns = fast(hidden_layer_sizes=[5, 4], activation=["logistic", "identity"]).fit(X, y)
    assert same_parameters(lecture, sklearns)
    H = 1 / (1 + np.exp(-lecture.scaler_.transform(X) @ lecture.coefs_[0] - lecture.intercepts_[0]))
    A = (H @ lecture.coefs_[1] + lecture.intercepts_[1]) @ lecture.coefs_[2] + lecture.intercepts_[
        2
    ]
    np.testing.assert_allclose(lecture.decision_function(X), A, rtol=1e-10)


def test_changing_the_solver_alone_never_breaks_a_model(digits):
    X, y = digits
    for solver in sorted(solver_names()):
        model = plain(solver=solver, max_iter=20, random_state=0)
        assert model.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) > 0.9


# Weights


def test_a_row_of_weight_zero_is_as_good_as_absent(wine, rng):
    X, y = wine
    weights = rng.integers(0, 2, len(y)).astype(float)
    kept = weights > 0
    for options in ({}, {"early_stopping": True}, {"solver": "adam"}, {"class_weight": "balanced"}):
        model = fast(**options, batch_size=16)
        one = clone(model).fit(X, y, weights)
        other = clone(model).fit(X[kept], y[kept])
        np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-9, atol=1e-12)


def test_an_integer_weight_equals_repeats_in_a_full_batch(wine, rng):
    X, y = wine
    repeats = rng.integers(0, 4, len(y))
    Xr, yr = np.repeat(X, repeats, axis=0), np.repeat(y, repeats)
    for class_weight in (None, "balanced", {0: 1, 1: 2.5, 2: 0.5}):
        model = fast(batch_size=10_000, class_weight=class_weight, max_iter=30)
        one, other = clone(model).fit(X, y, repeats), clone(model).fit(Xr, yr)
        np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-7)


@pytest.mark.parametrize(
    ("labels", "class_weight"),
    [
        (["0", "1", "2"], {"0": 1, "1": 5, "2": 2}),
        (np.array(["0", "1", "2"], dtype=object), {"2": 2, "1": np.int64(5)}),
        (["01", "1", "1.0"], {np.str_("1"): 5, "01": 1.0, "1.0": 2}),
        ([-1, 0, 7], {0: 5, 7: 2, "another": 3, -1: 1}),
        ([0.0, 1.0, 2.0], {np.float32(1): 5, 2: "2"}),
    ],
    ids=str,
)
def test_a_class_has_the_weight_of_its_own_label(iris, labels, class_weight):
    X, y = iris
    given = fast(class_weight=class_weight, standardize=False).fit(X, np.asarray(labels)[y])
    expected = fast(standardize=False).fit(X, y, np.array([1, 5, 2])[y])
    np.testing.assert_allclose(given.coefs_[0], expected.coefs_[0], rtol=1e-9, atol=1e-12)


def test_booleans_are_weighed_as_such(iris):
    X, y = iris
    expected = fast(class_weight={0: 1, 1: 5}).fit(X, (y > 0) * 1)
    assert same_parameters(fast(class_weight={True: 5}).fit(X, y > 0), expected)


@pytest.mark.parametrize(
    ("labels", "class_weight", "shown"),
    [
        ([0, 1, 2], {"0": 1, "1": 5}, r"\[0, 1, 2\]: \['0', '1'\]\. Write"),
        (["0", "1", "2"], {0: 1, 1: 5}, r"\['0', '1', '2'\]: \[0, 1\]\. Write"),
        (["a", "b", "c"], {"a": 2, "d": 5}, r"\['a', 'b', 'c'\]: \['d'\]\. Write"),
        (["a", "b", "c"], {k: 1 for k in range(99)}, r": \[0, 1, .*, 9, \.\.\.\]\. Write"),
    ],
    ids=str,
)
def test_weights_of_what_is_no_class_are_refused_by_their_keys(iris, labels, class_weight, shown):
    X, y = iris
    for model in (
        fast(class_weight=class_weight),
        ensemble(network={"class_weight": class_weight}),
    ):
        with pytest.raises(
            ValueError, match=f"class_weight has keys .* among the classes.*{shown}"
        ):
            model.fit(X, np.array(labels)[y])


def test_balanced_classes_have_equal_total_weight_also_in_partial_fit(iris):
    X, y = iris[0][:80], iris[1][:80]
    given = fast(class_weight={0: 0.8, 1: 4 / 3}).fit(X, y)
    balanced = fast(class_weight="balanced").fit(X, y)
    np.testing.assert_allclose(balanced.coefs_[0], given.coefs_[0], rtol=1e-9)
    parts = fast(class_weight="balanced", standardize=False)
    for _ in range(5):
        parts.partial_fit(X, y, classes=[0, 1])
    whole = fast(class_weight="balanced", standardize=False).fit(X, y)
    np.testing.assert_allclose(parts.coefs_[0], whole.coefs_[0], rtol=1e-9)


# Knowing when to stop


def test_tol_none_runs_exactly_max_iter_epochs_without_a_warning(iris):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in ({}, {"early_stopping": True}, {"learning_rate": "adaptive"}):
            model = fast(max_iter=60, n_iter_no_change=1, l2=1.0, **options).fit(*iris)
            assert model.n_iter_ == 60


def test_a_tolerance_that_is_missed_warns_and_one_that_is_reached_does_not(iris):
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        plain(max_iter=2, tol=1e-3).fit(*iris)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plain(max_iter=1000, random_state=0).fit(*iris).n_iter_ < 1000


def test_early_stopping_restores_the_best_parameters(digits):
    X, y = digits
    X_val, y_val = X[1000:], y[1000:]
    model = plain(
        early_stopping=True,
        learning_rate_init=0.2,
        l2=0.0,
        n_iter_no_change=4,
        tol=0.0,
        random_state=0,
    ).fit(X[:300], y[:300], X_val=X_val, y_val=y_val)
    curve = model.validation_loss_curve_
    assert len(curve) == model.n_iter_ == len(model.loss_curve_)
    assert int(np.argmin(curve)) + 1 + 4 == model.n_iter_
    assert log_loss(y_val, model.predict_proba(X_val)) == pytest.approx(min(curve), rel=1e-9)
    assert model.best_loss_ == min(curve)


@pytest.mark.parametrize("n_rows", [1, 3])
def test_early_stopping_trains_on_a_class_of_one_row_and_validates_without_it(iris, n_rows):
    X, y = np.r_[iris[0], [[30.0, 30.0, 30.0, 30.0]] * n_rows], np.r_[iris[1], [7] * n_rows]
    shown = []

    def accuracy(model, X, y):
        shown.append(y)
        return model.score(X, y)

    model = fast(early_stopping=True, scoring=accuracy, max_iter=60).fit(X, y)
    assert set(shown[0]) == {0, 1, 2}
    assert model.predict(X[-1:]) == [7]


def test_validation_data_is_recorded_and_does_not_steer_without_early_stopping(iris):
    X, y = iris
    silent = fast().fit(X[::2], y[::2])
    told = fast().fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert same_parameters(silent, told)
    expected = log_loss(y[1::2], told.predict_proba(X[1::2]))
    assert told.validation_loss_curve_[-1] == pytest.approx(expected, rel=1e-9)


def test_the_adaptive_rate_falls_by_five_at_each_plateau_and_ends_below_1e_6(iris, capsys):
    model = plain(
        learning_rate="adaptive",
        learning_rate_init=1e-3,
        n_iter_no_change=1,
        tol=1e3,
        max_iter=99,
        verbose=True,
        random_state=0,
    ).fit(*iris)
    rates = [
        line.split("learning rate ")[1].split()[0] for line in capsys.readouterr().out.splitlines()
    ]
    assert rates == [f"{1e-3 / 5**k:.2e}" for k in (0, 0, 1, 2, 3, 4)]
    assert model.n_iter_ == 6


# Continuing


def test_warm_start_goes_on_from_parameters_momentum_and_count(iris):
    X, y = iris
    for solver in ("sgd", "adam"):
        whole = fast(solver=solver, max_iter=8).fit(X, y)
        parts = fast(solver=solver, max_iter=4, warm_start=True).fit(X, y)
        parts = pickle.loads(pickle.dumps(parts)).fit(X, y)
        assert same_parameters(whole, parts)
        assert (parts.n_iter_, parts.t_) == (whole.n_iter_, whole.t_)
        assert parts.loss_curve_ == whole.loss_curve_


def test_a_fit_without_warm_start_forgets_everything(iris, wine):
    model = fast().fit(*wine)
    model.partial_fit(*wine)
    assert same_parameters(model.fit(*iris), fast().fit(*iris))
    assert model.n_iter_ == 5


def test_partial_fit_goes_on_from_a_fit(iris):
    X, y = iris
    model = fast().fit(X, y)
    before = copy.deepcopy(model)
    model.partial_fit(X, y)
    assert (model.n_iter_, model.t_) == (6, 30)
    assert not same_parameters(model, before)
    assert model.loss_curve_[:5] == before.loss_curve_


def test_partial_fit_may_see_the_classes_one_after_the_other(iris):
    X, y = iris
    model = fast(class_weight="balanced")
    for _ in range(30):
        for c in (0, 1, 2):
            model.partial_fit(X[y == c], y[y == c], classes=[0, 1, 2])
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.array_equal(model.classes_, [0, 1, 2])


# Reproducibility

SCRIPT = """
import hashlib, sys
from sklearn.datasets import load_wine
from skbackprop import BackpropClassifier
options = {"random_state": 3, "max_iter": 5, "tol": None, "early_stopping": True}
for solver in sys.argv[1:]:
    model = BackpropClassifier(solver=solver, **options).fit(*load_wine(return_X_y=True))
    print(hashlib.sha256(b"".join(W.tobytes() for W in model.coefs_)).hexdigest())
"""


def test_the_same_seed_gives_the_same_bits_in_every_process():
    solvers = sorted(solver_names())
    first, second = (
        subprocess.run(
            [sys.executable, "-c", SCRIPT, *solvers], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == len(solvers)


def test_seeds_matter_and_a_random_state_instance_moves_on(iris):
    instance = np.random.RandomState(0)
    models = [fast(random_state=r).fit(*iris) for r in (0, 1, instance, instance, None, None)]
    assert same_parameters(models[0], fast(random_state=0).fit(*iris))
    assert len({m.coefs_[0].tobytes() for m in models}) == 5  # an instance seeded 0 begins like 0


def test_the_global_random_state_is_not_touched_by_a_given_seed(iris):
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    fast(early_stopping=True).fit(*iris)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_where_no_class_has_three_rows_the_penalty_is_that_of_the_rule(rng):
    X = rng.normal(size=(120, 5))
    for y in (np.arange(120) // 2, np.arange(120) % 60):
        fits = [BackpropClassifier(4, l2=l2, max_iter=3).fit(X, y) for l2 in ("validate", "auto")]
        assert fits[0].l2_ == fits[1].l2_
        assert fits[0].l2_validation_losses_ is None


# Errors leave the model as it was


def test_a_failed_fit_or_partial_fit_leaves_the_model_as_it_was(iris, wine):
    model = fast().fit(pd.DataFrame(iris[0], columns=list("abcd")), iris[1])
    before = pickle.dumps(model)
    X, y = iris
    bad_calls = [
        lambda: model.fit(X, y, -np.ones(len(y))),
        lambda: model.fit(*wine, X_val=wine[0], y_val=wine[1] + 7),
        lambda: model.fit(*wine, X_val=iris[0], y_val=iris[1]),
        lambda: model.partial_fit(*wine),
        lambda: model.partial_fit(X, y + 1),
        lambda: model.partial_fit(X, np.full(len(y), np.nan)),
        lambda: clone(model).set_params(l1=-1).fit(X, y),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in bad_calls:
            with pytest.raises((ValueError, TypeError)):
                call()
            assert pickle.dumps(model) == before


def test_training_that_diverges_goes_on_at_half_the_rate_and_warns_once(digits):
    X, y = digits
    with pytest.warns(RuntimeWarning, match="learning_rate_init") as caught:
        model = fast(learning_rate_init=100.0, batch_size=200, max_iter=10).fit(X, y)
    assert len(caught) == 1
    assert all(np.isfinite(W).all() for W in model.coefs_)
    assert np.isfinite(model.predict_proba(X)).all()


def test_counts_and_curves_are_of_one_training_also_after_divergence(digits):
    for rate in (0.5, 2.0, 10.0):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Training diverged", RuntimeWarning)
            model = fast(max_iter=20, learning_rate_init=rate).fit(*digits)
        assert (model.n_iter_, model.t_, len(model.loss_curve_)) == (20, 20 * 57, 20)


@pytest.fixture(scope="module")
def wide():
    """Two classes, divided by a plane, in 128 columns."""
    X = np.random.default_rng(0).normal(size=(2000, 128))
    return X, (X[:, :5].sum(axis=1) > 0).astype(int)


@pytest.mark.parametrize("seed", range(6))
def test_small_deep_networks_do_not_lose_all_their_rectifiers(wide, seed):
    X, y = wide
    model = BackpropClassifier((8, 8), l2=0.01, max_iter=10, random_state=seed).fit(X, y)
    assert model.score(X, y) > 0.9


def test_a_rate_given_that_costs_a_layer_its_units_is_halved_with_a_warning(wide):
    X, y = wide
    model = BackpropClassifier(2, l2=0.02, learning_rate_init=0.3, max_iter=10, random_state=0)
    with pytest.warns(RuntimeWarning, match="did not depend on X.* lower learning_rate_init"):
        model.fit(X, y)
    assert model.learning_rate_curve_[0] < 0.3 / 2
    assert np.ptp(model.decision_function(X)) > 0.1


def test_training_that_diverges_at_every_rate_is_a_clear_error(digits):
    X, y = digits
    with pytest.raises(ValueError, match="learning_rate_init"):
        fast(learning_rate_init=1e300, activation="identity").fit(X, y)
    with pytest.raises(ValueError, match="standardize=True"):
        fast(standardize=False).fit(X * 1e200, y)


def interrupt_in(seconds):
    timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
    timer.start()
    return timer


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_keeps_the_model_of_the_last_whole_epoch_with_a_warning(digits):
    X, y = digits
    timer = interrupt_in(0.3)
    with pytest.warns(UserWarning, match="interrupted"):
        model = fast(max_iter=1_000_000).fit(X, y)
    timer.join()
    assert 0 < model.n_iter_ == len(model.loss_curve_)
    assert same_parameters(model, fast(max_iter=model.n_iter_).fit(X, y))


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_with_early_stopping_keeps_the_best_model(digits):
    X, y = digits
    timer = interrupt_in(0.4)
    with pytest.warns(UserWarning, match="interrupted"):
        model = fast(max_iter=1_000_000, learning_rate_init=0.3, l2=0.0, early_stopping=True).fit(
            X[:500], y[:500], X_val=X[500:], y_val=y[500:]
        )
    timer.join()
    rows = np.arange(len(y) - 500)
    loss = -model.predict_log_proba(X[500:])[rows, y[500:]].mean()
    assert loss == pytest.approx(min(model.validation_loss_curve_), rel=1e-9)


def test_ctrl_c_before_the_first_epoch_has_ended_leaves_the_model_unfitted(digits):
    def interrupt(*_):
        raise KeyboardInterrupt

    model = fast(scoring=interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*digits)
    with pytest.raises(NotFittedError):
        model.predict(digits[0])


# Sparse input


@pytest.mark.parametrize(
    "container", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.csc_array]
)
def test_sparse_inputs_are_taken_as_they_are_and_equal_dense_ones(digits, container):
    X, y = digits
    dense = fast(standardize=False, learning_rate_init=1e-3).fit(X, y)
    model = fast(learning_rate_init=1e-3).fit(container(X), y)
    assert model.scaler_ is None
    np.testing.assert_allclose(model.coefs_[0], dense.coefs_[0], atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(container(X)), dense.predict_proba(X), atol=1e-9)


def test_a_model_of_dense_rows_takes_sparse_ones_too(wine):
    X, y = wine
    model = fast().fit(X, y)
    np.testing.assert_allclose(model.predict_proba(sparse.csr_array(X)), model.predict_proba(X))
    one, other = copy.deepcopy(model), copy.deepcopy(model)
    one.partial_fit(X, y)
    other.partial_fit(sparse.csr_array(X), y)
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=1e-9, atol=1e-12)


# Predictions


def test_predictions_agree_with_each_other(wine):
    X, y = wine
    model = fast(max_iter=2).fit(X, y)
    proba, A = model.predict_proba(X), model.decision_function(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.log(proba), model.predict_log_proba(X), rtol=1e-9)
    assert np.array_equal(model.predict(X), model.classes_[A.argmax(axis=1)])


def test_rows_are_predicted_alike_one_by_one_and_in_many_chunks(digits):
    X, y = digits
    model = fast(hidden_layer_sizes=(300, 200)).fit(X, y)
    many = np.tile(X, (3, 1))
    one_by_one = np.vstack([model.predict_proba(X[i : i + 1]) for i in range(30)])
    np.testing.assert_allclose(model.predict_proba(many)[:30], one_by_one, rtol=1e-9)
    np.testing.assert_allclose(model.predict_proba(many)[-len(X) :][:30], one_by_one, rtol=1e-9)


def test_ten_threads_predict_at_once_what_one_does(digits):
    X, y = digits
    model = fast().fit(X, y)
    expected, results = model.predict_proba(X), []
    threads = [
        threading.Thread(target=lambda: results.append(model.predict_proba(X))) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 10
    assert all(np.array_equal(r, expected) for r in results)


def test_parameters_set_after_fit_do_not_change_predictions(iris):
    X, y = iris
    model = fast(activation="tanh").fit(X, y)
    before = model.predict_proba(X)
    model.set_params(activation="relu", standardize=False, hidden_layer_sizes=(3, 3))
    assert np.array_equal(model.predict_proba(X), before)
