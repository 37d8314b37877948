"""scikit-learn's searches, ensembles and pipelines work with the classifier as with any other."""

import html
import pickle
import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from models import fast
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFECV, SelectFromModel
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier

pytestmark = pytest.mark.usefixtures("unconverged")


DISTRIBUTIONS = {
    "hidden_layer_sizes": [(), 5, (8, 4), np.array([6])],
    "activation": ["tanh", "relu", "softplus"],
    "solver": ["sgd", "adam"],
    "l1": loguniform(1e-6, 1e-2),
    "l2": loguniform(1e-6, 1e-1),
    "batch_size": randint(1, 64),
    "learning_rate": ["constant", "inverse", "power", "adaptive", "linear", "cosine"],
    "learning_rate_init": loguniform(1e-3, 1e-1),
    "delta": uniform(0, 1),
    "min_frequency": randint(1, 5),
    "learning_rate_hold": randint(0, 100),
    "momentum": uniform(0, 0.95),
    "beta_1": uniform(0, 0.99),
    "beta_2": uniform(0.9, 0.0999),
    "epsilon": loguniform(1e-10, 1e-4),
    "max_iter": randint(1, 8),
    "tol": loguniform(1e-6, 1e-2),
    "n_iter_no_change": randint(1, 20),
    "validation_fraction": uniform(0.1, 0.4),
    "early_stopping": [True, False],
}


def importance(network):
    """How large the weights of each column of X are, over all inputs that come from it."""
    squares = np.square(network.coefs_[0]).sum(axis=1)
    return np.bincount(network.get_input_columns(), squares, network.n_features_in_)


@pytest.mark.parametrize("with_missing", [False, True])
def test_columns_are_eliminated_by_the_weights_of_their_inputs(rng, with_missing):
    X = rng.normal(size=(400, 6))
    y = ((np.abs(X[:, 1]) > 0.7) ^ (X[:, 4] > 0)).astype(int)
    X[rng.random(X.shape) < 0.02 * with_missing] = np.nan
    network = BackpropClassifier((16,), random_state=0)
    assert len(network.fit(X, y).coefs_[0]) > 6 * 16
    search = RFECV(network, cv=3, importance_getter=importance).fit(X, y)
    assert set(np.flatnonzero(search.support_)) >= {1, 4}
    assert search.score(X, y) > 0.85
    chosen = SelectFromModel(network, importance_getter=importance, max_features=2, threshold=0)
    assert np.flatnonzero(chosen.fit(X, y).get_support()).tolist() == [1, 4]


def test_randomized_search_draws_every_numeric_parameter(iris):
    space = dict(DISTRIBUTIONS)
    one_depth = {"activation": "relu"}  # a list of names goes with one depth only
    search = RandomizedSearchCV(
        fast(**one_depth), space, n_iter=25, cv=3, random_state=0, error_score="raise"
    ).fit(*iris)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    numeric = {k for k, v in BackpropClassifier().get_params().items() if type(v) in (int, float)}
    assert numeric <= space.keys()


def test_grid_search_gives_the_same_result_with_one_and_two_jobs(iris):
    grid = {"hidden_layer_sizes": [(5,), (10, 5)], "momentum": [0.0, 0.9], "delta": [1e-3, 1e-2]}
    one, two = (
        GridSearchCV(fast(), grid, cv=3, scoring="neg_log_loss", n_jobs=n).fit(*iris)
        for n in (1, 2)
    )
    assert np.array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    for a, b in zip(one.best_estimator_.coefs_, two.best_estimator_.coefs_, strict=True):
        assert np.array_equal(a, b)


def test_halving_search_takes_max_iter_as_its_resource(iris):
    search = HalvingGridSearchCV(
        fast(),
        {"learning_rate_init": [1e-4, 1e-2, 1e-1]},
        resource="max_iter",
        max_resources=20,
        min_resources=2,
        cv=3,
        random_state=0,
    ).fit(*iris)
    assert search.best_estimator_.n_iter_ == search.n_resources_[-1] == 6
    assert search.score(*iris) > 0.9


def test_cross_validation_and_ensembles_work(iris):
    X, y = iris
    model = fast(max_iter=30)
    proba = cross_val_predict(model, X, y, cv=5, method="predict_proba")
    assert accuracy_score(y, proba.argmax(axis=1)) > 0.9
    for ensemble in (
        CalibratedClassifierCV(model, cv=3),
        CalibratedClassifierCV(model, method="isotonic", cv=3),
        VotingClassifier([("a", model), ("b", LogisticRegression(max_iter=500))], voting="soft"),
        BaggingClassifier(model, n_estimators=3, random_state=0),
    ):
        assert clone(ensemble).fit(X, y).score(X, y) > 0.9


def test_partial_dependence_of_a_column_of_text_is_the_mean_where_all_rows_have_its_value():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.standard_normal(200), "town": rng.choice(["a", "b", "c"], 200)})
    y = (X["size"] > 0) ^ (X["town"] == "b")
    X.loc[::9, "size"] = np.nan
    model = BackpropClassifier(random_state=0, max_iter=20).fit(X, y)
    found = partial_dependence(model, X, ["town"], categorical_features=["town"])
    expected = [model.predict_proba(X.assign(town=town))[:, 1].mean() for town in "abc"]
    np.testing.assert_allclose(found["average"][0], expected)
    assert found["grid_values"][0].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("kind", [BackpropClassifier, BackpropEnsembleClassifier])
def test_packages_that_ask_as_scikit_learn_once_did_find_a_classifier(kind):
    assert kind()._estimator_type == "classifier"


def test_a_pickled_pipeline_predicts_the_same(iris):
    X = pd.DataFrame(iris[0], columns=list("abcd")).assign(e=np.where(iris[1] > 1, "u", "v"))
    y = np.array(["x", "y", "z"])[iris[1]]
    columns = make_column_transformer((OneHotEncoder(), ["e"]), remainder="passthrough")
    pipeline = make_pipeline(columns, fast()).fit(X, y)
    again = pickle.loads(pickle.dumps(pipeline))
    assert np.array_equal(pipeline.predict_proba(X), again.predict_proba(X))


def test_a_clone_has_the_parameters_and_none_of_the_training(iris):
    model = fast(hidden_layer_sizes=[4, 3], class_weight={0: 1, 1: 2, 2: 3}).fit(*iris)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not [name for name in vars(copy) if name.endswith("_")]
    assert all(getattr(copy, k) is v for k, v in copy.get_params().items())


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def mixed_data(n, seed):
    """Columns on several scales and one of names, and labels that depend on all."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "size": rng.normal(1e3, 50, size=n),
            "slope": rng.normal(scale=1e-2, size=n),
            "kind": rng.choice(["u", "v", "w"], size=n),
        }
    )
    value = (X["size"] - 1e3) / 50 + X["slope"] * 100 + 2 * (X["kind"] == "u")
    return X, np.where(value > 0.5, "yes", "no")


def encoding_pipeline(**hyper_parameters):
    """A scaler and an encoder before a network, whose validation data they transform too."""
    network = fast(early_stopping=True, standardize=False, **hyper_parameters)
    network.set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    columns = make_column_transformer((OneHotEncoder(), ["kind"]), (scaler, ["size", "slope"]))
    return Pipeline([("columns", columns), ("net", network)], transform_input=["X_val"])


def validation_loss(pipeline, X_val, y_val):
    """The mean loss, by hand, of validation data that go through all steps."""
    log_proba = pipeline.predict_log_proba(X_val)
    return -log_proba[np.arange(len(y_val)), np.searchsorted(pipeline.classes_, y_val)].mean()


def assert_was_validated_on(pipeline, X_val, y_val):
    best = min(pipeline[-1].validation_loss_curve_)
    assert best == pytest.approx(validation_loss(pipeline, X_val, y_val), rel=1e-9)


def test_validation_data_pass_through_a_scaler_and_an_encoder(routing):
    (X, y), (X_val, y_val) = mixed_data(200, 0), mixed_data(80, 1)
    pipeline = encoding_pipeline().fit(X, y, X_val=X_val, y_val=y_val)
    assert_was_validated_on(pipeline, X_val, y_val)
    assert pipeline.score(X_val, y_val) > 0.9


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_validation_data_reach_every_fit_of_a_search_and_of_a_cross_validation(routing, n_jobs):
    (X, y), (X_val, y_val) = mixed_data(200, 0), mixed_data(80, 1)
    given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": np.full(80, 2.0)}
    options = {"cv": 3, "n_jobs": n_jobs, "error_score": "raise"}
    search = GridSearchCV(encoding_pipeline(), {"net__l2": [1e-4, 1e-2]}, **options)
    assert_was_validated_on(search.fit(X, y, **given).best_estimator_, X_val, y_val)
    results = cross_validate(
        encoding_pipeline(), X, y, params=given, return_estimator=True, **options
    )
    for pipeline in results["estimator"]:
        assert_was_validated_on(pipeline, X_val, y_val)


@pytest.mark.parametrize("routed", [False, True])
def test_a_search_cuts_validation_data_as_long_as_x_unless_a_row_of_no_weight_is_added(
    iris, routed
):
    X, y = iris
    rng = np.random.default_rng(0)
    X_val, lengths = X + rng.normal(scale=0.1, size=X.shape), []

    def count_rows(model, X, y):
        lengths.append(len(y))
        return 0.5

    def lengths_seen(X_val, y_val, weights):
        lengths.clear()
        with sklearn.config_context(enable_metadata_routing=routed):
            model = fast(max_iter=1, early_stopping=True, scoring=count_rows)
            if routed:
                model.set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
            search = GridSearchCV(model, {"l2": [1e-3]}, cv=3)
            search.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
        return lengths[:], search.best_estimator_.validation_loss_curve_

    cut, whole_loss = lengths_seen(X_val, y, np.ones(150))
    longer = np.append(X_val, X_val[:1], axis=0), np.append(y, y[0]), np.append(np.ones(150), 0)
    whole, same_loss = lengths_seen(*longer)
    assert cut == [100, 100, 100, 150]
    assert whole == [151, 151, 151, 151]
    assert same_loss == pytest.approx(whole_loss, rel=1e-12)


def test_what_can_be_routed_are_weights_classes_and_validation_data(routing):
    requests = BackpropClassifier().get_metadata_routing()
    assert set(requests.fit.requests) == {"sample_weight", "X_val", "y_val", "sample_weight_val"}
    assert set(requests.partial_fit.requests) == {"sample_weight", "classes"}
    assert set(requests.score.requests) == {"sample_weight"}


def test_sample_weights_are_routed_to_partial_fit(iris, routing):
    X, y = iris
    weights = np.random.default_rng(0).uniform(size=150)
    one_vs_rest = OneVsRestClassifier(fast().set_partial_fit_request(sample_weight=True))
    one_vs_rest.partial_fit(X, y, classes=[0, 1, 2], sample_weight=weights)
    for k, network in enumerate(one_vs_rest.estimators_):
        expected = fast().partial_fit(X, y == k, classes=[False, True], sample_weight=weights)
        assert np.array_equal(network.coefs_[0], expected.coefs_[0])


@pytest.fixture
def hosted_pages(monkeypatch):
    template = "https://pages.example/{estimator_module}.{estimator_name}.html"
    monkeypatch.setattr(BackpropClassifier, "_doc_link_template", template)
    return "https://pages.example/skbackprop.classifier.BackpropClassifier.html"


def tooltips(html):
    """Name and text of each tooltip."""
    pattern = r'<span class="param-doc-description".*?>\s*(\w+): (.*?)</span>'
    return dict(re.findall(pattern, html, re.DOTALL))


def test_without_hosted_pages_the_html_has_no_link_to_anywhere():
    html = BackpropClassifier()._repr_html_()
    assert "BackpropClassifier" in html
    assert "http" not in "".join(re.findall(r'href="(.*?)"', html))


def test_the_html_links_to_the_page_of_the_classifier(hosted_pages):
    assert f'href="{hosted_pages}"' in BackpropClassifier()._repr_html_()


@pytest.mark.skipif(
    not tooltips(LogisticRegression()._repr_html_()), reason="this scikit-learn has no tooltips"
)
def test_the_html_explains_every_parameter(hosted_pages):
    found = tooltips(BackpropClassifier()._repr_html_())
    assert found.keys() == BackpropClassifier().get_params().keys()
    description = html.unescape(found["beta_2"])
    assert description.endswith("Decay of the second moment in 'adam', in [0, 1).")


@pytest.mark.skipif(
    "Fitted attributes" not in LogisticRegression().fit([[0], [1]], [0, 1])._repr_html_(),
    reason="this scikit-learn shows no fitted attributes",
)
def test_the_html_shows_and_explains_every_fitted_attribute(hosted_pages, iris):
    X, y = pd.DataFrame(iris[0]).add_prefix("c"), iris[1]
    model = fast(early_stopping=True).fit(X, y)
    _, table = model._repr_html_().split("Fitted attributes")
    names = {name for name in vars(model) if name.endswith("_")}
    assert tooltips(table).keys() == names
    row = r'n_iter_: int<br>.*?<td class="fitted-att-type">int</td>\s*<td>5</td>'
    assert re.search(row, table, re.DOTALL)


def test_validation_data_passes_through_a_pipeline_by_metadata_routing(iris):
    X, y = iris
    with sklearn.config_context(enable_metadata_routing=True):
        network = fast(early_stopping=True, standardize=False, learning_rate_init=0.01)
        network.set_fit_request(X_val=True, y_val=True, sample_weight=True)
        pipeline = Pipeline(
            [("scale", StandardScaler().set_fit_request(sample_weight=False)), ("net", network)],
            transform_input=["X_val"],
        )
        pipeline.fit(
            X[::2], y[::2], X_val=X[1::2], y_val=y[1::2], sample_weight=np.ones(len(y[::2]))
        )
    scaled = pipeline[:-1].transform(X[1::2])
    loss = -pipeline[-1].predict_log_proba(scaled)[np.arange(75), y[1::2]].mean()
    assert loss == pytest.approx(min(pipeline[-1].validation_loss_curve_), rel=1e-9)


def test_sample_weights_are_routed_in_cross_validation(iris):
    X, y = iris
    weights = np.where(y == 0, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = (
            fast(max_iter=30)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True)
        )
        results = cross_validate(
            model, X, y, params={"sample_weight": weights}, cv=3, return_estimator=True
        )
    assert (results["test_score"] > 0.8).all()
    for model in results["estimator"]:
        assert (model.predict(X[y > 0]) > 0).all()
