"""Quantities that predictions are explained by, with derivatives: log-odds, probabilities, numbers.

A quantity is made of the targets, of what each network counts, and of the temperature. It is a
function f of the pre-activations A of all networks, of shape (n_networks, n_rows, n_outputs):
`value(A, k)` is that of the output k, of shape (n_rows,), and `gradient(A, k)` its ∇A. It tells
whether it `is_linear` in A.
"""

import numpy as np
from scipy.special import expit


class OfScores:
    """A function of S = pool(A) / T, where `of_scores(S, k)` is f and `slopes(S, k)` is ∇S.

    It does not change with a number that is added to all S of a row: of one network, S is A / T.
    """

    is_linear = False

    def __init__(self, targets, weights, temperature):
        self.targets, self.weights, self.temperature = targets, weights, temperature

    def value(self, A, k):
        """Return f of each row."""
        return self.of_scores(self._scores(A), k)

    def gradient(self, A, k):
        """Return ∇A."""
        grad_S = self.slopes(self._scores(A), k) / self.temperature
        return grad_S[None] if len(A) == 1 else self.targets.bprop_pool(A, self.weights, grad_S)

    def _scores(self, A):
        if len(A) == 1:
            return A[0] / self.temperature
        return self.targets.pool(A, self.weights) / self.temperature


class ClassLogOdds(OfScores):
    """log (p_k / (1 − p_k)) = s_k − log Σ_{c ≠ k} exp(s_c), where p is the softmax of s."""

    name = "log-odds"

    @property
    def is_linear(self):
        """Whether f is s_k − s_c, of the two classes of one network."""
        return self.targets.n_outputs == 2 and len(self.weights) == 1

    def of_scores(self, S, k):
        """Return f of each row."""
        return S[:, k] - log_sum_exp(S[:, np.arange(S.shape[1]) != k])

    def slopes(self, S, k):
        """∇S is 1 for k itself, and −p_c / (1 − p_k) for the others."""
        others = np.arange(S.shape[1]) != k
        grad_S = np.ones_like(S)
        grad_S[:, others] = -self.targets.loss.outputs(S[:, others])
        return grad_S


class ClassProbability(OfScores):
    """p_k = exp(s_k) / Σ_c exp(s_c)."""

    name = "probability"

    def of_scores(self, S, k):
        """Return f of each row."""
        return self.targets.loss.outputs(S.copy())[:, k]

    def slopes(self, S, k):
        """∇S = p_k (e(k) − p)."""
        P = self.targets.loss.outputs(S.copy())
        grad_S = -P[:, [k]] * P
        grad_S[:, k] += P[:, k]
        return grad_S


class LabelLogOdds(OfScores):
    """log (p_k / (1 − p_k)) = s_k, where p_k is the logistic function of s_k."""

    name = "log-odds"

    @property
    def is_linear(self):
        """Whether f is a_k / T, of one network."""
        return len(self.weights) == 1

    def of_scores(self, S, k):
        """Return f of each row."""
        return S[:, k]

    def slopes(self, S, k):
        """∇S = e(k)."""
        grad_S = np.zeros_like(S)
        grad_S[:, k] = 1
        return grad_S


class LabelProbability(OfScores):
    """p_k = 1 / (1 + exp(−s_k))."""

    name = "probability"

    def of_scores(self, S, k):
        """Return f of each row."""
        return expit(S[:, k])

    def slopes(self, S, k):
        """∇S = p_k (1 − p_k) e(k)."""
        grad_S = np.zeros_like(S)
        grad_S[:, k] = expit(S[:, k]) * expit(-S[:, k])
        return grad_S


class Number:
    """location + scale Σ_m w_m f_m(x)_k, where `location` and `scale` are those of y."""

    name = "prediction"

    def __init__(self, targets, weights, temperature):
        self.loss, self.weights = targets.loss, np.asarray(weights) / np.sum(weights)
        shape = targets.n_outputs
        self.location = np.broadcast_to(targets.location, shape)
        self.scale = np.broadcast_to(targets.scale, shape)
        self.is_linear = self.loss.out_activation == "identity"

    def value(self, A, k):
        """Return f of each row."""
        F = sum(w * self.loss.outputs(a.copy())[:, k] for w, a in zip(self.weights, A, strict=True))
        return self.location[k] + self.scale[k] * F

    def gradient(self, A, k):
        """∇A_m = w_m scale_k ∇f_m(x)_k."""
        grad_F = np.zeros_like(A)
        grad_F[:, :, k] = self.scale[k] * self.weights[:, None]
        return np.array([self.loss.bprop_outputs(*pair) for pair in zip(A, grad_F, strict=True)])


def log_sum_exp(S):
    """Return log Σ_c exp(s_c) of each row; that of scipy takes long for a few rows."""
    most = S.max(axis=1)
    return most + np.log(np.exp(S - most[:, None]).sum(axis=1))
