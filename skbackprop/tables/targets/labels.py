"""Any of K labels for each row."""

import numpy as np
from scipy import sparse
from scipy.special import log_expit

from ..checks import check_divisible, has_columns
from .discrete import NUMERIC, Discrete, log_mean_exp, onnx_log_mean, shares
from .quantities import LabelLogOdds, LabelProbability

INT64 = 7  # of ONNX's TensorProto


class Labels(Discrete):
    """Any of K labels for each row, with an output each that knows nothing of the others.

    Encoded, they are a matrix of 0 and 1 of a byte each. `classes` are the numbers of its columns.
    """

    type_of_target = "multilabel-indicator"
    default_loss = "logistic_cross_entropy"
    in_columns = True
    quantities = {"log_odds": LabelLogOdds, "probability": LabelProbability}

    @classmethod
    def find(cls, y, loss, sample_weight=None):
        """Return the targets that y has."""
        return cls(np.arange(y.shape[1]), loss)

    @classmethod
    def promised(cls, y, classes, loss, sample_weight=None):
        """Return the targets of a first partial_fit: y has all labels there will be."""
        return cls.find(y, loss)

    @property
    def n_terms(self):
        """How many terms the loss of a row is the sum of."""
        return len(self.classes)

    def _are_in_order(self):
        return np.array_equal(self.classes, np.arange(self.n_outputs))

    def encode(self, y, name="y"):
        """Return the indicator matrix y, dense or sparse, as a C-contiguous one of bytes."""
        if not has_columns(y):
            raise ValueError(
                f"{name} has one column, but the targets so far are an indicator matrix of "
                f"{len(self.classes)} labels: keep to it, or start anew by fit with "
                "warm_start=False."
            )
        values = y.data if sparse.issparse(y) else y
        if y.dtype.kind not in NUMERIC or not ((values == 0) | (values == 1)).all():
            raise ValueError(
                f"{name} should be a 1d array of classes, or an indicator matrix of 0 and 1; got "
                f"other values in shape {y.shape}."
            )
        if y.shape[1] != len(self.classes):
            raise ValueError(f"{name} has {y.shape[1]} columns for {len(self.classes)} labels.")
        y = y.astype(bool).toarray() if sparse.issparse(y) else y
        return np.not_equal(y, 0, order="C").view(np.uint8)

    def decode(self, codes):
        """Return the indicator matrix, of int."""
        return codes.astype(int)

    def predict(self, A):
        """Return the labels of a probability above ½, from pre-activations."""
        return self.decode(A > 0)

    def decision_function(self, A):
        """Return the decision function: positive where a label is predicted."""
        return A

    def mass(self, codes, sample_weight):
        """Return 0: labels have no weights to balance."""
        return 0

    def mean_weights(self, codes, s):
        """Return the mean weight of all rows."""
        return s.mean(dtype=np.float64)

    def class_weights(self, class_weight, codes, mass):
        """Return None: all weights are 1."""
        if class_weight is not None:
            raise ValueError(
                f"class_weight={class_weight!r} is for one class for each row, but y is an "
                "indicator matrix: set class_weight=None, and weigh the rows by sample_weight."
            )

    def hold_out(self, codes, rows, fraction, seed):
        """Split rows into those to train on and a validation set, by iterative stratification.

        The rows of the rarest of the values not yet dealt with (a label's presence, or its
        absence) are shared out first: to the validation set as many as it lacks for its fraction
        of that value, at least one each to both sides where there are two. A row that is alone in
        something is trained on.

        Returns
        -------
        train, validation : ndarray of int, sorted

        Raises
        ------
        ValueError
            There are fewer than two rows.

        References
        ----------
        Sechidis, Tsoumakas & Vlahavas, On the stratification of multi-label data, ECML PKDD 2011,
        doi:10.1007/978-3-642-23808-6_10.
        """
        check_divisible(rows)
        left = np.random.default_rng(seed).permutation(rows)
        train, validation = [], []
        n_all = n_left = count_values(codes[rows])
        n_held = np.zeros_like(n_all)
        while len(left):
            fewest = np.where(n_left > 0, n_left, len(rows) + 1).argmin()
            value, label = rarest = np.unravel_index(fewest, n_left.shape)
            chosen = codes[left, label] == value
            group, left = left[chosen], left[~chosen]
            held, trained = n_held[rarest], (n_all - n_left - n_held)[rarest]
            lacking = round(fraction * n_all[rarest]) - held
            at_least = held == 0 and trained + len(group) > 1
            n = int(np.clip(lacking, at_least, len(group) - (trained == 0)))
            validation.append(group[:n])
            train.append(group[n:])
            n_left = n_left - count_values(codes[group])
            n_held += count_values(codes[group[:n]])
        train, validation = np.concatenate(train), np.concatenate(validation)
        if not len(validation):
            train, validation = train[1:], train[:1]
        return np.sort(train), np.sort(validation)

    share_out = hold_out

    def deal(self, codes, rows, n_folds, seed):
        """Return the fold of each row: one fold after the other is held out from what is left."""
        number = np.zeros(len(codes), int)
        left = rows
        for k in range(n_folds - 1, 0, -1):
            left, held_out = self.hold_out(codes, left, 1 / (k + 1), seed + k)
            number[held_out] = k
        return number[rows]

    def pool(self, outputs, weights=None):
        """Return the log-odds of Σ_m w_m f_m(x), from the pre-activations of each network."""
        present, absent = log_expit(outputs), log_expit(-outputs)
        return log_mean_exp(present, weights) - log_mean_exp(absent, weights)

    def bprop_pool(self, outputs, weights, grad_scores):
        """Return ∇A of each network m from the ∇S of what `pool` returns.

            ∇A_m = (r_m (1 − f_m(x)) + q_m f_m(x)) ⊙ ∇S

        where r_m is the share of w_m f_m(x) in the mean, and q_m that of w_m (1 − f_m(x)).
        """
        present, absent = log_expit(outputs), log_expit(-outputs)
        slopes = shares(present, weights) * np.exp(absent)
        slopes += shares(absent, weights) * np.exp(present)
        return slopes * grad_scores

    @property
    def explained(self):
        """The outputs to explain: all."""
        return list(range(self.n_outputs))

    def log_likelihoods(self, outputs, codes):
        """Return log σ(±a_k), of shape (n_networks, n_rows · n_labels), from pre-activations."""
        return log_expit(np.where(codes > 0, outputs, -outputs)).reshape(len(outputs), -1)

    def variance(self, F, scores):
        """Return Σ_k Var s_k of each row, where label k counts s_k with the probability f_k."""
        return (F * (1 - F) * scores**2).sum(axis=1)

    def onnx_predict(self, node, A, **output):
        """Return the node of the indicator matrix of what is more probable than not."""
        return node("Cast", node("Greater", A, node.constant([0])), to=INT64, **output)

    def onnx_scores(self, node, A, **output):
        """Return the node of the decision function."""
        return node("Identity", A, **output)

    def onnx_pool(self, node, outputs, weights):
        """Return the node of what `pool` returns, from those of the pre-activations."""
        present = [onnx_log_expit(node, A) for A in outputs]
        absent = [onnx_log_expit(node, node("Neg", A)) for A in outputs]
        scores = onnx_log_mean(node, present, weights)
        return node("Sub", scores, onnx_log_mean(node, absent, weights))


def onnx_log_expit(node, A):
    """Return log σ(a) = min(a, 0) − log(1 + exp(−|a|)) in ONNX."""
    small = node("Exp", node("Neg", node("Abs", A)))
    return node(
        "Sub",
        node("Min", A, node.constant(0)),
        node("Log", node("Add", small, node.constant([1]))),
    )


def count_values(codes):
    """Return how many rows lack, and how many have each label: of shape (2, n_labels)."""
    present = np.count_nonzero(codes, axis=0)
    return np.array([len(codes) - present, present])
