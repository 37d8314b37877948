"""What the hyper-parameters of a model become for some data."""

import dataclasses
import math
import pickle
from types import SimpleNamespace

import numpy as np
import pytest
from models import ensemble, fast, plain
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from skbackprop import BackpropClassifier, BackpropRegressor
from skbackprop.estimator import rules
from skbackprop.estimator.facts import Facts
from skbackprop.estimator.hyper_parameters import hyper_parameters, solver_names
from skbackprop.estimator.settings import OF_BATCHES, RESOLVED, Settings, settle
from skbackprop.solvers.schedules import SCHEDULES
from skbackprop.solvers.updates import UPDATES

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3
SIZES = SimpleNamespace(root_mean_square=1.0, mean_square=1.0)
EVEN = SimpleNamespace(largest_weight=1.0, largest_visit=1.0, n_different=1000, mean=1.0)
FACTS = Facts(
    n_rows=1000,
    n_distinct=1000,
    layer_sizes=[9, 5, 2],
    activations=["relu"],
    n_bins=0,
    n_terms=1,
    pace=1.0,
    dtype="float64",
    inputs=SIZES,
    weighing=EVEN,
)


def settled(facts=None, **given):
    """The settings of a plain network."""
    return settle(hyper_parameters(plain(**given)), dataclasses.replace(FACTS, **(facts or {})))


def test_settings_are_frozen_and_equal_where_they_say_the_same():
    settings = settled()
    assert settings == settled() == pickle.loads(pickle.dumps(settings))
    assert settings != settled(l1=0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.l1 = 1.0


def test_each_is_the_hyper_parameter_of_its_name():
    names = {field.name for field in dataclasses.fields(Settings)}
    assert names - {"update", "n_bins", "by_itself"} < BackpropClassifier().get_params().keys()


@pytest.mark.parametrize("solver", sorted(solver_names()))
def test_nothing_is_left_open_and_what_was_is_listed(solver):
    model = BackpropClassifier(solver=solver)
    settings = settle(hyper_parameters(model), FACTS)
    assert not {"auto", "validate"} & {str(value) for value in vars(settings).values()}
    assert settings.by_itself == RESOLVED
    given = {"l2": 0.5, "delta": 0, "max_iter": 9, "tol": None, "dtype": "float32"}
    given |= {"batch_size": 7, "learning_rate_init": 1, "numeric_encoding": None}
    given |= {"hidden_layer_sizes": (5,)}
    settings = settle(hyper_parameters(model.set_params(**given)), FACTS)
    assert settings.by_itself == ()
    assert (settings.l2, settings.max_iter, settings.tol) == ((0.5, 0.5), 9, None)


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_what_concerns_batches_is_none_where_all_rows_are_seen_at_once(solver):
    settings = settled(solver=solver)
    assert all(getattr(settings, name) is None for name in OF_BATCHES)
    assert not any(getattr(settled(), name) is None for name in OF_BATCHES)
    assert (settings.max_iter, settings.tol) == (200, 3e-4)


# Batches and updates


def test_batch_size_auto_is_32_rows_or_all_of_fewer(iris):
    X, y = iris
    assert fast().fit(X[40:72], y[40:72]).t_ == 5
    assert fast().fit(X[:101], y[:101]).t_ == 5 * 4
    assert fast(batch_size=10_000).fit(X, y).t_ == 5
    assert settled(batch_size=10_000).batch_size == 1000


def test_max_iter_by_itself_is_the_rule_and_one_in_partial_fit():
    ends = {"learning_rate": "linear", "max_iter": "auto"}
    assert settled(**ends).max_iter == rules.max_iter(1000, 32, falls_to_zero=True)
    assert settled(**ends, batch_size=10).max_iter == 20
    assert settled(max_iter="auto").max_iter == 200
    partial = {"partial": True}
    assert settled(partial, **ends).max_iter == 1
    assert settled(partial, **ends | {"max_iter": 7}).max_iter == 7


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_tol_by_itself_is_none_where_the_rate_ends_at_zero(solver, schedule):
    ends = SCHEDULES[schedule].has_horizon and solver != "lbfgs"
    settings = settled(solver=solver, learning_rate=schedule, tol="auto")
    assert settings.tol == (None if ends else 3e-4)


# The learning rate


@pytest.mark.parametrize("name", SCHEDULES)
def test_delta_by_itself_is_that_of_the_schedule_and_a_number_is_that_number(name):
    by_itself = settled(learning_rate=name)
    assert (by_itself.learning_rate, by_itself.delta) == (name, SCHEDULES[name].auto_delta)
    assert settled(learning_rate=name, delta=1).delta == 1.0


@pytest.mark.parametrize("name", SCHEDULES)
def test_one_call_of_partial_fit_does_not_fall_to_zero_unless_max_iter_says_when(name):
    partial = {"partial": True}
    ends = SCHEDULES[name].has_horizon
    endless = settled(partial, learning_rate=name, max_iter="auto")
    assert endless.learning_rate == ("inverse" if ends else name)
    assert endless.delta == SCHEDULES[endless.learning_rate].auto_delta
    assert settled(partial, learning_rate=name, max_iter=3).learning_rate == name


@pytest.mark.parametrize("hold", [10**30, np.uint64(3), np.int8(5)])
@pytest.mark.parametrize("delta", [np.int64(2**62), np.float32(0.5)])
def test_counts_and_constants_of_any_size_and_type_are_numbers(hold, delta):
    model = fast(learning_rate_hold=hold, delta=delta).fit(X, Y)
    expected = fast(learning_rate_hold=int(hold), delta=float(delta)).fit(X, Y)
    assert np.array_equal(model.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("name", ["inverse", "power"])
def test_by_themselves_the_schedules_that_decrease_do_so_within_a_usual_training(iris, name):
    model = fast(learning_rate=name, max_iter=200).fit(*iris)
    n_updates = 200 * 5
    expected = {"inverse": 0.05 / (1 + 1e-3 * n_updates), "power": 0.05 / (1 + n_updates) ** 0.25}
    assert model.learning_rate_curve_[-1] == pytest.approx(expected[name], rel=1e-12)
    assert model.learning_rate_curve_[-1] < 0.6 * model.learning_rate_curve_[0]


def test_the_first_rate_by_itself_is_that_of_the_rule_of_sgd_or_of_an_update_rule_without_scale():
    def rate(rms=1.0, mean_square=1.0, facts=None, **given):
        sizes = SimpleNamespace(root_mean_square=rms, mean_square=mean_square)
        return settled({"inputs": sizes} | (facts or {}), **given).learning_rate_init

    assert rate() == 0.05
    assert rate(batch_size=8) == 0.05 / 2
    assert rate(20.0) == 0.05 / 20
    assert rate(facts={"n_terms": 4}) == 0.05 / 2
    assert rate(20.0, batch_size=8, solver="adam") == 1e-3
    assert rate(20.0, batch_size=8, learning_rate_init=1) == 1.0
    linear = {"learning_rate": "linear"}
    assert rate(**linear) == pytest.approx(0.075)
    assert rate(mean_square=600.0, **linear) == pytest.approx(0.025)
    assert rate(3.0, mean_square=600.0, **linear) == pytest.approx(0.025)
    assert rate(mean_square=600.0) == 0.05
    deep = {"activations": ["relu", "relu"]}
    assert rate(facts=deep, **linear) == pytest.approx(0.0375)
    assert rate(facts=deep) == 0.05


def test_a_batch_counts_by_its_heaviest_row_and_all_rows_at_once_as_those_that_differ():
    def rate(n_rows, batch_size, largest=1.0, n_different=1000):
        at_once = {"largest_weight": 1e9, "largest_visit": largest, "mean": 1.0}
        weighing = SimpleNamespace(**at_once, n_different=n_different)
        facts = {"weighing": weighing, "n_rows": n_rows}
        return settled(facts, batch_size=batch_size).learning_rate_init

    assert rate(1000, 1) == pytest.approx(0.05 / np.sqrt(32))
    assert rate(1000, 1, largest=10.0) == pytest.approx(0.05 / np.sqrt(32) / 10)
    assert rate(1000, 32, largest=500.0) == pytest.approx(0.05 * 32 / np.sqrt(32) / 500, rel=1e-4)
    assert rate(1000, 1000, largest=500.0) == 0.05
    assert rate(500, 1000, n_different=8) == 0.05 / 2
    heavy = SimpleNamespace(largest_weight=10.0, largest_visit=5.0, n_different=1, mean=3.0)
    one_row = settled({"weighing": heavy, "n_rows": 1}).learning_rate_init
    assert one_row == pytest.approx(0.05 / np.sqrt(32) / 10)


def test_the_rate_grows_with_the_batch_up_to_the_size_that_is_taken_by_itself():
    def of(n_rows, n_distinct=None, pace=1.0, **given):
        facts = {"n_rows": n_rows, "n_distinct": n_distinct or n_rows, "pace": pace}
        settings = settled(facts, **given)
        return settings.batch_size, settings.learning_rate_init

    assert of(512 * 72) == (72, pytest.approx(0.05 * 1.5))
    assert of(10**6) == of(10**6, batch_size=128) == (128, 0.1)
    assert of(10**6, batch_size=32) == of(10**6, 1000) == (32, 0.05)
    assert of(10**6, batch_size=1000) == (1000, 0.1)
    assert of(2000, batch_size=1000) == (1000, 0.05)
    assert of(10**6, pace=0.5) == (32, 0.025)


def test_inputs_are_measured_only_where_the_first_rate_depends_on_their_size():
    for given in ({"learning_rate_init": 0.1}, {"solver": "adam"}, {"solver": "lbfgs"}):
        settled({"inputs": None}, learning_rate="linear", **given)


@pytest.mark.parametrize("solver", UPDATES)
def test_the_update_rule_has_the_hyper_parameters_that_it_names(solver):
    given = {"momentum": 0.5, "nesterovs_momentum": False, "beta_1": 0.25}
    update = settled(solver=solver, **given).update
    expected = plain(**given).get_params()
    assert update == {name: expected[name] for name in UPDATES[solver].hyper_parameters}


# The L2 penalty


def strengths(n_rows, *sizes, n_terms=1, **given):
    facts = {"n_distinct": n_rows, "layer_sizes": list(sizes), "n_terms": n_terms}
    return list(settled(facts | given.pop("facts", {}), **{"l2": "auto"} | given).l2)


def test_l2_by_itself_is_the_formula_of_rows_inputs_and_classes_and_less_on_the_last_layer():
    for n_rows, step, by_rows in (
        (100, 512, 1 / 128),
        (512, 512, 1 / 128),
        (513, 2048, 2 / 2048),
        (2048, 2048, 2 / 2048),
        (5000, 8192, 2 / 8192),
    ):
        expected = by_rows * 8 * (step / 1500 * 2 / 3) ** 0.4
        assert strengths(n_rows, 5, 3) == pytest.approx([expected])
        assert strengths(n_rows, 256, 9, 7, 3) == pytest.approx(
            [2 * expected, 2 * expected, 0.2 * expected]
        )
    two_classes = 8 / 128 * (512 / 1500) ** 0.4
    assert strengths(100, 5, 4, n_terms=4) == pytest.approx([2 * two_classes])


@pytest.mark.parametrize("l2", ["auto", "validate"])
def test_a_factor_that_was_chosen_takes_the_place_of_that_of_the_rule(l2):
    chosen = strengths(600, 5, 4, 3, l2=l2, facts={"l2_factor": 32.0})
    assert chosen == pytest.approx([32 * 2 / 2048, 3.2 * 2 / 2048])


def test_l2_as_a_number_is_that_number_on_every_layer():
    for n_rows in (1, 10_000):
        assert strengths(n_rows, 9, 5, 2, l2=0.25, facts={"l2_factor": 2.0}) == [0.25, 0.25]


# As a fit has them


def test_settings_of_a_fit_hold_plain_values_of_python():
    model = plain(
        max_iter=np.int8(3), tol=None, l1=np.float32(0.5), n_iter_no_change=np.inf, random_state=0
    )
    settings = settle(hyper_parameters(model), FACTS)
    assert (settings.max_iter, settings.l1) == (3, 0.5)
    assert settings.n_iter_no_change == math.inf
    plain_types = int, float, str, bool, type(None), tuple, dict
    assert all(type(value) in plain_types for value in vars(settings).values())


def test_a_fitted_model_tells_its_settings_a_line_each():
    model = fast(hidden_layer_sizes=(5,), batch_size=7, l2="auto").fit(X, Y)
    settings, lines = model.settings_, repr(model.settings_).splitlines()
    assert (settings.batch_size, settings.hidden_layer_sizes, settings.max_iter) == (7, (5,), 5)
    assert settings.l2[0] == model.l2_
    assert lines[0] == "Settings" and len(lines) == len(dataclasses.fields(Settings))
    assert "    batch_size = 7" in lines
    assert f"    l2 = {settings.l2}  # by itself" in lines
    assert pickle.loads(pickle.dumps(model)).settings_ == settings
    with pytest.raises(NotFittedError):
        fast().settings_.batch_size  # noqa: B018


def test_the_display_of_a_fitted_model_has_a_row_for_each_setting():
    if not hasattr(BaseEstimator, "_get_fitted_attr_html"):
        pytest.skip("this scikit-learn displays no fitted attributes")
    html = fast(batch_size=7).fit(X, Y)._repr_html_()
    assert "settings_.batch_size" in html and "settings_.dtype" in html
    assert "settings_." not in fast()._repr_html_()


def test_a_fit_by_default_has_the_values_of_the_rules(rng):
    X, y = rng.normal(size=(600, 3)), np.arange(600) % 3
    model = BackpropClassifier(l2="auto", random_state=0).fit(X, y)
    l2 = 2 / 2048 * 8 * (2048 / 1500 * 2 / 3) ** 0.4  # 600 rows, 3 classes, less than 64 inputs
    settings = model.settings_
    assert settings.batch_size == 32
    assert settings.max_iter == math.ceil(1000 * 32 / 600)  # as many rows as 1000 batches have
    assert settings.max_iter == model.n_iter_
    assert settings.learning_rate == "linear"
    assert settings.learning_rate_init == pytest.approx(1.5 * 0.05)
    assert settings.l2 == pytest.approx((l2, l2 / 10))
    assert settings.update == {"momentum": 0.9, "nesterovs_momentum": True}
    assert (settings.tol, settings.dtype) == (None, model.coefs_[0].dtype.name)
    assert (settings.numeric_encoding, settings.n_bins) == ("piecewise", 16)
    assert set(settings.by_itself) == set(RESOLVED)


def test_numbers_are_encoded_by_what_y_is_unless_the_encoding_is_given():
    for given, expected in [("auto", "target_aware"), ("piecewise", "piecewise")]:
        network = BackpropRegressor(numeric_encoding=given, max_iter=1, l2=0.0, random_state=0)
        assert network.fit(X, Y).settings_.numeric_encoding == expected
    network = BackpropRegressor(standardize=False, max_iter=1, l2=0.0, random_state=0).fit(X, Y)
    assert network.settings_.numeric_encoding is None


@pytest.mark.parametrize("given", ["auto", "piecewise", "target_aware"])
def test_the_encoding_of_numbers_is_the_one_given_where_there_are_bins(given):
    expected = "piecewise" if given == "auto" else given
    assert settled({"n_bins": 16}, numeric_encoding=given).numeric_encoding == expected
    assert settled({"n_bins": 0}, numeric_encoding=given).numeric_encoding is None


def test_each_network_of_an_ensemble_has_settings_of_its_own():
    variants = [{}, {"batch_size": 5}]
    model = ensemble(network={"batch_size": 7}, variants=variants).fit(X, Y)
    assert {member.settings_.batch_size for member in model.estimators_} == {5, 7}
    assert not hasattr(model, "settings_")


def test_what_is_done_to_printed_settings_leaves_the_model_as_it_is():
    model = fast(momentum=0.5).fit(X, Y)
    model.settings_.update["momentum"] = 0.0
    assert model.settings_.update["momentum"] == 0.5


@pytest.mark.parametrize("stored", [3, {}, {"invented": 3}], ids=repr)
def test_settings_that_no_fit_has_stored_are_refused_and_the_model_is_displayed_all_the_same(
    stored,
):
    model = fast().fit(X, Y)
    model._settings = stored
    with pytest.raises(ValueError, match="may be replaced by the like of what fit has left"):
        model.settings_  # noqa: B018
    assert "settings_." not in model._repr_html_()
