"""A training that has been assembled: it runs, and tells what it leaves behind."""

import math
import warnings
from dataclasses import replace

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from ..network.network import Network
from ..solvers.checkpoint import DivergenceError
from ..solvers.outcome import Outcome
from . import rules

UNEVEN = 4  # times fewer rows than it has, that a batch counts for


class Training:
    """The next epochs of a network.

    Parameters
    ----------
    begin : State
        Where it begins, with its settings; its network is that in training.
    solver : solver
        What minimises J.
    monitor : Monitor
        What watches.
    partial : bool
        Whether this is one epoch of partial_fit.
    validated : bool
        Whether losses of validation data are measured.
    scored : bool
        Whether a score is watched, not a loss.
    table : Table
        The rows that are trained on.
    """

    def __init__(self, begin, solver, monitor, *, partial, validated, scored, table):
        self.begin, self.solver, self.monitor = begin, solver, monitor
        self.settings, self.dtype = begin.settings, np.dtype(begin.settings.dtype)
        self.partial, self.validated, self.scored = partial, validated, scored
        self.table = table

    @property
    def n_epochs(self):
        """How many epochs there are at most."""
        return 1 if self.partial else self.settings.max_iter

    def run(self, observers, model_now):
        """Train, and return the State at the end.

        The observers are told of the epochs; `model_now` returns the model for them as if training
        had ended.
        """
        outcome = self.minimize(observers, model_now)
        for message, category in self.warnings(outcome):
            warn(message, category)
        return self.state_now()

    def minimize(self, observers=(), model_now=None):
        """Train; return the Outcome."""
        self.monitor.observers = list(observers)
        self.monitor.training_begins(model_now)
        try:
            outcome = self.solver.minimize(self.n_epochs, self.monitor)
        except DivergenceError as error:
            rescale = f"rescale X{self._or_standardise(' (or set {})')}, or "
            cure = ("" if self._standardised else rescale) + self.solver.cure
            raise ValueError(f"{error}: {cure}.") from error
        self._restore_best()
        self._check_cast()
        self.monitor.training_ends()
        return outcome

    def state_now(self):
        """Return the State as if training had ended."""
        begin, solver, monitor, epochs = self.begin, self.solver, self.monitor, self.monitor.epochs
        network = begin.network
        with np.errstate(over="ignore", under="ignore"):
            layers = [
                (W.astype(self.dtype, copy=False), b.astype(self.dtype, copy=False))
                for W, b in network.layers
            ]
        keeps_update = self.partial or self.settings.warm_start
        return replace(
            begin,
            network=Network(network.encoding, network.activations, layers),
            n_epochs=begin.n_epochs + len(epochs),
            n_updates=solver.t,
            slowdown=solver.slowdown,
            watched=monitor.watched,
            update=solver.memory if keeps_update else {},
            curves=self._curves(epochs),
            best_loss=None if self.scored else monitor.watched["best"],
            best_epoch=self._best_epoch(),
        )

    def _best_epoch(self):
        """Return the number of the epoch whose parameters are kept as the best, or None."""
        monitor = self.monitor
        if monitor.best_theta is None or monitor.best_epoch == 0:
            return None
        return self.begin.n_epochs + monitor.best_epoch

    def _curves(self, epochs):
        curves = self.begin.curves
        longer = {
            "loss": curves.loss + [epoch.loss for epoch in epochs],
            "learning_rate": curves.learning_rate + [epoch.learning_rate for epoch in epochs],
        }
        losses = [epoch.validation_loss for epoch in epochs] if self.validated else None
        longer["validation_loss"] = self._optional(curves.validation_loss, losses)
        scores = [epoch.score for epoch in epochs] if self.validated and self.scored else None
        longer["validation_score"] = self._optional(curves.validation_score, scores)
        return replace(curves, **longer)

    def _optional(self, before, now):
        """Return a curve that may be missing, with NaN for the epochs in which it was."""
        if before is None and now is None:
            return None
        missing = [math.nan] * len(self.begin.curves.loss)
        return (before or missing) + (now or [math.nan] * len(self.monitor.epochs))

    @property
    def _standardised(self):
        return self.begin.network.encoding.scaler is not None

    def _or_standardise(self, words):
        """Return the words with what to set, where to standardise would make a difference."""
        no_help = self.settings.standardize or sparse.issparse(self.table.numbers)
        return "" if no_help else words.format("standardize=True")

    def _check_cast(self):
        """Refuse a network that has been trained in float64 and float32 cannot compute."""
        is_cast = self.begin.network.dtype != self.dtype
        if is_cast and self.state_now().network.overflows(self.table):
            raise ValueError(
                f"The network that minimises the objective overflows in {self.dtype}, "
                "the dtype of X: rescale X, or set dtype='float64'."
            )

    def _restore_best(self):
        """Go back to the best θ, where it is not the last; its momentum is not known any more."""
        monitor = self.monitor
        if monitor.best_theta is not None and monitor.best_epoch not in (0, len(monitor.epochs)):
            monitor.theta[...] = monitor.best_theta
            for array in self.solver.memory.values():
                array.fill(0)

    def _has_revived(self):
        """Whether units that were dead at the rate that the user wanted live at a lower one."""
        given = "learning_rate_init" not in self.settings.by_itself
        if not given or self.solver.n_revivals == 0:
            return False
        return not self.solver.objective.soundness().is_constant()

    def _is_outweighed(self):
        """Whether a few rows of large weight have made the rate that the user wanted useless."""
        settings, J = self.settings, self.solver.objective
        given = "learning_rate_init" not in settings.by_itself
        if settings.batch_size is None or J.row_weights is None or not given or self.partial:
            return False
        size = rules.effective_size(settings.batch_size, J.n_rows, self._largest_weight)
        with np.errstate(all="ignore"):
            return UNEVEN * size < settings.batch_size < J.n_rows and J.soundness().is_in_vain()

    @property
    def _largest_weight(self):
        J = self.solver.objective
        return float(J.row_weights[J.rows].max())

    def warnings(self, outcome):
        """Yield what the user should know, and what to do: pairs of a message and a category."""
        settings, solver, n_epochs = self.settings, self.solver, len(self.monitor.epochs)
        if solver.n_halvings > solver.n_revivals:
            cure = "" if self._standardised else self._or_standardise(", or {}")
            yield (
                f"Training diverged, and went on from finite weights at {solver.slowdown:.3g} "
                f"times the learning rate: set a lower learning_rate_init{cure}.",
                RuntimeWarning,
            )
        elif self._has_revived():
            yield (
                "Training diverged to outputs that did not depend on X, as where all units of a "
                f"layer are dead, and began again at {solver.slowdown:.3g} times the learning "
                "rate: set a lower learning_rate_init, l1 or l2, or more units.",
                RuntimeWarning,
            )
        elif self._is_outweighed():
            yield (
                "Training has learned nothing: some rows weigh up to "
                f"{self._largest_weight:.3g} times the mean, and a batch that holds one of them "
                "makes too large a step. Lower learning_rate_init (or set 'auto'), raise "
                "batch_size, or set solver='adam'.",
                RuntimeWarning,
            )
        if outcome is Outcome.INTERRUPTED:
            kept = "best model" if settings.early_stopping else "model at the end"
            yield (
                f"Training was interrupted: this is the {kept} of {n_epochs} {solver.unit}.",
                UserWarning,
            )
        elif outcome is Outcome.MAX_ITER and not (self.partial or settings.tol is None):
            yield (
                f"Training ended after max_iter={self.n_epochs} {solver.unit}, before "
                f"{solver.goal} tol={settings.tol:g}: raise max_iter, or set tol=None to train for "
                f"just so many {solver.unit}.",
                ConvergenceWarning,
            )
        elif outcome is Outcome.STALLED and settings.tol is not None:
            yield (
                f"Training ended after {n_epochs} steps, where none lowers the objective, before "
                f"{solver.goal} tol={settings.tol:g}: raise tol, or set tol=None.",
                ConvergenceWarning,
            )


def warn(message, category):
    """Warn at the line that called fit."""
    warnings.warn(message, category, stacklevel=6)
