"""Predictions of networks for the rows that they have not seen."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import get_tags

from .prediction import ClassifierEnsemblePredictor


def fill_out_of_fold(scores, of_folds, targets):
    """Set the scores of all rows by the networks that have not seen them; NaN where there is none.

    Where several have not, it is the mean of their probabilities that counts.
    """
    n_rows, n_outputs = scores.shape
    scores.fill(np.nan)
    count = np.zeros(n_rows, int)
    for member in of_folds:
        count[member.task.held_out] += 1
    for times in range(1, count.max() + 1):  # rows held out equally often are pooled together
        rows = np.flatnonzero(count == times)
        place = np.full(n_rows, -1)
        place[rows] = np.arange(len(rows))
        outputs = np.empty((times, len(rows), n_outputs))
        level = np.zeros(len(rows), int)
        for member in of_folds:
            held_out = place[member.task.held_out]
            here = held_out >= 0
            outputs[level[held_out[here]], held_out[here]] = member.outputs[here]
            level[held_out[here]] += 1
        if len(rows):
            scores[rows] = targets.pool(outputs)


class OutOfFold(ClassifierEnsemblePredictor, BaseEstimator):
    """An ensemble as a scorer sees it: X are the numbers of rows, the answers are out of fold.

    Parameters
    ----------
    model : BackpropClassifier
        What the networks are like: it tells of what sort the ensemble is, and its own score.
    targets : targets
        What they tell.
    scores : ndarray of shape (n_rows, n_outputs)
        Out of fold. Of numbers, only what `predict` makes of them is asked for.
    """

    def __init__(self, model=None, targets=None, scores=None):
        self.model, self.targets, self.scores = model, targets, scores
        vars(self).update(targets.as_attributes())

    def fit(self, X, y):
        """Do nothing: a scorer asks for such a method."""
        return self

    def score(self, X, y, sample_weight=None):
        """Return the score where no other is asked for."""
        return type(self.model).score(self, X, y, sample_weight)

    def __sklearn_tags__(self):
        return get_tags(self.model)

    def _targets(self):
        return self.targets

    def _scores(self, X):
        return self.scores[X[:, 0]]
