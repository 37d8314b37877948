"""Fitted attributes that somebody has replaced: none reaches what believes them, each is named."""

import copy
import pickle

import numpy as np
import pytest
from models import fast
from sklearn.preprocessing import MinMaxScaler

from skbackprop import check_gradient
from skbackprop.network import activations
from skbackprop.tables.survey import NOTES

pytestmark = pytest.mark.usefixtures("unconverged")


def at(place, change):
    """Change what is at a place of a list or a dict."""

    def changed(things):
        things = things.copy()
        things[place] = change(things[place])
        return things

    return changed


def of(name, change):
    """Change an attribute of an object."""

    def changed(thing):
        thing = copy.deepcopy(thing)
        setattr(thing, name, change(getattr(thing, name)))
        return thing

    return changed


def update(name, change):
    return at("update", at(name, change))


NOT_TO_BE_READ = {  # attribute, change, what the error says
    "half precision": ("coefs_", at(0, lambda W: W.astype("f2")), r"coefs_\[0\].*float16"),
    "complex": ("coefs_", at(0, lambda W: W.astype("c8")), r"coefs_\[0\].*complex64"),
    "long": ("coefs_", at(1, lambda W: W.astype("g")), r"coefs_\[1\] must be an array of float32"),
    "two dtypes": ("coefs_", at(1, lambda W: W.astype("f4")), r"coefs_\[1\] is of float32, but"),
    "biases": ("intercepts_", at(1, lambda b: b.astype("f4")), r"intercepts_\[1\] is of float32"),
    "lists": ("coefs_", at(0, lambda W: W.tolist()), r"coefs_\[0\].*but is of list"),
    "no list": ("coefs_", lambda c: c[0], "coefs_ must be a list of arrays"),
    "a layer too few": ("coefs_", lambda c: c[:1], "coefs_ has 1 arrays, but intercepts_ has 2"),
    "a layer too many": ("coefs_", lambda c: [*c, c[1]], "coefs_ has 3 arrays"),
    "transposed": ("coefs_", at(1, np.transpose), r"coefs_\[1\] is of shape \(3, 6\)"),
    "flat": ("coefs_", at(0, np.ravel), r"coefs_\[0\] must have 2 dimensions, but has 1"),
    "a bias too few": ("intercepts_", at(0, lambda b: b[1:]), r"coefs_\[0\] is of shape"),
    "a row too few": (
        "coefs_",
        at(0, lambda W: W[1:]),
        r"coefs_\[0\] has 3 rows",
    ),
    "short mean": ("scaler_", of("mean_", lambda m: m[:1]), r"scaler_.mean_ must be an array of 4"),
    "no scale": ("scaler_", of("scale_", lambda _: None), r"scaler_.scale_ must be"),
    "integers": ("scaler_", of("var_", lambda v: v.astype(int)), r"scaler_.var_ must be"),
    "long mean": ("scaler_", of("mean_", lambda m: m.astype("g")), "scaler_.mean_ .* 64 bits"),
    "long scale": ("scaler_", of("scale_", lambda s: s.astype("g")), "scaler_.scale_ .* 64 bits"),
    "long variance": ("scaler_", of("var_", lambda v: v.astype("g")), "scaler_.var_ .* 64 bits"),
    "other scaler": ("scaler_", lambda _: MinMaxScaler(), r"scaler_.mean_ must be"),
    "activations": ("_activations", lambda a: [*a, "relu"], "coefs_ has 1 hidden layers, but .* 2"),
    "mixed": ("classes_", lambda _: np.array([1, "a", None], object), "classes_ must be numbers"),
    "no columns": ("n_features_in_", lambda _: 0, "n_features_in_ must be a number from 1"),
    "a column more": ("n_features_in_", lambda n: n + 1, "n_features_in_ is not of the columns"),
    "a name": ("feature_names_in_", lambda _: "abcd", "feature_names_in_ must be an array of str"),
    "numbered": ("feature_names_in_", lambda _: np.arange(4), "feature_names_in_ must be an arr"),
    "no kinds": ("_column_kinds", lambda _: True, "_column_kinds must be a list of 4, or None"),
    "a kind too few": ("_column_kinds", lambda _: [["number", {}]] * 3, "must be a list of 4"),
    "categories": ("_column_kinds", lambda _: [["category", {}]] * 4, "is_categorical_ is not wh"),
    "odd kinds": ("_column_kinds", lambda _: [["number", {"a": 1}]] * 4, "other fitted attrib"),
    "no notes": ("_column_notes", lambda _: 3, "_column_notes must have a list of 4 for each of"),
    "a note too few": (
        "_column_notes",
        lambda _: {key: [] for key in NOTES},
        "must have a list of 4",
    ),
    "other notes": ("_column_notes", lambda _: {"why": ["so"] * 4}, "each of example, missing, un"),
    "mask as list": ("is_categorical_", lambda _: [False] * 4, "is_categorical_ must be an array"),
    "mask of int": ("is_categorical_", lambda _: np.zeros(4, int), "must be an array of 4 bools"),
    "other mask": ("is_categorical_", lambda _: np.ones(4, bool), "is_categorical_ is not what"),
    "objects": ("classes_", lambda c: c.astype(object), "classes_ must be numbers, or strings"),
    "unheard-of loss": ("_loss", lambda _: {"name": "word"}, "loss='word', which is not regist"),
    "no loss": ("_loss", lambda _: 3, "other fitted attributes are not"),
    "unheard-of type": ("_type_of_target", lambda _: "word", "other fitted attributes are not"),
}
NOT_TO_GO_ON_FROM = {
    "NaN": ("coefs_", at(0, lambda W: W * np.nan), r"coefs_\[0\] is not finite"),
    "infinite bias": (
        "intercepts_",
        at(1, lambda b: b + np.inf),
        r"intercepts_\[1\] is not finite",
    ),
    "unsorted": ("classes_", lambda c: c[::-1], "classes_ must be sorted"),
    "twice": ("classes_", lambda c: c // 2, "classes_ must be sorted"),
    "a class too few": ("classes_", lambda c: c[:2], "classes_ must be an array of 3"),
    "negative variance": ("scaler_", of("var_", lambda v: -v), "scaler_.var_ must be finite"),
    "mean of NaN": ("scaler_", of("mean_", lambda m: m * np.nan), "scaler_.mean_ must be finite"),
    "no deviation": ("scaler_", of("scale_", lambda v: v * 0), "scaler_.scale_ must be finite"),
    "seen": ("scaler_", of("n_samples_seen_", lambda _: [1]), "scaler_.n_samples_seen_ must be"),
    "epochs": ("n_iter_", lambda _: 2.5, "n_iter_ must be a number from 0"),
    "updates": ("t_", lambda _: -1, "t_ must be a number from 0"),
    "curve": ("loss_curve_", lambda c: np.array(c), "loss_curve_ must be a list"),
    "scores": ("validation_scores_", lambda _: 3, "validation_scores_ must be a list or None"),
    "no dict": ("_continuation", lambda _: 3, "_continuation has other entries"),
    "no seed": ("_continuation", at("seed", lambda _: None), "'seed'"),
    "slowdown": ("_continuation", at("slowdown", lambda _: 0.0), "'slowdown'"),
    "l2": ("_continuation", at("l2_factor", lambda _: {}), "'l2_factor'"),
    "mass": ("_continuation", at("class_mass", lambda _: np.ones(7)), "'class_mass'"),
    "mass in a list": ("_continuation", at("class_mass", lambda m: m.tolist()), "'class_mass'"),
    "watched": ("_continuation", at("watched", lambda _: {}), "'watched'"),
    "update": ("_continuation", at("update", lambda _: []), "'update'.* must be a dict"),
    "moments": ("_continuation", update("m", lambda m: m[:3]), r"\['m'\] must be finite, of"),
    "counts": ("_continuation", update("n_steps", lambda n: -n), r"\['n_steps'\]"),
    "last count": ("_continuation", update("n_steps", lambda n: n * 0 + (2**63 - 1)), "'n_steps'"),
    "of NaN": ("_continuation", update("v", lambda v: v * np.nan), r"\['v'\] must be finite"),
}
EITHER = NOT_TO_BE_READ | NOT_TO_GO_ON_FROM


def fitted(iris):
    options = {"solver": "adam", "max_iter": 3, "warm_start": True}
    return fast(hidden_layer_sizes=(6,), **options).fit(*iris)


@pytest.mark.parametrize("case", EITHER)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_no_training_goes_on_from_what_does_not_belong_to_the_model(iris, case, method):
    name, change, message = EITHER[case]
    model = fitted(iris)
    setattr(model, name, change(getattr(model, name, None)))
    before = pickle.dumps(vars(model))
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(*iris)
    assert pickle.dumps(vars(model)) == before


@pytest.mark.parametrize("case", NOT_TO_BE_READ)
def test_nothing_is_predicted_from_what_does_not_fit_together(iris, case):
    name, change, message = NOT_TO_BE_READ[case]
    model = fitted(iris)
    setattr(model, name, change(getattr(model, name, None)))
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(ValueError, match=message):
            getattr(model, method)(iris[0])
    with pytest.raises(ValueError, match=message):
        check_gradient(model, *iris)


def test_weights_that_are_not_finite_predict_nothing(iris):
    model = fitted(iris)
    model.coefs_[1][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"coefs_\[1\] or intercepts_\[1\] is not finite"):
        model.predict_proba(iris[0])


def test_labels_that_are_too_few_are_not_predicted(iris):
    model = fitted(iris)
    model.classes_ = model.classes_[:2]
    with pytest.raises(ValueError, match="classes_ must be an array of 3"):
        model.predict(iris[0])


def test_what_is_missing_is_named(iris):
    model = fitted(iris)
    del model.intercepts_, model.scaler_
    with pytest.raises(ValueError, match="are missing: intercepts_, scaler_"):
        model.predict(iris[0])


def test_an_activation_that_is_not_registered_here_is_named(iris, monkeypatch):
    monkeypatch.setitem(activations.ACTIVATIONS, "new", activations.Tanh())
    model = fast(activation="new").fit(*iris)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"activation='new', which is not registered here"):
        model.predict(iris[0])


def test_the_like_of_what_fit_has_left_is_taken(iris):
    X, y = iris
    model, other = fitted(iris), fitted(iris)
    other.coefs_ = [np.asfortranarray(W.astype(">f8")) for W in other.coefs_]
    other.intercepts_ = tuple(b.astype(">f8") for b in other.intercepts_)
    np.testing.assert_allclose(other.predict_proba(X), model.predict_proba(X), rtol=1e-12)
    one, two = model.partial_fit(X, y), other.partial_fit(X, y)
    np.testing.assert_allclose(one.coefs_[0], two.coefs_[0], rtol=1e-9)
    model.classes_ = np.array(["a", "b", "c"])
    assert set(model.partial_fit(X, model.classes_[y]).predict(X)) <= {"a", "b", "c"}
    model.coefs_[0][:2] = 0
    assert np.isfinite(model.predict_log_proba(X)).all()


def test_what_others_set_meanwhile_stays(iris):
    class Keeper(type(fast())):
        def __getstate__(self):
            return {k: v for k, v in super().__getstate__().items() if k != "secret"}

    def scorer(model, X, y):
        keeper.noted = keeper.__dict__.get("noted", 0) + 1
        return 0.5

    keeper = Keeper(max_iter=2, tol=None, scoring=scorer)
    keeper.secret = object()
    secret = keeper.secret
    keeper.fit(*iris)
    keeper.set_params(scoring="loss").partial_fit(*iris)
    assert keeper.secret is secret and keeper.noted == 2
