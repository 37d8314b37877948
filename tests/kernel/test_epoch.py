"""The compiled epoch against the numpy reference, and its vector maths against numpy's."""

import _thread
import contextlib
import threading
import time
import warnings
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import plain
from scipy import sparse
from threadpoolctl import threadpool_limits

from skbackprop import _kernel
from skbackprop._kernel import bind
from skbackprop._kernel.bind import compiled_epoch, is_available
from skbackprop.inputs.bins import Bins
from skbackprop.inputs.gather import Inputs
from skbackprop.inputs.leaves import Leaves
from skbackprop.inputs.levels import Levels
from skbackprop.inputs.missing import Missing
from skbackprop.inputs.numbers import Numbers
from skbackprop.inputs.words import Words
from skbackprop.network.activations import ACTIVATIONS, Activation
from skbackprop.network.graph import FlowGraph
from skbackprop.network.initializers import GlorotUniform
from skbackprop.network.parameters import ParameterVector
from skbackprop.objective.losses import LOSSES
from skbackprop.objective.objective import Objective
from skbackprop.objective.penalties import L1, L2
from skbackprop.solvers.schedules import SCHEDULES, Horizon
from skbackprop.solvers.sgd import SGD, ReferenceEpoch
from skbackprop.solvers.updates import Adam, Momentum

N_LEAVES = 4  # of a tree
KNOWN = sorted(bind.ACTIVATION_NAMES.values())
pytestmark = pytest.mark.skipif(not is_available(), reason="the extension is not built, or off")


def encodings():
    """What else than numbers a dense row may give."""
    return st.fixed_dictionaries(
        {
            "missing": st.sampled_from([0.0, 0.3, 1.0]),
            "indicators": st.sampled_from([0, 1, 3]),
            "bins": st.sampled_from([(), (1,), (4, 2), (16, 3, 1)]),
            "n_levels": st.sampled_from([0, 1, 7, 300]),
            "n_codes": st.sampled_from([1, 3]),
            "n_trees": st.sampled_from([0, 1, 3]),
            "n_terms": st.sampled_from([0, 1, 9, 300]),
            "clip": st.sampled_from([None, 0.5, 4.0]),
            "present": st.sampled_from([1.0, 2.0]),
        }
    )


# of a curvature that grows with a, or of outputs that are sums of others: large steps diverge
STEEP = {"poisson", "gamma", "quantile"}


@st.composite
def problems(draw):
    """Everything that the kernel has to know of, small and large."""
    n_hidden = draw(st.integers(0, 3))
    size = st.sampled_from([1, 2, 3, 5, 8, 13, 60])
    adam = draw(st.booleans())
    unit = st.sampled_from([0.0, 0.5, 0.9])
    loss = draw(st.sampled_from(sorted(LOSSES)))
    return {
        "hidden": draw(st.lists(size, min_size=n_hidden, max_size=n_hidden)),
        "activations": draw(st.lists(st.sampled_from(KNOWN), min_size=n_hidden, max_size=n_hidden)),
        "n_rows": draw(st.sampled_from([1, 2, 7, 50, 200])),
        "n_features": draw(st.sampled_from([1, 2, 5, 40])),
        "loss": loss,
        "n_outputs": draw(st.sampled_from([2, 3, 5, 20])),
        "batch_size": draw(st.sampled_from([1, 2, 3, 16, 100, 1000])),
        "layout": draw(st.sampled_from(["C", "F", "float16", "csr", "csr64"])),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "X_dtype": draw(st.sampled_from([None, "float32", "float64"])),
        "standardize": draw(st.booleans()),
        **draw(st.one_of(st.just({}), encodings())),
        "weighted": draw(st.booleans()),
        "some_rows": draw(st.booleans()),
        "l1": draw(st.sampled_from([0.0, 1e-3])),
        "l2": draw(st.sampled_from([0.0, 1e-2, "of each layer"])),
        "rule": Adam if adam else Momentum,
        "hyper_parameters": {
            "beta_1": draw(unit),
            "beta_2": draw(st.sampled_from([0.9, 0.999])),
            "epsilon": draw(st.sampled_from([1e-3, 1e-2])),
        }
        if adam
        else {"momentum": draw(unit), "nesterovs_momentum": draw(st.booleans())},
        "alpha": 1e-4 if loss in STEEP else 0.01,
        "schedule": draw(st.sampled_from(sorted(SCHEDULES))),
        "delta": draw(st.sampled_from([0.0, 0.1, 0.7])),
        "hold": draw(st.sampled_from([0, 3])),
        "seed": draw(st.integers(0, 2**31)),
    }


def make_dense_inputs(X, p, rng):
    """Rows of any dtype, layout and encoding."""
    X = X.astype("float16" if p["layout"] == "float16" else p.get("X_dtype") or p["dtype"])
    n_columns, options = X.shape[1], {}
    scale = (np.full(n_columns, 0.1), np.full(n_columns, 1 / 1.3)) if p["standardize"] else ()
    clip, present = p.get("clip") if scale else None, p.get("present", 1.0)
    blocks = [Numbers(n_columns, *scale, clip=clip)]
    if p.get("missing"):
        X[rng.random(X.shape) < p["missing"]] = np.nan
        options["fill"] = rng.standard_normal(n_columns)
    if p.get("indicators"):
        indicators = rng.integers(n_columns, size=p["indicators"], dtype=np.int32)
        blocks.append(Missing(indicators, present))
    if p.get("bins"):
        blocks.append(make_bins(p["bins"], n_columns, rng))
    if p.get("n_levels"):
        shape = p["n_rows"], p["n_codes"]
        options["codes"] = rng.integers(-1, p["n_levels"], size=shape, dtype=np.int32)
        blocks.append(Levels([range(p["n_levels"])], [[]], present))
    if p.get("n_levels") and p.get("n_trees"):
        blocks.append(make_leaves(p["n_trees"], blocks[-1]))
        reached = rng.integers(N_LEAVES, size=(p["n_rows"], p["n_trees"]), dtype=np.int32)
        reached += p["n_levels"] + N_LEAVES * np.arange(p["n_trees"], dtype=np.int32)
        options["codes"] = np.concatenate([options["codes"], reached], axis=1)
    if p.get("n_terms"):
        has = rng.random((p["n_rows"], p["n_terms"])) < rng.choice([0.01, 0.3])
        options["words"] = sparse.csr_matrix(present * has, dtype=p["dtype"])
        blocks.append(Words([list(map(str, range(p["n_terms"])))], present))
    X = np.asarray(X, order="F" if p["layout"] == "F" else "C")
    X.flags.writeable = False
    return Inputs(X, p["dtype"], blocks, **options)


def make_leaves(n_trees, of_levels):
    """Leaves of some trees, whose conditions are no matter where codes are given."""
    columns, thresholds = np.zeros(1, np.int32), np.zeros(1)
    paths = np.zeros((1, N_LEAVES * n_trees), np.int8)
    starts = N_LEAVES * np.arange(n_trees + 1)
    no_levels = np.zeros(0, np.int32)
    return Leaves(columns, thresholds, no_levels, paths, starts, 0.7, of_levels=of_levels)


def make_bins(counts, n_columns, rng):
    """Bins of random widths, so many for each of some random columns."""
    lower, width = [], []
    for n in counts:
        edges = np.sort(rng.standard_normal(n + 1))
        lower.append(edges[:-1])
        width.append(np.diff(edges))
    return Bins(
        rng.integers(n_columns, size=len(counts), dtype=np.int32),
        np.cumsum([0, *counts]),
        np.concatenate(lower),
        1 / np.concatenate(width),
    )


def make_l2(strength, parameters):
    """An L2 penalty of all weights, or of another strength for each layer."""
    if strength != "of each layer":
        return L2(strength)
    ends = np.cumsum([n_in * n_out for n_in, n_out in parameters.shapes]).tolist()
    return L2([0.03 / 2**k for k in range(len(ends))], ends)


def loss_and_targets(name, n_rows, n_outputs, rng):
    """Return a loss, and targets that it takes."""
    if name == "softmax_cross_entropy":
        return LOSSES[name](), rng.integers(n_outputs, size=n_rows)
    if name == "logistic_cross_entropy":
        return LOSSES[name](), rng.integers(2, size=(n_rows, n_outputs), dtype=np.uint8)
    if name == "quantile":
        levels = (np.arange(n_outputs) + 0.5) / n_outputs
        return LOSSES[name](quantile=levels.tolist()), rng.standard_normal((n_rows, 1))
    loss = LOSSES[name](huber_delta=0.7) if name == "huber" else LOSSES[name]()
    y = rng.standard_normal((n_rows, n_outputs))
    return loss, np.exp(y) if loss.out_activation == "exp" else y


def make_solver(problem, **changes):
    """Assemble a solver of its own, data and all."""
    p = {**problem, **changes}
    rng = np.random.default_rng(p["seed"])
    X = rng.standard_normal((p["n_rows"], p["n_features"]))
    if p["layout"].startswith("csr"):
        X = sparse.csr_matrix(np.where(p.get("threshold", 0.5) < X, X, 0).astype(p["dtype"]))
        if p["layout"] == "csr64":
            X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
        inputs = Inputs(X, p["dtype"])
    else:
        inputs = make_dense_inputs(X, p, rng)
    parameters = ParameterVector([inputs.n_features, *p["hidden"], p["n_outputs"]], p["dtype"])
    GlorotUniform().fill(parameters.layers, rng)
    weights = rng.uniform(0.1, 1, p["n_rows"]) if p["weighted"] else None
    rows = np.arange(0, p["n_rows"], 2) if p["some_rows"] else None
    loss, y = loss_and_targets(p["loss"], p["n_rows"], p["n_outputs"], rng)
    objective = Objective(
        FlowGraph([ACTIVATIONS.get(g, g) for g in p["activations"]]),
        loss,
        parameters,
        inputs,
        y,
        row_weights=weights,
        rows=rows,
        penalties=[L for L in (L1(p["l1"]), make_l2(p["l2"], parameters)) if L.strength],
    )
    update = p["rule"](parameters.theta, **p["hyper_parameters"])
    batch_size = min(p["batch_size"], objective.n_rows)
    return SGD(
        objective,
        update,
        SCHEDULES[p["schedule"]](p["delta"], p["hold"]),
        horizon=Horizon(0, 10**6),
        alpha=p["alpha"],
        batch_size=batch_size,
        shuffle=True,
        seed=7,
        compiled=compiled_epoch(objective, update, batch_size),
    )


def is_compiled(solver):
    return not isinstance(solver.epoch, ReferenceEpoch)


SIMPLE = {
    "hidden": [5],
    "activations": ["tanh"],
    "n_rows": 50,
    "n_features": 4,
    "loss": "softmax_cross_entropy",
    "n_outputs": 3,
    "batch_size": 8,
    "layout": "C",
    "dtype": "float64",
    "standardize": False,
    "weighted": False,
    "some_rows": False,
    "l1": 0.0,
    "l2": 0.0,
    "rule": Momentum,
    "hyper_parameters": {"momentum": 0.9, "nesterovs_momentum": True},
    "alpha": 0.01,
    "schedule": "constant",
    "delta": 0.0,
    "hold": 0,
    "seed": 0,
}


def reference(problem, **changes):
    """Assemble a solver that runs the reference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKBACKPROP_KERNEL", "0")
        solver = make_solver(problem, **changes)
    assert not is_compiled(solver)
    return solver


def is_single(objective):
    """Whether anything is rounded to float32: θ, or the smooth limit of such numbers."""
    limited = any(getattr(block, "clip", None) for block in objective.inputs.blocks)
    single = limited and objective.inputs.stored == np.float32
    return single or objective.theta.dtype == np.float32


def assert_same_training(problem, n_epochs=4, **changes):
    """Both solvers have the same losses, counts, θ and memory after some epochs."""
    compiled, numpy = make_solver(problem, **changes), reference(problem, **changes)
    assert is_compiled(compiled)
    tolerance = 1e-3 if is_single(compiled.objective) else 1e-10
    for _ in range(n_epochs):
        np.testing.assert_allclose(
            compiled.run_epoch(), numpy.run_epoch(), rtol=tolerance, atol=tolerance
        )
    assert (compiled.t, compiled.n_epochs) == (numpy.t, numpy.n_epochs)
    for ours, theirs in zip(compiled.checkpoint().arrays, numpy.checkpoint().arrays, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@settings(max_examples=200, deadline=None)
@given(problems())
def test_equals_the_reference_for_every_combination_of_options(problem):
    # from one epoch to the next rounding may grow, most with Adam: its steps do not shrink with ∇
    chaotic = problem["dtype"] == "float32" or problem["rule"] is Adam
    assert_same_training(problem, n_epochs=1 if chaotic else 4)


@settings(max_examples=100, deadline=None)
@given(problems(), st.sampled_from([1, 16, 512]))
def test_J_and_its_gradient_over_all_rows_equal_the_reference_and_leave_theta(problem, n_at_once):
    objective = make_solver(problem).objective
    theta = objective.theta.copy()
    with mock.patch.object(Objective, "rows_per_gradient", n_at_once):
        smooth_value_and_gradient = bind.compiled_gradient(objective)
        value, gradient = smooth_value_and_gradient()
        again = smooth_value_and_gradient()[1]
    np.testing.assert_array_equal(gradient, again)
    np.testing.assert_array_equal(objective.theta, theta)
    expected = objective.smooth_value_and_gradient()
    tolerance = 1e-5 if is_single(objective) else 1e-12
    assert value == pytest.approx(expected[0], rel=tolerance)
    np.testing.assert_allclose(gradient, expected[1], rtol=tolerance, atol=tolerance)


def test_without_the_kernel_there_is_no_compiled_gradient(monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    assert bind.compiled_gradient(make_solver(SIMPLE).objective) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [1, 3, 700])
@pytest.mark.parametrize("activation", KNOWN)
def test_equals_the_reference_on_layers_wide_enough_for_blas(activation, batch_size, dtype):
    assert_same_training(
        SIMPLE,
        n_epochs=1,
        alpha=1e-4,
        hidden=[130, 70],
        activations=[activation] * 2,
        n_rows=max(100, batch_size),
        n_features=301,
        batch_size=batch_size,
        dtype=dtype,
    )


def test_a_batch_larger_than_a_chunk_equals_the_reference():
    assert_same_training(SIMPLE, n_rows=50_000, n_features=20, batch_size=30_000)


def test_l1_makes_the_same_weights_exactly_zero():
    for rule in (
        {"rule": Momentum, "hyper_parameters": {"momentum": 0.5, "nesterovs_momentum": False}},
        {"rule": Adam, "hyper_parameters": {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-3}},
    ):
        for batch_size in (1, 8):
            ours, theirs = (
                make(SIMPLE, l1=0.05, batch_size=batch_size, n_features=20, **rule)
                for make in (make_solver, reference)
            )
            for _ in range(20):
                ours.run_epoch(), theirs.run_epoch()
            zero = ours.objective.theta == 0
            assert zero.any()
            np.testing.assert_array_equal(zero, theirs.objective.theta == 0)


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_an_epoch_ends_at_the_first_loss_that_is_not_finite(poison, batch_size):
    ours, theirs = (
        make_solver(SIMPLE, batch_size=batch_size),
        reference(SIMPLE, batch_size=batch_size),
    )
    for solver in (ours, theirs):
        bad = np.array(solver.objective.inputs.X)
        bad[7] = poison
        solver.objective.inputs.X = bad
        if is_compiled(solver):
            solver.epoch = compiled_epoch(solver.objective, solver.update, batch_size)
        with np.errstate(all="ignore"):
            assert not np.isfinite(solver.run_epoch())
    assert 1 <= ours.t == theirs.t < -(-SIMPLE["n_rows"] // batch_size)


@pytest.mark.parametrize("changes", [{}, {"layout": "csr", "n_features": 300}, {"batch_size": 1}])
@pytest.mark.parametrize("alpha", [0.01, 1e200])  # with which a loss of the second is not finite
def test_several_epochs_at_once_are_those_one_after_the_other(alpha, changes):
    at_once, by_one = (make_solver(SIMPLE, **changes) for _ in range(2))
    orders = np.array([np.roll(at_once.objective.rows, k) for k in range(3)])
    rates = np.full(3 * by_one._n_updates, alpha)
    theta = by_one.objective.theta
    totals, squares, n_updates = [], [theta @ theta], 0
    for order in orders:
        total, n = by_one.epoch.run(order, rates[n_updates:])
        with np.errstate(all="ignore"):
            squares.append(theta @ theta)
        totals, n_updates = [*totals, total], n_updates + n
        if not np.isfinite(total + squares[-1]):
            break
    total, square, n = at_once.epoch.run_all(orders, rates)
    np.testing.assert_equal((total, n), (np.max(totals), n_updates))
    np.testing.assert_allclose(square, np.max(squares), rtol=1e-12)
    np.testing.assert_array_equal(at_once.objective.theta, theta)
    assert np.isfinite(total + square) == (alpha < 1)


def test_the_reference_runs_what_the_kernel_does_not_know():
    class Sine(Activation):
        def fprop(self, A):
            return np.sin(A, out=A)

        def derivative(self, H, out):
            return np.sqrt(1 - H * H, out=out)

    solver = make_solver(SIMPLE, activations=[Sine()])
    assert not is_compiled(solver)
    assert np.isfinite(solver.run_epoch())
    assert not is_compiled(make_solver(SIMPLE, hidden=[2] * 70, activations=["tanh"] * 70))


@pytest.mark.parametrize(("value", "compiled"), [("0", False), ("1", True), (None, True)])
def test_an_environment_variable_forces_the_reference(monkeypatch, value, compiled):
    if value is None:
        monkeypatch.delenv("SKBACKPROP_KERNEL", raising=False)
    else:
        monkeypatch.setenv("SKBACKPROP_KERNEL", value)
    assert is_compiled(make_solver(SIMPLE)) == compiled


def test_all_works_without_the_extension(monkeypatch):
    monkeypatch.setattr(_kernel, "Epoch", None)
    assert not is_compiled(make_solver(SIMPLE))


def test_the_estimator_learns_the_same_either_way(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (300, 8)).astype(np.uint8), rng.integers(3, size=300)
    coefs = []
    for value in "01":
        monkeypatch.setenv("SKBACKPROP_KERNEL", value)
        model = plain(
            (9, 4), batch_size=10, max_iter=3, tol=None, early_stopping=True, random_state=0
        )
        coefs.append(model.fit(X, y, sample_weight=rng.integers(0, 3, 300) * 0 + y).coefs_)
    for ours, theirs in zip(*coefs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("batch_size", [1, 100_000])
def test_ctrl_c_is_answered_within_a_second(batch_size):
    n_rows = 100_000
    X = np.random.default_rng(0).standard_normal((n_rows, 100))
    model = plain((300, 300), batch_size=batch_size, learning_rate_init=1e-4)
    pressed = []

    def press():
        pressed.append(time.perf_counter())
        _thread.interrupt_main()

    timer = threading.Timer(1.0, press)
    timer.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whichever epoch it is that is interrupted
        with contextlib.suppress(KeyboardInterrupt):
            model.set_params(max_iter=1000, tol=None).fit(X, np.arange(n_rows) % 2)
    timer.join()
    assert time.perf_counter() - pressed[0] < 1


@pytest.mark.parametrize("batch_size", [1, 64])
def test_other_threads_run_during_an_epoch(batch_size):
    solver = make_solver(SIMPLE, n_rows=20_000, hidden=[300], batch_size=batch_size)
    thread = threading.Thread(target=solver.run_epoch)
    thread.start()
    n_turns = 0
    while thread.is_alive():
        n_turns += 1
    assert n_turns > 1000  # with the lock held, a handful


ENCODED = {
    "missing": 0.2,
    "indicators": 2,
    "bins": (4, 2, 16),
    "n_levels": 40,
    "n_codes": 3,
}


@pytest.mark.parametrize("rule", ["momentum", "adam"])
@pytest.mark.parametrize("batch_size", [1, 32, 700])
@pytest.mark.parametrize("n_hidden", [7, 16, 100, 256])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_encoded_inputs_of_layers_of_any_width_equal_the_reference(
    dtype, n_hidden, batch_size, rule
):
    adam = {"rule": Adam, "hyper_parameters": {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-2}}
    changes = {
        **ENCODED,
        **(adam if rule == "adam" else {}),
        "dtype": dtype,
        "hidden": [n_hidden],
        "n_rows": max(100, batch_size),
        "batch_size": batch_size,
        "standardize": True,
        "l2": 1e-3,
    }
    assert_same_training(SIMPLE, n_epochs=2, alpha=1e-3, **changes)


def test_an_encoded_batch_larger_than_a_chunk_equals_the_reference():
    changes = {**ENCODED, "n_rows": 50_000, "n_features": 20, "batch_size": 30_000}
    assert_same_training(SIMPLE, **changes)


def test_only_categories_equal_the_reference():
    assert_same_training(SIMPLE, n_features=0, n_levels=9, n_codes=2)


WAITING = {  # rows of W, which most batches do not touch
    "levels": {"n_levels": 3000, "n_codes": 2},
    "terms": {"n_levels": 50, "n_codes": 1, "n_terms": 4000},
    "columns of a sparse X": {"layout": "csr", "n_features": 2000, "batch_size": 1},
}
PLAIN = {"momentum": 0.0, "nesterovs_momentum": False}
RULES = {
    "SGD": {"hyper_parameters": PLAIN},
    "SGD with L1": {"hyper_parameters": PLAIN, "l1": 0.5},
    "SGD with L1, where a decay changes signs": {"hyper_parameters": PLAIN, "l1": 0.5, "l2": 60.0},
    "momentum": {"hyper_parameters": {"momentum": 0.9, "nesterovs_momentum": False}},
    "Nesterov": {"hyper_parameters": {"momentum": 0.9, "nesterovs_momentum": True}},
}


@pytest.mark.parametrize("schedule", ["constant", "linear"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("inputs", WAITING.values(), ids=WAITING)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_of_W_that_wait_for_their_batches_equal_the_reference(dtype, inputs, rule, schedule):
    changes = {"batch_size": 3, "l2": 0.02, "n_rows": 60, "hidden": [9], **inputs, **rule}
    changes |= {"schedule": schedule, "dtype": dtype}
    if "layout" in inputs:  # so few entries that most columns are 0 in a row
        changes["threshold"] = 2.5
    assert_same_training(SIMPLE, **changes)


def test_rows_of_W_wait_over_more_updates_than_a_window_has():
    inputs = {"n_levels": 2000, "n_codes": 2, "n_rows": 4500, "batch_size": 1, "l2": 1e-4}
    assert_same_training(SIMPLE, n_epochs=2, alpha=1e-3, schedule="inverse", delta=1e-4, **inputs)


def test_J_and_its_gradient_after_an_epoch_of_rows_that_wait_equal_the_reference():
    changes = {"n_levels": 3000, "n_codes": 2, "batch_size": 3, "l2": 0.02}
    compiled, numpy = make_solver(SIMPLE, **changes), reference(SIMPLE, **changes)
    compiled.run_epoch(), numpy.run_epoch()
    J, gradient = bind.compiled_gradient(compiled.objective)()
    expected, of_numpy = numpy.objective.smooth_value_and_gradient()
    np.testing.assert_allclose(J, expected, rtol=1e-10)
    np.testing.assert_allclose(gradient, of_numpy, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(compiled.run_epoch(), numpy.run_epoch(), rtol=1e-10)
    np.testing.assert_allclose(compiled.objective.theta, numpy.objective.theta, atol=1e-10)


WIDE = {
    "n_rows": 1500,
    "n_features": 60,
    "hidden": [300, 200],
    "activations": ["tanh", "relu"],
    "batch_size": 256,
    "alpha": 1e-3,
    "l2": 1e-3,
}
TABLE = {
    **ENCODED,
    "n_rows": 3000,
    "bins": (16,) * 12,
    "standardize": True,
    "hidden": [64, 64],
    "activations": ["relu", "relu"],
    "batch_size": 128,
}
SHARED = {
    "dense": {},
    "a table": TABLE,
    "a table of float32": {**TABLE, "dtype": "float32", "X_dtype": "float32"},
    "a table of levels that wait": {**TABLE, "n_levels": 3000, "n_codes": 2},
    "a table of one layer": {**TABLE, "hidden": [128], "activations": ["tanh"], "batch_size": 200},
    "float32": {"dtype": "float32"},
    "a gradient of small batches": {"batch_size": 40, "hidden": [700, 500]},
    "batches of several chunks": {"batch_size": 1500, "hidden": [700, 700]},
    "encoded": {**ENCODED, "bins": (16,) * 12, "n_levels": 300, "standardize": True},
    "encoded from float32": {**ENCODED, "bins": (16,) * 12, "X_dtype": "float32"},
    "levels that wait": {"n_levels": 3000, "n_codes": 2},
    "in Fortran's order": {"layout": "F"},
    "labels and weights": {"loss": "logistic_cross_entropy", "weighted": True},
    "adam": {
        "rule": Adam,
        "hyper_parameters": {"beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-2},
        "l1": 1e-3,
    },
}


def trained_by_threads(n_threads, **changes):
    """The losses and arrays that so many threads come to."""
    solver = make_solver(SIMPLE, **WIDE | changes)
    assert solver.epoch.shares
    solver.epoch.n_threads = n_threads
    assert solver.epoch.n_threads == n_threads
    with threadpool_limits(1, user_api="blas"):
        losses = [solver.run_epoch() for _ in range(2)]
    return np.array(losses), *solver.checkpoint().arrays


@pytest.mark.parametrize("changes", SHARED.values(), ids=SHARED)
def test_any_number_of_threads_computes_the_same_bits(changes):
    alone = trained_by_threads(1, **changes)
    for n_threads in (2, 3, 40):
        for ours, theirs in zip(trained_by_threads(n_threads, **changes), alone, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("changes", SHARED.values(), ids=SHARED)
def test_what_threads_share_equals_the_reference(changes):
    assert_same_training(SIMPLE, n_epochs=2, **WIDE | changes)


def test_small_batches_batches_of_one_and_csr_matrices_are_not_shared():
    assert not make_solver(SIMPLE, **WIDE | {"layout": "csr", "n_features": 2000}).epoch.shares
    assert not make_solver(SIMPLE).epoch.shares
    assert not make_solver(SIMPLE, **WIDE | TABLE | {"batch_size": 64}).epoch.shares
    assert not make_solver(SIMPLE, **WIDE | {"batch_size": 1}).epoch.shares


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no list of threads here")
def test_threads_come_for_an_epoch_and_go():
    def count():
        return len(list(Path("/proc/self/task").iterdir()))

    solver = make_solver(SIMPLE, **WIDE | {"n_rows": 20_000, "hidden": [600, 600]})
    solver.epoch.n_threads = 5
    before, most = count(), 0
    thread = threading.Thread(target=solver.run_epoch)
    thread.start()
    while thread.is_alive():
        most = max(most, count())
    assert most == before + 1 + 4
    deadline = time.monotonic() + 30
    while count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert count() == before


def test_an_epoch_that_threads_share_ends_at_the_first_loss_that_is_not_finite():
    solver = make_solver(SIMPLE, **WIDE | {"alpha": 1e200})
    solver.epoch.n_threads = 3
    with np.errstate(all="ignore"):
        assert not np.isfinite(solver.run_epoch())
    assert 1 <= solver.t < 6


def test_values_at_and_beyond_the_edges_of_bins():
    edges = np.array([-1.0, 0.0, 0.5, 2.0])
    x = np.array([-np.inf, -3, -1, -0.5, 0, 0.25, 0.5, 1, 2, 7, np.inf, np.nan])[:, None]
    expected = [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
        [0.5, 0, 0],
        [1, 0, 0],
        [1, 0.5, 0],
        [1, 1, 0],
        [1, 1, 1 / 3],
        [1, 1, 1],
        [1, 1, 1],
        [1, 1, 1],
        [1, 0.5, 0],
    ]
    arrays = (
        fitting_arrays(n_rows=len(x))
        | {
            "X": x,
            "fill": np.array([0.25]),
            "mean": np.zeros(1),
            "inverse_scale": np.zeros(1),  # of x itself, nothing but the bins counts
            "bin_columns": np.zeros(1, np.int32),
            "bin_starts": np.array([0, 3]),
            "lower": edges[:-1],
            "inverse_width": 1 / np.diff(edges),
            "layer_sizes": [4, 2],
            "theta": np.array([0, 0, 1, 0, 10, 0, 100, 0, 0, 0.0]),
            "gradient": np.zeros(10),
        }
    )
    arrays["X"][~np.isfinite(x) & ~np.isnan(x)] = 9e99 * np.sign(x[np.isinf(x)])
    epoch = _kernel.Epoch(**arrays)
    for row, h in enumerate(expected):
        a = np.array(h) @ [1, 10, 100]
        total = epoch.backpropagate(np.array([row]))
        assert total == pytest.approx(np.logaddexp(0, a) - a, abs=1e-12)
        np.testing.assert_allclose(
            epoch_gradient(arrays)[1:4, 0], np.array(h) * (1 / (1 + np.exp(-a)) - 1), atol=1e-12
        )


def epoch_gradient(arrays):
    """∇W of the one layer."""
    return arrays["gradient"][:8].reshape(4, 2)


def fitting_arrays(n_rows=6):
    """The arguments of a small epoch in which all is well."""
    return {
        "theta": np.zeros(8),
        "gradient": np.zeros(8),
        "layer_sizes": [3, 2],
        "activations": [],
        "loss": "softmax",
        "X": np.ones((n_rows, 3)),
        "y": np.zeros(n_rows, np.int64),
        "batch_size": 4,
    }


CSR = np.ones(2), np.array([0, 2], np.int32), np.array([0, 1, 1, 1, 2, 2, 2])
BINS = {
    "layer_sizes": [6, 2],
    "theta": np.zeros(14),
    "gradient": np.zeros(14),
    "bin_columns": np.array([0, 2], np.int32),
    "bin_starts": np.array([0, 1, 3]),
    "lower": np.array([0.0, 0.0, 1.0]),
    "inverse_width": np.ones(3),
}
LEVELS = {
    "layer_sizes": [5, 2],
    "theta": np.zeros(12),
    "gradient": np.zeros(12),
    "codes": np.zeros((6, 2), np.int32),
    "n_levels": 2,
}
ADAM = {
    "rule": "adam",
    "m": np.zeros(8),
    "v": np.zeros(8),
    "n_steps": np.zeros(1, np.int64),
    "beta_1": 0.9,
    "beta_2": 0.99,
}
FITTING = [
    {},
    {"X": CSR},
    {"X": np.ones((6, 3), np.float32), "fill": np.zeros(3, np.float32)},
    {"loss": "logistic", "y": np.zeros((6, 2), np.uint8)},
    {"loss": "squared", "y": np.zeros((6, 2))},
    {"loss": "huber", "y": np.zeros((6, 2)), "loss_parameters": [1.0]},
    {"loss": "quantile", "y": np.zeros((6, 2)), "loss_parameters": [0.1]},
    {"loss": "quantile", "y": np.zeros((6, 1)), "loss_parameters": [0.1, 0.9]},
    {"weights": np.ones(6), "mean": np.zeros(3), "inverse_scale": np.ones(3)},
    {"momentum": 0.9, "velocity": np.zeros(8)},
    ADAM,
    BINS,
    LEVELS,
]


@pytest.mark.parametrize("changes", FITTING)
def test_what_fits_together_is_run(changes):
    epoch = _kernel.Epoch(**{**fitting_arrays(), **changes})
    rows = np.arange(6)
    assert epoch.run(rows, np.zeros(2)) == (pytest.approx(epoch.backpropagate(rows)), 2)
    assert epoch.run(rows[:0], np.zeros(0)) == (0, 0)


READ_ONLY = np.zeros(8)
READ_ONLY.flags.writeable = False
UNFIT = {
    "theta of float16": {"theta": np.zeros(8, np.float16)},
    "theta of other bytes": {"theta": np.zeros(8, ">f8")},
    "theta too short": {"theta": np.zeros(7)},
    "theta read-only": {"theta": READ_ONLY},
    "theta strided": {"theta": np.zeros(16)[::2]},
    "theta a list": {"theta": [0.0] * 8},
    "gradient of another dtype": {"gradient": np.zeros(8, np.float32)},
    "gradient too short": {"gradient": np.zeros(7)},
    "no gradient": {"gradient": None},
    "one size": {"layer_sizes": [8]},
    "no units": {"layer_sizes": [3, 0, 2], "activations": ["relu"]},
    "too many layers": {"layer_sizes": [1] * 66, "activations": ["relu"] * 64},
    "too many activations": {"activations": ["relu"]},
    "too few activations": {"layer_sizes": [3, 1, 1], "theta": np.zeros(6)},
    "unknown activation": {"layer_sizes": [3, 1, 1], "activations": ["sine"]},
    "unknown loss": {"loss": "hinge"},
    "unknown rule": {"rule": "sgd"},
    "X of float16": {"X": np.ones((6, 3), np.float16)},
    "X in Fortran's order": {"X": np.ones((6, 3), order="F")},
    "X flat": {"X": np.ones(18)},
    "X too narrow": {"X": np.ones((6, 2))},
    "X too short": {"X": np.ones((5, 3))},
    "X misaligned": {"X": np.frombuffer(bytes(145), np.uint8)[1:].view(float).reshape(6, 3)},
    "classes too many": {"y": np.full(6, 2)},
    "classes negative": {"y": np.full(6, -1)},
    "classes of int32": {"y": np.zeros(6, np.int32)},
    "labels for softmax": {"y": np.zeros((6, 2), np.uint8)},
    "classes for logistic": {"loss": "logistic"},
    "labels too narrow": {"loss": "logistic", "y": np.zeros((6, 1), np.uint8)},
    "classes for squared": {"loss": "squared"},
    "numbers of float32": {"loss": "squared", "y": np.zeros((6, 2), np.float32)},
    "a column for each quantile": {
        "loss": "quantile",
        "y": np.zeros((6, 2)),
        "loss_parameters": [0.1, 0.9],
    },
    "a column for two outputs": {
        "loss": "quantile",
        "y": np.zeros((6, 1)),
        "loss_parameters": [0.1],
    },
    "no parameter for huber": {"loss": "huber", "y": np.zeros((6, 2))},
    "a parameter for softmax": {"loss_parameters": [0.1]},
    "weights too short": {"weights": np.ones(5)},
    "weights of float32": {"weights": np.ones(6, np.float32)},
    "mean too short": {"mean": np.ones(2), "inverse_scale": np.ones(3)},
    "mean of another dtype": {"mean": np.ones(3, np.float32), "inverse_scale": np.ones(3)},
    "mean alone": {"mean": np.ones(3)},
    "fill too short": {"fill": np.ones(2)},
    "no rows in a batch": {"batch_size": 0},
    "no velocity": {"momentum": 0.9},
    "velocity too short": {"momentum": 0.9, "velocity": np.zeros(7)},
    "no moments": {"rule": "adam"},
    "moments too short": {**ADAM, "v": np.zeros(7)},
    "n_steps of int32": {**ADAM, "n_steps": np.zeros(1, np.int32)},
    "CSR: column too high": {"X": (CSR[0], np.array([0, 3], np.int32), CSR[2])},
    "CSR: column negative": {"X": (CSR[0], np.array([-1, 0], np.int32), CSR[2])},
    "CSR: columns of int64": {"X": (CSR[0], np.array([0, 2]), CSR[2])},
    "CSR: rows too few": {"X": (*CSR[:2], CSR[2][:-1])},
    "CSR: rows too long": {"X": (*CSR[:2], CSR[2] * 2)},
    "CSR: rows negative": {"X": (*CSR[:2], CSR[2] - 1)},
    "CSR: rows decrease": {"X": (*CSR[:2], CSR[2][::-1].copy())},
    "CSR: data of another dtype": {"X": (np.ones(2, np.float32), *CSR[1:])},
    "CSR: data strided": {"X": (np.ones(4)[::2], *CSR[1:])},
    "indicators of nothing": {"indicators": np.array([0], np.int32)},
    "indicators too high": {
        **LEVELS,
        "codes": None,
        "n_levels": 0,
        "indicators": np.array([0, 3], np.int32),
    },
    "bins: column too high": {**BINS, "bin_columns": np.array([0, 3], np.int32)},
    "bins: column negative": {**BINS, "bin_columns": np.array([0, -1], np.int32)},
    "bins: too many": {**BINS, "bin_starts": np.array([0, 1, 4])},
    "bins: too few": {**BINS, "bin_starts": np.array([0, 1, 2])},
    "bins: none of a column": {**BINS, "bin_starts": np.array([0, 0, 3])},
    "bins: first missing": {**BINS, "bin_starts": np.array([1, 2, 3])},
    "bins: starts too few": {**BINS, "bin_starts": np.array([0, 3])},
    "bins: widths too few": {**BINS, "inverse_width": np.ones(2)},
    "bins: no widths": {**BINS, "inverse_width": None},
    "bins: of another dtype": {**BINS, "lower": np.zeros(3, np.float32)},
    "codes too high": {**LEVELS, "codes": np.full((6, 2), 2, np.int32)},
    "codes too low": {**LEVELS, "codes": np.full((6, 2), -2, np.int32)},
    "codes of int64": {**LEVELS, "codes": np.zeros((6, 2), np.int64)},
    "codes flat": {**LEVELS, "codes": np.zeros(6, np.int32)},
    "codes too short": {**LEVELS, "codes": np.zeros((5, 2), np.int32)},
    "levels too many": {**LEVELS, "n_levels": 3},
    "levels negative": {**LEVELS, "layer_sizes": [2, 2], "n_levels": -1},
}


@pytest.mark.parametrize("changes", UNFIT.values(), ids=UNFIT)
def test_what_does_not_fit_together_is_refused(changes):
    with pytest.raises((ValueError, TypeError, KeyError)):
        _kernel.Epoch(**{**fitting_arrays(), **changes})


@pytest.mark.parametrize("rows", [[6], [0, -1], [2**62], [-(2**63)]])
def test_rows_that_there_are_not_are_refused(rows):
    epoch, rates = _kernel.Epoch(**fitting_arrays()), np.zeros(9)
    run, run_all = partial(epoch.run, rates=rates), partial(epoch.run_all, rates=rates)
    for call in (run, lambda rows: run_all(rows[None]), epoch.backpropagate):
        with pytest.raises(ValueError, match="rows must be from 0 to 5"):
            call(np.array(rows))


def test_rates_that_are_too_few_and_a_gradient_of_no_rows_are_refused():
    epoch = _kernel.Epoch(**fitting_arrays())
    with pytest.raises(ValueError, match="1 rates are too few for 5 rows"):
        epoch.run(np.arange(5), np.zeros(1))
    with pytest.raises(ValueError, match="no rows"):
        epoch.backpropagate(np.arange(0))


@pytest.mark.parametrize("changes", [{"y": np.full(50, 3)}, {"layout": "F", "y": np.full(50, 3)}])
def test_targets_that_are_not_classes_are_refused_however_rows_are_stored(changes):
    objective = make_solver(SIMPLE, layout=changes.get("layout", "C")).objective
    objective.y = changes["y"]
    with pytest.raises(ValueError, match="y must be at least 0 and less than 3"):
        bind.compiled_gradient(objective)


def test_a_csr_matrix_of_strided_arrays_equals_the_reference():
    ours, theirs = make_solver(SIMPLE, layout="csr"), reference(SIMPLE, layout="csr")
    X = ours.objective.inputs.X
    for name in ("data", "indices", "indptr"):
        setattr(X, name, np.repeat(getattr(X, name), 2)[::2])
    ours.epoch = compiled_epoch(ours.objective, ours.update, ours.batch_size)
    assert ours.run_epoch() == pytest.approx(theirs.run_epoch(), rel=1e-12)


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_gradient_between_epochs_changes_nothing(batch_size, layout):
    changes = {"batch_size": batch_size, "layout": layout}
    ours, theirs = make_solver(SIMPLE, **changes), make_solver(SIMPLE, **changes)
    for _ in range(3):
        total = ours.epoch.backpropagate(ours.objective.rows)
        assert total == pytest.approx(theirs.objective.value() * 50)
        assert ours.run_epoch() == theirs.run_epoch()
    np.testing.assert_array_equal(ours.objective.theta, theirs.objective.theta)


def everywhere(dtype):
    """Numbers of all magnitudes, the special ones included."""
    info = np.finfo(dtype)
    tiny = [0, info.smallest_subnormal, info.tiny / 3, info.tiny, info.eps / 7]
    log = np.geomspace(info.smallest_subnormal, info.max, 20_000, dtype=np.longdouble)
    x = np.concatenate([tiny, log, np.linspace(0, 800, 200_001), [info.max, np.inf]])
    return np.concatenate([x, -x]).astype(dtype)


def log_one_plus_exp(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


FUNCTIONS = {
    "exp": np.exp,
    "expm1": np.expm1,
    "tanh": np.tanh,
    "logistic": lambda x: np.where(x > 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x))),
    "softplus": log_one_plus_exp,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x < 0, x * x.dtype.type(0.01), x),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_vector_maths_is_accurate_everywhere(name, dtype):
    x = everywhere(dtype)
    wide = np.float64 if dtype == np.float32 else np.longdouble
    ours = x.copy()
    _kernel.epoch.evaluate(name, ours)
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name](x if name == "leaky_relu" else x.astype(wide))
        theirs = exact.astype(dtype)
        assert np.array_equal(np.isinf(ours), np.isinf(theirs))
        finite = np.isfinite(theirs)
        ulp = np.spacing(np.abs(theirs[finite])).astype(wide)
        error = np.abs(ours[finite].astype(wide) - exact[finite]) / ulp
    assert error.max() < 4, x[finite][error.argmax()]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("label", [0, 1])
def test_the_logistic_loss_and_its_gradient_are_accurate_everywhere(label, dtype):
    a = everywhere(dtype)
    a = a[np.isfinite(a) & (np.abs(a) < 1e30)]
    n = len(a)
    theta = np.concatenate([a, np.zeros(n, dtype)])  # W and b: the row x = 1 has the outputs a
    one, y = np.ones((1, 1), dtype), np.full((1, n), label, np.uint8)
    epoch = _kernel.Epoch(
        theta=theta,
        gradient=np.zeros_like(theta),
        layer_sizes=[1, n],
        activations=[],
        loss="logistic",
        X=one,
        y=y,
        batch_size=1,
    )
    total, _ = epoch.run(np.zeros(1, np.int64), np.ones(1))  # at the rate 1, b becomes −∇b
    wide = np.float64 if dtype == np.float32 else np.longdouble
    z = (1 - 2 * label) * a.astype(wide)
    with np.errstate(all="ignore"):
        loss, gradient = FUNCTIONS["softplus"](z).sum(), FUNCTIONS["logistic"](z)
    assert total == pytest.approx(float(loss), rel=1e-3 if dtype == np.float32 else 1e-12)
    ours = (2 * label - 1) * theta[n:].astype(wide)
    ulp = np.spacing(gradient.astype(dtype)).astype(wide)
    assert (np.abs(ours - gradient) / ulp).max() < 8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*FUNCTIONS, "selu", "identity"])
@pytest.mark.parametrize("n", [1, 3, 40])
def test_vector_maths_propagates_nan(name, dtype, n):
    x = np.ones(n, dtype)
    x[-1] = np.nan
    _kernel.epoch.evaluate(name, x)
    assert np.isnan(x[-1]) and np.isfinite(x[:-1]).all()
