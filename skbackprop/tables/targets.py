"""What there is to learn: one of K classes for each row, or any of K labels.

`Classes` and `Labels` know how such targets are encoded for their loss, weighed, held out for
validation, and decided on from the outputs of a network. The loss is chosen elsewhere.
"""

import numpy as np
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from .checks import has_columns
from .weights import relative

NUMERIC = "biuf"  # kinds of dtype


class Classes:
    """One of K classes for each row; encoded, integers from 0.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    """

    type_of_target = "multiclass"
    n_terms = 1  # of the loss of a row

    def __init__(self, classes):
        self.classes = classes
        self.n_outputs = len(classes)

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
            more = ", ..." if len(classes) > 10 else ""
            shown = ", ".join(map(repr, classes[:10].tolist())) + more
            raise ValueError(
                f"{name} has labels that are not among the classes [{shown}]: {error}"
            ) from error

    def labels(self, codes):
        """Return the label of each row."""
        return self.classes[codes]

    def predicted_codes(self, A):
        """Return the codes of the most probable classes, from pre-activations."""
        return A.argmax(axis=1)

    def decision_function(self, A):
        """Return the decision function: with two classes, the difference of their a."""
        if A.shape[1] == 2:
            return A[:, 1] - A[:, 0]
        return A if A.shape[1] > 1 else A[:, 0]

    def mass(self, codes, sample_weight):
        """Return the total sample weight of each class."""
        return np.bincount(codes, weights=sample_weight, minlength=len(self.classes))

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
        try:
            weights = compute_class_weight(class_weight, classes=self.classes, y=self.classes)
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"class_weight cannot be used: {error}") from error
        if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
            raise ValueError(
                "class_weight must give finite weights of at least 0, not all 0; got "
                f"{class_weight}."
            )
        return relative(weights)[codes]

    def hold_out(self, codes, rows, fraction, seed):
        """Split rows into those to train on and a validation set stratified by class.

        Returns
        -------
        train, validation : ndarray of int, sorted

        Raises
        ------
        ValueError
            A class has but one row.
        """
        counts = np.bincount(codes[rows])
        n_classes = np.count_nonzero(counts)
        if counts[counts > 0].min() < 2:
            raise ValueError(
                "early_stopping=True needs at least 2 rows of each class, to train and to "
                f"validate on, but the rarest of {n_classes} classes has 1 sample: set "
                "early_stopping=False, or pass X_val and y_val to fit."
            )
        n_validation = np.clip(round(fraction * len(rows)), n_classes, len(rows) - n_classes)
        parts = train_test_split(
            rows, test_size=int(n_validation), stratify=codes[rows], random_state=seed
        )
        return tuple(np.sort(part) for part in parts)

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


class Labels:
    """Any of K labels for each row; encoded, a matrix of 0 and 1 of a byte each.

    Parameters
    ----------
    classes : ndarray of shape (n_labels,)
        The numbers of the labels, from 0: the columns of the matrix.
    """

    type_of_target = "multilabel-indicator"

    def __init__(self, classes):
        self.classes = classes
        self.n_outputs = self.n_terms = len(classes)

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

    def labels(self, codes):
        """Return the indicator matrix, of int."""
        return codes.astype(int)

    def predicted_codes(self, A):
        """Return the labels of a probability above ½, from pre-activations."""
        return A > 0

    def decision_function(self, A):
        """Return the decision function: positive where a label is predicted."""
        return A

    def mass(self, codes, sample_weight):
        """Return 0: labels have no weights to balance."""
        return 0

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
        if len(rows) < 2:
            raise ValueError(
                "early_stopping=True needs at least 2 rows, to train and to validate on: set "
                "early_stopping=False, or pass X_val and y_val to fit."
            )
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


Labels.share_out = Labels.hold_out

TARGETS = {kind.type_of_target: kind for kind in (Classes, Labels)}


def count_values(codes):
    """Return how many rows lack, and how many have each label: of shape (2, n_labels)."""
    present = np.count_nonzero(codes, axis=0)
    return np.array([len(codes) - present, present])


def find_targets(y):
    """Return the Classes or Labels of y, and y encoded."""
    if has_columns(y):
        targets = Labels(np.arange(y.shape[1]))
        return targets, targets.encode(y)
    encoder = LabelEncoder()
    try:
        check_classification_targets(y)
        codes = encoder.fit(y).transform(y)  # in less memory than fit_transform takes
    except TypeError as error:
        raise TypeError(
            f"y must have labels that are all strings or all numbers: {error}"
        ) from error
    return Classes(encoder.classes_), codes


def check_type_of_target(y):
    """Refuse what are no classes, such as real numbers."""
    if not has_columns(y):
        check_classification_targets(y)


def promised_targets(y, classes):
    """Return the targets that a first partial_fit is told of, of which y need not have all."""
    if has_columns(y):
        return Labels(np.arange(y.shape[1]))
    if classes is None:
        raise ValueError(
            "classes must be passed on the first call to partial_fit (unless y is an indicator "
            "matrix of labels)."
        )
    return Classes(unique_labels(classes))


def check_promise(targets, classes):
    """Check the classes given to partial_fit against the targets there are."""
    if classes is not None and unique_labels(classes).tolist() != targets.classes.tolist():
        raise ValueError(
            f"classes={classes!r} is not the same as on last call, or as the columns of an "
            f"indicator matrix y: {targets.classes!r}."
        )
