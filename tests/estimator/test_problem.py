"""J(θ), posed from hyper-parameters, data and a state."""

import pickle

import numpy as np
import pytest
from models import fast, table_of
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss

from skbackprop.estimator import rules
from skbackprop.estimator.hyper_parameters import hyper_parameters
from skbackprop.estimator.l2_choice import Choice
from skbackprop.estimator.prepare import prepare, with_validation
from skbackprop.estimator.problem import penalties, pose
from skbackprop.estimator.state import State, restore
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.penalties import L1, L2

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), np.arange(40) % 3


def posed(X=X, y=Y, weights=None, *, partial=False, state=None, validation=None, **options):
    model = fast(**options)
    classes = [0, 1, 2] if partial else None
    prepared = prepare(model, X, y, weights, resume=False, classes=classes, partial=partial)
    if validation is not None:
        prepared = with_validation(model, prepared, *validation, None)
    return pose(hyper_parameters(model), prepared, state or State.first(0), partial=partial)


@pytest.mark.parametrize("partial", [False, True])
def test_to_pose_a_problem_twice_gives_the_same_one_and_changes_nothing(partial):
    model = fast(class_weight="balanced", hidden_layer_sizes=(4,))
    model.partial_fit(X, Y, classes=[0, 1, 2])
    prepared, state = prepare(model, X, Y, resume=True, partial=partial), restore(model)
    before = pickle.dumps((prepared, state))
    one, other = (pose(hyper_parameters(model), prepared, state, partial=partial) for _ in range(2))
    assert pickle.dumps((prepared, state)) == before
    assert one.objective.value() == other.objective.value()
    assert_array_equal(one.objective.theta, other.objective.theta)
    assert not np.shares_memory(one.objective.theta, other.objective.theta)
    for problem in (one, other):  # the rows of the second call count once
        n_seen = (1 + partial) * 40
        assert problem.state.network.encoding.scaler.n_samples_seen_ == n_seen
        assert problem.state.class_mass.sum() == n_seen


def test_layers_by_themselves_follow_from_the_rows_that_differ_and_training_keeps_them(monkeypatch):
    monkeypatch.setattr(rules, "DEEP_ROWS", 30)
    deep = fast(hidden_layer_sizes="auto", warm_start=True, l2=0.1).fit(X, Y)
    assert deep.settings_.hidden_layer_sizes == (64, 64)
    assert "hidden_layer_sizes" in deep.settings_.by_itself
    few, y = X[:20], Y[:20]
    for weights in (None, np.arange(20) + 1.0):
        X_twice, y_twice = np.vstack([few, few]), np.tile(y, 2)
        s = None if weights is None else np.tile(weights, 2)
        model = clone(deep).fit(X_twice, y_twice, s)
        assert model.settings_.hidden_layer_sizes == (128,)
    for model in (deep.fit(few, y), deep.partial_fit(few, y)):
        assert model.settings_.hidden_layer_sizes == (64, 64)


def test_the_first_parameters_follow_from_the_seed_and_softmax_regression_starts_at_zero():
    seeds = [State(seed) for seed in (0, 0, 1)]
    one, same, other = (posed(state=seed).objective.theta for seed in seeds)
    assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    softmax = posed(hidden_layer_sizes=()).objective
    assert not softmax.theta.any()
    assert softmax.value() == pytest.approx(np.log(3), rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_J_is_the_weighted_log_loss_and_the_penalties_by_their_formulas(weighted):
    weights = RNG.uniform(size=40) if weighted else None
    problem = posed(weights=weights, l1=0.3, l2=0.2, hidden_layer_sizes=(4,))
    A = problem.state.network.propagate(table_of(X), 2)
    F = np.exp(A) / np.exp(A).sum(axis=1, keepdims=True)
    W = np.concatenate([W.ravel() for W, _ in problem.state.network.layers])
    expected = log_loss(Y, F, sample_weight=weights)
    expected += 0.3 * np.abs(W).sum() + 0.2 * (W**2).sum()
    assert problem.objective.value() == pytest.approx(expected, rel=1e-12)


def test_the_network_of_the_problem_is_the_one_in_training():
    problem = posed(hidden_layer_sizes=(4,))
    before = problem.state.network.propagate(table_of(X), 2)
    problem.objective.theta *= 2
    assert not np.allclose(problem.state.network.propagate(table_of(X), 2), before)


def test_early_stopping_splits_the_rows_and_validates_without_penalties():
    problem = posed(early_stopping=True, validation_fraction=0.25, l2=10.0, hidden_layer_sizes=())
    held_out, trained = problem.validation.table.numbers, X[problem.objective.rows]
    assert (len(held_out), len(trained)) == (10, 30)
    together = np.concatenate([held_out, trained])
    assert_array_equal(np.sort(together, axis=0), np.sort(X, axis=0))
    assert problem.validation_objective.penalties == []
    assert problem.state.network.encoding.scaler.n_samples_seen_ == 30


def test_validation_data_that_is_given_is_validated_on_and_nothing_is_held_out():
    problem = posed(validation=(X[:5], Y[:5]), early_stopping=True)
    assert_array_equal(problem.validation.table.numbers, X[:5])
    assert problem.objective.n_rows == 40
    assert posed(early_stopping=True, partial=True).validation is None


def test_a_row_is_weighed_by_its_class_and_by_itself_and_those_of_zero_are_not_visited():
    weights = np.where(np.arange(40) < 30, 1.0 + np.arange(40), 0)
    problem = posed(weights=weights, class_weight={0: 1, 1: 2, 2: 0})
    expected = weights * np.array([1, 2, 0])[Y]
    rows = np.flatnonzero(expected)
    assert_array_equal(problem.objective.rows, rows)
    s = problem.objective.row_weights
    assert_allclose(s[rows] / s[rows].sum(), expected[rows] / expected.sum(), rtol=1e-12)


def test_weights_that_leave_no_row_are_an_error_that_names_both():
    with pytest.raises(ValueError, match="class_weight and the sample weights together"):
        posed(weights=Y == 0, class_weight={0: 0})


@pytest.mark.parametrize("solver", ["sgd", "adam", "newton", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
def test_the_network_has_the_precision_of_x_and_full_batches_compute_in_float64(solver, dtype):
    problem = posed((30 * X).astype(dtype), solver=solver, dtype="auto")
    in_batches = len(X) > 32 and solver in ("sgd", "adam")
    of_x = np.float32 if dtype == np.float32 or in_batches else np.float64
    assert problem.settings.dtype == of_x.__name__
    assert problem.objective.theta.dtype == (np.float64 if solver in ("newton", "lbfgs") else of_x)


@pytest.mark.parametrize("standardize", [True, False])
def test_the_size_of_inputs_is_their_root_mean_square_unless_they_are_standardised(standardize):
    size = posed(7 * X, standardize=standardize).facts.inputs.root_mean_square
    assert size == (1.0 if standardize else pytest.approx(7 * np.sqrt((X**2).mean()), rel=1e-12))


def test_a_penalty_without_strength_is_none():
    parameters = ParameterVector([3, 4, 2])

    def of(l1, *l2):
        return penalties(hyper_parameters(fast(l1=l1)), l2, parameters)

    assert of(0, 0.0, 0.0) == []
    assert [(type(p), p.strength) for p in of(0.5, 0.25, 0.25)] == [(L1, 0.5), (L2, 0.25)]
    (by_layer,) = of(0, 0.5, 0.25)
    W = np.arange(20.0)
    assert by_layer.value(W) == 0.5 * W[:12] @ W[:12] + 0.25 * W[12:] @ W[12:]


def test_a_penalty_that_was_chosen_gives_another_problem_and_this_one_stays_as_it_is():
    problem = posed(l2="validate", hidden_layer_sizes=(4,))
    before, factor = problem.settings, 32.0
    chosen = problem.with_l2(Choice(factor, {factor: 1.5}))
    assert problem.settings is before is problem.state.settings
    assert chosen.settings is chosen.state.settings
    assert chosen.settings.l2 == (factor / 128, factor / 1280)
    assert (chosen.state.l2_factor, chosen.state.l2_losses) == (factor, {factor / 128: 1.5})
    W1, W2 = (W for W, _ in chosen.state.network.layers)
    expected = problem.over(None).value() + factor / 128 * ((W1**2).sum() + (W2**2).sum() / 10)
    assert chosen.objective.value() == pytest.approx(expected, rel=1e-12)


def test_the_weights_of_a_call_count_beside_those_of_all_calls_so_far():
    """Calls of classes 0, 0 and then 1, of weights 1 and 4: the mean is 6 / 3, the largest 4."""
    options = {"class_weight": {0: 1, 1: 4}, "hidden_layer_sizes": ()}
    first = posed(X[:2], np.array([0, 0]), partial=True, **options)
    assert first.mean_weight == 1
    second = posed(X[:1], np.array([1]), partial=True, state=first.state, **options)
    assert second.mean_weight == pytest.approx(2)
    assert_allclose(second.objective.row_weights, [2])
    assert second.facts.weighing.largest_weight == pytest.approx(2)
    third = posed(X[:1], np.array([0]), partial=True, state=second.state, **options)
    assert_allclose(third.objective.row_weights, [4 / 7])
    assert third.facts.weighing.largest_weight == pytest.approx(4 * 4 / 7)


def test_a_call_whose_classes_are_mixed_as_before_weighs_1():
    options = {"class_weight": {0: 1, 1: 4}, "hidden_layer_sizes": (), "weights": X[:, 0] ** 2}
    first = posed(partial=True, **options)
    again = posed(partial=True, state=first.state, **options)
    assert again.mean_weight == 1
    assert again.settings.learning_rate_init == first.settings.learning_rate_init


@pytest.mark.parametrize("shuffle", [False, True])
def test_visits_do_not_change_the_objective(rng, shuffle):
    s = np.where(np.arange(40) < 2, 100.0, rng.lognormal(0, 1, 40))
    options = {"weights": s, "hidden_layer_sizes": (4,), "l2": 0.1, "shuffle": shuffle}
    batches, whole = posed(batch_size=8, **options), posed(batch_size=40, **options)
    assert len(batches.objective.rows) > len(whole.objective.rows) == 40
    assert batches.objective.value() == pytest.approx(whole.objective.value(), rel=1e-12)
