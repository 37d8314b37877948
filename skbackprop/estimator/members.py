"""The networks of an ensemble: chosen for, and trained at once, in threads or where joblib says.

The table is read once and shared; a cluster gets it once. A network sees the rows of its folds
through their indices, so
that nothing is copied, and follows from its own seed alone: the number of threads changes nothing.

joblib is asked directly: scikit-learn's `delayed` would set the filters of warnings in each thread,
which belong to the process, and a thread that outlives Ctrl-C would set them late.
"""

import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed, parallel_config
from joblib.parallel import get_active_backend

from ..network.network import Network
from ..solvers.threads import few_blas_threads
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
        own = [(self.model, hyper, t, replace(state, seed=seed_of(t.seed))) for t in tasks]
        return self._carry_out(train_one, own, self.report)

    def choose(self, folds, seed):
        """Choose one L2 strength for all; return the State that training begins from.

        Two folds validate it, each by itself: the strongest is taken whose mean loss is within 1 %
        of the lowest.
        """
        state, n_rows = State(seed=seed), np.count_nonzero(self._weights())
        if not folds or not defaults.is_l2_chosen(self.hyper, n_rows, partial=False):
            return state
        own = [(self.hyper, Task(seed, *fold), state) for fold in folds[:N_CHOOSING]]
        choices, interrupted = self._carry_out(choose_one, own)
        if interrupted:
            raise KeyboardInterrupt
        return combined(state, choices)

    def _weights(self):
        examples = self.prepared.training
        s = examples.sample_weight
        return np.ones(len(examples.codes)) if s is None else s

    def _carry_out(self, function, arguments, report=None):
        """Call a function of the data, each of the arguments and an event by which it may stop.

        That is in threads, unless joblib has been given processes or a cluster to work in; these
        get the data once, not with each call.

        Returns
        -------
        list, bool
            What it has returned, and whether Ctrl-C has been met.
        """
        done, stop = {}, threading.Event()

        def take(number, result):
            if result is not None:
                done[number] = result
                if report is not None:
                    report(result)

        def run(number, own):
            take(number, function(self.prepared, *own, stop))

        interrupted = False
        try:
            with few_blas_threads(0):
                backend, _ = get_active_backend(prefer="threads")
                if getattr(backend, "supports_sharedmem", False):
                    parallel = Parallel(n_jobs=self.n_jobs, require="sharedmem")
                    parallel(delayed(run)(*own) for own in enumerate(arguments))
                else:
                    calls = (delayed(elsewhere)(function, self.prepared, *a) for a in arguments)
                    with known_to(backend, self.prepared):
                        parallel = Parallel(self.n_jobs, prefer="threads", return_as="generator")
                        for number, result in enumerate(parallel(calls)):
                            take(number, result)
        except KeyboardInterrupt:
            stop.set()
            interrupted = True
        return [done[number] for number in sorted(dict(done))], interrupted


def known_to(backend, data):
    """Return a context in which each worker of a cluster has the data, should one be lost."""
    client = getattr(backend, "client", None)
    return (
        nullcontext() if client is None else parallel_config("dask", client=client, scatter=[data])
    )


def elsewhere(function, prepared, *own):
    """Call a function in another process, on one BLAS thread, as it is called in a thread here."""
    with few_blas_threads(0):
        return function(prepared, *own, threading.Event())


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
    if outcome == "interrupted":
        raise KeyboardInterrupt
    if stop.is_set():
        return None
    state, outputs = training.state_now(), None
    if task.held_out is not None:
        outputs = outputs_of(state.network, table[task.held_out])
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
