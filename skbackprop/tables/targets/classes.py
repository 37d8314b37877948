"""One of K classes for each row."""

import numpy as np
from scipy.special import logsumexp
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from ..checks import has_columns
from ..weights import relative
from .discrete import NUMERIC, Discrete, log_mean_exp, onnx_log_mean, shares
from .quantities import ClassLogOdds, ClassProbability


class Classes(Discrete):
    """One of K classes for each row, the outputs of which exclude each other: Σ_c f(x)_c = 1.

    Encoded, they are integers from 0, and `classes` is sorted.
    """

    type_of_target = "multiclass"
    default_loss = "softmax_cross_entropy"
    n_terms = 1  # of the loss of a row
    in_columns = False
    quantities = {"log_odds": ClassLogOdds, "probability": ClassProbability}

    @classmethod
    def find(cls, y, loss, sample_weight=None):
        """Return the targets that y has."""
        check_classification_targets(y)
        return cls(LabelEncoder().fit(y).classes_, loss)

    @classmethod
    def promised(cls, y, classes, loss, sample_weight=None):
        """Return the targets that a first partial_fit is told of, of which y need not have all."""
        if classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit (unless y is an indicator "
                "matrix of labels)."
            )
        return cls(unique_labels(classes), loss)

    def _are_in_order(self):
        try:
            return bool((self.classes[1:] > self.classes[:-1]).all())
        except TypeError:
            return False

    def encode(self, y, name="y"):
        """Return the index of each label of y among the classes."""
        if has_columns(y):
            raise ValueError(
                f"{name} has {y.shape[1]} columns, but the targets so far are classes, one for "
                "each row: keep to them, or start anew by fit with warm_start=False."
            )
        encoder = LabelEncoder()
        encoder.classes_ = classes = self.classes
        try:
            if (y.dtype.kind in NUMERIC) != (classes.dtype.kind in NUMERIC):
                raise TypeError("numbers and strings do not mix")
            return encoder.transform(y)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{name} has labels that are not among the classes {listed(classes.tolist())}: "
                f"{error}"
            ) from error

    def decode(self, codes):
        """Return the label of each row."""
        return self.classes[codes]

    def predict(self, A):
        """Return the labels of the most probable classes, from pre-activations."""
        return self.decode(A.argmax(axis=1))

    def decision_function(self, A):
        """Return the decision function: with two classes, the difference of their a."""
        if A.shape[1] == 2:
            return A[:, 1] - A[:, 0]
        return A if A.shape[1] > 1 else A[:, 0]

    def mass(self, codes, sample_weight):
        """Return the total sample weight of each class."""
        return np.bincount(codes, weights=sample_weight, minlength=len(self.classes))

    def mean_weights(self, codes, s):
        """Return the mean weight of the rows of the class of each row."""
        return (self.mass(codes, s) / np.maximum(self.mass(codes, None), 1))[codes]

    def class_weights(self, class_weight, codes, mass):
        """Return the class weight of each row, or None where all are 1.

        'balanced' weighs class c by Σ mass / (number of classes seen · mass_c), where the mass of
        a class is the total sample weight that it has had.
        """
        if class_weight is None:
            return None
        if class_weight == "balanced":
            by_class = np.zeros(len(mass))
            seen = mass > 0
            np.divide(1 / seen.sum(), mass / mass.sum(), out=by_class, where=seen)
            return by_class[codes]
        by_class = self._look_up(class_weight)
        try:
            weights = np.array([float(weight) for weight in by_class])
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"class_weight cannot be used: {error}") from error
        if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
            raise ValueError(
                "class_weight must give finite weights of at least 0, not all 0; got "
                f"{class_weight}."
            )
        return relative(weights)[codes]

    def _look_up(self, class_weight):
        """Return what a dict says of each class: 1 by default, if all of its keys are classes."""
        labels = self.classes.tolist()
        classes = set(labels)
        unknown = [key for key in class_weight if key not in classes]
        if unknown and not classes <= class_weight.keys():
            raise ValueError(
                f"class_weight has keys that are not among the classes {listed(labels)}: "
                f"{listed(unknown)}. Write them as the labels are, which may be numbers or strings."
            )
        return [class_weight.get(label, 1) for label in labels]

    def hold_out(self, codes, rows, fraction, seed):
        """Split rows into those to train on and a validation set stratified by class.

        A class of a single row is trained on; the validation set does without it.

        Returns
        -------
        train, validation : ndarray of int, sorted

        Raises
        ------
        ValueError
            No class has two rows.
        """
        counts = np.bincount(codes[rows])
        is_single = counts[codes[rows]] == 1
        singles, rows = rows[is_single], rows[~is_single]
        if not len(rows):
            raise ValueError(
                "early_stopping=True needs a class of at least 2 different rows, to train and to "
                f"validate on, but each of {len(singles)} classes has 1: set early_stopping=False, "
                "or pass X_val and y_val to fit."
            )
        n_classes = np.count_nonzero(counts > 1)
        n_validation = np.clip(round(fraction * len(rows)), n_classes, len(rows) - n_classes)
        train, validation = train_test_split(
            rows, test_size=int(n_validation), stratify=codes[rows], random_state=seed
        )
        return np.sort(np.concatenate([train, singles])), np.sort(validation)

    def share_out(self, codes, rows, fraction, seed):
        """Split rows like `hold_out`, but whatever there is: a class of few rows may be trained on
        only.
        """
        order = np.random.default_rng(seed).permutation(len(rows))
        of_order = codes[rows[order]]
        by_class = np.argsort(of_order, kind="stable")
        counts = np.bincount(of_order, minlength=self.n_outputs)
        rank = np.empty(len(rows))
        rank[by_class] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        held = (rank + 0.5) / counts[of_order] < fraction
        held &= counts[of_order] > 1
        return np.sort(rows[order[~held]]), np.sort(rows[order[held]])

    def deal(self, codes, rows, n_folds, seed):
        """Return the fold of each row: in random order, class by class, from hand to hand."""
        order = np.random.default_rng(seed).permutation(len(rows))
        order = order[np.argsort(codes[rows[order]], kind="stable")]
        number = np.empty(len(rows), int)
        number[order] = np.arange(len(rows)) % n_folds
        return number

    def pool(self, outputs, weights=None):
        """Return log Σ_m w_m f_m(x), from the pre-activations of each network."""
        return log_mean_exp(log_softmax(outputs), weights)

    def bprop_pool(self, outputs, weights, grad_scores):
        """Return ∇A of each network m from the ∇S of what `pool` returns.

            r_mc = w_m f_m(x)_c / Σ_m w_m f_m(x)_c,    ∇A_m = r_m ⊙ ∇S − f_m(x) Σ_c r_mc ∇S_c

        ∇S is (n_rows, n_outputs), and the result (n_networks, n_rows, n_outputs).
        """
        logs = log_softmax(outputs)
        grad_A = shares(logs, weights) * grad_scores
        return grad_A - np.exp(logs) * grad_A.sum(axis=-1, keepdims=True)

    @property
    def explained(self):
        """The outputs to explain: of two classes, one says it all; of a single one, none."""
        return list(range(self.n_outputs)) if self.n_outputs > 2 else [1][: self.n_outputs - 1]

    def log_likelihoods(self, outputs, codes):
        """Return log f_m(x)_y, of shape (n_networks, n_rows), from pre-activations."""
        return log_softmax(outputs)[:, np.arange(len(codes)), codes]

    def variance(self, F, scores):
        """Return Var_c s_c of each row, where class c has the probability f_c."""
        mean = np.einsum("tc,tc->t", F, scores)[:, None]
        return np.einsum("tc,tc->t", F, (scores - mean) ** 2)

    def onnx_predict(self, node, A, **output):
        """Return the node of the most probable class."""
        best = node("ArgMax", A, axis=1, keepdims=0)
        return node("Gather", self.classes, best, **output)

    def onnx_scores(self, node, A, **output):
        """Return the node of the decision function, in two columns for two classes."""
        if self.n_outputs != 2:
            return node("Identity", A, **output)
        return node("MatMul", A, node.constant([[1, -1], [-1, 1]]), **output)

    def onnx_pool(self, node, outputs, weights):
        """Return the node of what `pool` returns, from those of the pre-activations."""
        return onnx_log_mean(node, [node("LogSoftmax", A, axis=1) for A in outputs], weights)


def listed(labels):
    """Return the first labels as text, in which strings are told from numbers."""
    more = ", ..." if len(labels) > 10 else ""
    return f"[{', '.join(map(repr, labels[:10]))}{more}]"


def log_softmax(outputs):
    """Return log f_m(x) from the pre-activations of each network."""
    return outputs - logsumexp(outputs, axis=2, keepdims=True)
