"""Who is told of the epochs of a training: scikit-learn's callbacks, and what prints a line.

For scikit-learn's callbacks, from 1.9 on, a fit is a task, and each of its epochs one within.
"""

import copy
import math
import time

from .sklearn_private import NOT_IN_FIT, fit_task, has_callbacks


def fit_tasks(estimator, X, y, sample_weight, *, partial, n_epochs):
    """Return observers of a training: one where the estimator has callbacks, else none."""
    if not has_callbacks(estimator):
        return []
    method = "partial_fit" if partial else "fit"
    return [FitTasks(estimator, X, y, sample_weight, method, n_epochs)]


class FitTasks:
    """Observes a training: tells the callbacks of an estimator of the fit and its epochs.

    Each epoch is a task that begins and ends once. When training diverges and starts again, the
    callbacks hear of it when it comes to an epoch that had not ended before.

    Parameters
    ----------
    estimator : BackpropClassifier
        Whose callbacks they are; training works on a copy.
    X, y, sample_weight : array-like
        As they were given.
    method : str
        What was called.
    n_epochs : int
        At most.
    """

    def __init__(self, estimator, X, y, sample_weight, method, n_epochs):
        self.estimator = estimator
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._told = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._fit = fit_task(estimator, method, n_epochs)
        self._fit.call_on_fit_task_begin(**self._told)
        self._epoch = None
        self._n_ended = 0

    def training_begins(self, model_now):
        """Take note of how to get the model as if training had ended."""
        self._model_now = model_now

    def epoch_begins(self):
        """Begin the task of the epoch, unless it has begun."""
        if self._epoch is None:
            self._epoch = self._fit.subcontext("epoch").call_on_fit_task_begin(**self._told)

    def epoch_ends(self, epochs):
        """End the task of the epoch, unless it has ended; return whether training is to stop."""
        if len(epochs) <= self._n_ended:
            return False
        self.epoch_begins()
        epoch, self._epoch = self._epoch, None
        self._n_ended += 1
        return self._end(epoch)

    def training_ends(self, epochs):
        """End the task of the fit."""
        self._end(self._fit)

    def _end(self, task):
        return task.call_on_fit_task_end(**self._told, reconstruction_attributes=self._fitted)

    def _fitted(self):
        """Return the attributes of the model now, its arrays copied: training goes on in place.

        They are set on a copy of the estimator, where those that an earlier fit has left, but this
        one has not, are to count as absent. The copy is in no fit, whose tasks would be pickled
        with it.
        """
        model = self._model_now()
        arrays = ("coefs_", "intercepts_", "_continuation")
        own = {name: copy.deepcopy(getattr(model, name)) for name in arrays}
        return dict.fromkeys(vars(self.estimator)) | vars(model) | own | NOT_IN_FIT


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


class EpochPrinter:
    """Observes a training: prints a line at the end of every n-th epoch, and of the last.

    Parameters
    ----------
    every : int
        n.
    n_before : int
        Epochs made before, which count.
    until_end : bool
        Whether the last epoch of the training gets its line in any case.
    """

    def __init__(self, every, n_before, until_end):
        self.every, self.n_before, self.until_end = int(every), n_before, until_end

    def training_begins(self, model_now):
        """Start the clock."""
        self._start = time.perf_counter()

    def epoch_begins(self):
        """Do nothing."""

    def epoch_ends(self, epochs):
        """Print the last of the epochs, if it is its turn."""
        if self._has_turn(epochs):
            self._print(epochs)

    def training_ends(self, epochs):
        """Print the last of the epochs, if it was not its turn."""
        if self.until_end and not self._has_turn(epochs):
            self._print(epochs)

    def _has_turn(self, epochs):
        return (self.n_before + len(epochs)) % self.every == 0

    def _print(self, epochs):
        epoch = epochs[-1]
        line = f"epoch {self.n_before + len(epochs):4d}   loss {epoch.loss:.6f}"
        if epoch.validation_loss is not None:
            line += f"   validation loss {epoch.validation_loss:.6f}"
        if epoch.score is not None:
            line += f"   score {epoch.score:.6f}"
        if not math.isnan(epoch.learning_rate):
            line += f"   learning rate {epoch.learning_rate:.2e}"
        elapsed = time.perf_counter() - self._start
        print(f"{line}   {elapsed:.2f} s", flush=True)
