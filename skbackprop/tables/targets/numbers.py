"""A number for each row, or one for each of several columns of y."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import d2_pinball_score, r2_score

from ..checks import check_divisible
from .quantities import Number

LARGEST = np.finfo(np.float64).max
FARTHEST = 1e30  # scales from the location, beyond which no row that counts is


@dataclass(frozen=True, eq=False)
class Numbers:
    """Numbers to predict, in one column or several; encoded, they are (y − location) / scale.

    Parameters
    ----------
    location, scale : ndarray of shape (n_columns,)
        Of y.
    loss : loss
        What makes numbers of pre-activations, and measures them.
    """

    location: np.ndarray
    scale: np.ndarray
    loss: object

    type_of_target = "continuous"
    default_loss = "squared_error"
    quantities = {"value": Number}

    @classmethod
    def find(cls, y, loss, sample_weight=None):
        """Return the targets that y has."""
        columns = in_2d(y)
        loss.check(columns, "y")
        s = sample_weight
        if s is not None:
            columns, s = columns[s > 0], s[s > 0]
        return cls(*loss.standards(columns, s), loss)

    @classmethod
    def promised(cls, y, classes, loss, sample_weight=None):
        """Return the targets of a first partial_fit, whose rows tell the location and the scale."""
        return cls.find(y, loss, sample_weight)

    @property
    def n_outputs(self):
        """How many outputs the network has."""
        return len(self.location) * self.loss.n_heads

    @property
    def output_names(self):
        """The names of the outputs, for explanations: the columns of y, or quantiles."""
        return list(self.loss.quantile) if self.loss.n_heads > 1 else list(range(self.n_outputs))

    @property
    def explained(self):
        """The outputs to explain: all."""
        return list(range(self.n_outputs))

    @property
    def n_terms(self):
        """How many terms the loss of a row is the sum of."""
        return self.n_outputs

    @staticmethod
    def check(y):
        """Any numbers may follow others."""

    def check_promise(self, classes):
        """There are no classes to promise."""

    def encode(self, y, name="y"):
        """Return (y − location) / scale, of shape (n_rows, n_columns)."""
        columns = in_2d(y)
        if columns.shape[1] != len(self.location):
            raise ValueError(
                f"{name} has {columns.shape[1]} columns, but the numbers so far have had "
                f"{len(self.location)}: keep to them, or start anew by fit with warm_start=False."
            )
        self.loss.check(columns, name)
        with np.errstate(over="ignore"):  # far from the location there are rows of no weight
            return np.clip((columns - self.location) / self.scale, -FARTHEST, FARTHEST)

    def decode(self, codes):
        """Return y again, to rounding."""
        return self.shaped(self.location + self.scale * codes)

    def predict(self, A):
        """Return the numbers that are predicted, of float64, from pre-activations."""
        return self.shaped(self.columns_of(A))

    def columns_of(self, A):
        """Return the same as a matrix."""
        F = self.loss.outputs(A.copy()).astype(np.float64, copy=False)
        return within_floats(lambda: self.location + self.scale * F)

    def onnx_predict(self, node, F, weights, **output):
        """Return the node of location + scale · Σ_m w_m f_m(x), from those of f_m(x).

        It computes in float64, so that a large location costs no accuracy.
        """
        doubles = [node("Cast", f, to=np.dtype(np.float64)) for f in F]
        parts = [node("Mul", f, np.array([w])) for f, w in zip(doubles, weights, strict=True)]
        mean = parts[0] if len(parts) == 1 else node("Sum", *parts)
        y = node("Add", node("Mul", mean, self.scale), self.location)
        return node("Cast", y, to=node.dtype, **output)

    def score(self, y, predicted, sample_weight):
        """Return R²; of several quantiles, the mean of D², its like for the pinball loss.

        Neither depends on the unit: a power of 2 is taken by which squares are within floats.
        """
        y = np.asarray(y, np.float64)
        exponent = max(np.frexp(np.abs(part).max())[1] for part in (y, predicted))
        y, predicted = np.ldexp(y, -exponent), np.ldexp(predicted, -exponent)
        if self.loss.n_heads == 1:
            return r2_score(y, predicted, sample_weight=sample_weight)
        pairs = zip(self.loss.quantile, predicted.T, strict=True)
        scores = [d2_pinball_score(y, f, sample_weight=sample_weight, alpha=q) for q, f in pairs]
        return float(np.mean(scores))

    @staticmethod
    def shaped(y):
        """Return a matrix as y came: one column is as good as none."""
        return y if y.shape[1] > 1 else y[:, 0]

    # what is stored

    @classmethod
    def from_attributes(cls, model, loss):
        """Return the targets of a fitted model."""
        return cls(**model._standards, loss=loss)

    def as_attributes(self):
        """Return the fitted attributes that `from_attributes` reads."""
        return {"_standards": {"location": self.location, "scale": self.scale}}

    def fault(self, n_outputs):
        """Return (attribute, what is wrong with it) for a network of so many outputs, or None."""
        for array in (self.location, self.scale):
            of_floats = isinstance(array, np.ndarray) and array.dtype == np.float64
            if not of_floats or array.shape != (n_outputs // self.loss.n_heads,):
                return "_standards", "must have a float for each column of y"
        finite = np.isfinite(self.location).all() and np.isfinite(self.scale).all()
        if not (finite and (self.scale > 0).all()):
            return "_standards", "must be finite, and no scale 0 or less"
        return None

    def resume_fault(self):
        """Return None: all that is needed is needed to predict, too."""

    # rows, weighed and shared out

    def mass(self, codes, sample_weight):
        """Return 0: numbers have no weights to balance."""
        return 0

    def mean_weights(self, codes, s):
        """Return the mean weight of all rows."""
        return s.mean(dtype=np.float64)

    def class_weights(self, class_weight, codes, mass):
        """Return None: all weights are 1."""

    def hold_out(self, codes, rows, fraction, seed):
        """Split rows into those to train on and a validation set, stratified by the first column.

        In the order of their numbers, each stretch of 1 / fraction rows gives one, at random.

        Returns
        -------
        train, validation : ndarray of int, sorted

        Raises
        ------
        ValueError
            There are fewer than two rows.
        """
        check_divisible(rows)
        n = int(np.clip(round(fraction * len(rows)), 1, len(rows) - 1))
        rng = np.random.default_rng(seed)
        rows = rows[order_of(codes, rows, rng)]
        ends = np.arange(n + 1) * len(rows) // n
        held = np.zeros(len(rows), bool)
        held[rng.integers(ends[:-1], ends[1:])] = True
        return np.sort(rows[~held]), np.sort(rows[held])

    share_out = hold_out

    def deal(self, codes, rows, n_folds, seed):
        """Return the fold of each row: in the order of their numbers, n_folds rows at a time."""
        rng = np.random.default_rng(seed)
        n_rounds = -(-len(rows) // n_folds)
        folds = rng.permuted(np.tile(np.arange(n_folds), (n_rounds, 1)), axis=1)
        number = np.empty(len(rows), int)
        number[order_of(codes, rows, rng)] = folds.ravel()[: len(rows)]
        return number

    # an ensemble

    def __str__(self):
        return f"numbers of location {self.location} and scale {self.scale}"

    def is_same(self, others):
        """Whether others are standardised in the same way."""
        same = np.array_equal(self.location, others.location)
        return same and np.array_equal(self.scale, others.scale)

    def pool(self, outputs, weights=None):
        """Return the pre-activations of Σ_m w_m f_m(x), from those of each network."""
        F = np.array([self.loss.outputs(A.copy()) for A in outputs])
        return self.loss.inverse(np.average(F, axis=0, weights=weights))

    def out_of_fold(self, scores, outputs, codes, sample_weight):
        """Return the attributes of an ensemble that tell what is predicted out of fold.

        With one output for each column, these are also the errors of that, how far apart the
        variants are, and what the rows count.
        """
        predicted = self.columns_of(scores)
        known = {"oof_prediction_": self.shaped(predicted)}
        if self.loss.n_heads > 1:
            return known
        each = np.array([self.columns_of(A) for A in outputs])
        out_of_fold = {
            "predicted": predicted,
            "errors": within_floats(lambda: self.location + self.scale * codes - predicted),
            "spread": deviation(each) if len(each) else np.full_like(predicted, np.nan),
            "weights": sample_weight,
        }
        return known | {"_out_of_fold": out_of_fold}


def deviation(values, weights=None):
    """Return the standard deviation along the first axis, without a square beyond a float."""
    unit = np.abs(values).max() or 1.0
    z = values / unit
    mean = np.average(z, axis=0, weights=weights)
    return unit * np.sqrt(np.average((z - mean) ** 2, axis=0, weights=weights))


def within_floats(compute):
    """Return what is computed of finite numbers; the largest float where it is beyond."""
    with np.errstate(over="ignore"):
        return np.clip(compute(), -LARGEST, LARGEST)


def in_2d(y):
    """Return y as a matrix of float64, of a column for each number of a row."""
    return np.asarray(y, np.float64).reshape(len(y), -1)


def order_of(codes, rows, rng):
    """Return the places of rows in the order of their first numbers, equal ones at random."""
    places = rng.permutation(len(rows))
    return places[np.argsort(codes[rows[places], 0], kind="stable")]
