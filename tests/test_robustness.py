"""Data and arguments as users bring them: each works, or is a clear error that names the cure."""

import contextlib
import copy
import pickle
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from awkward_data import unsorted_csr
from models import fast
from scipy import sparse

from skbackprop import BackpropClassifier, check_gradient
from skbackprop.estimator.hyper_parameters import solver_names
from skbackprop.network.activations import ACTIVATIONS

pytestmark = pytest.mark.usefixtures("unconverged")


def assert_finite(model, X):
    assert all(np.isfinite(a).all() for a in model.coefs_ + model.intercepts_)
    assert np.isfinite(model.loss_curve_).all()
    proba = model.predict_proba(X)
    assert np.isfinite(proba).all()
    if model.out_activation_ == "softmax":
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    else:
        assert proba.min() >= 0 and proba.max() <= 1
    assert np.isfinite(model.predict_log_proba(X)).all()
    assert np.isin(model.predict(X), model.classes_).all()


# Containers, dtypes and layouts: the same model


def as_memory_map(X, tmp_path):
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r")


CONTAINERS = {
    "pandas": lambda X, _: pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]),
    "polars": lambda X, _: pl.DataFrame(X, schema=[f"x{j}" for j in range(X.shape[1])]),
    "list": lambda X, _: X.tolist(),
    "fortran": lambda X, _: np.asfortranarray(X),
    "strided": lambda X, _: np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::2],
    "reversed": lambda X, _: X[::-1, ::-1].copy()[::-1, ::-1],
    "memory map": as_memory_map,
    "fortran memory map": lambda X, path: as_memory_map(np.asfortranarray(X), path),
    "big endian": lambda X, _: X.astype(">f8"),
    "object": lambda X, _: X.astype(object),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_and_layout_gives_the_same_model(wine, tmp_path, container):
    X, y = wine
    contained = CONTAINERS[container](X, tmp_path)
    expected, model = fast().fit(X, y), fast().fit(contained, y)
    np.testing.assert_allclose(model.coefs_[0], expected.coefs_[0], rtol=1e-10)
    np.testing.assert_allclose(model.predict_proba(contained), expected.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("kernel", ["compiled", "reference"])
@pytest.mark.parametrize("options", [{}, {"solver": "lbfgs", "max_iter": 5}, {"batch_size": 1}])
@pytest.mark.parametrize("offset", [100, 3_000, 55_000, -2e6])  # in deviations
def test_an_offset_of_float32_numbers_costs_nothing(rng, offset, options, kernel, monkeypatch):
    if kernel == "reference":
        monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    Z = rng.normal(size=(400, 3))
    y = (Z[:, 0] * Z[:, 1] > 0).astype(int)
    X = (Z + np.array([offset, 0, offset])).astype(np.float32)
    X[::9, 2] = np.nan
    model = BackpropClassifier((16,), random_state=0, dtype="float32", l2=1e-3)
    model.set_params(**{"max_iter": 10} | options)
    one, other = (copy.deepcopy(model).fit(T, y) for T in (X, X.astype(np.float64)))
    assert one.get_input_names().tolist() == other.get_input_names().tolist()
    P = [m.predict_proba(T) for m in (one, other) for T in (X, X.astype(np.float64))]
    for proba in P[1:]:
        np.testing.assert_allclose(proba, P[0], atol=1e-4)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.uint64, np.float16])
def test_integers_booleans_and_halves_are_trained_as_the_float64_numbers_they_are(rng, dtype):
    X = rng.integers(0, 2 if dtype is bool else 100, size=(60, 5)).astype(dtype)
    y = X[:, 0] > X[:, 1]
    model, expected = fast().fit(X, y), fast().fit(X.astype(float), y)
    assert np.array_equal(model.coefs_[0], expected.coefs_[0])
    assert model.coefs_[0].dtype == np.float64


LABELS = {
    "strings": np.array(["setosa", "versicolor", "virginica"]),
    "objects": np.array(["b", "a", "cc"], dtype=object),
    "gaps": np.array([-5, 17, 1000]),
    "floats": np.array([1.0, 2.0, 4.0]),
}


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("container", [np.asarray, pd.Series, list, pl.Series], ids=str)
def test_labels_of_any_sort_come_back_as_they_are(iris, labels, container):
    X, y = iris
    labels = LABELS[labels]
    y_given = labels[y]
    if container is pl.Series:
        y_given = y_given.tolist()
    model, expected = (
        fast().fit(X, container(y_given)),
        fast().fit(X, np.argsort(np.argsort(labels))[y]),
    )
    assert np.array_equal(model.classes_, np.sort(labels))
    assert np.array_equal(model.coefs_[0], expected.coefs_[0])
    assert np.isin(model.predict(X), labels).all()


def test_boolean_and_categorical_labels_are_classes(iris):
    X, y = iris
    model = fast().fit(X, y > 0)
    assert model.classes_.dtype == bool
    assert model.predict(X).dtype == bool
    categories = pd.Series(pd.Categorical(np.array(["x", "y", "z"])[y]))
    assert list(fast().fit(X, categories).classes_) == ["x", "y", "z"]


def test_neither_x_nor_y_nor_the_weights_are_changed(rng):
    X, y, w = rng.normal(size=(50, 3)), rng.integers(0, 2, 50), rng.uniform(size=50)
    S = sparse.csr_array(np.where(X > 0, X, 0))
    copies = X.copy(), y.copy(), w.copy(), S.data.copy()
    for standardize in (True, False):
        model = fast(standardize=standardize, early_stopping=True).fit(X, y, w)
        model.predict_proba(X)
        model.partial_fit(X, y, sample_weight=w)
        fast(standardize=standardize).fit(S, y, w).predict_proba(S)
    assert all(map(np.array_equal, (X, y, w, S.data), copies))


@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
@pytest.mark.parametrize("mapped", [False, True], ids=["in memory", "memory map"])
def test_x_is_never_copied_whole(rng, tmp_path, dtype, mapped):
    X = rng.integers(0, 200, size=(80_000, 100), dtype=np.uint8).astype(dtype)
    y = X[:, 0] > 99
    X = as_memory_map(X, tmp_path) if mapped else X
    tracemalloc.start()
    model = fast(max_iter=1, batch_size=1000).fit(X, y)
    model.predict(X)
    model.partial_fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32e6  # as float64, X has 64 MB


# Awkward but good data


def test_one_class_only_is_predicted_with_probability_one(rng):
    X = rng.normal(size=(20, 3))
    for options in ({}, {"early_stopping": True}, {"class_weight": "balanced"}):
        model = fast(**options).fit(X, np.full(20, "only"))
        assert (model.predict(X) == "only").all()
        assert np.array_equal(model.predict_proba(X), np.ones((20, 1)))
        assert model.decision_function(X).shape == (20,)


def test_one_row_per_class_and_a_single_row_are_enough(rng):
    X = rng.normal(size=(4, 3))
    model = BackpropClassifier(random_state=0).fit(X, list("abcd"))
    assert list(model.predict(X)) == list("abcd")
    assert_finite(fast().fit(X[:1], ["a"]), X)


def test_constant_columns_are_harmless(iris):
    X, y = iris
    constant = np.column_stack([X, np.zeros(len(y)), np.full(len(y), 1e9)])
    model = fast(max_iter=50).fit(constant, y)
    assert_finite(model, constant)
    assert model.score(constant, y) > 0.9


@pytest.mark.parametrize("exponent", [-150, -30, -10, 0, 10, 30, 150])
def test_inputs_of_any_magnitude_are_learnt(iris, exponent):
    X, y = iris
    model = fast(max_iter=50).fit(X * 10.0**exponent, y)
    assert model.score(X * 10.0**exponent, y) > 0.9


def test_absurdly_large_inputs_to_predict_give_no_nan(iris):
    X, y = iris
    huge = np.where(np.arange(X.size).reshape(X.shape) % 2, 1e308, -1e308)
    for activation in ACTIVATIONS:
        for dtype in (np.float64, np.float32):
            model = fast(hidden_layer_sizes=(5, 5), activation=activation).fit(X.astype(dtype), y)
            assert_finite(model, huge)
            assert_finite(model, sparse.csr_array(huge))


@pytest.mark.parametrize(
    "X", [np.full((30, 2), 1e-320), np.full((30, 2), 1e308)], ids=["tiny", "huge"]
)
def test_inputs_that_cannot_be_standardised_are_constant_or_a_clear_error(X):
    X = X * np.linspace(0.5, 1, 30)[:, None]
    try:
        model = fast().fit(X, np.arange(30) % 2)
    except ValueError as error:
        assert "standardize" in str(error)
    else:
        assert_finite(model, X)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("solver", sorted(solver_names()))
def test_heavy_tails_do_not_break_training(rng, dtype, solver):
    X = rng.standard_cauchy(size=(300, 5)).astype(dtype)
    assert_finite(fast(solver=solver, max_iter=30).fit(X, X[:, 0] > 0), X)


# Bad data: a clear error, and the model untouched


def good():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 3)), np.arange(30) % 3


def spoil(array, value):
    array = np.array(array, dtype=float)
    array[4, ...] = value
    return array


X, Y = good()
BAD_DATA = {
    "infinite X": ("X contains infinity", (spoil(X, np.inf), Y), {}),
    "complex X": ("Complex data", (X + 1j, Y), {}),
    "one-dimensional X": ("Expected 2D array", (X[:, 0], Y), {}),
    "three-dimensional X": ("dim 3", (X[:, :, None], Y), {}),
    "no rows": ("0 sample", (X[:0], Y[:0]), {}),
    "no columns": (r"0 feature\(s\)", (X[:, :0], Y), {}),
    "NaN in y": ("y has 1 missing value in 30", (X, spoil(Y, np.nan)), {}),
    "infinite y": ("y contains infinity", (X, spoil(Y, np.inf)), {}),
    "continuous y": ("Unknown label type", (X, X[:, 0]), {}),
    "y too short": ("inconsistent numbers of samples", (X, Y[:-1]), {}),
    "no y": ("requires y|y cannot be None", (X, None), {}),
    "y of two columns": ("y should be a 1d array", (X, np.c_[Y, Y]), {}),
    "labels of 1 and 2": ("indicator matrix of 0 and 1", (X, 1 + np.eye(3)[Y]), {}),
    "labels of strings": ("indicator matrix of 0 and 1", (X, np.eye(3)[Y].astype(str)), {}),
    "sparse labels of 2": ("of 0 and 1", (X, sparse.csr_array(2 * np.eye(3)[Y])), {}),
    "labels with NaN": ("y has 3 missing values in 30", (X, spoil(np.eye(3)[Y], np.nan)), {}),
    "labels in y_val only": ("y_val has 3 columns", (X, Y), {"X_val": X, "y_val": np.eye(3)[Y]}),
    "classes in y_val only": ("y_val has one", (X, np.eye(3)[Y]), {"X_val": X, "y_val": Y}),
    "too few labels in y_val": (
        "y_val has 2 columns for 3 labels",
        (X, np.eye(3)[Y]),
        {"X_val": X, "y_val": np.eye(3)[Y][:, 1:]},
    ),
    "None among labels": ("y has 10 missing values in 30", (X, ["a", None, "b"] * 10), {}),
    "negative weights": ("sample_weight", (X, Y, spoil(np.ones(30), -1)), {}),
    "NaN weight": ("sample_weight", (X, Y, spoil(np.ones(30), np.nan)), {}),
    "all weights zero": ("sample_weight", (X, Y, np.zeros(30)), {}),
    "too few weights": ("sample_weight", (X, Y, np.ones(29)), {}),
    "weights of two columns": ("sample_weight", (X, Y, np.ones((30, 2))), {}),
    "unseen classes in y_val": ("y_val", (X, Y), {"X_val": X, "y_val": Y + 1}),
    "other columns in X_val": ("X_val", (X, Y), {"X_val": X[:, :2], "y_val": Y}),
    "infinite X_val": ("X_val", (X, Y), {"X_val": spoil(X, np.inf), "y_val": Y}),
    "X_val without y_val": ("y_val", (X, Y), {"X_val": X}),
    "y_val without X_val": ("X_val", (X, Y), {"y_val": Y}),
    "y_val too short": ("y_val", (X, Y), {"X_val": X, "y_val": Y[:-1]}),
    "weights for no validation data": ("X_val", (X, Y), {"sample_weight_val": np.ones(30)}),
    "negative validation weights": (
        "sample_weight_val",
        (X, Y),
        {"X_val": X, "y_val": Y, "sample_weight_val": -np.ones(30)},
    ),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_is_a_clear_error_and_leaves_the_model_untouched(case):
    message, arguments, keywords = BAD_DATA[case]
    fresh, fitted = fast(), fast().fit(X, Y)
    state = pickle.dumps(fitted)
    for model in (fresh, fitted):
        with pytest.raises((ValueError, TypeError), match=message):
            model.fit(*arguments, **keywords)
    assert not hasattr(fresh, "coefs_")
    assert not hasattr(fresh, "n_features_in_")
    assert pickle.dumps(fitted) == state


@pytest.mark.parametrize("n_rows", [1, 3])
def test_early_stopping_with_too_few_rows_of_a_class_is_a_clear_error(n_rows):
    with pytest.raises(ValueError, match=r"early_stopping.*X_val"):
        fast(early_stopping=True).fit(X[:n_rows], Y[:n_rows])
    fast(early_stopping=True).fit(X[:6], Y[:6])


BAD_PARAMETERS = {
    "hidden_layer_sizes": [
        0,
        -3,
        (5, 0),
        (5, 2.5),
        ("5",),
        "100",
        None,
        2.0,
        (True,),
        [[5]],
        np.nan,
        np.array(2.5),
        np.array([[5]]),
    ],
    "activation": [
        *("swish", 3, None, ("relu",) * 3, (), ["relu", "tanh"], (3,), [["relu"]], np.array(3)),
    ],
    "solver": ["lbfgs2", None, 1],
    "l1": [-1e-9, np.nan, np.inf, "a", None],
    "l2": [-1e-9, np.nan, np.inf, "a", None],
    "batch_size": [0, -1, 2.5, "all", None],
    "learning_rate": ["invscaling", None],
    "learning_rate_init": [0, -0.1, np.nan, np.inf, "a", None],
    "delta": [-1, np.nan, None],
    "learning_rate_hold": [-1, 0.5, None],
    "momentum": [-0.1, 1, 1.5, np.nan, None],
    "nesterovs_momentum": ["yes", None],
    "beta_1": [-0.1, 1, np.nan],
    "beta_2": [-0.1, 1, np.nan],
    "epsilon": [0, -1, np.nan],
    "max_iter": [0, -1, 1.5, None],
    "tol": [-1, np.nan, "a"],
    "n_iter_no_change": [0, 1.5, None],
    "early_stopping": ["auto", None],
    "validation_fraction": [0, 1, -0.1, np.nan],
    "scoring": ["accurracy", 3, None],
    "standardize": ["yes", None],
    "numeric_encoding": ["yes", True, 8],
    "categorical_features": ["from_type", 3, [0.5], [3], [True], ["a"], [[0]]],
    "min_frequency": [0, -1, 1.5, None],
    "dtype": ["float16", float, None],
    "class_weight": ["balance", 3, {0: -1}, {0: 0, 1: 0, 2: 0}, {0: np.nan}],
    "shuffle": ["yes", None],
    "random_state": ["a", -1, 1.5],
    "warm_start": ["yes", None],
    "verbose": ["yes", -1],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARAMETERS.items() for value in values],
)
def test_a_bad_parameter_is_a_clear_error_that_names_it(name, value):
    model = fast().set_params(**{name: value})
    with pytest.raises((ValueError, TypeError), match=f"{name}|'accurracy' is not a valid scoring"):
        model.fit(X, Y)
    assert not hasattr(model, "coefs_")


def test_every_parameter_is_validated():
    assert BAD_PARAMETERS.keys() == BackpropClassifier().get_params().keys()


def test_partial_fit_asks_for_the_classes_and_keeps_to_them():
    with pytest.raises(ValueError, match="classes must be passed"):
        fast().partial_fit(X, Y)
    model = fast().partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match="not among the classes"):
        model.partial_fit(X, Y + 1)
    with pytest.raises(ValueError, match="3 features"):
        model.partial_fit(X[:, :2], Y)


def test_warm_start_refuses_another_architecture_and_new_classes():
    model = fast(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="warm_start=False"):
        model.set_params(hidden_layer_sizes=(7,)).fit(X, Y)
    with pytest.raises(ValueError, match="not among the classes"):
        model.set_params(hidden_layer_sizes=(200,)).fit(X, Y + 1)


def test_predicting_other_columns_is_a_clear_error():
    model = fast().fit(pd.DataFrame(X, columns=list("abc")), Y)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(pd.DataFrame(X[:, :2], columns=list("ab")))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(pd.DataFrame(X, columns=list("abd")))


def test_a_fortran_memory_map_is_not_copied_for_the_scorer_either(rng, tmp_path):
    X = as_memory_map(np.asfortranarray(rng.normal(size=(80_000, 50))), tmp_path)
    tracemalloc.start()
    fast(max_iter=1, batch_size=1000, scoring="accuracy").fit(X, X[:, 0] > 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # X has 32 MB


def test_labels_of_another_sort_are_not_taken_for_known_ones(iris):
    X, y = iris
    model = fast().fit(X, y)
    with pytest.raises(ValueError, match="y has labels"):
        model.partial_fit(X, y.astype(str))
    with pytest.raises(ValueError, match="y_val has labels"):
        model.fit(X, y, X_val=X, y_val=y.astype(str))


def test_weights_and_class_weights_of_strings_are_named(iris):
    X, y = iris
    for name, arguments, options in (
        ("sample_weight", {"sample_weight": ["a"] * 150}, {}),
        ("sample_weight_val", {"X_val": X, "y_val": y, "sample_weight_val": ["a"] * 150}, {}),
        ("class_weight", {}, {"class_weight": {0: "a"}}),
    ):
        with pytest.raises(ValueError, match=name):
            fast(**options).fit(X, y, **arguments)


# What the fuzz has found


@pytest.mark.parametrize("kernel", ["0", "1"])
def test_constants_of_adam_of_any_type_are_numbers(monkeypatch, kernel):
    monkeypatch.setenv("SKBACKPROP_KERNEL", kernel)
    model = fast(solver="adam", epsilon=10**30, beta_1=np.float32(0.5), beta_2=False).fit(X, Y)
    expected = fast(solver="adam", epsilon=1e30, beta_1=0.5, beta_2=0.0).fit(X, Y)
    assert np.array_equal(model.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("solver", [["sgd"], {}, np.array(["sgd"]), None, 3])
def test_a_solver_that_is_no_string_is_told_of_by_partial_fit_as_well(solver):
    model = BackpropClassifier(solver=solver)
    with pytest.raises(ValueError, match=r"The 'solver' parameter .* must be a str among"):
        model.partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])


def test_partial_fit_validates_parameters_set_after_the_first_call():
    model = fast().partial_fit(X, Y, classes=[0, 1, 2])
    for name, value in (("solver", "tanh"), ("batch_size", "accuracy"), ("l2", -1.0)):
        with pytest.raises(ValueError, match=name):
            copy.deepcopy(model).set_params(**{name: value}).partial_fit(X, Y)


def test_weights_that_vanish_in_float32_leave_a_finite_model_or_are_none(rng):
    X, y = rng.normal(size=(12, 3)), np.arange(12) % 2
    weights = np.geomspace(1e300, 1e-300, 12)
    for options in ({"early_stopping": True}, {"class_weight": "balanced"}):
        model = fast(**options)
        with contextlib.suppress(ValueError):  # too few rows of weight to hold out
            model.fit(X.astype(np.float32), y, weights)
            assert_finite(model, X)
        model.partial_fit(X, y, [0, 1], weights)
        assert_finite(model, X)


def test_class_weights_that_are_worlds_apart_give_a_finite_model():
    assert_finite(fast(class_weight={0: 1e308, 1: 1e308, 2: 1e-308}).fit(X, Y), X)


@pytest.mark.parametrize("options", [{"l2": 1e300}, {"learning_rate_init": 1e300}])
@pytest.mark.parametrize("activation", ["identity", "relu"])
def test_huge_but_finite_weights_are_divergence(options, activation):
    model = fast(activation=activation, max_iter=1, **options)
    with pytest.raises(ValueError, match="diverges"):
        model.fit(X, Y)


def test_a_net_of_float32_refuses_rows_that_only_float64_can_standardise():
    model = fast().partial_fit(X.astype(np.float32), Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="X cannot be standardised"):
        model.partial_fit(X + 1e300, Y)


@pytest.mark.parametrize("kernel", ["0", "1"])
def test_a_learning_rate_that_decreases_to_nothing_at_once_is_no_error(monkeypatch, kernel):
    monkeypatch.setenv("SKBACKPROP_KERNEL", kernel)
    assert_finite(fast(learning_rate="power", delta=1e4, batch_size=2).fit(X, Y), X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_entries_that_are_given_in_parts_stay_so(dtype):
    S = unsorted_csr(X)
    given = S.copy()
    model = fast().fit(sparse.csr_array(X.astype(dtype)), Y).partial_fit(S, Y)
    model.predict(S)
    for name in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(S, name), getattr(given, name))


def test_a_column_that_was_constant_may_hold_what_float32_cannot():
    constant = np.column_stack([X, np.full(len(X), 3e38)]).astype(np.float32)
    model = fast().fit(constant, Y)
    far = constant.astype(float)
    far[:, -1] = 1e300
    np.testing.assert_allclose(model.predict_proba(far), model.predict_proba(constant), rtol=1e-6)


def test_sparse_inputs_beyond_float32_are_predicted_without_a_warning():
    model = fast(hidden_layer_sizes=(4,)).fit(sparse.csr_array(X.astype(np.float32)), Y)
    assert_finite(model, sparse.csr_array(np.full((5, 3), 1e308)))


def test_validation_data_beyond_all_measure_is_a_clear_error():
    for far in (np.full((5, 3), 1e308), sparse.csr_array(np.full((5, 3), 1e308))):
        for options in ({}, {"standardize": False, "early_stopping": True}):
            with pytest.raises(ValueError, match="X_val"):
                model = fast(**options, dtype="float32")
                model.fit(X.astype(np.float32), Y, X_val=far, y_val=Y[:5])


# Matrices whose indices lead outside, odd places in memory, dates


def corrupted(kind, name, place, value):
    S = getattr(sparse, f"{kind}_array")(X)
    if name in ("row", "col"):
        (S.col if name == "col" else S.row)[place] = value
    else:
        getattr(S, name)[place] = value
    return S


CORRUPTED = {
    "a column too far": ("csr", "indices", 3, 3),
    "a negative column": ("csr", "indices", 3, -1),
    "a start too far": ("csr", "indptr", 4, 10**6),
    "a start that goes back": ("csr", "indptr", 4, 0),
    "a row too far": ("csc", "indices", 3, 30),
    "a block too far": ("bsr", "indices", 0, 99),
    "a coordinate too far": ("coo", "row", 0, 30),
    "a negative coordinate": ("coo", "col", 0, -7),
}


@pytest.mark.parametrize("case", CORRUPTED)
def test_a_matrix_whose_indices_lead_outside_is_a_clear_error(case):
    S, model = corrupted(*CORRUPTED[case]), fast().fit(X, Y)
    for call in (lambda: fast().fit(S, Y), lambda: model.partial_fit(S, Y)):
        with pytest.raises(ValueError, match=r"X is a sparse matrix .* indices do not fit it"):
            call()
    with pytest.raises(ValueError, match="X is a sparse matrix"):
        model.predict(S)
    with pytest.raises(ValueError, match="X_val, y_val: X is a sparse"):
        fast().fit(X, Y, X_val=S, y_val=Y)


def test_an_indicator_matrix_whose_indices_lead_outside_is_a_clear_error():
    labels = sparse.csr_array(np.eye(3)[Y])
    labels.indices[2] = 10**6
    with pytest.raises(ValueError, match="y is a sparse matrix"):
        fast().fit(X, labels)


def in_records(array):
    record = np.zeros(array.shape, [("other", "u1"), ("field", array.dtype)])
    record["field"] = array
    return record["field"]


def at_an_odd_address(array):
    other = np.zeros(array.nbytes + 1, "u1")[1:].view(array.dtype).reshape(array.shape)
    other[...] = array
    return other


@pytest.mark.parametrize("kernel", ["0", "1"])
@pytest.mark.parametrize("move", [in_records, at_an_odd_address])
def test_parts_anywhere_in_memory_give_the_same_model(monkeypatch, kernel, move):
    monkeypatch.setenv("SKBACKPROP_KERNEL", kernel)
    S, w = sparse.csr_array(X), np.linspace(0.1, 1, len(Y))
    moved = sparse.csr_array(S.shape)
    moved.data, moved.indices, moved.indptr = map(move, (S.data, S.indices, S.indptr))
    for one, other in ((S, moved), (X, move(X))):
        model = fast(batch_size=7).fit(other, move(Y), move(w))
        expected = fast(batch_size=7).fit(one, Y, w)
        np.testing.assert_allclose(model.coefs_[0], expected.coefs_[0], rtol=1e-12)


@pytest.mark.parametrize("kind", ["datetime64[D]", "timedelta64[h]"])
def test_dates_and_durations_are_not_taken_for_numbers(kind):
    dates = np.arange(90).astype(kind).reshape(30, 3)
    with pytest.raises(ValueError, match=r"X has dtype .*: dates and durations are no numbers"):
        fast().fit(dates, Y)
    with pytest.raises(ValueError, match="X has dtype"):
        fast().fit(X, Y).predict(dates)


# Deep nets and extremes: a model is finite on its rows


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("activation", ["identity", "selu", "relu", "tanh"])
@pytest.mark.parametrize("depth", [20, 60])
@pytest.mark.filterwarnings("ignore:Training diverged")
def test_the_last_epoch_of_a_deep_net_of_float32_is_finite(
    iris, depth, activation, solver, early_stopping
):
    X, y = iris[0].astype(np.float32), iris[1]
    options = {"activation": activation, "solver": solver, "learning_rate_init": 0.03}
    options |= {"dtype": "float32", "l2": 1 / 128}
    for max_iter in (1, 3):
        model = fast(
            hidden_layer_sizes=(20,) * depth,
            max_iter=max_iter,
            early_stopping=early_stopping,
            **options,
        )
        assert_finite(model.fit(X, y), X)
        assert_finite(model.partial_fit(X, y), X)


def test_outputs_near_the_largest_number_are_finite(iris):
    X, y = iris[0].astype(np.float32), iris[1] > 0
    model = fast(hidden_layer_sizes=()).fit(X, y)
    model.coefs_[0] *= np.float32(1e37)
    model.intercepts_[0] *= np.float32(1e37)
    assert np.isfinite(model.decision_function(X)).all()
    assert np.isfinite(model.predict_log_proba(X)).all()


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_deviations_whose_inverse_float32_cannot_hold_are_no_obstacle(iris, solver):
    X, y = (iris[0] * 1e-43).astype(np.float32), iris[1]
    assert_finite(fast(solver=solver, max_iter=50, dtype="auto").fit(X, y), X)


@pytest.mark.parametrize("epsilon", [1e-320, 1e-50, 1e-8])
def test_an_epsilon_that_float32_takes_for_0_is_its_least_number(iris, epsilon):
    X, y = iris[0].astype(np.float32), iris[1]
    assert_finite(fast(solver="adam", epsilon=epsilon).fit(X, y), X)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("hidden", [(), (5,)], ids=len)
def test_newton_ends_where_curvature_overflows(iris, container, hidden):
    X, y = iris[0] * [1, 1e90, 1, 1], iris[1]
    model = fast(hidden_layer_sizes=hidden, solver="newton", standardize=False, max_iter=3)
    with contextlib.suppress(ValueError):
        assert model.fit(container(X), y).n_iter_ <= 3
    X = iris[0] * [1, 1e60, 1, 1]
    assert model.fit(container(X), y).n_iter_ <= 3


@pytest.mark.parametrize("solver", sorted(solver_names()))
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
def test_an_integer_of_any_type_counts_as_far_as_it_says(iris, solver, kind):
    options = {"solver": solver, "hidden_layer_sizes": (3,), "n_iter_no_change": kind(100)}
    model = fast(max_iter=kind(127), batch_size=kind(127), **options).fit(*iris)
    expected = fast(max_iter=127, batch_size=127, **options).fit(*iris)
    assert model.n_iter_ == expected.n_iter_ > 3
    assert np.array_equal(model.coefs_[0], expected.coefs_[0])


# What numpy does on underflow is up to the user


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", sorted(solver_names()))
def test_no_result_depends_on_numpys_error_state(iris, solver, dtype):
    X, y = (iris[0] * 1e3).astype(dtype), iris[1]
    options = {"hidden_layer_sizes": (5, 5), "activation": "logistic", "solver": solver}
    methods = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
    methods += ["hidden_activations"]
    expected = fast(early_stopping=True, **options).fit(X, y)
    answers = [getattr(expected, method)(X * dtype(1e9)) for method in methods]
    with np.errstate(all="raise"):
        model = fast(early_stopping=True, **options).fit(X, y)
        assert check_gradient(model, X, y, max_entries=5).max_relative_error < 1e-4
        for method, answer in zip(methods, answers, strict=True):
            assert np.array_equal(getattr(model, method)(X * dtype(1e9)), answer)
        if hasattr(model, "partial_fit"):
            model.partial_fit(X, y)


# Scorers of the user's see the table as it came


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_a_scorer_may_ask_for_the_columns_of_a_frame(iris, frame):
    X, y = iris
    table, seen = frame(dict(zip("abcd", X.T, strict=True))), []

    def scorer(model, X, y):
        seen.append((list(X.columns), len(X["a"])))
        return float((model.predict(X) == y).mean())

    options = {"scoring": scorer, "max_iter": 2}
    assert fast(**options).fit(table, y).n_iter_ == 2
    fast(early_stopping=True, **options).fit(table, y)
    fast(**options).fit(table, y, X_val=table, y_val=y)
    assert seen == [(list("abcd"), n) for n in (150, 150, 15, 15, 150, 150)]
