"""A network of an ensemble: trained, and asked for its outputs.

It sees the rows that it is trained on through their indices; copies are made of the rows it
predicts, piece by piece, and of those it validates on or that a scorer sees. It follows from its
own seed alone: who trains it changes nothing.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..estimator.assembly import assemble, choose
from ..estimator.evaluation import Score
from ..estimator.observers import Stop
from ..estimator.state import State
from ..inputs.gather import bytes_of_row
from ..network.network import Network
from ..solvers.outcome import Outcome
from .tasks import Task
from .workers import in_threads

PIECE_BYTES = 2**26  # of rows held out, copied at a time
WORTH_THREADS = 2**26  # multiplications from which threads predict


@dataclass(frozen=True)
class Member:
    """A network that has been trained.

    Parameters
    ----------
    task : Task
        What was asked for.
    state : State
        Where training has ended.
    outputs : ndarray or None
        The pre-activations of the outputs in the rows held out.
    warnings : list of (str, type)
        What the user should know.
    """

    task: Task
    state: State
    outputs: np.ndarray | None
    warnings: list


def seen_by(prepared, train, validation=None):
    """Return what there is to learn from some rows, and to validate on others."""
    training = prepared.training
    validation = None if validation is None else training[validation]
    return replace(prepared, rows=train, validation=validation)


def choose_l2_by_fold(prepared, hyper, task, state, stop):
    """Return the Choice by one fold, or None on request to stop."""
    try:
        return choose(hyper, seen_by(prepared, task.train, task.held_out), state, [Stop(stop)])
    except KeyboardInterrupt:
        if stop.is_set():
            return None
        raise


def train_one(prepared, model, hyper, task, state, stop):
    """Return the Member, or None on request to stop."""
    table = prepared.training.table
    watches = hyper.early_stopping and task.held_out is not None
    seen = seen_by(prepared, task.train, task.held_out if watches else None)
    score = None
    if hyper.scoring != "loss":
        if task.train is not None:  # a scorer sees all rows that there are
            seen = replace(seen, training=seen.training[task.train], rows=None)
        score = Score(model, seen)
    training = assemble(hyper, seen, state, score=score)
    outcome = training.minimize([Stop(stop)])
    if outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    if stop.is_set():
        return None
    state, outputs = training.state_now(), None
    if task.held_out is not None:
        outputs = outputs_in_rows(state.network, table, task.held_out)
    return Member(task, detached(state), outputs, list(training.warnings(outcome)))


def seed_of(random_state):
    """Return the seed that a model with this `random_state` draws."""
    return State.first(random_state).seed


def detached(state):
    """Return the same without views on the arrays of the training, which would be kept as well."""
    network = state.network
    layers = [(W.copy(), b.copy()) for W, b in network.layers]
    return replace(state, network=Network(network.encoding, network.activations, layers))


def outputs_of(network, table):
    """Return the pre-activations of the outputs, in float64."""
    return network.propagate(table, len(network.layers)).astype(np.float64, copy=False)


def outputs_in_rows(network, table, rows):
    """Return the same of some rows of a table, of which one piece at a time is copied."""
    row_bytes = bytes_of_row(table.numbers)
    size = max(1, PIECE_BYTES // row_bytes) if row_bytes else len(rows)
    pieces = [rows[begin : begin + size] for begin in range(0, len(rows), size)]
    return np.concatenate([outputs_of(network, table[piece]) for piece in pieces])


def all_outputs(networks, table, n_jobs):
    """Return the pre-activations of the outputs of several networks, computed in threads.

    A few rows are not worth the start of a thread.
    """
    calls = [partial(outputs_of, network, table) for network in networks]
    n_weights = sum(W.size for network in networks for W, _ in network.layers)
    return np.array(in_threads(calls, n_jobs if table.n_rows * n_weights > WORTH_THREADS else 1))
