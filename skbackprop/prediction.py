"""What a trained network answers: predictions, and the graph rebuilt from fitted arrays."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .activations import ACTIVATIONS
from .data import check_inputs, make_inputs
from .graph import FlowGraph, Workspace, rows_per_chunk
from .targets import TARGETS


class NetworkPredictor:
    """The predicting half of BackpropClassifier: it needs the fitted attributes only.

    Nothing is shared between two calls, so any number of threads may predict at once.
    """

    def decision_function(self, X):
        """Compute the pre-activations of the outputs, aᴸ⁺¹(x).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Of float32 or float64. With two classes, the difference a_1 − a_0: positive values mean
            ``classes_[1]``.
        """
        A = self._output_pre_activation(X)
        return self._targets.decision(A)

    def predict_proba(self, X):
        """Compute the probability of each class or label, f(x).

        That is softmax(aᴸ⁺¹(x)) for classes and, for labels, which do not exclude each other,
        σ(aᴸ⁺¹(x)).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Of float32 or float64; the columns are in the order of ``classes_``.
        """
        A = self._output_pre_activation(X)
        return self._targets.loss.outputs(A)

    def predict_log_proba(self, X):
        """Compute the logarithm of the probability of each class or label.

        It comes from the pre-activations, not from `predict_proba`, and is finite where a
        probability would round to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Of float32 or float64; the columns are in the order of ``classes_``.
        """
        A = self._output_pre_activation(X)
        return self._targets.loss.log_outputs(A)

    def predict(self, X):
        """Predict the most probable class, or the labels that are more probable than not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Entries of ``classes_``; or an indicator matrix of int.
        """
        A, targets = self._output_pre_activation(X), self._targets
        return targets.decode(targets.decide(A))

    @property
    def _targets(self):
        return TARGETS[self.out_activation_](self.classes_)

    def _graph(self):
        return FlowGraph([ACTIVATIONS[name] for name in self._activations])

    def _output_pre_activation(self, X):
        """Compute aᴸ⁺¹ of the rows of X, chunk by chunk."""
        check_is_fitted(self)
        X = check_inputs(self, X)
        layers = list(zip(self.coefs_, self.intercepts_, strict=True))
        sizes = [len(self.coefs_[0]), *(len(b) for b in self.intercepts_)]
        dtype = self.coefs_[0].dtype
        inputs, graph = make_inputs(X, dtype, self.scaler_), self._graph()
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
        return np.clip(X, -bound, bound, out=X)
    if X.nnz and np.abs(X.data).max() > bound:
        X = X.copy()
        np.clip(X.data, -bound, bound, out=X.data)
    return X
