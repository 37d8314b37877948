"""The strength of the L2 penalty, chosen by a validation set (the lecture, "model selection").

A fifth of the rows is held out: once, or of few rows up to four times, each time another one. From
strong to weak penalties, a network is trained on the others for half as many epochs as there will
be (fewer below 48 rows), all splits together, until the mean loss of the held-out rows rises
clearly. The strongest penalty that is nearly as good as the best is taken: of two that the data
cannot tell apart, the simpler model.
"""

import math
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from operator import attrgetter

import numpy as np

from ..solvers.checkpoint import DivergenceError
from ..solvers.monitor import Monitor
from ..solvers.outcome import Outcome
from ..solvers.threads import side_by_side
from ..tables.repeats import distinct_rows
from . import rules
from .hyper_parameters import FULL_BATCH
from .observers import Stop

FACTORS = (32.0, 8.0, 2.0, 1 / 2, 1 / 8)  # of the strength that suits clean data
MOST_ROWS = 20_000  # that are looked at
FRACTION = 0.2  # of the rows that is held out
NEARLY = 1.01  # times the lowest loss
CLEARLY = 1.03  # times the lowest loss


@dataclass(frozen=True)
class Splits:
    """Rows to train on and rows held out, of which each pair makes a trial.

    Parameters
    ----------
    distinct : Distinct
        All rows.
    pairs : list of (ndarray of int, ndarray of int)
        The rows to train on, and those held out.
    """

    distinct: object
    pairs: list

    def trials(self, kind, problem, make_solver):
        """Return a trial of this kind for each pair."""
        n = len(self.pairs)
        return [kind(problem, make_solver, self.distinct, n, *pair) for pair in self.pairs]

    def settled(self, problem, factor):
        """Return the Settings of a training on all rows, with this factor of the penalty."""
        return problem.settled(len(self.distinct.rows), len(self.distinct.first), factor)


@dataclass(frozen=True)
class Choice:
    """Which factor was chosen, and the loss that each one tried has had.

    Parameters
    ----------
    factor : float
        Of the strength that suits clean data.
    losses : dict of float to float
        By factor.
    splits : Splits or None
        By which these were measured.
    made : object
        What was made meanwhile.
    """

    factor: float
    losses: dict
    splits: Splits | None = field(default=None, compare=False, repr=False)
    made: object = field(default=None, compare=False, repr=False)


def is_l2_open(hyper, n_distinct, partial=False):
    """Whether the strength of the L2 penalty is to be chosen by validation."""
    in_batches = hyper.solver not in FULL_BATCH
    return hyper.l2 == "validate" and rules.is_l2_validated(n_distinct, in_batches, partial)


def choose_l2(problem, make_solver, observers=(), make_meanwhile=None):
    """Choose the factor of the L2 penalty for a problem whose θ is at its start; leave it there.

    As many trainings as there are cores for are made side by side. The choice does not depend on
    how many: what has been trained beyond a loss that rises clearly is forgotten.

    Parameters
    ----------
    problem : Problem
        What there is to train on, and perhaps to validate on.
    make_solver : callable
        Of the Settings of a training, its objective, and the State it begins from.
    observers : sequence of observers
        Told of the epochs of each training, by several threads at once; one that asks it to stop is
        as good as Ctrl-C.
    make_meanwhile : callable, optional
        Of the Splits: what else to make side by side with the trainings.

    Returns
    -------
    Choice or None
        None where no row is held out, as no class has three.
    """
    rows = problem.rows_to_train_on
    if len(rows) > MOST_ROWS:
        rng = np.random.default_rng(problem.state.seed)
        rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
    distinct = distinct_rows(problem.training.table, rows)
    splits = Splits(distinct, find_splits(problem, distinct))
    if not splits.pairs:
        return None
    trials = splits.trials(Trial, problem, make_solver)
    weakest = rules.weakest_l2_factor(len(distinct.first))
    factors = list(dict.fromkeys(max(factor, weakest) for factor in FACTORS))
    strengths = [splits.settled(problem, factor).l2 for factor in factors]
    stop, losses = threading.Event(), {}
    told = [*observers, Stop(stop)]
    calls = [partial(trial.loss, l2, told) for l2 in strengths for trial in trials]
    others = [] if make_meanwhile is None else [partial(make_meanwhile, splits)]
    with side_by_side([*others, *calls], stop) as found:
        made = [next(found) for _ in others]
        for factor in factors:
            losses[factor] = sum(loss / len(trials) for loss in islice(found, len(trials)))
            if losses[factor] > CLEARLY * min(losses.values()):
                break
    return Choice(strongest(losses), losses, splits, *made)


def find_splits(problem, distinct):
    """Return pairs of rows to train on and rows held out: none where there are data to validate on.

    A split by which no row is held out is left out.
    """
    if problem.validation_objective is not None:
        return [(distinct.rows, distinct.rows[:0])]
    codes, seed = problem.training.codes, problem.state.seed
    parts = [
        problem.targets.share_out(codes, distinct.first, FRACTION, seed + k)
        for k in range(rules.n_splits(len(distinct.first)))
    ]
    return [tuple(map(distinct.with_equals, part)) for part in parts if len(part[1])]


class Trial:
    """Trainings on some rows, validated by others.

    Parameters
    ----------
    problem, make_solver
        As in `choose_l2`.
    distinct : Distinct
        All rows.
    n_trials : int
        How many there are, which share the epochs.
    rows, held_out : ndarray of int
        The rows to train on, and those to validate on where the problem has no data for that.
    """

    def __init__(self, problem, make_solver, distinct, n_trials, rows, held_out):
        self.make_solver = make_solver
        self.n = len(distinct.rows), len(distinct.first)
        self.near, self.rows, self.held_out = problem.near(rows, held_out)
        if len(held_out) and problem.state.network.encoding.leaves is not None:
            self.near = self.near.with_leaves(self.rows)  # that have not seen those held out
        n_epochs = math.ceil(
            rules.share_of_epochs(self.n[1]) / n_trials * problem.settled(*self.n).max_iter
        )
        self.settings = replace(problem.settled(len(rows), self.n[1]), max_iter=n_epochs)

    def loss(self, l2, observers):
        """Return the loss of the rows held out, after a training with penalties of this strength.

        Several threads may ask at once.
        """
        settings, near = replace(self.settings, l2=l2), self.near.with_own_parameters()
        solver = self.make_solver(settings, near.in_training(self.rows, settings), near.state)
        validation = near.validation_objective or near.over(self.held_out)
        return trained_loss(solver, settings.max_iter, validation, observers)


def strongest(losses):
    """Return the first factor, from strong to weak, whose loss is nearly as low as the lowest."""
    limit = NEARLY * min(losses.values())
    return next((factor for factor, loss in losses.items() if loss <= limit), 1.0)


def trained_loss(solver, n_epochs, validation, observers):
    """Train for so many epochs; return the loss of the validation data, infinite if that fails."""
    monitor = Monitor(
        solver.objective.theta,
        tol=0.0,
        patience=math.inf,
        watch=attrgetter("loss"),
        exhaustive=True,
        every_epoch=any(type(observer) is not Stop for observer in observers),
        observers=observers,
    )
    try:
        if solver.minimize(n_epochs, monitor) is Outcome.INTERRUPTED or monitor.stopped:
            raise KeyboardInterrupt
        with np.errstate(all="ignore"):
            loss = validation.value()
    except DivergenceError:
        return math.inf
    return loss if math.isfinite(loss) else math.inf
