"""What a trained network answers: predictions, and the graph rebuilt from fitted arrays."""

import copy

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .activations import ACTIVATIONS
from .data import check_inputs, make_inputs
from .graph import FlowGraph, Workspace, rows_per_chunk
from .losses import LOSSES


class NetworkPredictor:
    """The predicting half of BackpropClassifier: it needs the fitted attributes only.

    Nothing is shared between two calls, so any number of threads may predict at once, also while
    another one fits: each answer comes from one model as a whole.
    """

    def decision_function(self, X):
        """Compute the pre-activations of the outputs, aᴸ⁺¹(x).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of float32 or float64. With two classes, the difference a_1 − a_0: positive values mean
            ``classes_[1]``.
        """
        A = self._output_pre_activation(X)
        if A.shape[1] == 2:
            return A[:, 1] - A[:, 0]
        return A if A.shape[1] > 1 else A[:, 0]

    def predict_proba(self, X):
        """Compute the probability of each class, f(x) = softmax(aᴸ⁺¹(x)).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Of float32 or float64; the columns are in the order of ``classes_``.
        """
        return self._loss.outputs(self._output_pre_activation(X))

    def predict_log_proba(self, X):
        """Compute the logarithm of the probability of each class.

        It comes from the pre-activations, not from `predict_proba`, and is finite where a
        probability would round to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Of float32 or float64; the columns are in the order of ``classes_``.
        """
        return self._loss.log_outputs(self._output_pre_activation(X))

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples,)
            Entries of ``classes_``.
        """
        model = copy.copy(self)
        best = model._output_pre_activation(X).argmax(axis=1)
        return model.classes_[best]

    @property
    def _loss(self):
        return LOSSES["multiclass"]

    def _graph(self):
        return FlowGraph([ACTIVATIONS[name] for name in self._activations])

    def _output_pre_activation(self, X):
        """Compute aᴸ⁺¹ of the rows of X, chunk by chunk."""
        model = copy.copy(self)  # another thread may fit meanwhile
        check_is_fitted(model)
        X = check_inputs(model, X)
        layers = list(zip(model.coefs_, model.intercepts_, strict=True))
        sizes = [len(model.coefs_[0]), *(len(b) for b in model.intercepts_)]
        dtype = model.coefs_[0].dtype
        inputs, graph = make_inputs(X, dtype, model.scaler_), model._graph()
        step = min(rows_per_chunk(sizes), X.shape[0])
        workspace = Workspace(sizes, step, dtype)
        A = np.empty((X.shape[0], sizes[-1]), dtype=dtype)
        bound = np.finfo(dtype).max ** (1 / len(sizes))
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, X.shape[0], step):
                rows = slice(start, min(start + step, X.shape[0]))
                H, _ = workspace.first(rows.stop - rows.start)
                A[rows] = graph.fprop(layers, inputs.gather(rows), H)
                if not np.isfinite(A[rows]).all():
                    A[rows] = graph.fprop(layers, within(inputs.gather(rows), bound), H)
        return A


def within(X, bound):
    """Clip inputs so absurdly large that pre-activations would overflow."""
    if isinstance(X, np.ndarray):
        np.nan_to_num(X, copy=False)  # ∞ · 0, in a column that was constant, is 0
        return np.clip(X, -bound, bound, out=X)
    if X.nnz and np.abs(X.data).max() > bound:
        X = X.copy()
        np.clip(X.data, -bound, bound, out=X.data)
    return X
