"""What is measured at the end of an epoch: the loss of the validation data, and a score."""

import copy
import math
from inspect import signature

import numpy as np
from sklearn.metrics import check_scoring

from ..solvers.checkpoint import UnmeasurableError
from .state import record

SCORER_ERRORS = TypeError, ValueError, ArithmeticError, LookupError, AttributeError


class Evaluation:
    """The validation loss and the score of a network in training, at its current θ.

    Without validation data there is no such loss, and the score is that of the training data.

    Parameters
    ----------
    objective : Objective or None
        J over the validation data, without penalties.
    score : callable or None
        Of the State and Examples.
    state : State
        Where training begins, with the network in training.
    examples : Examples
        The rows to score it on.
    """

    def __init__(self, objective, score, state, examples):
        self.objective, self.score = objective, score
        self.state, self.examples = state, examples

    def __call__(self):
        """Return (validation loss, score), each None where it is not asked for."""
        loss = None if self.objective is None else self._loss()
        return loss, None if self.score is None else self.score(self.state, self.examples)

    def _loss(self):
        with np.errstate(all="ignore"):
            loss = self.objective.value()
        if not math.isfinite(loss):
            raise UnmeasurableError(
                "The loss of the validation data is not finite: rescale X, or X_val as X is."
            )
        return loss


class Score:
    """A scorer of scikit-learn's, asked for the score of a network in training.

    The scorer is shown a copy of the model with the parameters of the moment; sample weights go
    into the score where it takes them. A scorer of the user's sees X as it came, a frame with its
    columns; one that is known by its name sees an array.

    Parameters
    ----------
    model : BackpropClassifier
        Whose `scoring` it is.
    prepared : Prepared
        What there is to learn.
    """

    def __init__(self, model, prepared):
        self.scorer = check_scoring(model, scoring=model.scoring)
        self.takes_weights = "sample_weight" in signature(self.scorer).parameters
        self.model = copy.copy(model)
        self.targets, self.columns = prepared.targets, prepared.columns

    def __call__(self, state, examples):
        """Return the score of the network of a State on Examples."""
        model = record(self.model, state, self.targets, self.columns)
        weights = {}
        if self.takes_weights and examples.sample_weight is not None:
            weights["sample_weight"] = examples.sample_weight
        scoring, y = model.scoring, self.targets.decode(examples.codes)
        try:
            score = float(self.scorer(model, examples.table.shown(), y, **weights))
        except SCORER_ERRORS as error:
            raise ValueError(f"scoring={scoring!r} cannot be computed: {error}") from error
        if not math.isfinite(score):
            raise ValueError(f"scoring={scoring!r} must give a finite number; got {score}.")
        return score


def negative_score(epoch):
    """Return what falls when the score of an Epoch rises."""
    return -epoch.score
