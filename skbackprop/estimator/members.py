"""The networks of an ensemble: chosen for, and trained at once in threads.

The table is read once and shared. A network sees the rows of its folds through their indices, so
that nothing is copied, and follows from its own seed alone: the number of threads changes nothing.

joblib is asked directly: scikit-learn's `delayed` would set the filters of warnings in each thread,
which belong to the process, and a thread that outlives Ctrl-C would set them late.
"""

import threading
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from ..network.network import Network
from ..solvers.threads import few_blas_threads, one_blas_thread
from . import defaults
from .assembly import assemble, choose
from .evaluation import Score
from .prepare import Prepared
from .selection import strongest
from .state import State

N_CHOOSING = 2  # folds by which the strength of the L2 penalty is chosen


@dataclass(frozen=True)
class Task:
    """A network that is to be trained.

    Parameters
    ----------
    seed : int
        What its chance follows from.
    train, held_out : ndarray of int or None
        The rows to train on, and those to predict; None is all, and none.
    """

    seed: int
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
    model : BackpropClassifier
        What members are like.
    prepared : Prepared
        What there is to learn.
    n_jobs : int or None
        How many are trained at a time.
    report : callable
        Told of each Member.
    """

    model: object
    prepared: Prepared
    n_jobs: int | None
    report: object

    @property
    def hyper(self):
        """The hyper-parameters by name."""
        return defaults.hyper_parameters(self.model)

    def train(self, tasks, state):
        """Train networks from a State on; return the Members, and whether Ctrl-C cut it short."""
        hyper = self.hyper
        hyper = defaults.changed(hyper, l2="auto" if hyper.l2 == "validate" else hyper.l2)
        done, stop = {}, threading.Event()

        def run(number, task):
            member = self._train_one(hyper, task, replace(state, seed=seed_of(task.seed)), stop)
            if member is not None:
                done[number] = member
                self.report(member)

        interrupted = not self._in_threads(run, list(enumerate(tasks)), stop)
        return [done[number] for number in sorted(dict(done))], interrupted

    def choose(self, folds, seed):
        """Choose one L2 strength for all; return the State that training begins from.

        Two folds validate it, each by itself: the strongest is taken whose mean loss is within 1 %
        of the lowest.
        """
        state, n_rows = State(seed=seed), np.count_nonzero(self._weights())
        if not folds or not defaults.is_l2_chosen(self.hyper, n_rows, partial=False):
            return state
        found, stop = {}, threading.Event()

        def run(number, fold):
            found[number] = choose(self.hyper, self._seen_by(*fold), state)

        if not self._in_threads(run, list(enumerate(folds[:N_CHOOSING])), stop):
            raise KeyboardInterrupt
        return combined(state, [found[number] for number in sorted(found)])

    def _weights(self):
        examples = self.prepared.training
        s = examples.sample_weight
        return np.ones(len(examples.codes)) if s is None else s

    def _seen_by(self, train, validation=None):
        """Return what there is to learn from some rows, and to validate on others."""
        training = self.prepared.training
        validation = None if validation is None else training[validation]
        return replace(self.prepared, rows=train, validation=validation)

    def _in_threads(self, function, arguments, stop):
        """Call a function for each of the arguments; return whether Ctrl-C has not been met."""
        try:
            parallel = Parallel(n_jobs=self.n_jobs, require="sharedmem")
            with one_blas_thread(takes_cores=effective_n_jobs(self.n_jobs) > 1):
                parallel(delayed(function)(*own) for own in arguments)
        except KeyboardInterrupt:
            stop.set()
            return False
        return True

    def _train_one(self, hyper, task, state, stop):
        """Return the Member, or None on request to stop."""
        watches = hyper.early_stopping and task.held_out is not None
        prepared = self._seen_by(task.train, task.held_out if watches else None)
        score = None
        if hyper.scoring != "loss":
            if task.train is not None:  # a scorer sees all rows that there are
                prepared = replace(prepared, training=prepared.training[task.train], rows=None)
            score = Score(self.model, prepared, state)
        training = assemble(hyper, prepared, state, score=score)
        outcome = training.minimize([Stop(stop)])
        if outcome == "interrupted":
            raise KeyboardInterrupt
        if stop.is_set():
            return None
        state, outputs = training.state_now(), None
        if task.held_out is not None:
            outputs = outputs_of(state.network, self.prepared.training.table[task.held_out])
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


def all_outputs(networks, table, n_jobs):
    """Return the pre-activations of the outputs of several networks, computed in threads."""
    with few_blas_threads(0):
        parallel = Parallel(n_jobs=n_jobs, require="sharedmem")
        return np.array(parallel(delayed(outputs_of)(network, table) for network in networks))
