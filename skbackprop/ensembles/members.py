"""The networks of an ensemble: chosen for, and trained at once, in threads or where joblib says.

The table is read once and shared. A network sees the rows that it is trained on through their
indices; copies are made of the rows it predicts, piece by piece, and of those it validates on or
that a scorer sees. It follows from its own seed alone: who trains it changes nothing.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..estimator import defaults
from ..estimator.assembly import assemble, choose
from ..estimator.evaluation import Score
from ..estimator.l2_choice import strongest
from ..estimator.prepare import Prepared
from ..estimator.state import State
from ..inputs.gather import bytes_of_row
from ..network.network import Network
from ..solvers.outcome import Outcome
from .workers import Ending, carry_out, in_threads

N_CHOOSING = 2  # folds by which the strength of the L2 penalty is chosen
PIECE_BYTES = 2**26  # of rows held out, copied at a time
WORTH_THREADS = 2**26  # multiplications from which threads predict


@dataclass(frozen=True)
class Task:
    """A network that is to be trained.

    Parameters
    ----------
    seed : int
        What its chance follows from.
    variant : int
        Of which of the variants it is.
    train, held_out : ndarray of int or None
        The rows to train on, and those to predict; None is all, and none.
    """

    seed: int
    variant: int
    train: np.ndarray | None = None
    held_out: np.ndarray | None = None


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


@dataclass(frozen=True)
class Workshop:
    """What all members of an ensemble have in common.

    Parameters
    ----------
    models : list of BackpropClassifier
        What members are like: one for each variant.
    prepared : Prepared
        What there is to learn.
    n_jobs : int or None
        How many are trained at a time.
    observers : list
        Told when each begins and ends.
    """

    models: list
    prepared: Prepared
    n_jobs: int | None
    observers: list

    @property
    def hypers(self):
        """The hyper-parameters of each variant."""
        return [defaults.hyper_parameters(model) for model in self.models]

    def begin(self, n_networks, alone):
        """Tell the observers how many networks there will be; `alone` makes an ensemble of one."""
        for observer in self.observers:
            observer.ensemble_begins(n_networks, alone)

    def train(self, tasks, state, begin=0):
        """Train networks from a State on.

        Returns the Members, of whom an observer or Ctrl-C may leave some out, and the Ending. The
        tasks are numbered from `begin` on for the observers.
        """
        hypers = [
            defaults.changed(hyper, l2="auto" if hyper.l2 == "validate" else hyper.l2)
            for hyper in self.hypers
        ]
        own = [
            (self.models[t.variant], hypers[t.variant], t, replace(state, seed=seed_of(t.seed)))
            for t in tasks
        ]

        def begins(number):
            for observer in self.observers:
                observer.network_begins(begin + number)

        def ends(number, member):
            return any([o.network_ends(begin + number, member) for o in self.observers])

        return carry_out(train_one, self.prepared, own, self.n_jobs, begins, ends)

    def choose(self, folds, seed):
        """Choose one L2 strength for all; return the State that training begins from.

        Two folds validate it, each by itself, for the first variant that leaves it open: the
        strongest is taken whose mean loss is within 1 % of the lowest.
        """
        state, n_rows = State(seed=seed), np.count_nonzero(self._weights())
        to_choose = [h for h in self.hypers if defaults.is_l2_chosen(h, n_rows, partial=False)]
        if not folds or not to_choose:
            return state
        own = [(to_choose[0], Task(seed, 0, *fold), state) for fold in folds[:N_CHOOSING]]
        choices, ending = carry_out(choose_one, self.prepared, own, self.n_jobs)
        if ending is Ending.INTERRUPTED:
            raise KeyboardInterrupt
        return combined(state, choices)

    def _weights(self):
        examples = self.prepared.training
        s = examples.sample_weight
        return np.ones(len(examples.codes)) if s is None else s


def seen_by(prepared, train, validation=None):
    """Return what there is to learn from some rows, and to validate on others."""
    training = prepared.training
    validation = None if validation is None else training[validation]
    return replace(prepared, rows=train, validation=validation)


def choose_one(prepared, hyper, task, state, stop):
    """Return the Choice by one fold; it does not stop before."""
    return choose(hyper, seen_by(prepared, task.train, task.held_out), state)


def train_one(prepared, model, hyper, task, state, stop):
    """Return the Member, or None on request to stop."""
    table = prepared.training.table
    watches = hyper.early_stopping and task.held_out is not None
    seen = seen_by(prepared, task.train, task.held_out if watches else None)
    score = None
    if hyper.scoring != "loss":
        if task.train is not None:  # a scorer sees all rows that there are
            seen = replace(seen, training=seen.training[task.train], rows=None)
        score = Score(model, seen, state)
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


class Stop:
    """Observes a training, and ends it on request.

    Parameters
    ----------
    event : threading.Event
        Whether it has been requested.
    """

    def __init__(self, event):
        self.event = event

    def training_begins(self, model_now):
        """Do nothing."""

    def epoch_begins(self):
        """Do nothing."""

    def epoch_ends(self, epochs):
        """Return whether training is to stop."""
        return self.event.is_set()

    def training_ends(self, epochs):
        """Do nothing."""


def seed_of(random_state):
    """Return the seed that a model with this `random_state` draws."""
    return State.first(random_state).seed


def combined(state, choices):
    """Return a State with the factor that several choices come to, and the mean of their losses."""
    factors = [f for f in choices[0].losses if all(f in choice.losses for choice in choices)]
    losses = {f: float(np.mean([choice.losses[f] for choice in choices])) for f in factors}
    return replace(state, l2_factor=strongest(losses), l2_losses=losses)


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
