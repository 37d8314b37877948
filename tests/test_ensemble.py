import _thread
import pickle
import warnings
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_config
from models import same_parameters
from scipy import sparse
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_validate,
)
from test_estimator_checks import WEIGHT_CHECKS, run_checks

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier
from skbackprop.ensembles import members
from skbackprop.ensembles.folds import stratified_folds
from skbackprop.ensembles.members import seen_by
from skbackprop.ensembles.pooling import (
    EQUAL,
    PRIOR,
    deal,
    fit_temperature,
    log_likelihoods,
    member_weights,
    mixture_weights,
    pool,
)
from skbackprop.estimator.prepare import prepare
from skbackprop.objective.losses import LOSSES
from skbackprop.tables.columns import Table
from skbackprop.tables.targets import find_targets

KINDS = tuple(LOSSES)
FIXED = {"hidden_layer_sizes": (8,), "l2": 0.003, "max_iter": 4}


def ensemble(n_estimators=2, *, network=None, **options):
    """Return an ensemble of networks of four epochs and no variants, unless told otherwise."""
    network = BackpropClassifier(**FIXED | (network or {}))
    options = {"cv": 3, "random_state": 0, "variants": None} | options
    return BackpropEnsembleClassifier(network, n_estimators, **options)


def mixed_frame(rng, n=120):
    """Return a frame with numbers, categories, rare levels and missing values, and a target."""
    number, y = rng.normal(size=n), rng.integers(0, 2, n)
    number[y == 1] += 1
    number[::9] = np.nan
    colour = rng.choice(["red", "green", "blue"], n)
    colour[[3, 50]] = ["teal", "pink"]
    frame = pd.DataFrame({"number": number, "colour": colour, "count": rng.integers(0, 40, n)})
    frame["colour"] = frame["colour"].astype("category")
    return frame, y


def rows_of(X, rows):
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def drawn(F, kind, rng):
    """Return targets that are drawn from the probabilities F."""
    if kind == "multiclass":
        return (rng.uniform(size=(len(F), 1)) > F.cumsum(axis=1)).sum(axis=1)
    return (rng.uniform(size=F.shape) < F).astype(np.uint8)


# scikit-learn's conventions


def test_every_check_passes_but_that_of_weights_as_repeats():
    reason = "a weighted row is one row to the bins and to the priors of variants and temperature"
    quick = BackpropEnsembleClassifier(BackpropClassifier(max_iter=30), n_estimators=1, cv=2)
    assert run_checks(quick, dict.fromkeys(WEIGHT_CHECKS, reason)) >= 59


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_check_passes_without_bins_variants_and_temperature():
    network = BackpropClassifier((16,), max_iter=60, numeric_encoding=None)
    quick = BackpropEnsembleClassifier(network, 2, cv=2, variants=None, calibrate=False)
    assert run_checks(quick, {}) >= 59


def test_a_search_reaches_the_parameters_of_the_networks(iris):
    search = GridSearchCV(ensemble(), {"estimator__l2": [1e-4, 1.0]}, cv=2)
    assert search.fit(*iris).best_params_ == {"estimator__l2": 1e-4}


def test_an_ensemble_survives_clone_and_pickling_and_shows_itself(iris):
    X, y = iris
    model = ensemble().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert not hasattr(clone(model), "estimators_")
    assert "BackpropClassifier" in model._repr_html_()


def test_groups_come_by_metadata_routing(iris):
    X, y = iris
    groups = np.arange(len(y)) % 10
    with sklearn.config_context(enable_metadata_routing=True):
        model = ensemble(cv=GroupKFold(3)).set_fit_request(groups=True)
        params = {"groups": groups}
        found = cross_validate(model, X, y, cv=GroupKFold(2), params=params, return_estimator=True)
    assert np.isfinite(found["test_score"]).all()


def test_a_search_reaches_the_variants(iris):
    choices = [None, [{"l2": 1e-4}, {"activation": "tanh"}]]
    search = GridSearchCV(ensemble(), {"variants": choices}, cv=2).fit(*iris)
    assert search.best_params_["variants"] in choices


def test_another_estimator_is_refused(iris):
    with pytest.raises(ValueError, match="'estimator' parameter"):
        BackpropEnsembleClassifier(GroupKFold()).fit(*iris)


# What members see


@pytest.mark.parametrize("kind", ["dense", "sparse", "frame"])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_outside_of_a_fold_are_as_good_as_absent(kind, weighted, rng):
    X, y = mixed_frame(rng)
    if kind != "frame":
        X = rng.normal(size=(120, 5)) + y[:, None]
    if kind == "sparse":
        X = sparse.csr_matrix(np.where(X > 0.5, X, 0))
    s = rng.uniform(0.5, 2, 120) if weighted else None
    splits = list(StratifiedKFold(3).split(X, y))
    model = ensemble(0, cv=splits, network={"l2": "auto"}).fit(X, y, s)
    for member, (train, held_out) in zip(model.estimators_, splits, strict=True):
        part = s if s is None else s[train]
        alone = BackpropClassifier((8,), max_iter=4, l2="auto", random_state=member.random_state)
        alone.fit(rows_of(X, train), y[train], part)
        if weighted:  # weights are relative to the largest, which may be in the fold
            pairs = zip(alone.coefs_, member.coefs_, strict=True)
            assert all(np.allclose(a, b, atol=1e-5) for a, b in pairs)
        else:
            assert same_parameters(alone, member)
        P = member.predict_proba(rows_of(X, held_out)).astype(float)
        at_T = softmax(np.log(P) / model.temperature_, axis=1)
        assert np.allclose(model.oof_probabilities_[held_out], at_T, atol=1e-5)


def test_the_result_is_the_same_for_any_number_of_jobs(digits):
    X, y = digits
    X, y = X[:300], y[:300]
    network = BackpropClassifier((8,), max_iter=3)
    one, two, three = (
        BackpropEnsembleClassifier(network, 3, cv=3, n_jobs=n, random_state=0).fit(X, y)
        for n in (1, 2, 3)
    )
    for other in (two, three):
        pairs = zip(one.estimators_, other.estimators_, strict=True)
        assert all(same_parameters(a, b) for a, b in pairs)
        assert np.array_equal(one.oof_probabilities_, other.oof_probabilities_)
        assert np.array_equal(one.predict_proba(X), other.predict_proba(X))
        assert one.temperature_ == other.temperature_
        assert one.l2_validation_losses_ == other.l2_validation_losses_


def test_one_l2_is_chosen_for_all_by_the_first_folds(digits):
    X, y = digits[0][:300], digits[1][:300]
    network = BackpropClassifier((8,), max_iter=3)
    model = BackpropEnsembleClassifier(network, 2, cv=3, random_state=0).fit(X, y)
    losses = model.l2_validation_losses_
    assert losses[model.l2_factor_] <= 1.01 * min(losses.values())
    on_200, on_300 = ({m.l2_ for m in model.estimators_[k::8]} for k in (0, 6))
    assert len(on_200 | on_300) <= 2  # it depends on the number of rows
    fixed = ensemble().fit(X, y)
    assert {member.l2_ for member in fixed.estimators_} == {0.003}
    assert fixed.l2_factor_ is None is fixed.l2_validation_losses_


def test_a_row_without_weight_is_as_good_as_absent(iris, rng):
    X, y = iris
    s = np.where(rng.uniform(size=len(y)) < 0.3, 0.0, 1.0)
    rows = np.flatnonzero(s)
    weighted, absent = ensemble().fit(X, y, s), ensemble().fit(X[rows], y[rows])
    assert np.allclose(weighted.predict_proba(X), absent.predict_proba(X), atol=1e-6)
    assert weighted.oof_loss_ == pytest.approx(absent.oof_loss_, rel=1e-5)
    assert np.isfinite(weighted.oof_probabilities_).all()


def test_a_warm_start_adds_members(iris):
    X, y = iris
    model = ensemble(1, variants="auto", warm_start=True).fit(X, y)
    before = model.estimators_
    assert len(before) == 10
    model.set_params(n_estimators=3).fit(X, y)
    assert all(a is b for a, b in zip(model.estimators_, before, strict=False))
    at_once = ensemble(3, variants="auto").fit(X, y)
    assert len(at_once.estimators_) == 12
    assert np.array_equal(at_once.predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match="n_estimators=2 must be at least the 3"):
        model.set_params(n_estimators=2).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=False"):
        model.set_params(n_estimators=4).fit(X, y + 1)


def test_a_warm_start_changes_nothing_but_the_number(iris):
    X, y = iris
    model = ensemble(1, variants="auto", warm_start=True).fit(X, y)
    model.set_params(n_estimators=2, estimator__max_iter=1, variants=None).fit(X, y)
    at_once = ensemble(2, variants="auto").fit(X, y)
    assert np.array_equal(at_once.predict_proba(X), model.predict_proba(X))
    assert model.estimator_.max_iter == 4


def test_a_warm_start_refuses_another_kind_of_data(iris):
    X, y = iris
    labels = np.eye(3, dtype=int)[y]
    names = pd.DataFrame(X, columns=list("abcd"))
    model = ensemble(1, warm_start=True).fit(names, y)
    before = model.estimators_
    model.set_params(n_estimators=2)
    with pytest.raises(ValueError, match="y is multilabel-indicator, but was multiclass"):
        model.fit(names, labels)
    for other in (X[:, :3], names[["b", "a", "c", "d"]], names.astype({"a": "category"})):
        with pytest.raises(ValueError, match=r"X has .*, but the ensemble has"):
            model.fit(other, y)
    assert model.estimators_ is before
    assert len(model.fit(X, y).estimators_) == 5


def test_a_warm_start_trains_what_an_interrupt_has_left_out(iris):
    X, y = iris
    at_once = ensemble(4).fit(X, y)
    model = ensemble(3, warm_start=True).fit(X, y)
    del model.estimators_[4], model._variants[4]  # the second of all rows, in another thread
    model._n_on_all_rows = 2
    model.set_params(n_estimators=4).fit(X, y)
    seeds = sorted(member.random_state for member in model.estimators_)
    assert seeds == sorted(member.random_state for member in at_once.estimators_)
    assert np.allclose(at_once.predict_proba(X), model.predict_proba(X))


def test_with_early_stopping_a_network_watches_its_fold(iris):
    model = ensemble(0, network={"early_stopping": True}).fit(*iris)
    assert all(len(member.validation_loss_curve_) == 4 for member in model.estimators_)


def test_networks_may_watch_a_score(iris):
    model = ensemble(network={"scoring": "accuracy"}).fit(*iris)
    assert np.isfinite(model.oof_loss_)


# Variants


def test_by_default_variants_are_deeper_and_without_bins(iris):
    network = {"hidden_layer_sizes": (8, 5), "activation": ("tanh", "relu")}
    model = ensemble(variants="auto", network=network).fit(*iris)
    deeper = {"hidden_layer_sizes": (8, 3, 3), "activation": ("tanh", "relu", "relu")}
    assert model.variants_ == [{}, deeper, deeper | {"numeric_encoding": None}]
    layers = [member.n_layers_ for member in model.estimators_]
    assert len(layers) == 11
    assert layers[:9] == [4] * 3 + [5] * 6
    model = ensemble(variants="auto", network=network | {"numeric_encoding": None}).fit(*iris)
    assert model.variants_ == [{}, deeper]
    assert ensemble(variants="auto", network={"hidden_layer_sizes": ()}).fit(*iris).variants_ == [
        {}
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_of_variants_are_the_likeliest(kind, rng):
    logits = rng.normal(size=(1500, 3)) * 2
    F = LOSSES[kind].outputs(logits.copy())
    codes = drawn(F, kind, rng)
    outputs = logits + rng.normal(size=(3, *logits.shape)) * np.reshape([0.5, 1, 4], (3, 1, 1))
    logs, s = log_likelihoods(outputs, codes, kind), rng.uniform(0.1, 1, 1500)
    s = np.repeat(s, logs.shape[1] // 1500)
    found = mixture_weights(logs, s)
    assert found.sum() == pytest.approx(1)

    weights, each = np.full(3, 1 / 3), s / s.mean()
    for _ in range(3000):  # expectation and maximisation, another way to the maximum
        shares = weights[:, None] * np.exp(logs)
        weights = (shares / shares.sum(axis=0)) @ each + EQUAL / 3
        weights /= weights.sum()
    assert np.allclose(found, weights, atol=1e-3)
    assert np.allclose(mixture_weights(logs, s * 1e-6), found)


def test_variants_have_equal_weights_where_no_row_tells():
    assert mixture_weights(np.zeros((2, 0)), np.ones(0)).tolist() == [0.5, 0.5]
    assert np.allclose(mixture_weights(np.zeros((4, 10)), np.ones(10)), 0.25)


def test_networks_on_all_rows_are_dealt_out_by_weight(rng):
    weights = np.array([0.2, 0.7, 0.1])
    for n in (1, 2, 10, 100):
        counts = np.bincount(deal(weights, n), minlength=3)
        assert np.abs(counts - n * weights).max() < 1
    assert deal(weights, 3) == deal(weights, 10)[:3]
    variants = [0, 1, 1, 0, 2, 1, 1]
    shares = np.bincount(variants, member_weights(variants, weights))
    assert np.allclose(shares, weights)
    assert member_weights([1, 1], weights).tolist() == [0.5, 0.5]


def test_a_variant_that_fails_hardly_counts(iris):
    X, y = iris
    model = ensemble(variants=[{"max_iter": 40}, {"max_iter": 1}]).fit(X, y)
    assert model.variant_weights_[0] > 0.9


def test_one_l2_is_chosen_for_all_variants(digits):
    X, y = digits[0][:300], digits[1][:300]
    network = BackpropClassifier((8,), l2=0.1, max_iter=3)
    variants = [{}, {"l2": "validate"}, {"hidden_layer_sizes": (8, 8), "l2": "validate"}]
    model = BackpropEnsembleClassifier(network, 1, cv=3, variants=variants, random_state=0).fit(
        X, y
    )
    first, second, third = (model.estimators_[3 * v] for v in range(3))
    assert first.l2_ == 0.1
    assert second.l2_ == third.l2_
    assert model.l2_factor_ in model.l2_validation_losses_


@pytest.mark.parametrize(
    ("variants", "error"),
    [
        ([], "variants must be 'auto', None or a list of dicts"),
        ([{}, 3], "variants must be 'auto', None or a list of dicts"),
        ("deep", "The 'variants' parameter"),
        ([{}, {"l3": 1}], r"variants\[1\]: Invalid parameter 'l3'"),
        ([{"l2": -1.0}], r"variants\[0\]: The 'l2' parameter"),
        ([{"class_weight": "balanced"}], r"variants\[0\] sets class_weight"),
        ([{}, {"activation": "rulu"}], r"variants\[1\]: activation must be among"),
        ([{"hidden_layer_sizes": (-1,)}], r"variants\[0\]: hidden_layer_sizes must be"),
        ([{1: 2}], r"variants\[0\]: keywords must be strings"),
    ],
)
def test_variants_that_make_no_sense_are_refused(iris, variants, error):
    with pytest.raises(ValueError, match=error):
        ensemble(variants=variants).fit(*iris)


@pytest.mark.parametrize(
    ("network", "error"),
    [
        ({"l1": -1}, "^The 'l1' parameter"),
        ({"hidden_layer_sizes": "abc"}, "^The 'hidden_layer_sizes' parameter"),
        ({"activation": None}, "^The 'activation' parameter"),
        ({"activation": "rulu"}, "^activation must be among"),
    ],
)
def test_what_is_wrong_with_the_estimator_is_not_blamed_on_variants(iris, network, error):
    with pytest.raises(ValueError, match=error):
        ensemble(variants="auto", network=network).fit(*iris)


def test_fitted_variants_do_not_change_with_the_parameter(iris):
    model = ensemble(0, variants=[{}]).fit(*iris)
    model.variants.append({"l1": 1.0})
    model.variants[0]["l2"] = 1.0
    assert model.variants_ == [{}]


# What the ensemble answers


def test_it_answers_with_the_mean_of_probabilities(iris):
    X, y = iris
    model = ensemble(variants="auto", calibrate=False).fit(X, y)
    assert model.temperature_ == 1
    F = [member.predict_proba(X) for member in model.estimators_]
    mean = np.average(F, axis=0, weights=model.weights_)
    assert np.allclose(model.predict_proba(X), mean, atol=1e-6)
    assert np.allclose(np.exp(model.predict_log_proba(X)), mean, atol=1e-6)
    assert np.array_equal(model.predict(X), mean.argmax(axis=1))
    assert model.decision_function(X).shape == (150, 3)


def test_with_two_classes_the_decision_function_is_a_difference(iris):
    X, y = iris[0][:100], np.array(["no", "yes"])[iris[1][:100]]
    model = ensemble().fit(X, y)
    assert np.allclose(expit(model.decision_function(X)), model.predict_proba(X)[:, 1])
    assert np.array_equal(model.predict(X) == "yes", model.decision_function(X) > 0)
    P = expit(model.oof_decision_function_)
    assert np.allclose(P, model.oof_probabilities_[:, 1])


def test_labels_are_answered_each_by_itself(multilabel):
    X, Y = multilabel
    model = ensemble(calibrate=False).fit(X, Y)
    mean = np.mean([member.predict_proba(X) for member in model.estimators_], axis=0)
    assert np.allclose(model.predict_proba(X), mean, atol=1e-6)
    assert np.array_equal(model.predict(X), mean > 0.5)
    assert np.allclose(np.exp(model.predict_log_proba(X)), mean, atol=1e-6)
    assert np.isfinite(model.oof_probabilities_).all()


@pytest.mark.parametrize("kind", KINDS)
def test_pooling_far_from_zero_overflows_nowhere(kind):
    A = np.array([[[1e4, -1e4]], [[-1e4, 1e4]]])
    S = pool(A, kind)
    assert np.allclose(LOSSES[kind].outputs(S.copy()), 0.5)
    assert np.isfinite(LOSSES[kind].log_outputs(pool(A[:1], kind))).all()


# Out-of-fold predictions


def test_the_out_of_fold_estimate_is_near_the_truth(digits):
    X, y = digits
    part = np.random.default_rng(0).permutation(len(y))
    train, test = part[:600], part[600:]
    network = BackpropClassifier((32,), l2="auto", max_iter=20)
    model = BackpropEnsembleClassifier(network, 3, scoring="neg_log_loss", random_state=0)
    model.fit(X[train], y[train])
    assert model.oof_score_ == pytest.approx(-model.oof_loss_)
    truth = log_loss(y[test], model.predict_proba(X[test]))
    assert 0.7 < model.oof_loss_ / truth < 2  # of few errors


def test_the_score_is_what_scoring_says(iris, rng):
    X, y = iris
    s = rng.uniform(0.1, 1, len(y))
    model = ensemble().fit(X, y, s)
    hits = model.oof_probabilities_.argmax(axis=1) == y
    assert model.oof_score_ == pytest.approx(np.average(hits, weights=s))
    with pytest.raises(ValueError, match="scoring"):
        ensemble(scoring="no such score").fit(X, y)
    with pytest.raises(ValueError, match="scoring='roc_auc' cannot be computed"):
        ensemble(scoring="roc_auc").fit(X, y)


def test_repeats_are_pooled_and_rows_never_held_out_are_nan(iris):
    X, y = iris
    repeats = RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0)
    model = ensemble(0, cv=repeats, calibrate=False).fit(X, y)
    expected = np.zeros((150, 3))
    for member, (_, held_out) in zip(model.estimators_, repeats.split(X, y), strict=True):
        expected[held_out] += member.predict_proba(X[held_out]) / 2
    assert np.allclose(model.oof_probabilities_, expected, atol=1e-6)
    model = ensemble(cv=ShuffleSplit(1, test_size=50, random_state=0)).fit(X, y)
    assert np.isnan(model.oof_probabilities_[:, 0]).sum() == 100
    assert 0 <= model.oof_score_ <= 1


def test_folds_are_stratified_and_each_row_is_held_out_once(rng):
    y = np.repeat([0, 1, 2], [50, 31, 3])
    targets, codes = find_targets(rng.permutation(y))
    folds = stratified_folds(targets, codes, None, 5, seed=0)
    held_out = np.concatenate([held for _, held in folds])
    assert np.array_equal(np.sort(held_out), np.arange(84))
    counts = np.array([np.bincount(codes[held], minlength=3) for _, held in folds])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert (np.ptp(counts.sum(axis=1))) <= 1


def test_folds_of_labels_are_stratified(multilabel):
    targets, codes = find_targets(multilabel[1])
    folds = stratified_folds(targets, codes, None, 4, seed=0)
    assert np.array_equal(np.sort(np.concatenate([h for _, h in folds])), np.arange(200))
    counts = np.array([codes[held].sum(axis=0) for _, held in folds])
    assert (np.ptp(counts, axis=0) <= 4).all()


# The temperature


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_newtons_method_finds_the_lowest_loss(kind, true_temperature, rng):
    logits = rng.normal(size=(2000, 3)) * 2
    F = LOSSES[kind].outputs(logits.copy())
    codes = drawn(F, kind, rng)
    scores, s = logits * true_temperature, rng.uniform(0.5, 1.5, 2000)

    def risk(a):
        losses = LOSSES[kind].fprop(scores * np.exp(a), codes)
        return 2000 * np.average(losses, weights=s) + PRIOR / 2 * a**2

    best = minimize_scalar(risk, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x
    found = fit_temperature(scores, codes, s, kind)
    assert found == pytest.approx(np.exp(-best), rel=1e-5)
    assert found == pytest.approx(true_temperature, rel=0.15)
    assert fit_temperature(scores, codes, s * 1e-6, kind) == pytest.approx(found)


def test_a_single_wrong_row_does_not_rule_the_temperature():
    scores = np.tile([30.0, -30.0], (200, 1))
    codes = np.zeros(200, int)
    codes[0] = 1
    assert fit_temperature(scores, codes, None, "multiclass") < 10
    all_right = fit_temperature(scores, np.zeros(200, int), None, "multiclass")
    assert all_right == pytest.approx(1)


# Few rows, and other trouble


def test_a_class_with_fewer_rows_than_folds_is_no_obstacle(iris):
    X, y = iris[0][:103], iris[1][:103]
    model = ensemble(cv=5).fit(X, y)
    assert model.oof_probabilities_.shape == (103, 3)
    assert np.isfinite(model.oof_loss_)


@pytest.mark.parametrize("n", [1, 2, 10])
def test_few_rows_are_enough(n, rng):
    X, y = rng.normal(size=(n, 2)), np.arange(n) % 3
    model = ensemble(cv=5).fit(X, y)
    assert model.predict_proba(X).shape == (n, min(n, 3))
    assert np.isnan(model.oof_score_) == (n == 1)


def test_one_class_is_predicted_with_certainty(rng):
    X = rng.normal(size=(20, 2))
    model = ensemble().fit(X, np.full(20, "only"))
    assert (model.predict(X) == "only").all()
    assert model.temperature_ == 1
    assert model.oof_score_ == 1


def test_no_fold_can_be_made_of_one_row(rng):
    with pytest.raises(ValueError, match="no folds"):
        ensemble(0).fit(rng.normal(size=(1, 2)), [0])


def test_a_fold_without_rows_is_refused(iris):
    with pytest.raises(ValueError, match="needs rows"):
        ensemble(cv=[(np.arange(10), [])]).fit(*iris)


@pytest.mark.parametrize(
    ("train", "held_out", "error"),
    [
        (np.r_[:100, 1000], np.arange(100, 150), "beyond the 150 rows"),
        (np.arange(100), [-151], "beyond the 150 rows"),
        (np.ones(100, bool), np.arange(100, 150), "a mask of 150 booleans"),
        (np.arange(100.0), np.arange(100, 150), "array of float64"),
        (np.arange(100)[:, None], np.arange(100, 150), r"of shape \(100, 1\)"),
        (np.arange(150), [-1], "holds out rows that it trains on"),
    ],
)
def test_folds_of_rows_that_cannot_be_are_refused(iris, train, held_out, error):
    with pytest.raises(ValueError, match=error):
        ensemble(cv=[(train, held_out)]).fit(*iris)


def test_rows_of_folds_may_be_counted_from_the_end_or_be_masks(iris):
    X, y = iris
    train, held_out = np.arange(0, 120), np.arange(120, 150)
    usual = ensemble(0, cv=[(train, held_out)]).fit(X, y)
    for fold in ((train - 150, held_out - 150), (np.arange(150) < 120, np.arange(150) >= 120)):
        other = ensemble(0, cv=[fold]).fit(X, y)
        assert np.array_equal(other.predict_proba(X), usual.predict_proba(X))
        assert other.oof_loss_ == usual.oof_loss_


def test_a_generator_of_folds_is_used_up_by_the_first_fit(iris):
    X, y = iris
    model = ensemble(cv=StratifiedKFold(3).split(X, y)).fit(X, y)
    with pytest.raises(ValueError, match="cv yields no folds"):
        model.fit(X, y)


def test_groups_without_a_splitter_that_keeps_them_are_warned_of(iris):
    with pytest.warns(UserWarning, match=r"groups has no effect .*=GroupKFold\(3\)") as caught:
        ensemble(0).fit(*iris, groups=np.arange(150))
    assert caught[0].filename == __file__


def test_what_numpy_does_with_errors_makes_no_difference(iris):
    X, y = iris
    far = X * 1e5
    usual = ensemble(variants="auto").fit(X, y)
    with np.errstate(all="raise"):
        model = ensemble(variants="auto").fit(X, y)
        answers = [model.predict_proba(far), model.predict_log_proba(far), model.predict(far)]
        assert np.isfinite(model.decision_function(far)).all()
    assert all(np.isfinite(answer).all() for answer in answers)
    assert np.array_equal(model.predict_proba(X), usual.predict_proba(X))


def test_networks_are_trained_by_a_backend_that_yields_nothing_before_the_end(iris):
    X, y = iris
    usual = ensemble().fit(X, y)
    with parallel_config("multiprocessing", n_jobs=2):
        model = ensemble().fit(X, y)
    assert np.array_equal(model.predict_proba(X), usual.predict_proba(X))


@pytest.mark.parametrize("returned", [None, [1, 2]])
def test_a_scorer_that_returns_no_number_is_told_of(iris, returned):
    with pytest.raises(ValueError, match=r"scoring=.* cannot be computed"):
        ensemble(scoring=lambda model, X, y: returned).fit(*iris)


def test_x_is_shared_by_all_networks(digits):
    X, y = digits  # read-only
    X = np.ascontiguousarray(X)
    prepared = prepare(BackpropClassifier(), X, y, resume=False)
    seen = seen_by(prepared, np.arange(100))
    assert np.shares_memory(seen.training.table.numbers, X)


def test_of_rows_held_out_one_piece_at_a_time_is_copied(digits, monkeypatch):
    X, y = (part[:100] for part in digits)
    at_once = ensemble(0).fit(X, y)
    sizes, rows_of_table = [], Table.__getitem__

    def observed(table, rows):
        sizes.append(len(rows))
        return rows_of_table(table, rows)

    monkeypatch.setattr(Table, "__getitem__", observed)
    monkeypatch.setattr(members, "PIECE_BYTES", 10 * X[0].nbytes)
    in_pieces = ensemble(0).fit(X, y)
    assert max(sizes) == 10 and sum(sizes) == 100
    assert np.allclose(in_pieces.oof_probabilities_, at_once.oof_probabilities_)


class InterruptsAt:
    """A scorer that meets Ctrl-C at its n-th call, also where it has been copied before."""

    def __init__(self, n, interrupt):
        self.n, self.calls, self.interrupt = n, [], interrupt

    def __deepcopy__(self, memo):
        return self

    def __call__(self, model, X, y):
        self.calls.append(1)
        if len(self.calls) == self.n:
            self.interrupt()
        return 0.5


def ctrl_c():
    raise KeyboardInterrupt


def test_ctrl_c_before_the_end_of_the_first_network_leaves_the_model_as_it_was(iris):
    model = ensemble(network={"scoring": InterruptsAt(3, ctrl_c)})
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    assert not hasattr(model, "estimators_")


@pytest.mark.parametrize(("at", "n_members"), [(7, 1), (15, 3), (19, 4), (22, 5)])
def test_ctrl_c_leaves_the_networks_that_have_been_trained(iris, at, n_members):
    # Three networks of folds come first, of four epochs each; then those on all rows.
    model = ensemble(3, network={"scoring": InterruptsAt(at, ctrl_c)})
    with pytest.warns(UserWarning, match="Training was interrupted: . of 6 networks"):
        model.fit(*iris)
    assert len(model.estimators_) == n_members
    assert np.isfinite(model.predict_proba(iris[0])).all()
    assert np.isnan(model.oof_probabilities_[:, 0]).any() == (at == 7)


def test_ctrl_c_ends_threads_too(iris):
    network = {"scoring": InterruptsAt(150, _thread.interrupt_main), "max_iter": 30}
    model = ensemble(20, n_jobs=2, network=network)
    with pytest.warns(UserWarning, match="Training was interrupted"):
        model.fit(*iris)
    assert 1 <= len(model.estimators_) < 23


def test_what_networks_warn_of_is_told_once(iris):
    model = ensemble(network={"learning_rate": "inverse", "tol": 1e-9})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*iris)
    (warning,) = caught
    assert issubclass(warning.category, ConvergenceWarning)
    assert str(warning.message).startswith("In 5 of 5 networks: Training ended")
    assert warning.filename == __file__


def test_a_line_is_printed_for_each_network(iris, capsys):
    ensemble(verbose=True).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("network   1 of 5 on 100 rows   loss ")
    assert lines[-1].startswith("network   5 of 5 on all rows   loss ")


# Callbacks


class Watcher:
    """Writes down each call and the fitted estimators; its result at network n is to stop."""

    def __init__(self, n=None):
        self.n, self.calls, self.fitted = n, [], []

    def setup(self, estimator, context):
        self.calls.append(("setup", context.task_name, context.task_id))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", context.task_name, context.task_id))

    def on_fit_task_begin(self, estimator, context, *, X, y):
        self.calls.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        self.calls.append(("end", context.task_name, context.task_id))
        self.fitted.append(fitted_estimator)
        return (context.task_name, context.task_id) == ("network", self.n)


with_framework = pytest.mark.skipif(
    find_spec("sklearn.callback") is None, reason="scikit-learn 1.9 brought callbacks"
)


@with_framework
def test_the_training_of_each_network_is_a_task(iris):
    watcher = Watcher()
    model = ensemble().set_callbacks(watcher).fit(*iris)
    networks = [(hook, "network", k) for k in range(5) for hook in ("begin", "end")]
    fit = [(hook, "fit", 0) for hook in ("setup", "begin", "end", "teardown")]
    assert watcher.calls == [*fit[:2], *networks, *fit[2:]]
    for fitted, member in zip(watcher.fitted, model.estimators_, strict=False):
        expected = member.predict_proba(iris[0])
        assert np.allclose(fitted.predict_proba(iris[0]), expected, atol=1e-6)
        assert not hasattr(fitted, "oof_loss_") or fitted.oof_loss_ is None
    assert np.array_equal(watcher.fitted[-1].predict_proba(iris[0]), model.predict_proba(iris[0]))


@with_framework
def test_tasks_in_threads_are_told_each_once(iris):
    watcher = Watcher()
    ensemble(6, n_jobs=3).set_callbacks(watcher).fit(*iris)
    assert len(watcher.calls) == len(set(watcher.calls)) == 4 + 2 * 9


@with_framework
@pytest.mark.parametrize(("n", "n_members"), [(1, 2), (2, 3), (4, 5)])
def test_a_callback_that_has_had_enough_leaves_the_networks_so_far(iris, n, n_members):
    model = ensemble(4).set_callbacks(Watcher(n)).fit(*iris)
    assert len(model.estimators_) == n_members
    assert np.isfinite(model.predict_proba(iris[0])).all()


@with_framework
def test_a_progress_bar_shows_the_networks_and_a_search_may_be_around(iris):
    from sklearn.callback import ProgressBar

    search = GridSearchCV(ensemble(), {"estimator__l2": [1e-4, 1e-3]}, cv=2)
    search.set_callbacks(ProgressBar()).fit(*iris)
    assert search.best_score_ > 0.3
