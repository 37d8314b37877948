"""Whether inputs for leaves of trees pay, by the rows that have chosen the L2 penalty.

One more network is trained, beside those of `l2_choice` and as they are, with inputs for the leaves
of trees that know none of the rows held out. The leaves stay if the loss of these rows is clearly
lower with them.
"""

import numpy as np

from . import rules
from .hyper_parameters import is_auto
from .l2_choice import Trial

CLEARLY_LOWER = 0.98  # times the loss without leaves


def trials_with_leaves(problem, make_solver, splits):
    """Return trials of networks with leaves, whose trees have been grown; none if not to be tried.

    Parameters
    ----------
    problem, make_solver
        As in `choose_l2`.
    splits : Splits
        By which leaves are tried.
    """
    if not are_tried(problem):
        return []
    return splits.trials(TrialWithLeaves, problem, make_solver)


def leaves_pay(problem, choice):
    """Whether networks with leaves have a clearly lower loss in the rows held out.

    Parameters
    ----------
    problem : Problem
        As in `choose_l2`.
    choice : Choice
        Of the strength of the L2 penalty, with the trials as `made`.
    """
    if not choice.made:
        return False
    strength = choice.splits.settled(problem, choice.factor).l2
    loss = np.mean([trial.loss(strength, ()) for trial in choice.made])
    return bool(loss < CLEARLY_LOWER * choice.losses[choice.factor])


def are_tried(problem):
    """Whether leaves are left to a rule, and there are rows and columns enough for trees."""
    hyper, table = problem.hyper, problem.training.table
    if not (is_auto(hyper.numeric_encoding) and hyper.standardize):
        return False
    n_columns = table.numbers.shape[1] + len(table.categories)
    dense = isinstance(table.numbers, np.ndarray)
    return dense and n_columns > 1 and rules.are_leaves_tried(problem.facts.n_distinct)


class TrialWithLeaves(Trial):
    """A trial whose network has inputs for leaves of trees, which know the rows to train on."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.near = self.near.with_leaves(self.rows)
