"""Knowing when to stop: a value is watched, with some look-ahead, and the best θ kept."""

import math
from typing import NamedTuple


class Epoch(NamedTuple):
    """All that is known at the end of an epoch; None where it is not measured."""

    loss: float
    validation_loss: float | None
    score: float | None
    learning_rate: float  # NaN in solvers without one


class Monitor:
    """Watches a value that should fall, epoch by epoch (the lecture, "knowing when to stop").

    The value has reached a plateau when it has not fallen by more than `tol` below its last mark
    for `patience` epochs; a fall by more than that sets a new mark.

    A solver tells the monitor of each epoch, and learns from it when to stop:

        monitor.epoch_begins()
        loss = ...
        plateau = monitor.epoch_ends(loss, rate)
        if monitor.stopped:  # somebody has asked for it: stop, whatever else holds
            return Outcome.STOPPED
        if plateau and not monitor.exhaustive:
            return Outcome.CONVERGED

    A solver whose loop is not its own may leave out `epoch_begins`.

    Parameters
    ----------
    theta : ndarray
        θ, as it is while training.
    tol : float
        What counts as a fall.
    patience : int
        How many epochs to look ahead.
    watch : callable
        Gives the value to watch of an Epoch.
    keep_best : bool
        Whether to keep a copy of θ whenever that value is the lowest so far.
    exhaustive : bool
        Whether training is to go on to its last epoch, plateau or not.
    evaluate : callable, optional
        Returns the validation loss and the score at the current θ.
    every_epoch : bool, default=True
        Whether it is to be told of each epoch; else it may be told of several as if they were one,
        by a bound on their losses.
    observers : sequence of observer, default=()
        Who is told: `training_begins(model_now)` with a function that returns the model as if
        training had ended, `epoch_begins()`, `epoch_ends(epochs)` with all so far, where True asks
        training to stop, and `training_ends(epochs)`.

    Attributes
    ----------
    epochs : list of Epoch
        All so far.
    best_epoch : int
        Which of them, counted from 1, had the lowest value; 0 for none.
    best_theta : ndarray or None
        θ at its end.
    stopped : bool
        Whether an observer has asked training to stop.
    watched : dict
        What a later Monitor needs to go on watching: `best`, `mark` and `n_waited`.
    """

    def __init__(
        self,
        theta,
        *,
        tol,
        patience,
        watch,
        keep_best=False,
        exhaustive=False,
        evaluate=None,
        every_epoch=True,
        observers=(),
        watched=None,
    ):
        self.theta, self.tol, self.patience, self.watch = theta, tol, patience, watch
        self.exhaustive, self.evaluate, self.observers = exhaustive, evaluate, observers
        self.every_epoch, self.stopped = every_epoch, False
        self._watched_before = watched or {"best": math.inf, "mark": math.inf, "n_waited": 0}
        self.start_again()
        self.best_theta = theta.copy() if keep_best else None

    def training_begins(self, model_now):
        """Tell the observers, and how they get the model as if training had ended."""
        for observer in self.observers:
            observer.training_begins(model_now)

    def epoch_begins(self):
        """Tell the observers."""
        for observer in self.observers:
            observer.epoch_begins()

    def epoch_ends(self, loss, learning_rate):
        """Take note of an epoch; return whether the value has reached a plateau."""
        measured = (None, None) if self.evaluate is None else self.evaluate()
        self.epochs.append(Epoch(loss, *measured, learning_rate))
        value = self.watch(self.epochs[-1])
        self._keep_best(value)
        self._look_ahead(value)
        for observer in self.observers:
            self.stopped |= bool(observer.epoch_ends(self.epochs))
        return self.watched["n_waited"] >= self.patience

    def _keep_best(self, value):
        """Take note of the lowest value so far, and of θ there."""
        if value < self.watched["best"]:
            self.watched["best"] = value
            if self.best_theta is not None:
                self.best_theta = self.theta.copy()
            self.best_epoch = len(self.epochs)

    def _look_ahead(self, value):
        """Wait one epoch more for a fall by more than `tol`, or begin anew after one."""
        if value < self.watched["mark"] - self.tol:
            self.watched["mark"], self.watched["n_waited"] = value, 0
        else:
            self.watched["n_waited"] += 1

    def training_ends(self):
        """Tell the observers."""
        for observer in self.observers:
            observer.training_ends(self.epochs)

    def start_again(self):
        """Forget all epochs."""
        self.watched = dict(self._watched_before)
        self.epochs = []
        self.best_epoch = 0

    def notes(self):
        """Return what `go_back` needs to come back to this moment."""
        return len(self.epochs), dict(self.watched), self.best_epoch, self.best_theta

    def go_back(self, notes):
        """Forget what came after."""
        n_epochs, self.watched, self.best_epoch, self.best_theta = notes
        del self.epochs[n_epochs:]

    def look_ahead_again(self):
        """Begin a new look-ahead, after the learning rate has been lowered."""
        self.watched["n_waited"] = 0
