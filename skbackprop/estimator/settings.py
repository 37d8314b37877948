"""Hyper-parameters as they have become for some data: plain values, settled once."""

import math
from dataclasses import dataclass

from ..solvers.schedules import SCHEDULES
from ..solvers.updates import UPDATES
from . import rules
from .hyper_parameters import FULL_BATCH, numeric_encoding

MOST_UPDATES = 2**63 - 1  # that can be counted
BY_ITSELF = "auto", "validate"
OF_BATCHES = (
    *("batch_size", "learning_rate", "learning_rate_init", "delta", "learning_rate_hold"),
    *("update", "shuffle"),
)
RESOLVED = (
    *("hidden_layer_sizes", "l2", "batch_size", "learning_rate_init", "delta"),
    *("max_iter", "tol", "numeric_encoding", "dtype"),
)


@dataclass(frozen=True, repr=False)
class Settings:
    """The value that each hyper-parameter has become, by its name: numbers, no 'auto'.

    The solvers that see all rows in every step have no batches and no rate: there, `batch_size` and
    what has to do with the learning rate are None.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        The units of each hidden layer.
    activation : tuple of str
        The function of each hidden layer.
    solver : str
        What minimises J.
    l1 : float
        The strength of the L1 penalty.
    l2 : tuple of float
        The strength of the L2 penalty on the weights of each layer.
    batch_size : int or None
        The rows of a mini-batch, at most those there are.
    learning_rate : str or None
        The schedule.
    learning_rate_init : float or None
        The first learning rate α, before any halving by divergence.
    delta : float or None
        The decrease constant δ of the schedule.
    learning_rate_hold : int or None
        How many first updates are made at the full α.
    update : dict of str to float or bool
        The hyper-parameters of the update rule, such as `momentum`.
    shuffle : bool
        Whether rows are visited in a fresh order in each epoch.
    max_iter : int
        The epochs, or steps, at most; 1 in `partial_fit`, where no number was given.
    tol : float or None
        The fall of what is watched that counts; None where all epochs are run.
    n_iter_no_change : int or inf
        How many epochs are looked ahead.
    early_stopping : bool
        Whether validation data decide when to stop.
    standardize : bool
        Whether the numbers of dense X are standardised.
    numeric_encoding : 'piecewise', 'target_aware', 'leaves', 'light_leaves' or None
        How columns of numbers are encoded, besides as they are.
    n_bins : int
        How many bins the column that has most has.
    dtype : str
        What the network has, 'float32' or 'float64'.
    warm_start : bool
        Whether the momentum is kept for a later `fit`.
    by_itself : tuple of str
        The names of those that were 'auto' or 'validate'.
    """

    hidden_layer_sizes: tuple[int, ...]
    activation: tuple[str, ...]
    solver: str
    l1: float
    l2: tuple[float, ...]
    batch_size: int | None
    learning_rate: str | None
    learning_rate_init: float | None
    delta: float | None
    learning_rate_hold: int | None
    update: dict[str, float]
    shuffle: bool
    max_iter: int
    tol: float | None
    n_iter_no_change: float
    early_stopping: bool
    standardize: bool
    numeric_encoding: str | None
    n_bins: int
    dtype: str
    warm_start: bool
    by_itself: tuple[str, ...]

    def __repr__(self):
        """Return a line for each setting, which says whether it was left to a rule."""
        lines = ["Settings"]
        for name, value in vars(self).items():
            if name != "by_itself":
                note = "  # by itself" if name in self.by_itself else ""
                lines.append(f"    {name} = {value!r}{note}")
        return "\n".join(lines)

    def as_dict(self):
        """Return them by name, as any format can store them."""
        return dict(vars(self))


def settle(hyper, facts):
    """Return the Settings that hyper-parameters come to for some Facts; they are made here only."""
    in_batches = hyper.solver not in FULL_BATCH
    return Settings(
        hidden_layer_sizes=tuple(facts.layer_sizes[1:-1]),
        activation=tuple(facts.activations),
        solver=str(hyper.solver),
        l1=float(hyper.l1),
        l2=tuple(l2_strengths(hyper, facts)),
        **(of_batches(hyper, facts) if in_batches else dict.fromkeys(OF_BATCHES)),
        max_iter=n_epochs(hyper, facts),
        tol=rules.tol(falls_to_zero(hyper)) if hyper.tol == "auto" else hyper.tol,
        n_iter_no_change=hyper.n_iter_no_change,
        early_stopping=hyper.early_stopping,
        standardize=hyper.standardize,
        numeric_encoding=encoding_of_numbers(hyper, facts),
        n_bins=facts.n_bins,
        dtype=facts.dtype,
        warm_start=hyper.warm_start,
        by_itself=tuple(name for name in RESOLVED if str(getattr(hyper, name)) in BY_ITSELF),
    )


def of_batches(hyper, facts):
    """Return the settings of a solver that takes mini-batches."""
    batch_size, schedule = rows_of_batch(hyper, facts), schedule_of(hyper, facts)
    kind, rule = SCHEDULES[schedule], UPDATES[hyper.solver]
    values = (
        batch_size,
        schedule,
        first_rate(hyper, facts, kind, batch_size),
        kind.auto_delta if hyper.delta == "auto" else float(hyper.delta),
        min(hyper.learning_rate_hold, MOST_UPDATES),
        {name: getattr(hyper, name) for name in rule.hyper_parameters},
        hyper.shuffle,
    )
    return dict(zip(OF_BATCHES, values, strict=True))


def encoding_of_numbers(hyper, facts):
    """Return how numbers are encoded; None where none is cut into bins and no tree has leaves."""
    some = facts.n_bins or facts.has_leaves
    return numeric_encoding(hyper, facts.has_leaves) if some else None


def rows_of_batch(hyper, facts):
    """Return the rows of a mini-batch, at most those there are."""
    if hyper.batch_size == "auto":
        return rules.batch_size(facts.n_rows, facts.n_distinct, facts.pace)
    return min(hyper.batch_size, facts.n_rows)


def falls_to_zero(hyper):
    """Whether the learning rate falls to 0 where training ends."""
    return hyper.solver not in FULL_BATCH and SCHEDULES[hyper.learning_rate].has_horizon


def n_epochs(hyper, facts):
    """Return how many epochs, or steps, there are at most; 1 where nobody knows how many follow."""
    if hyper.max_iter != "auto":
        return hyper.max_iter
    if facts.partial:
        return 1
    batch_size = rows_of_batch(hyper, facts)
    return rules.max_iter(facts.n_rows, batch_size, falls_to_zero(hyper), facts.pace)


def schedule_of(hyper, facts):
    """Return the name of the schedule.

    One call of partial_fit does not know how many will follow: unless `max_iter` says so, the rate
    decreases as 'inverse' where it would fall to 0 at the end.
    """
    endless = facts.partial and hyper.max_iter == "auto" and falls_to_zero(hyper)
    return "inverse" if endless else str(hyper.learning_rate)


def first_rate(hyper, facts, kind, batch_size):
    """Return α; by itself, what suits the update rule, the schedule, the batches and the inputs."""
    if hyper.learning_rate_init != "auto":
        return float(hyper.learning_rate_init)
    rule = UPDATES[hyper.solver]
    rate = rule.auto_rate * kind.auto_factor
    if rule.scale_free:
        return rate
    input_size = rules.input_size(facts.inputs.root_mean_square)
    if kind.has_horizon and facts.inputs.root_mean_square == 1.0:
        input_size = rules.input_size_of_many(facts.inputs.mean_square)
    rate *= rules.pace(facts.pace, len(facts.activations), kind.has_horizon)
    usual_size = rules.batch_size(facts.n_rows, facts.n_distinct, facts.pace)
    return rules.learning_rate_init(
        rate, rows_of_step(facts, batch_size), input_size, facts.n_terms, usual_size
    )


def rows_of_step(facts, batch_size):
    """Return as how many rows a batch counts; all rows at once count as those that differ.

    A call of partial_fit that weighs more than others, or less, is one batch of an endless stream.
    """
    weighing, n_rows = facts.weighing, facts.n_rows if facts.weighing.mean == 1 else math.inf
    size = weighing.n_different if batch_size == facts.n_rows else batch_size
    if batch_size == n_rows:
        return size
    in_visits = batch_size < facts.n_rows
    largest = weighing.largest_visit if in_visits else weighing.largest_weight
    return rules.effective_size(size, n_rows, largest)


def l2_strengths(hyper, facts):
    """Return the strength of the L2 penalty on each layer.

    Unless it is a number, it is what suits data without noise, times the factor that has been
    chosen, or that of the rule.
    """
    n_inputs, *_, n_outputs = facts.layer_sizes
    n_layers = len(facts.layer_sizes) - 1
    if hyper.l2 not in BY_ITSELF:
        return [float(hyper.l2)] * n_layers
    factor = facts.l2_factor
    if factor is None:
        n_classes = max(2, n_outputs) if facts.n_terms == 1 else 2
        factor = rules.l2_factor(facts.n_distinct, n_classes)
    strength = factor * rules.l2_of_clean_data(facts.n_distinct, n_inputs, facts.n_terms)
    return rules.l2_of_layers(strength, n_layers)
