"""What networks predict for the rows that they have not seen."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from .pooling import pool
from .prediction import EnsemblePredictor


def fill_out_of_fold(scores, of_folds, type_of_target):
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
            scores[rows] = pool(outputs, type_of_target)


class OutOfFold(ClassifierMixin, EnsemblePredictor, BaseEstimator):
    """An ensemble as a scorer sees it: X are the numbers of rows, the answers are out of fold."""

    def __init__(self, targets=None, scores=None):
        self.targets, self.scores = targets, scores
        self.classes_, self._type_of_target = targets.classes, targets.type_of_target

    def fit(self, X, y):
        """Do nothing: a scorer asks for such a method."""
        return self

    def _scores(self, X):
        return self.scores[X[:, 0]]
