"""Data frames with categories, text and missing values, straight into fit: the whole estimator."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
from encoded import matrix
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from models import fast, same_parameters
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier, check_gradient
from skbackprop.estimator import problem
from skbackprop.estimator.state import fitted_network
from skbackprop.tables.table import read_table

pytestmark = pytest.mark.usefixtures("unconverged")

SOLVERS = ["sgd", "adam", "lbfgs", "newton"]
COLOURS = ["red", "green", "blue", "black"]


def to_polars(frame):
    """Return a frame of polars with the columns of one of pandas, without pyarrow's help."""
    columns = {}
    for name in frame:
        column = frame[name]
        values = column.astype(object).where(column.notna(), None).tolist()
        kind = pl.Categorical if isinstance(column.dtype, pd.CategoricalDtype) else None
        columns[name] = pl.Series(name, values, dtype=kind)
    return pl.DataFrame(columns)


def make_frame(n_rows=120, seed=0, library=pd):
    """A frame of numbers and text with missing values, and classes that follow from both."""
    rng = np.random.default_rng(seed)
    size, colour = rng.standard_normal(n_rows), rng.choice(COLOURS, n_rows)
    y = ((colour == "red") ^ (size > 0.3)).astype(int)
    X = pd.DataFrame({"size": size, "colour": colour, "count": rng.integers(0, 20, n_rows)})
    X.loc[::7, "size"] = np.nan
    X.loc[::9, "colour"] = None
    X["sold"] = rng.random(n_rows) < 0.5
    return (X if library is pd else to_polars(X)), y


def default(**hyper_parameters):
    """The classifier as it is by default, but small, brief and seeded."""
    options = {"hidden_layer_sizes": (6,), "max_iter": 4, "random_state": 0}
    return BackpropClassifier(**options | hyper_parameters)


# A frame is the matrix that one would have made by hand


def by_hand(X, weights=None, min_frequency=1):
    """The same inputs, made by hand from a frame of pandas: the matrix."""
    s = np.ones(len(X)) if weights is None else np.asarray(weights, dtype=float)
    numbers, missing, levels = [], [], []
    for name in X:
        if pd.api.types.is_numeric_dtype(X[name]) and not pd.api.types.is_bool_dtype(X[name]):
            x = X[name].to_numpy(dtype=float, na_value=np.nan)
            there = ~np.isnan(x)
            seen = there & (s > 0)
            mean = np.average(x[seen], weights=s[seen]) if seen.any() else 0.0
            variance = np.average((x[seen] - mean) ** 2, weights=s[seen]) if seen.any() else 0.0
            z = (x - mean) / np.sqrt(variance) if variance > 1e-20 else np.zeros(len(x))
            numbers.append(np.where(there, z, 0))
            missing += [~there] if (~there & (s > 0)).any() else []
            continue
        values = X[name].astype(object)
        gone = values.isna()
        counts = values[(s > 0) & ~gone].value_counts()
        frequent = sorted(counts.index[counts >= min_frequency])
        levels += [(values == level).fillna(False) & ~gone for level in frequent]
        levels += [gone] if gone[s > 0].any() else []
        rare = (counts < min_frequency).any()
        levels += [~gone & ~values.isin(frequent)] if rare else []
    columns = [*numbers, *missing, *levels]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def pair(solver, hidden, **options):
    """Two models that differ in nothing but who makes the inputs."""
    shared = {"solver": solver, "hidden_layer_sizes": hidden, "activation": "tanh", "l2": 1e-3}
    shared |= {"learning_rate_init": 0.05} if solver in ("sgd", "adam") else {}
    ours = fast(**shared | {"min_frequency": 1} | options)
    return ours, fast(**shared | options, standardize=False, categorical_features=None)


@pytest.fixture
def not_centred(monkeypatch):
    """First biases of 0, as there are for a matrix."""
    monkeypatch.setattr(problem, "centre", lambda *_: None)


@pytest.mark.usefixtures("not_centred")
@pytest.mark.parametrize("kernel", ["compiled", "reference"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)], ids=str)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_frame_equals_the_matrix_made_by_hand(solver, hidden, weighted, kernel, monkeypatch):
    if kernel == "reference":
        monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    X, y = make_frame()
    weights = np.random.default_rng(1).integers(0, 3, len(X)) if weighted else None
    ours, theirs = pair(solver, hidden)
    H = by_hand(X, weights)
    ours.fit(X, y, sample_weight=weights)
    theirs.fit(H, y, sample_weight=weights)
    assert len(ours.get_input_names()) == H.shape[1]
    for a, b in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert_allclose(a, b, rtol=1e-6, atol=1e-9)
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(H), atol=1e-8)


def column(n_rows):
    """A strategy for a column of a frame: of some dtype, with some missing."""
    text = st.lists(st.sampled_from([*COLOURS, None]), min_size=n_rows, max_size=n_rows)
    whole = st.lists(st.one_of(st.none(), st.integers(-3, 5)), min_size=n_rows, max_size=n_rows)
    real = st.lists(
        st.one_of(st.none(), st.floats(-4, 4, width=16)), min_size=n_rows, max_size=n_rows
    )
    logical = st.lists(st.sampled_from([True, False, None]), min_size=n_rows, max_size=n_rows)
    dtypes = st.sampled_from(["category", "string", "object"])
    return st.one_of(
        st.builds(lambda v, dtype: pd.Series(v, dtype=object).astype(dtype), text, dtypes),
        st.builds(lambda v: pd.Series(v, dtype="Int64"), whole),
        st.builds(lambda v: pd.Series(v, dtype="float64"), real),
        st.builds(lambda v: pd.Series(v, dtype="Float64"), real),
        st.builds(lambda v: pd.Series(v, dtype="boolean"), logical),
    )


@st.composite
def tables(draw):
    """A frame of any columns, and weights."""
    n_rows = draw(st.sampled_from([3, 8, 30]))
    columns = draw(st.lists(column(n_rows), min_size=1, max_size=4))
    X = pd.DataFrame({f"c{j}": c for j, c in enumerate(columns)})
    weights = st.lists(st.integers(0, 2), min_size=n_rows, max_size=n_rows).filter(any)
    return X, draw(st.one_of(st.none(), weights)), draw(st.integers(1, 3))


@pytest.mark.usefixtures("not_centred")
@pytest.mark.filterwarnings("ignore:X has columns that tell nothing")
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tables(), st.sampled_from(["sgd", "lbfgs"]), st.sampled_from([(), (3,)]))
def test_any_frame_equals_the_matrix_made_by_hand(table, solver, hidden):
    X, weights, min_frequency = table
    y = np.arange(len(X)) % 2
    if weights is not None:
        weights[0] = weights[1] = 1
    H = by_hand(X, weights, min_frequency)
    if H.shape[1] == 0:
        return
    ours, theirs = pair(solver, hidden, min_frequency=min_frequency, max_iter=3)
    ours.fit(X, y, sample_weight=weights)
    theirs.fit(H, y, sample_weight=weights)
    assert len(ours.get_input_names()) == H.shape[1]
    assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-6)
    assert_allclose(ours.coefs_[0], theirs.coefs_[0], atol=1e-6)


@pytest.mark.parametrize("numeric_encoding", ["auto", "leaves", None])
@pytest.mark.parametrize("hidden", [(), (6,)], ids=str)
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_compiled_epoch_equals_the_reference(solver, hidden, numeric_encoding, monkeypatch):
    X, y = make_frame()
    options = {"solver": solver, "hidden_layer_sizes": hidden, "dtype": "float64", "l2": 1e-3}
    options |= {"numeric_encoding": numeric_encoding, "activation": "tanh", "l1": 0.0}
    compiled = default(**options).fit(X, y)
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    reference = default(**options).fit(X, y)
    for a, b in zip(compiled.coefs_, reference.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-6, atol=1e-10)


def test_penalties_make_weights_of_levels_exactly_0():
    X, y = make_frame()
    X["noise"] = np.random.default_rng(5).choice([f"n{i}" for i in range(20)], len(X))
    model = default(hidden_layer_sizes=(), l1=0.02, l2=0.0, max_iter=100).fit(X, y)
    zero = np.all(model.coefs_[0] == 0, axis=1)
    names = model.get_input_names()
    assert zero[[name.startswith("noise") for name in names]].mean() > 0.5
    assert not zero[list(names).index("colour=red")]


@pytest.mark.parametrize("numeric_encoding", ["auto", None])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("target", ["classes", "labels"])
@pytest.mark.parametrize("hidden", [(), (5,)], ids=str)
def test_the_gradient_is_right_through_every_encoding(
    hidden, target, standardize, numeric_encoding
):
    X, y = make_frame()
    y = y if target == "classes" else np.column_stack([y, 1 - y, X["sold"].astype(int)])
    options = {"numeric_encoding": numeric_encoding, "standardize": standardize}
    model = default(hidden_layer_sizes=hidden, activation="tanh", **options)
    weights = np.random.default_rng(2).random(len(X))
    result = check_gradient(model, X, y, sample_weight=weights)
    assert result.max_relative_error < 1e-6
    assert result.hessian.max_relative_error < 1e-6
    assert check_gradient(model.fit(X, y), X, y).max_relative_error < 1e-6


# What a practitioner does with a table


@pytest.mark.parametrize("library", [pd, pl])
def test_text_and_missing_values_are_learned_from(library):
    X, y = make_frame(600, library=library)
    model = BackpropClassifier(random_state=0).fit(X, y)
    X_test, y_test = make_frame(600, seed=1, library=library)
    assert model.score(X_test, y_test) > 0.85
    assert model.feature_names_in_.tolist() == ["size", "colour", "count", "sold"]
    assert model.is_categorical_.tolist() == [False, True, False, True]
    assert [c.tolist() for c in model.categories_] == [[*sorted(COLOURS), None], [False, True]]


def test_pandas_polars_and_an_array_of_objects_give_the_same_bits():
    X, y = make_frame()
    model = default().fit(X, y)
    for other in (to_polars(X), X.to_numpy(), X.astype({"colour": "string", "sold": object})):
        assert same_parameters(default().fit(other, y), model)
    assert_array_equal(model.predict_proba(to_polars(X)), model.predict_proba(X))


def test_a_level_never_seen_contributes_nothing_and_is_no_error():
    X, y = make_frame()
    model = default(max_iter=20).fit(X, y)
    unknown = model.decision_function(X.assign(colour="violet"))
    names = list(model.get_input_names())
    rows = model.hidden_activations(X.assign(colour="violet"))
    for level in ("red", "blue"):
        assert f"colour={level}" in names
        assert np.abs(model.decision_function(X.assign(colour=level)) - unknown).max() > 1e-3
    assert np.isfinite(rows).all()


def test_nan_where_training_had_none_is_the_mean():
    X, y = make_frame()
    model = default(numeric_encoding=None).fit(X, y)
    assert_allclose(
        model.predict_proba(X.assign(count=np.nan)),
        model.predict_proba(X.assign(count=X["count"].mean())),
        rtol=1e-5,
    )


@pytest.mark.parametrize("min_frequency", [1, 2, 30])
def test_rare_levels_share_an_input(min_frequency):
    X, y = make_frame()
    X.loc[3, "colour"] = "mauve"
    model = default(min_frequency=min_frequency).fit(X, y)
    names = model.get_input_names().tolist()
    assert ("colour=mauve" in names) == (min_frequency == 1)
    assert ("colour is rare" in names) == (min_frequency > 1)
    if min_frequency > 1:
        P = [model.predict_proba(X.assign(colour=c)) for c in ("mauve", "never seen")]
        assert_array_equal(*P)


def every_sort_of_column(n_rows=600):
    """A frame with a column of every kind, in an order of no help."""
    rng = np.random.default_rng(0)
    X, y = make_frame(n_rows)
    X.insert(0, "sort", rng.choice([*"abc"], n_rows))
    X["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n_rows), "D")
    X["price"] = [f"{v:.2f}" for v in rng.lognormal(size=n_rows)]
    X["title"] = [" ".join(rng.choice(["old", "new", "big", "red", "car"], 4)) for _ in X.index]
    return X, y


def inputs_of(model, X):
    """h⁰ of the rows of X, as a matrix."""
    network = fitted_network(model)
    return matrix(
        network.encoding.inputs(read_table(model, X), np.float64).gather(np.arange(len(X)))
    )


TABLES = {
    "frame": every_sort_of_column,
    "polars": lambda: make_frame(library=pl),
    "objects": lambda: (make_frame()[0].to_numpy(), make_frame()[1]),
    "numbers": lambda: (np.random.default_rng(0).normal(size=(90, 4)), np.arange(90) % 2),
    "sparse": lambda: (sparse.random(90, 4, 0.5, "csr", random_state=0), np.arange(90) % 2),
}


@pytest.mark.parametrize("kind", TABLES)
def test_the_column_of_an_input_is_the_one_with_which_it_changes(kind):
    X, y = TABLES[kind]()
    model = default().fit(X, y)
    columns = model.get_input_columns()
    assert columns.dtype == np.int64 and columns.shape == (len(model.coefs_[0]),)
    X = X.toarray() if kind == "sparse" else X
    before = inputs_of(model, X)
    for j in range(model.n_features_in_):
        other = X.to_pandas() if kind == "polars" else X.copy()
        place = (slice(None), j)
        (other if isinstance(other, np.ndarray) else other.iloc)[place] = (
            other[place][::-1]
            if isinstance(other, np.ndarray)
            else other.iloc[place].to_numpy()[::-1]
        )
        changed = (inputs_of(model, other) != before).any(axis=0)
        assert_array_equal(np.unique(columns[changed]), [j])
        assert changed.sum() > 0.9 * np.count_nonzero(columns == j)


@pytest.mark.parametrize("beside", ["a column of codes", "three columns", "words"])
def test_levels_and_terms_leave_the_bins_of_numbers_as_they_are(beside):
    rng = np.random.default_rng(0)
    n = 8000
    v = np.exp(rng.normal(0, 2.5, n))
    X, y = pd.DataFrame({"v": v}), np.digitize(np.log(v), [-3, -1, 0, 1, 3])
    alone = default(max_iter=1, l2="auto").fit(X, y)
    if beside == "words":
        words = np.array([f"word{k}" for k in range(900)])
        X["c"] = [" ".join(row) for row in rng.choice(words, (n, 5))]
    else:
        sizes = [600] if beside == "a column of codes" else [200, 300, 400]
        X = X.assign(**{f"c{k}": rng.integers(0, k, n).astype(str) for k in sizes})
    model = BackpropClassifier((32,), max_iter=8, random_state=0).fit(X[:4000], y[:4000])
    assert len(model.coefs_[0]) > 512 + 16
    assert np.count_nonzero(model.get_input_columns() == 0) == len(alone.coefs_[0]) == 17
    assert model.score(X[4000:], y[4000:]) > 0.9


def test_thousands_of_levels_take_little_more_than_their_weights():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3000, 6000)
    X = pd.DataFrame({"id": codes.astype(str), "x": rng.standard_normal(6000)})
    y = (codes % 2) ^ (rng.random(6000) < 0.05)
    model = default(max_iter=10, min_frequency=1, l2=0.0).fit(X, y)
    assert model.coefs_[0].shape[0] > 2500
    assert model.score(X, y) > 0.9


def test_integer_codes_are_categories_where_they_are_chosen():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 9, 400)
    y = np.isin(codes, [0, 3, 4, 7]).astype(int)
    X = np.column_stack([rng.standard_normal(400), codes])
    options = {"hidden_layer_sizes": (), "numeric_encoding": None, "max_iter": 50}
    chosen = default(categorical_features=[1], **options).fit(X, y)
    assert chosen.score(X, y) == 1 > default(**options).fit(X, y).score(X, y)
    for way in ([False, True], [-1], np.array([1])):
        assert same_parameters(default(categorical_features=way, **options).fit(X, y), chosen)
    assert_array_equal(chosen.predict(X.tolist()), chosen.predict(X))


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_awkward_column_is_harmless(solver):
    X, y = make_frame()
    odd = X.assign(
        gone=np.nan, nothing=pd.Series([None] * len(X), dtype=object), constant=7.0, one="same",
        tiny=X["size"] * 1e-300, single=pd.Series(np.r_[5.0, [np.nan] * (len(X) - 1)]),
        never=pd.Categorical([None] * len(X), categories=["a"]), ids=np.arange(len(X)).astype(str),
    )  # fmt: skip
    with pytest.warns(UserWarning, match="'gone' .*'nothing' .*'one' .*'never' "):
        model = default(solver=solver).fit(odd, y)
    assert np.isfinite(model.predict_proba(odd)).all()
    assert np.isfinite(model.predict_proba(odd.assign(gone=3.0, nothing="x", constant=9.0))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_of_any_scale_are_read(dtype):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(200)
    X = pd.DataFrame({"a": x * 1e12, "b": x * 1e-12, "c": 1e8 + x, "t": rng.choice(COLOURS, 200)})
    model = default(dtype=dtype, max_iter=30).fit(X, x > 0)
    assert model.score(X, x > 0) > 0.95


def test_a_sparse_matrix_may_store_missing_values(rng):
    X = rng.standard_normal((100, 4)) * (rng.random((100, 4)) < 0.5)
    y = (X[:, 1] > 0).astype(int)
    X[:20, 0] = np.nan
    model = default().fit(sparse.csr_matrix(X), y)
    assert model.get_input_names().tolist() == ["x0", "x1", "x2", "x3", "x0 is missing"]
    P = model.predict_proba(sparse.csr_matrix(X))
    assert_allclose(model.predict_proba(sparse.csc_array(X)), P)
    assert check_gradient(model, sparse.csr_array(X), y).max_relative_error < 1e-6
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        model.predict(sparse.csr_matrix(X))


# Rows that come in parts


def test_levels_that_come_later_are_unknown_unless_the_dtype_announces_them():
    X, y = make_frame()
    X["colour"] = X["colour"].where(X["colour"] != "black", "red")
    first, then = X[:60], X[60:].assign(colour="black")
    model = default().partial_fit(first, y[:60], classes=[0, 1])
    names = model.get_input_names()
    model.partial_fit(then, y[60:])
    assert_array_equal(model.get_input_names(), names)
    assert "colour=black" not in names
    kind = pd.CategoricalDtype(COLOURS)
    model = default().partial_fit(first.astype({"colour": kind}), y[:60], classes=[0, 1])
    before = model.coefs_[0].copy()
    model.partial_fit(then.astype({"colour": kind}), y[60:])
    row = list(model.get_input_names()).index("colour=black")
    assert np.abs(model.coefs_[0] - before)[row].max() > 1e-4


def test_polars_enums_announce_their_levels():
    kind = pl.Enum(["a", "b", "z"])
    X = pl.DataFrame({"c": pl.Series(["a", "b"] * 10, dtype=kind)})
    model = default().partial_fit(X, [0, 1] * 10, classes=[0, 1])
    assert model.get_input_names().tolist() == ["c=a", "c=b", "c=z"]


def test_means_go_on_incrementally_also_of_columns_missing_at_first():
    X, y = make_frame()
    X.loc[:39, "size"] = np.nan
    model = default()
    for start in range(0, 120, 40):
        part = slice(start, start + 40)
        model.partial_fit(X[part], y[part], classes=[0, 1])
    numbers = X[["size", "count"]].to_numpy(dtype=float)
    assert_allclose(model.scaler_.mean_, np.nanmean(numbers, axis=0))
    assert_allclose(model.scaler_.scale_, np.nanstd(numbers, axis=0))


def test_warm_start_goes_on_with_the_inputs_that_it_knows():
    X, y = make_frame()
    model = default(warm_start=True).fit(X, y)
    names = model.get_input_names()
    model.fit(X.assign(colour="violet", count=np.nan), y)
    assert_array_equal(model.get_input_names(), names)
    assert model.n_iter_ == 8


# Validation, weights, labels


@pytest.mark.parametrize("library", [pd, pl])
def test_scorers_are_shown_frames(library):
    X, y = make_frame(library=library)
    shown = []

    def scoring(model, X, y):
        shown.append((type(X), len(X["size"])))
        return (model.predict(X) == y).mean()

    options = {"early_stopping": True, "scoring": scoring}
    default(**options).fit(X, y)
    default(**options).fit(X, y, X_val=X[:30], y_val=y[:30])
    assert {kind for kind, _ in shown} == {library.DataFrame}
    assert {n for _, n in shown} == {12, 30}


def test_codes_of_a_list_can_be_held_out():
    X = [[0.5, 1], [1.5, 2], [2.5, 1], [0.0, 2]] * 10
    model = default(categorical_features=[1], early_stopping=True, scoring="accuracy")
    assert len(model.fit(X, [0, 1] * 20).validation_scores_) == 4


def test_validation_data_are_read_by_the_columns_of_training():
    X, y = make_frame()
    model = default(early_stopping=True)
    later = X[:30].assign(colour="violet")
    assert len(model.fit(X, y, X_val=later, y_val=y[:30]).validation_loss_curve_) == 4
    with pytest.raises(ValueError, match=r"X_val, y_val: .*'size' of X holds 'x'"):
        model.fit(X, y, X_val=X.assign(size="x"), y_val=y)
    with pytest.raises(ValueError, match=r"X_val, y_val: (.|\n)*missing:\n- sold"):
        model.fit(X, y, X_val=X.drop(columns="sold"), y_val=y)


def test_a_row_of_weight_0_is_as_good_as_absent():
    X, y = make_frame()
    weights = np.ones(len(X))
    weights[:20] = 0
    X.loc[0, "colour"] = "only here"
    options = {"solver": "lbfgs", "hidden_layer_sizes": (), "min_frequency": 1}
    one = default(**options).fit(X, y, sample_weight=weights)
    other = default(**options).fit(X[20:], y[20:])
    assert_array_equal(one.get_input_names(), other.get_input_names())
    assert_allclose(one.coefs_[0], other.coefs_[0], atol=1e-10)


def test_labels_and_class_weights_go_with_frames():
    X, y = make_frame()
    Y = np.column_stack([y, 1 - y])
    assert default().fit(X, Y).predict(X).shape == Y.shape
    assert default(class_weight="balanced").fit(X, y).score(X, y) > 0.3


# Errors leave the model as it was


WRONG = {
    "a column is missing": (lambda X: X.drop(columns="sold"), r"missing:\n- sold"),
    "a column too many": (lambda X: X.assign(zz=1), r"unseen at fit time:\n- zz"),
    "another order": (
        lambda X: X[["colour", "size", "count", "sold"]],
        "'colour' stands where 'size' was; pass the columns of training in their order",
    ),
    "text for numbers": (lambda X: X.assign(size="big"), "'size' of X holds 'big'"),
    "dates for numbers": (lambda X: X.assign(size=pd.Timestamp(0)), "'size' holds dates"),
    "dates for text": (lambda X: X.assign(colour=pd.Timestamp(0)), "'colour' holds dates"),
    "lists for text": (lambda X: X.assign(colour=[[1]] * len(X)), "'colour' holds objects"),
    "infinity": (lambda X: X.assign(size=np.inf), "'size' of X contains infinity"),
    "sparse": (lambda X: sparse.csr_matrix((3, 4)), "X is sparse, but training has had"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_what_a_frame_has_wrong_is_said_by_name_and_the_model_stays(change, message):
    X, y = make_frame()
    model = default(warm_start=True).fit(X, y)
    before = pickle.dumps(vars(model))
    wrong = change(X)
    y = y[: wrong.shape[0]]
    for call in (
        lambda: model.predict(wrong),
        lambda: model.partial_fit(wrong, y),
        lambda: model.fit(wrong, y),
        lambda: model.fit(X, make_frame()[1], X_val=wrong, y_val=y),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    assert pickle.dumps(vars(model)) == before


def test_numbers_for_a_model_of_numbers_are_compared_too():
    X, y = make_frame()
    model = default().fit(X[["size", "count"]], y)
    for wrong, message in [
        (X[["size", "colour"]], "missing:\n- count"),
        (X[["count", "size"]], "'count' stands where 'size' was"),
        (X[["size", "count"]].assign(size="a"), "'size' of X holds 'a'"),
        (X[["size", "count"]].assign(size=pd.Timestamp(0)), "'size' holds dates"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.predict(wrong)


@pytest.mark.parametrize("dtype", ["string", "str", "category", object, "Int64", "float64"])
def test_a_column_missing_throughout_can_be_of_any_dtype_later(dtype):
    X, y = make_frame()
    for columns in (["size", "count"], ["size", "count", "colour"]):
        model = default().fit(X[columns], y)
        for name in columns:
            gone = X[columns].assign(**{name: pd.Series([None] * len(X), dtype=dtype)})
            assert np.isfinite(model.predict_proba(gone)).all()


# Around it


def test_the_rows_of_a_fold_alone_decide_on_levels_and_means():
    X, y = make_frame()
    X["colour"] = [f"level {i // 4}" for i in range(len(X))]
    result = cross_validate(default(), X, y, cv=3, return_estimator=True, return_indices=True)
    for model, rows in zip(result["estimator"], result["indices"]["train"], strict=True):
        seen = X["colour"].iloc[rows].value_counts()
        assert set(model.categories_[0]) == set(seen.index[seen >= 2])
        assert_allclose(model.scaler_.mean_[0], X["size"].iloc[rows].mean())


@pytest.mark.parametrize("library", [pd, pl])
def test_a_search_takes_frames(library):
    X, y = make_frame(library=library)
    grid = {"min_frequency": [1, 2, 20], "numeric_encoding": ["auto", None]}
    search = GridSearchCV(default(), grid, cv=3, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("output", ["pandas", "polars", "default"])
def test_a_column_transformer_hands_its_frame_on(output):
    X, y = make_frame()
    columns = make_column_transformer((StandardScaler(), ["count"]), remainder="passthrough")
    columns.set_output(transform=output)
    X = to_polars(X) if output == "polars" else X
    pipeline = make_pipeline(columns, default(max_iter=30)).fit(X, y)
    assert pipeline[-1].is_categorical_.tolist() == [False, False, True, True]
    assert pipeline.score(X, y) > 0.7


@pytest.mark.parametrize(
    "around", [BaggingClassifier(default(), 3), CalibratedClassifierCV(default(), cv=3)], ids=str
)
def test_meta_estimators_take_tables(around):
    X, y = make_frame()
    assert around.fit(X, y).predict_proba(X).shape == (len(X), 2)


def test_importance_and_dependence_can_be_inspected():
    X, y = make_frame(400)
    model = default(max_iter=60).fit(X, y)
    importance = permutation_importance(model, X, y, n_repeats=3, random_state=0).importances_mean
    assert importance[[0, 1]].min() > importance[2:].max()
    full = X.dropna()
    curve = partial_dependence(model, full, ["colour"], categorical_features=["colour"])
    assert curve["average"].shape == (1, len(COLOURS))
    assert partial_dependence(model, full, ["size"])["average"].shape[0] == 1


def test_what_was_fitted_is_plain_and_survives_pickling():
    X, y = make_frame()
    X["range"] = pd.cut(X["count"], 3)
    model = default(categorical_features=["colour", "sold", "range"]).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))

    def is_plain(value):
        if isinstance(value, list | tuple):
            return all(map(is_plain, value))
        if isinstance(value, dict):
            return all(map(is_plain, value.values()))
        return value is None or type(value) in (np.ndarray, str, int, float, bool)

    assert is_plain(model._encoding)


def test_tags_say_what_it_takes():
    tags = default().__sklearn_tags__().input_tags
    assert tags.allow_nan and tags.categorical and tags.string and tags.sparse
    tags = default(categorical_features=None).__sklearn_tags__().input_tags
    assert tags.allow_nan and not tags.categorical and not tags.string


def test_one_row_one_class_or_only_categories_can_be_fitted():
    X, y = make_frame()
    assert default().fit(X[:1], [5]).predict(X).tolist() == [5] * len(X)
    assert set(default().fit(X, ["one"] * len(X)).predict(X)) == {"one"}
    only = X[["colour", "sold"]]
    assert default().fit(only, y).predict_proba(only).shape == (len(X), 2)
    assert default().fit(sparse.csr_array(np.eye(4)), [0, 1, 0, 1]).n_features_in_ == 4


def test_a_sparse_row_of_very_many_columns_costs_what_it_holds():
    columns = np.random.default_rng(0).integers(2**20, size=3000)
    X = sparse.csr_matrix((np.ones(3000), columns, np.arange(0, 3001, 10)), shape=(300, 2**20))
    model = fast(hidden_layer_sizes=(2,), max_iter=1).fit(X, np.arange(300) % 2)
    row = X[:1]
    model.predict_proba(row)
    tracemalloc.start()
    model.predict_proba(row)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e6


# Kinds of columns beyond numbers and categories


def make_staff(n_rows=300, seed=0, library=pd):
    """Staff with dates, amounts and titles as text, and classes that follow from all of them."""
    rng = np.random.default_rng(seed)
    hired = pd.Series(pd.date_range("2019-01-01", periods=n_rows, freq="29h"))
    words = ["engineer", "officer", "driver", "senior", "junior", "clerk", "fire", "bus"]
    titles = [" ".join(rng.choice(words, 3)) for _ in range(n_rows)]
    pay = rng.lognormal(8, 1, n_rows)
    summer, senior = hired.dt.month.isin([6, 7, 8]), pd.Series(titles).str.contains("senior")
    y = (1.0 * summer + 1.0 * senior + (pay > 4000)) > 1
    X = pd.DataFrame(
        {
            "hired": hired,
            "pay": ["?" if p < 800 else f"${p:,.2f}" for p in pay],
            "title": titles,
            "size": rng.normal(size=n_rows),
        }
    )
    return (X if library is pd else pl.from_pandas(X)), y.to_numpy().astype(int)


def staffed(**hyper_parameters):
    """A network that has seen the staff."""
    return default(**{"hidden_layer_sizes": (30,), "max_iter": 60} | hyper_parameters)


@pytest.mark.parametrize("library", [pd, pl])
def test_dates_amounts_and_words_are_learned_as_they_come(library):
    X, y = make_staff(900, library=library)
    model = staffed().fit(X[:600], y[:600])
    assert model.score(X[600:], y[600:]) > 0.9
    names = model.get_input_names()
    assert {"hired in days since 2019-01-01", "hired month=7", "pay as a number"} <= set(names)
    assert {"title has senior", "title has -ior"} <= set(names)
    assert len(names) == model.coefs_[0].shape[0]


def test_a_model_of_all_kinds_is_stored_and_told_from_no_other():
    X, y = make_staff()
    model = staffed().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    dates_as_text = X.assign(hired=X["hired"].astype(str))
    assert_array_equal(model.predict_proba(dates_as_text), model.predict_proba(X))


@pytest.mark.parametrize("library", ["polars"])
def test_rows_of_another_library_are_read_as_those_of_training(library):
    X, y = make_staff()
    model = staffed().fit(X, y)
    assert_array_equal(model.predict_proba(to_polars(X)), model.predict_proba(X))


def test_later_rows_may_lack_dates_numbers_and_words():
    X, y = make_staff()
    model = staffed().fit(X, y)
    later = X.assign(hired=pd.NaT, pay=None, title="quite new")
    P = model.predict_proba(later)
    assert np.isfinite(P).all()
    assert (P[:, 1].std() < model.predict_proba(X)[:, 1].std()).all()


def test_partial_fit_meets_kinds_as_its_first_call_has_found_them():
    X, y = make_staff(600)
    model = staffed(hidden_layer_sizes=(8,))
    for start in range(0, 600, 200):
        model.partial_fit(X[start : start + 200], y[start : start + 200], classes=[0, 1])
    assert np.isfinite(model.predict_proba(X)).all()
    first = staffed(hidden_layer_sizes=(8,)).partial_fit(X[:200], y[:200], classes=[0, 1])
    assert_array_equal(model.get_input_names(), first.get_input_names())


def test_rows_of_weight_zero_give_neither_terms_nor_levels():
    X, y = make_staff(200)
    more = pd.concat([X, X.assign(title="quite new words")])
    weights = np.repeat([1.0, 0.0], 200)
    model = fast().fit(more, np.tile(y, 2), sample_weight=weights)
    assert_array_equal(model.get_input_names(), fast().fit(X, y).get_input_names())


def test_an_ensemble_reads_every_kind():
    X, y = make_staff()
    network = staffed(l2=1e-3)
    ensemble = BackpropEnsembleClassifier(network, n_estimators=1, cv=2, random_state=0).fit(X, y)
    assert ensemble.score(X, y) > 0.9
    assert_array_equal(
        pickle.loads(pickle.dumps(ensemble)).predict_proba(X), ensemble.predict_proba(X)
    )
