"""Targets that take one of few values, whose outputs f(x) are probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from ..checks import has_columns

NUMERIC = "biuf"  # kinds of dtype


@dataclass(frozen=True, eq=False)
class Discrete:
    """The common part of `Classes` and `Labels`: K outputs, each with a probability f(x)_k.

    Parameters
    ----------
    classes : ndarray of shape (n_outputs,)
        What the outputs tell of, in order.
    loss : loss
        What makes probabilities of pre-activations, and measures them.
    """

    classes: np.ndarray
    loss: object

    @classmethod
    def from_attributes(cls, model, loss):
        """Return the targets of a fitted model."""
        return cls(model.classes_, loss)

    def as_attributes(self):
        """Return the fitted attributes that `from_attributes` reads."""
        return {"classes_": self.classes}

    def fault(self, n_outputs):
        """Return (attribute, what is wrong with it) for a network of so many outputs, or None."""
        if not isinstance(self.classes, np.ndarray) or self.classes.shape != (n_outputs,):
            return "classes_", f"must be an array of {n_outputs}, one for each output"
        if self.classes.dtype == object and not all(isinstance(c, str) for c in self.classes):
            return "classes_", "must be numbers, or strings, or booleans"
        return None

    def resume_fault(self):
        """Return the same for classes by which no y could be encoded, or None."""
        if self._are_in_order():
            return None
        return "classes_", "must be sorted, and each of them there once"

    @property
    def n_outputs(self):
        """How many outputs the network has."""
        return len(self.classes)

    @property
    def output_names(self):
        """The names of the outputs, for explanations."""
        return self.classes.tolist()

    def is_same(self, others):
        """Whether others of the kind have the same classes."""
        return self.classes.tolist() == others.classes.tolist()

    def __str__(self):
        return f"the classes {self.classes}"

    @staticmethod
    def check(y):
        """Refuse what are no classes, such as real numbers."""
        if not has_columns(y):
            check_classification_targets(y)

    def check_promise(self, classes):
        """Check the classes given to partial_fit against those that there are."""
        if classes is not None and unique_labels(classes).tolist() != self.classes.tolist():
            raise ValueError(
                f"classes={classes!r} is not the same as on last call, or as the columns of an "
                f"indicator matrix y: {self.classes!r}."
            )

    def out_of_fold(self, scores, outputs, codes, sample_weight):
        """Return the attributes of an ensemble that tell what is predicted out of fold."""
        return {
            "oof_decision_function_": self.decision_function(scores),
            "oof_probabilities_": self.loss.outputs(scores.copy()),
        }


def log_mean_exp(logs, weights=None):
    """Return log Σ_m w_m exp(a_m) of arrays a_m, where the sum of w is 1; None is equal weights."""
    share = 1 / len(logs) if weights is None else np.reshape(weights, (-1, 1, 1))
    return logsumexp(logs, axis=0, b=share)


def shares(logs, weights):
    """Return w_m exp(a_m) / Σ_m w_m exp(a_m) of arrays a_m: their parts in that mean."""
    return np.reshape(weights, (-1, 1, 1)) * np.exp(logs - log_mean_exp(logs, weights))


def onnx_log_mean(node, logs, weights):
    """Return log Σ_m w_m exp(a_m) in ONNX, from nodes of a_m."""
    pairs = zip(logs, weights, strict=True)
    terms = [node("Add", a, node.constant(np.log(w))) for a, w in pairs if w > 0]
    most = node("Max", *terms)
    parts = [node("Exp", node("Sub", a, most)) for a in terms]
    return node("Add", most, node("Log", node("Sum", *parts)))
