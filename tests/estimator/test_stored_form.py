"""A stored model tells which version has stored it, and another one whether it can read that."""

import copy
import io
import pickle
from inspect import signature

import joblib
import numpy as np
import pandas as pd
import pytest
from models import ensemble, fast
from sklearn.ensemble import HistGradientBoostingClassifier

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    BackpropEnsembleRegressor,
    BackpropRegressor,
    __version__,
)
from skbackprop.estimator.stored_form import FORM
from skbackprop.tables.kinds import KINDS

pytestmark = pytest.mark.usefixtures("unconverged")

RNG = np.random.default_rng(0)
X = pd.DataFrame({"size": RNG.normal(size=60), "colour": RNG.choice([*"abc"], 60)})
X.loc[::7, "size"] = np.nan
Y = np.arange(60) % 3
LATER = "99.0.0"
OF_NUMBERS = BackpropRegressor((5,), l2=1e-4, max_iter=5, random_state=0)
MODELS = {
    "network": fast(numeric_encoding="auto"),
    "ensemble": ensemble(),
    "network of numbers": OF_NUMBERS,
    "ensemble of numbers": BackpropEnsembleRegressor(
        OF_NUMBERS, 2, cv=2, variants=None, random_state=0
    ),
}
each_model = pytest.mark.parametrize("kind", MODELS)


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


def by_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    return joblib.load(io.BytesIO(file.getvalue()))


def by_skops(model):
    skops = pytest.importorskip("skops.io")
    file = skops.dumps(model)
    return skops.loads(file, trusted=skops.get_untrusted_types(data=file))


WAYS = [by_pickle, by_joblib, by_skops, copy.copy]
each_way = pytest.mark.parametrize("way", WAYS)
CURVES = "loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_"


def fitted(kind="network"):
    return copy.deepcopy(MODELS[kind]).fit(X, Y)


def parts(model):
    """Return a model and, of an ensemble, its networks."""
    return [model, *getattr(model, "estimators_", [])]


def written_by(model, version=__version__, form=FORM):
    """Return a model as if another version had stored it."""
    for part in parts(model):
        part._writer = {"form": form, "version": version}
    return model


def tampered(model, name, change):
    """Return a model that has, and whose networks have, another dict as this attribute."""
    for part in parts(model):
        if hasattr(part, name):
            setattr(part, name, change(getattr(part, name)))
    return model


def with_more(things):
    return things | {"invented": 3}


def with_less(things):
    return dict(list(things.items())[1:])


@each_model
def test_a_fitted_model_knows_the_version_that_has_fitted_it(kind):
    model = fitted(kind)
    for part in parts(model):
        assert part._writer == {"form": FORM, "version": __version__}


@each_model
@each_way
@pytest.mark.parametrize("version", ["0.0.1", __version__, LATER])
def test_a_version_with_the_same_form_is_read_in_silence(kind, way, version):
    model = written_by(fitted(kind), version)
    assert np.array_equal(way(model).predict(X), model.predict(X))


@each_model
@each_way
def test_another_form_is_refused_where_it_is_loaded_and_both_versions_are_named(kind, way):
    model = written_by(fitted(kind), LATER, FORM + 1)
    message = rf"stored by skbackprop {LATER} \(form {FORM + 1}\), .* {__version__} .*fit it anew"
    with pytest.raises(ValueError, match=message):
        way(model)


@each_model
@pytest.mark.parametrize("writer", [None, 3, {"form": FORM}], ids=repr)
def test_a_model_that_does_not_say_who_has_stored_it_is_refused(kind, writer):
    model = fitted(kind)
    model._writer = writer
    with pytest.raises(ValueError, match="of an unknown version"):
        by_pickle(model)
    del model._writer
    with pytest.raises(ValueError, match="of an unknown version"):
        by_pickle(model)


@each_way
@pytest.mark.parametrize(
    "kind",
    [
        BackpropClassifier,
        BackpropRegressor,
        BackpropEnsembleClassifier,
        BackpropEnsembleRegressor,
    ],
)
def test_a_model_that_is_not_fitted_has_no_form(kind, way):
    assert repr(way(kind(random_state=3))) == repr(kind(random_state=3))


@each_model
@pytest.mark.parametrize("change", [with_more, with_less])
@pytest.mark.parametrize("name", ["_encoding", "_loss"])
def test_what_another_version_has_stored_otherwise_is_told_as_its_own(kind, change, name):
    model = by_pickle(tampered(written_by(fitted(kind), LATER), name, change))
    with pytest.raises(ValueError, match=f"stored by skbackprop {LATER} .*{__version__}") as caught:
        model.predict(X)
    assert "may be replaced" not in str(caught.value)


@each_model
@pytest.mark.parametrize("version", [__version__, LATER])
def test_a_kind_of_columns_that_remembers_other_things_is_told_likewise(kind, version):
    model = written_by(fitted(kind), version)
    model._column_kinds = [[name, {"invented": 3}] for name, _ in model._column_kinds]
    told = "may be replaced" if version == __version__ else f"stored by skbackprop {LATER}"
    with pytest.raises(ValueError, match=told):
        model.predict(X)
    if kind in ("network", "network of numbers"):  # an ensemble reads the columns of each fit anew
        with pytest.raises(ValueError, match=told):
            model.set_params(warm_start=True).fit(X, Y)


@each_model
@pytest.mark.parametrize("change", [with_more, with_less])
def test_what_this_version_has_not_stored_is_told_as_replaced(kind, change):
    model = by_pickle(tampered(fitted(kind), "_encoding", change))
    with pytest.raises(ValueError, match="fitted attributes may be replaced by the like"):
        model.predict(X)


@pytest.mark.parametrize("change", [with_more, with_less])
@pytest.mark.parametrize("name", ["_settings", "_continuation"])
def test_no_training_goes_on_from_what_another_version_has_stored_otherwise(change, name):
    model = fast(warm_start=True).fit(X[["size"]], Y)
    tampered(written_by(model, LATER), name, change)
    with pytest.raises(ValueError, match=f"stored by skbackprop {LATER}"):
        model.fit(X[["size"]], Y)


@pytest.mark.parametrize("way", [*WAYS, copy.deepcopy])
@pytest.mark.parametrize("solver", ["sgd", "newton"])  # which has no learning rate: NaN
def test_curves_are_lists_of_the_same_floats_however_they_were_stored(way, solver):
    model = fast(solver=solver, scoring="accuracy", max_iter=3, warm_start=True)
    held = {"X_val": X, "y_val": Y}
    model.fit(X, Y).fit(X, Y, **held)
    again = way(model)
    for name in CURVES:
        before, after = getattr(model, name), getattr(again, name)
        assert type(after) is list and {type(value) for value in after} == {float}
        assert len(after) == model.n_iter_ and np.array_equal(after, before, equal_nan=True)
    assert np.isnan(again.validation_scores_[: len(again.loss_curve_) // 2]).any()
    again.fit(X, Y)
    assert len(again.loss_curve_) == again.n_iter_ > model.n_iter_


def test_a_model_of_few_rows_is_stored_in_little_more_than_its_numbers():
    numbers = RNG.normal(size=(80, 5))
    y = (numbers[:, 0] > 0).astype(int)
    model = BackpropClassifier(max_iter=1000, tol=None, random_state=0).fit(numbers, y)
    n_bytes = 8 * (sum(a.size for a in model.coefs_ + model.intercepts_) + 2 * model.n_iter_)
    skops = pytest.importorskip("skops.io")
    trees = HistGradientBoostingClassifier().fit(numbers, y)
    assert len(pickle.dumps(model)) < n_bytes + 8192
    assert len(skops.dumps(model)) < n_bytes + 65536 < len(skops.dumps(trees))


def test_networks_of_an_ensemble_are_stored_as_compactly():
    model = ensemble(network={"max_iter": 300}).fit(X, Y)
    without = copy.deepcopy(model)
    for member in without.estimators_:
        member.loss_curve_, member.learning_rate_curve_ = [], []
    n = 2 * 300 * len(model.estimators_)
    assert len(pickle.dumps(model)) - len(pickle.dumps(without)) < 8 * n + 4096
    assert all(type(m.loss_curve_) is list for m in by_pickle(model).estimators_)


@each_model
def test_a_hyper_parameter_that_is_newer_than_the_model_has_its_default(kind):
    model = fitted(kind)
    default = type(model)().random_state
    state = {k: v for k, v in model.__getstate__().items() if k != "random_state"}
    again = object.__new__(type(model))
    again.__setstate__(state)
    assert again.random_state == default and "random_state" not in state
    assert np.array_equal(again.predict(X), model.predict(X))


@each_model
def test_a_model_whose_form_is_known_is_trained_on_and_is_then_of_this_version(kind):
    model = written_by(fitted(kind).set_params(warm_start=True), "0.0.1")
    model.set_params(**{"n_estimators": 3} if "ensemble" in kind else {}).fit(X, Y)
    assert model._writer["version"] == __version__


OF_FORM_1 = {
    "network": """
        _activations _best_epoch _column_kinds _column_notes _continuation _encoding _loss
        _settings _type_of_target _writer best_loss_ categories_ classes_ coefs_ feature_names_in_
        intercepts_ is_categorical_ l2_ l2_validation_losses_ learning_rate_curve_ loss_
        loss_curve_ n_features_in_ n_iter_ n_layers_ n_outputs_ out_activation_ scaler_ t_
        validation_loss_curve_ validation_scores_
    """,
    "ensemble": """
        _column_kinds _column_notes _loss _n_on_all_rows _seed _type_of_target _variants _writer
        classes_ estimator_ estimators_ feature_names_in_ is_categorical_ l2_factor_
        l2_validation_losses_ n_features_in_ oof_decision_function_ oof_loss_ oof_probabilities_
        oof_score_ temperature_ variant_weights_ variants_ weights_
    """,
    "_encoding": "bins clip indicators leaves levels means present rare terms",
    "_loss": "name",
    "_continuation": "class_mass l2_factor seed slowdown update watched",
    "_settings": """
        activation batch_size by_itself delta dtype early_stopping hidden_layer_sizes l1 l2
        learning_rate learning_rate_hold learning_rate_init max_iter n_bins n_iter_no_change
        numeric_encoding shuffle solver standardize tol update warm_start
    """,
}


OF_KINDS_OF_FORM_1 = {
    "number": "",
    "category": "",
    "words": "",
    "text_number": "decimal unit",
    "time": "first parts day_first",
}


OF_FORM_1["network of numbers"] = OF_FORM_1["network"].replace("classes_", "_standards")
OF_FORM_1["ensemble of numbers"] = """
    _column_kinds _column_notes _loss _n_on_all_rows _out_of_fold _seed _standards _type_of_target
    _variants _writer estimator_ estimators_ feature_names_in_ is_categorical_ l2_factor_
    l2_validation_losses_ n_features_in_ oof_loss_ oof_prediction_ oof_score_ variant_weights_
    variants_ weights_
"""


def test_the_form_is_raised_where_what_is_stored_has_changed():
    """A release whose models are stored otherwise needs another FORM: raise it, once a release,
    and write down here what is stored then.
    """
    stored = {kind: set(vars(fitted(kind))) - {*MODELS[kind].get_params(False)} for kind in MODELS}
    network = fitted()
    for name in OF_FORM_1.keys() - MODELS.keys():
        stored[name] = set(getattr(network, name))
    remembered = {name: set(signature(kind).parameters) for name, kind in KINDS.items()}
    assert FORM == 1
    assert remembered == {name: set(words.split()) for name, words in OF_KINDS_OF_FORM_1.items()}
    assert stored == {name: set(names.split()) for name, names in OF_FORM_1.items()}
