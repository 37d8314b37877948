"""The answers of an ensemble."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..estimator.annotations import Frame, Matrix
from ..estimator.numpy_errors import with_default_errors
from ..estimator.state import fitted_columns, fitted_targets
from ..estimator.stored_form import StoredModel
from ..solvers.buffers import take_buffers
from ..tables.description import ColumnDescription, describe
from ..tables.table import read_table
from .fitted_checks import described_network, fitted_ensemble
from .members import all_outputs


class EnsemblePredictor(StoredModel):
    """The predicting half of an ensemble: it needs the fitted attributes only."""

    def describe_columns(self) -> Frame | list[ColumnDescription]:
        """Return how training has read each column of X.

        Returns
        -------
        data frame of pandas, or list of named tuples
            What `BackpropClassifier.describe_columns` returns. The levels, terms and inputs are
            those of the network with the most inputs, among those trained on all rows if there are
            any.
        """
        return self._column_descriptions.as_frame()

    @property
    def _column_descriptions(self):
        check_is_fitted(self, "estimators_")
        return describe(fitted_columns(self), described_network(self).encoding)

    def _targets(self):
        return fitted_targets(self)

    def _scores(self, X):
        """Compute the scores of what the networks tell together, at the temperature."""
        outputs, weights, temperature = self._outputs(X)
        return self._targets().pool(outputs, weights) / temperature

    def _outputs(self, X):
        """Compute the pre-activations of each network; return them, the weights and T."""
        check_is_fitted(self, "estimators_")
        take_buffers()
        networks, weights, temperature = fitted_ensemble(self)
        table = read_table(self, X, known=fitted_columns(self))
        return all_outputs(networks, table, self.n_jobs), weights, temperature


class ClassifierEnsemblePredictor(EnsemblePredictor):
    """The predicting half of BackpropEnsembleClassifier."""

    @with_default_errors
    def decision_function(self, X: Matrix) -> np.ndarray:
        """Compute the scores of which `predict_proba` is the softmax, or the logistic function.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            The logarithm of the mean probabilities, divided by T. With two classes, the difference:
            positive values mean ``classes_[1]``. For labels, their log-odds.
        """
        scores = self._scores(X)
        return self._targets().decision_function(scores)

    @with_default_errors
    def predict_proba(self, X: Matrix) -> np.ndarray:
        """Compute the probability of each class or label: the mean, at the temperature.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            The columns are in the order of ``classes_``.
        """
        scores = self._scores(X)
        return self._targets().loss.outputs(scores)

    @with_default_errors
    def predict_log_proba(self, X: Matrix) -> np.ndarray:
        """Compute the logarithm of the probability of each class or label.

        It is finite where a probability would round to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            The columns are in the order of ``classes_``.
        """
        scores = self._scores(X)
        return self._targets().loss.log_outputs(scores)

    @with_default_errors
    def predict(self, X: Matrix) -> np.ndarray:
        """Predict the most probable class, or the labels that are more probable than not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Entries of ``classes_``; or an indicator matrix of int.
        """
        scores = self._scores(X)
        return self._targets().predict(scores)
