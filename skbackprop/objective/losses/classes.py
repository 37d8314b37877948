"""Losses of classes and labels, whose outputs are probabilities."""

import numpy as np
from scipy.special import expit, log_expit


class SoftmaxCrossEntropy:
    """The negative log-likelihood of softmax outputs (the lecture, "loss function").

        f(x) = softmax(a),    l = −log f(x)_y = log Σ_c exp(a_c) − a_y,    ∇ₐ l = −(e(y) − f(x))

    A is (n_rows, n_classes); y holds the class of each row as an integer from 0. The loss comes
    from a log-sum-exp and is finite for any finite A.
    """

    hyper_parameters = ()
    pace = 1.0
    out_activation = "softmax"
    onnx = ("Softmax", {"axis": 1})

    def outputs(self, A):
        """Turn A into f(x) = softmax(A) in place."""
        A -= A.max(axis=1, keepdims=True)
        np.exp(A, out=A)
        A /= A.sum(axis=1, keepdims=True)
        return A

    def log_outputs(self, A):
        """Turn A into log f(x) in place: a log-softmax, not the logarithm of a softmax."""
        A -= A.max(axis=1, keepdims=True)
        A -= np.log(np.exp(A).sum(axis=1, keepdims=True))
        return A

    def fprop(self, A, y):
        """Turn A into f(x) in place; return −log f(x)_y of each row."""
        A -= np.maximum.reduce(A, axis=1, keepdims=True)
        a_y = A[np.arange(len(y)), y]
        np.exp(A, out=A)
        Z = np.add.reduce(A, axis=1, keepdims=True)
        A /= Z
        return np.log(Z[:, 0]) - a_y

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l = −(e(y) − f(x)) in place."""
        F[np.arange(len(y)), y] -= 1
        return F

    def R_bprop(self, F, R_A, y):
        """Turn R{a} into R{∇ₐ l} = f ⊙ (R{a} − Σ_c f_c R{a}_c) in place."""
        R_A -= np.einsum("tc,tc->t", F, R_A)[:, None]
        R_A *= F
        return R_A


class LogisticCrossEntropy:
    """The negative log-likelihood of logistic outputs, one for each of K labels.

        f(x) = σ(a),    l = −Σ_k log σ(±a_k), with + where y_k = 1,    ∇ₐ l = −(y − f(x))

    A is (n_rows, n_labels), and so is y, of 0 and 1. The loss comes from log σ(a) = −log(1 + e⁻ᵃ),
    computed without overflow, and is finite for any finite A.
    """

    hyper_parameters = ()
    pace = 1.0
    out_activation = "logistic"
    onnx = ("Sigmoid", {})

    def outputs(self, A):
        """Turn A into f(x) = σ(A) in place."""
        return expit(A, out=A)

    def log_outputs(self, A):
        """Turn A into log f(x) in place: from A, not as the logarithm of σ(A)."""
        return log_expit(A, out=A)

    def fprop(self, A, y):
        """Turn A into f(x) in place; return −Σ_k log σ(±a_k) of each row."""
        losses = -log_expit(np.where(y, A, -A)).sum(axis=1)
        expit(A, out=A)
        return losses

    def bprop(self, F, y):
        """Turn f(x) into ∇ₐ l = −(y − f(x)) in place."""
        F -= y
        return F

    def R_bprop(self, F, R_A, y):
        """Turn R{a} into R{∇ₐ l} = f (1 − f) ⊙ R{a} in place."""
        R_A *= F - F * F
        return R_A
