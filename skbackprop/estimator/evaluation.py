"""Measurements at the end of an epoch: the loss of the validation data, and a score."""

import copy
import math
from inspect import signature

import numpy as np
from sklearn.metrics import check_scoring

from ..solvers.checkpoint import UnmeasurableError
from .state import record


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
        self.model = copy.copy(model)
        self.targets, self.columns = prepared.targets, prepared.columns

    def __call__(self, state, examples):
        """Return the score of the network of a State on Examples."""
        model = record(self.model, state, self.targets, self.columns)
        X, y = examples.table.shown(), self.targets.decode(examples.codes)
        score = ask(self.scorer, model.scoring, model, X, y, examples.sample_weight)
        if not math.isfinite(score):
            raise ValueError(f"scoring={model.scoring!r} must give a finite number; got {score}.")
        return score


def ask(scorer, scoring, model, X, y, sample_weight):
    """Return what a scorer made of `scoring` gives; it gets the weights where it takes them.

    Whatever it raises is the cause of a ValueError: a solver, or scipy in it, could take an error
    of its own kinds for a sign.
    """
    weights = {}
    takes_weights = scoring is None or "sample_weight" in signature(scorer).parameters
    if takes_weights and sample_weight is not None:
        weights["sample_weight"] = sample_weight
    try:
        return float(scorer(model, X, y, **weights))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"scoring={scoring!r} cannot be computed: {reason}") from error


def negative_score(epoch):
    """Return what falls when the score of an Epoch rises."""
    return -epoch.score
