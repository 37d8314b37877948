"""What is measured and told at the end of an epoch: validation loss, score, a line of progress."""

import copy
import math
import time
from inspect import signature

import numpy as np
from sklearn.metrics import check_scoring


class Evaluation:
    """The validation loss and the score of a model in training, at its current θ.

    Without validation data there is no such loss, and the score is that of the training data.
    Sample weights go into the score where the scorer takes them.
    """

    def __init__(self, training):
        model = training.model
        self.objective = self.scorer = None
        if training.held_out is not None:
            self.objective = training.validation_objective()
        if model.scoring != "loss":
            self.model = copy.copy(model)
            vars(self.model).pop("feature_names_in_", None)  # X has been checked, and is an array
            self.scorer = check_scoring(model, scoring=model.scoring)
            self.data, sample_weight = training.scoring_data()
            weighted = sample_weight is not None and "sample_weight" in _arguments(self.scorer)
            self.weight = {"sample_weight": sample_weight} if weighted else {}

    def __call__(self):
        """Return (validation loss, score), each None where it is not asked for."""
        loss = None if self.objective is None else self._loss()
        return loss, None if self.scorer is None else self._score()

    def _loss(self):
        with np.errstate(all="ignore"):
            loss = self.objective.value()
        if not math.isfinite(loss):
            raise ValueError(
                "The loss of the validation data is not finite: rescale X, or X_val as X is."
            )
        return loss

    def _score(self):
        scoring = self.model.scoring
        try:
            score = float(self.scorer(self.model, *self.data, **self.weight))
        except (TypeError, ValueError) as error:
            raise ValueError(f"scoring={scoring!r} cannot be computed: {error}") from error
        if not math.isfinite(score):
            raise ValueError(f"scoring={scoring!r} must give a finite number; got {score}.")
        return score


def _arguments(function):
    return signature(function).parameters


def negative_score(epoch):
    """Return what falls when the score of an Epoch rises."""
    return -epoch.score


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
        self.every, self.n_before, self.until_end = every, n_before, until_end

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
