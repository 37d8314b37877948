"""Leaves of trees stay where they clearly lower the loss of rows that their trees have not seen."""

import numpy as np
import pytest
from models import fast
from numpy.testing import assert_array_equal

from skbackprop import BackpropRegressor
from skbackprop.estimator import leaves_choice
from skbackprop.estimator.assembly import stochastic
from skbackprop.estimator.hyper_parameters import hyper_parameters
from skbackprop.estimator.l2_choice import Choice, Trial, choose_l2
from skbackprop.estimator.leaves_choice import TrialWithLeaves, leaves_pay, trials_with_leaves
from skbackprop.estimator.prepare import prepare
from skbackprop.estimator.problem import pose
from skbackprop.estimator.state import State

RNG = np.random.default_rng(0)
X = RNG.normal(size=(1100, 6))


def corners(X):
    return (X[:, 0] > 0) ^ (X[:, 1] > 0.5) ^ (X[:, 2] > -0.5)


CORNERS = corners(X)
EITHER = RNG.random(1100) > 0.5


def by_rule(hidden_layer_sizes=(8,), **options):
    options = {"l2": "validate", "numeric_encoding": "auto", "max_iter": 20} | options
    return fast(hidden_layer_sizes=hidden_layer_sizes, **options)


def posed(y=CORNERS, X=X, **options):
    model = by_rule(**options)
    return pose(hyper_parameters(model), prepare(model, X, y, resume=False), State.first(0))


def test_corners_get_leaves_and_noise_does_not():
    model = by_rule().fit(X, CORNERS)
    assert model.settings_.numeric_encoding == "light_leaves"
    assert "numeric_encoding" in model.settings_.by_itself
    assert model.score(X, CORNERS) > by_rule(numeric_encoding="piecewise").fit(X, CORNERS).score(
        X, CORNERS
    )
    assert by_rule().fit(X, EITHER).settings_.numeric_encoding == "piecewise"


def test_numbers_get_leaves_beside_bins_that_know_them():
    model = BackpropRegressor((8,), random_state=0).fit(X, CORNERS + 0.1 * X[:, 3])
    assert model.settings_.numeric_encoding == "light_leaves"
    told = BackpropRegressor((8,), random_state=0, numeric_encoding="target_aware", max_iter=1)
    told.fit(X, CORNERS + 0.1 * X[:, 3])
    for mine, of_told in zip(model._encoding["bins"], told._encoding["bins"], strict=True):
        assert_array_equal(mine, of_told)


def test_a_warm_start_keeps_the_leaves_and_says_so():
    model = by_rule(warm_start=True).fit(X, CORNERS)
    names = model.get_input_names().tolist()
    model.fit(X, EITHER)
    assert model.settings_.numeric_encoding == "light_leaves"
    assert model.get_input_names().tolist() == names


@pytest.mark.parametrize(
    "options",
    [
        {"numeric_encoding": "piecewise"},
        {"standardize": False},
        {"l2": 1e-3},
        {"X": X[:900], "y": CORNERS[:900]},
        {"X": X[:, :1]},
    ],
)
def test_nothing_is_tried_where_nothing_is_left_to_the_rule(options, monkeypatch):
    monkeypatch.setattr(leaves_choice, "TrialWithLeaves", None)
    rows, y = options.pop("X", X), options.pop("y", CORNERS)
    by_rule(**options).fit(rows, y)


def test_the_rule_counts_all_rows_and_not_those_by_which_l2_is_chosen(monkeypatch):
    monkeypatch.setattr(leaves_choice, "TrialWithLeaves", None)
    monkeypatch.setattr("skbackprop.estimator.rules.ROWS_FOR_LEAVES", (500, 1050))
    monkeypatch.setattr("skbackprop.estimator.l2_choice.MOST_ROWS", 800)
    by_rule().fit(X, CORNERS)


@pytest.mark.parametrize(("loss", "pays"), [(0.97, True), (0.99, False)])
def test_leaves_pay_where_the_loss_falls_by_two_per_cent(loss, pays, monkeypatch):
    problem = posed()
    splits = choose_l2(problem, stochastic).splits
    trials = trials_with_leaves(problem, stochastic, splits)
    monkeypatch.setattr(Trial, "loss", lambda trial, l2, observers: loss)
    assert leaves_pay(problem, Choice(2.0, {8.0: 0.9, 2.0: 1.0}, splits, trials)) is pays


@pytest.mark.parametrize(
    ("kind", "encoding"), [(TrialWithLeaves, "auto"), (Trial, "leaves"), (Trial, "light_leaves")]
)
def test_trees_of_a_trial_do_not_know_the_rows_held_out(kind, encoding):
    def trees(y):
        problem = posed(y, numeric_encoding=encoding)
        (trial,) = splits.trials(kind, problem, stochastic)
        encoded = trial.near.state.network.encoding
        return encoded.leaves.paths, encoded.leaves.thresholds, encoded.means

    splits = choose_l2(posed(), stochastic).splits
    ((_, held_out),) = splits.pairs
    y = CORNERS.copy()
    y[held_out] = RNG.permutation(y[held_out])
    assert (y != CORNERS).any()
    for one, other in zip(trees(y), trees(CORNERS), strict=True):
        assert_array_equal(one, other)


def test_validation_data_decide_where_there_are_some():
    X_val = RNG.normal(size=(1000, 6))
    model = by_rule(hidden_layer_sizes=()).fit(X, CORNERS, X_val=X_val, y_val=corners(X_val))
    assert model.settings_.numeric_encoding == "light_leaves"
    model.fit(X, CORNERS, X_val=X_val, y_val=RNG.permutation(corners(X_val)))
    assert model.settings_.numeric_encoding == "piecewise"
