"""Attributes of an ensemble that somebody has replaced: each is named, none is read."""

import copy

import numpy as np
import pandas as pd
import pytest
from models import ensemble

from skbackprop import BackpropEnsembleRegressor, BackpropRegressor

pytestmark = pytest.mark.usefixtures("unconverged")

RNG = np.random.default_rng(0)
X = pd.DataFrame({"size": RNG.normal(size=60), "colour": RNG.choice([*"abc"], 60)})
Y = np.arange(60) % 3
FITTED = ensemble(warm_start=True, variants=[{}, {"l2": 0.1}]).fit(X, Y)
OTHER = {  # what has other outputs, and other columns
    "outputs": ensemble().fit(X, Y % 2),
    "columns": ensemble().fit(X[["size"]], Y),
}


def with_one_of(name):
    """Replace the second network by one of another ensemble."""
    return lambda members: [members[0], OTHER[name].estimators_[0], *members[2:]]


NOT_TO_BE_READ = {  # attribute, change, what the error says
    "no networks": ("estimators_", lambda _: [], "estimators_ must be networks of this package"),
    "one network": ("estimators_", lambda m: m[0], "estimators_ must be networks of this package"),
    "no network": ("estimators_", lambda m: [*m[:-1], None], "estimators_ must be networks"),
    "other outputs": ("estimators_", with_one_of("outputs"), r"estimators_\[1\] has other outputs"),
    "other columns": ("estimators_", with_one_of("columns"), r"estimators_\[1\] has other outputs"),
    "a weight too few": ("weights_", lambda w: w[1:], "weights_ must be an array of"),
    "weights in a list": ("weights_", lambda w: w.tolist(), "weights_ must be an array of"),
    "no weight": ("weights_", lambda w: w * 0, "weights_ must be .* not all 0"),
    "a weight below 0": ("weights_", lambda w: w - 0.9, "weights_ must be .* of at least 0"),
    "weights of NaN": ("weights_", lambda w: w * np.nan, "weights_ must be an array of"),
    "temperature": ("temperature_", lambda _: 0.0, "temperature_ must be a number"),
    "a word as temperature": ("temperature_", lambda _: "hot", "temperature_ must be a number"),
    "mask as list": ("is_categorical_", lambda m: m.tolist(), "is_categorical_ must be an array"),
    "width": ("n_features_in_", lambda n: n + 1, "_column_kinds must be a list of 3"),
    "type": (
        "_type_of_target",
        lambda t: [t],
        "estimators_, .* other fitted attributes are not what",
    ),
    "names": ("feature_names_in_", lambda _: 3, "feature_names_in_ must be an array of strings"),
}
NOT_TO_GROW = {
    "variants": ("_variants", lambda v: v[1:], "_variants must be a list of"),
    "no list": ("_variants", lambda v: np.array(v), "_variants must be a list of"),
    "a variant beyond": ("_variants", lambda v: [*v[1:], 2], "_variants must be a number from 0"),
    "a word": ("_variants", lambda v: [*v[1:], "a"], "_variants must be a number from 0 to 1"),
    "no dicts": ("variants_", lambda _: ["a"], "variants_ must be a list of dicts"),
    "one weight": ("variant_weights_", lambda w: w[:1], "variant_weights_ must be an array of 2"),
    "networks": ("_n_on_all_rows", lambda _: 100, "_n_on_all_rows must be a number from 0"),
    "half a network": ("_n_on_all_rows", lambda _: 1.5, "_n_on_all_rows must be a number"),
    "seed": ("_seed", lambda _: -1, "_seed must be a number from 0"),
    "factor": ("l2_factor_", lambda _: "a", "l2_factor_ must be a number from 0"),
    "losses": ("l2_validation_losses_", lambda _: 3, "l2_validation_losses_ must be a dict"),
    "like": ("estimator_", lambda _: object, "estimator_ must be networks of this package"),
}


def tampered(name, change):
    """Return a fitted ensemble with another value of an attribute."""
    model = copy.deepcopy(FITTED)
    setattr(model, name, change(getattr(model, name)))
    return model


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
@pytest.mark.parametrize("case", NOT_TO_BE_READ)
def test_nothing_is_predicted_from_what_does_not_fit_together(case, method):
    name, change, message = NOT_TO_BE_READ[case]
    with pytest.raises(ValueError, match=message) as caught:
        getattr(tampered(name, change), method)(X)
    assert "fitted attributes may be replaced by the like" in str(caught.value)


@pytest.mark.parametrize("case", NOT_TO_BE_READ | NOT_TO_GROW)
def test_no_network_is_added_to_what_does_not_fit_together(case):
    name, change, message = (NOT_TO_BE_READ | NOT_TO_GROW)[case]
    model = tampered(name, change).set_params(n_estimators=3)
    with pytest.raises(ValueError, match=message) as caught:
        model.fit(X, Y)
    assert "fitted attributes may be replaced by the like" in str(caught.value)


def test_no_columns_are_described_by_what_does_not_fit_together():
    for case in ("no network", "width", "names", "networks", "half a network"):
        name, change, message = (NOT_TO_BE_READ | NOT_TO_GROW)[case]
        model = tampered(name, change)
        with pytest.raises(ValueError, match=message):
            model.describe_columns()
        assert "columns: " not in model._repr_html_()


def test_networks_may_be_weighed_otherwise():
    model = copy.deepcopy(FITTED)
    model.weights_ = np.eye(len(model.estimators_))[0]
    expected = model.estimators_[0].decision_function(X) / model.temperature_
    centred = [A - A.mean(axis=1, keepdims=True) for A in (expected, model.decision_function(X))]
    np.testing.assert_allclose(*centred, atol=1e-6)


NO_ERRORS = {
    "another name": (lambda k: {"errors": k["errors"]}, "_out_of_fold must be a dict of predicted"),
    "no dict": (lambda k: 3, "_out_of_fold must be a dict of predicted, errors, spread, weights"),
    "rows": (lambda k: k | {"errors": k["errors"][1:]}, r"'errors'\] must be .* shape \(60, 1\)"),
    "words": (lambda k: k | {"spread": "none"}, r"'spread'\] must be an array of float64"),
    "integers": (lambda k: k | {"predicted": k["predicted"].astype(int)}, r"'predicted'\] must be"),
    "NaN": (lambda k: k | {"weights": k["weights"] * np.nan}, r"'weights'\] must be finite"),
    "below 0": (lambda k: k | {"weights": -k["weights"]}, r"'weights'\] must be .* none below 0"),
}


@pytest.mark.parametrize("case", NO_ERRORS)
def test_no_error_is_told_by_what_is_not_out_of_fold(case):
    change, message = NO_ERRORS[case]
    network = BackpropRegressor((2,), max_iter=2)
    model = BackpropEnsembleRegressor(network, n_estimators=2, cv=2, random_state=0).fit(X, Y)
    model._out_of_fold = change(model._out_of_fold)
    assert np.isfinite(model.predict(X)).all()
    for tell in (model.predict_interval, lambda X: model.predict(X, return_std=True)):
        with pytest.raises(ValueError, match=message) as caught:
            tell(X)
        assert "fitted attributes may be replaced by the like" in str(caught.value)
