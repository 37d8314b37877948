"""Where the networks of an ensemble are trained: at once, in threads or where joblib says.

The table is read once and shared.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..estimator import rules
from ..estimator.hyper_parameters import hyper_parameters
from ..estimator.l2_choice import is_l2_open, strongest
from ..estimator.prepare import Prepared
from ..estimator.state import State
from ..tables.repeats import distinct_rows
from .members import choose_l2_by_fold, seed_of, train_one
from .tasks import Task
from .workers import Ending, distribute

N_CHOOSING = 2  # folds at least by which the strength of the L2 penalty is chosen


@dataclass(frozen=True)
class Workshop:
    """All that the members of an ensemble have in common.

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
        return [hyper_parameters(model) for model in self.models]

    def begin(self, n_networks, alone):
        """Tell the observers how many networks there will be; `alone` makes an ensemble of one."""
        for observer in self.observers:
            observer.ensemble_begins(n_networks, alone)

    def train(self, tasks, state, begin=0):
        """Train networks from a State on.

        Returns the Members, of whom an observer or Ctrl-C may leave some out, and the Ending. The
        tasks are numbered from `begin` on for the observers.
        """
        hypers = self.hypers
        own = [
            (self.models[t.variant], hypers[t.variant], t, replace(state, seed=seed_of(t.seed)))
            for t in tasks
        ]

        def begins(number):
            for observer in self.observers:
                observer.network_begins(begin + number)

        def ends(number, member):
            return any([o.network_ends(begin + number, member) for o in self.observers])

        return distribute(train_one, self.prepared, own, self.n_jobs, begins, ends)

    def choose_l2(self, folds, seed):
        """Choose one L2 strength for all; return the State that training begins from.

        Two folds, or more where rows are few, validate it, each by itself, for the first variant
        that leaves it open: the strongest is taken whose mean loss is within 1 % of the lowest.
        """
        state, rows = State(seed=seed), np.flatnonzero(self._weights())
        n_distinct = len(distinct_rows(self.prepared.training.table, rows).first)
        to_choose = [h for h in self.hypers if is_l2_open(h, n_distinct)]
        if not folds or not to_choose:
            return state
        folds = folds[: max(N_CHOOSING, rules.n_splits(n_distinct))]
        own = [(to_choose[0], Task(seed, 0, *fold), state) for fold in folds]
        choices, ending = distribute(choose_l2_by_fold, self.prepared, own, self.n_jobs)
        if ending is Ending.INTERRUPTED:
            raise KeyboardInterrupt
        return combined(state, choices)

    def _weights(self):
        examples = self.prepared.training
        s = examples.sample_weight
        return np.ones(len(examples.codes)) if s is None else s


def combined(state, choices):
    """Return a State with the factor that several choices come to, and the mean of their losses."""
    factors = [f for f in choices[0].losses if all(f in choice.losses for choice in choices)]
    losses = {f: float(np.mean([choice.losses[f] for choice in choices])) for f in factors}
    return replace(state, l2_factor=strongest(losses), l2_losses=losses)
