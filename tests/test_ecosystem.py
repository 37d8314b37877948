"""scikit-learn's searches, ensembles and pipelines work with the classifier as with any other."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skbackprop import BackpropClassifier

pytestmark = pytest.mark.usefixtures("unconverged")


def fast(**hyper_parameters):
    return BackpropClassifier(**{"max_iter": 5, "tol": None, "random_state": 0} | hyper_parameters)


DISTRIBUTIONS = {
    "hidden_layer_sizes": [(), 5, (8, 4), np.array([6])],
    "activation": ["tanh", "relu", "softplus"],
    "solver": ["sgd", "adam"],
    "l1": loguniform(1e-6, 1e-2),
    "l2": loguniform(1e-6, 1e-1),
    "batch_size": randint(1, 64),
    "learning_rate": ["constant", "inverse", "power", "adaptive"],
    "learning_rate_init": loguniform(1e-3, 1e-1),
    "delta": uniform(0, 1),
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
