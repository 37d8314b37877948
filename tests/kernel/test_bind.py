"""Which problems the compiled epoch runs, and what is said of the others."""

import importlib.util
import logging

import numpy as np
import pytest
from problems import make_objective

from skbackprop import _kernel
from skbackprop._kernel import bind
from skbackprop._kernel.checks import MAX_LAYERS
from skbackprop.inputs.bins import Bins
from skbackprop.inputs.gather import Inputs
from skbackprop.inputs.levels import Levels
from skbackprop.inputs.missing import Missing
from skbackprop.inputs.numbers import Numbers
from skbackprop.network.activations import ACTIVATIONS, Tanh
from skbackprop.network.graph import FlowGraph
from skbackprop.objective.losses.classes import SoftmaxCrossEntropy
from skbackprop.objective.objective import Objective
from skbackprop.objective.penalties import L1, L2
from skbackprop.solvers.updates import Adam, Momentum

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 3)), np.arange(20) % 3
needs_the_kernel = pytest.mark.skipif(
    not bind.is_available(), reason="the extension is not built, or off"
)


def momentum(objective, kind=Momentum):
    return kind(objective.theta, momentum=0.9, nesterovs_momentum=True)


class OtherTanh(Tanh):
    pass


class OtherLoss(SoftmaxCrossEntropy):
    pass


class OtherL2(L2):
    pass


class OtherInputs(Inputs):
    pass


class OtherNumbers(Numbers):
    pass


class OtherBins(Bins):
    pass


class OtherGraph(FlowGraph):
    pass


class OtherObjective(Objective):
    pass


class OtherMomentum(Momentum):
    pass


def loss_with_a_parameter():
    loss = SoftmaxCrossEntropy()
    loss.hyper_parameters, loss.label_smoothing = ("label_smoothing",), 0.1
    return loss


def with_blocks(*blocks):
    return with_part("inputs", lambda J: Inputs(X, X.dtype, blocks))


def with_part(name, part):
    objective = make_objective(X, Y, (4,), l2=0.1)
    setattr(objective, name, part(objective))
    return objective


NUMBERS, MISSING = Numbers(3), Missing(np.array([1], np.int32))
EDGES = np.array([1], np.int32), np.array([0, 2]), np.array([0.0, 1.0]), np.array([1.0, 1.0])
UNKNOWN = {
    "the block of inputs OtherNumbers": lambda: with_blocks(OtherNumbers(3), MISSING),
    "the block of inputs OtherBins": lambda: with_blocks(NUMBERS, MISSING, OtherBins(*EDGES)),
    "the blocks of inputs Missing, Numbers together": lambda: with_blocks(MISSING, NUMBERS),
    "the blocks of inputs Missing together": lambda: with_blocks(MISSING),
    "the blocks of inputs Numbers, Bins, Bins together": lambda: with_blocks(
        NUMBERS, Bins(*EDGES), Bins(*EDGES)
    ),
    "the blocks of inputs Numbers, Missing, Levels together": lambda: with_blocks(
        NUMBERS, MISSING, Levels((["a"],), ([],), present=2.0)
    ),
    "the activation OtherTanh": lambda: with_part("graph", lambda J: FlowGraph([OtherTanh()])),
    "the loss OtherLoss": lambda: with_part("loss", lambda J: OtherLoss()),
    "label_smoothing of the loss SoftmaxCrossEntropy": lambda: with_part(
        "loss", lambda J: loss_with_a_parameter()
    ),
    "the penalty OtherL2": lambda: with_part("penalties", lambda J: [L1(0.1), OtherL2(0.1)]),
    "several penalties of a kind": lambda: with_part("penalties", lambda J: [L2(0.1), L2(0.2)]),
    "the inputs OtherInputs": lambda: with_part("inputs", lambda J: OtherInputs(X, X.dtype)),
    "the graph OtherGraph": lambda: with_part("graph", lambda J: OtherGraph([ACTIVATIONS["tanh"]])),
    "this objective OtherObjective": lambda: make_objective(X, Y, (4,), kind=OtherObjective),
    f"nets of more than {MAX_LAYERS} layers": lambda: make_objective(X, Y, (2,) * MAX_LAYERS),
}


@needs_the_kernel
@pytest.mark.parametrize("what", UNKNOWN)
def test_a_part_that_the_kernel_does_not_know_is_named_and_trains_in_numpy(what, caplog):
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    objective = UNKNOWN[what]()
    assert bind.unknown_part(objective) == what
    assert bind.compiled_gradient(objective) is None
    assert bind.compiled_epoch(objective, momentum(objective), 5) is None
    line = f"training runs in numpy: the compiled epoch does not know {what}"
    assert caplog.messages == [line] * 2
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}


@needs_the_kernel
def test_the_parameters_of_a_loss_that_the_kernel_knows_are_handed_to_it(monkeypatch):
    known = {SoftmaxCrossEntropy: ("softmax", np.int64, ("label_smoothing",))}
    monkeypatch.setattr(bind, "LOSSES", known)
    monkeypatch.setattr(bind._kernel, "Epoch", lambda **arguments: arguments)
    objective = with_part("loss", lambda J: loss_with_a_parameter())
    arguments = bind.compiled_epoch(objective, momentum(objective), 5)
    assert (arguments["loss"], *arguments["loss_parameters"]) == ("softmax", 0.1)


@needs_the_kernel
def test_an_update_rule_is_a_part_of_an_epoch_and_not_of_a_gradient():
    objective = make_objective(X, Y, (4,))
    other = momentum(objective, OtherMomentum)
    assert bind.unknown_part(objective, other) == "the update rule OtherMomentum"
    assert bind.compiled_epoch(objective, other, 5) is None
    assert bind.compiled_gradient(objective) is not None


@needs_the_kernel
@pytest.mark.parametrize("hidden", [(), (4,), (2,) * (MAX_LAYERS - 1)], ids=len)
def test_what_it_knows_runs_compiled_and_without_a_word(hidden, caplog):
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    objective = make_objective(X, Y, hidden, l1=0.1, l2=0.1)
    adam = Adam(objective.theta, beta_1=0.9, beta_2=0.99, epsilon=1e-8)
    for update in (momentum(objective), adam):
        assert bind.unknown_part(objective, update) is None
        assert bind.compiled_epoch(objective, update, 5) is not None
    assert not caplog.messages


@needs_the_kernel
def test_the_activations_it_knows_are_those_that_the_kernel_has_codes_for(monkeypatch):
    assert sorted(bind.ACTIVATION_NAMES.values()) == sorted(_kernel.ACTIVATIONS)
    monkeypatch.setitem(ACTIVATIONS, "other", OtherTanh())  # by a line in the registry itself
    anew = importlib.util.module_from_spec(bind.__spec__)
    bind.__spec__.loader.exec_module(anew)
    assert anew.ACTIVATION_NAMES == bind.ACTIVATION_NAMES


def test_where_the_kernel_is_switched_off_nothing_is_looked_at(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG, logger="skbackprop")
    monkeypatch.setenv("SKBACKPROP_KERNEL", "0")
    objective = UNKNOWN["the loss OtherLoss"]()
    assert not bind.is_available()
    assert bind.compiled_gradient(objective) is None
    assert bind.compiled_epoch(objective, momentum(objective), 5) is None
    assert not caplog.messages
