"""Callbacks of scikit-learn, from 1.9 on: a fit is a task, and each of its epochs one within."""

import copy

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:
        """Without `set_callbacks`, nothing is to be supported."""


NOT_IN_FIT = {"_callback_fit_ctx": None, "_skl_callbacks_to_teardown": []}


def fit_tasks(estimator, X, y, sample_weight, *, method, n_epochs):
    """Return observers of a training: one where the estimator has callbacks, else none.

    The callbacks' framework keeps its state in the estimator, from here on until the method of that
    name returns.
    """
    if not hasattr(estimator, "_skl_callbacks"):
        return []
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
        self._fit = estimator._init_callback_context(method, max_subtasks=n_epochs)
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
        arrays = ("coefs_", "intercepts_", "_memory")
        own = {name: copy.deepcopy(getattr(model, name)) for name in arrays}
        return dict.fromkeys(vars(self.estimator)) | vars(model) | own | NOT_IN_FIT
