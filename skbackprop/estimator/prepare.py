"""The first step of a fit: a user's table and targets, checked and encoded, once."""

import copy
import warnings
from dataclasses import dataclass, replace

import numpy as np

from ..objective.losses import LOSSES
from ..solvers.buffers import take_buffers
from ..tables.table import Table, read_table
from ..tables.weights import check_weights
from .hyper_parameters import plain
from .state import fitted_columns, fitted_targets

COLUMNS = "n_features_in_", "feature_names_in_"


@dataclass(frozen=True)
class Examples:
    """Rows to learn from, or to validate on.

    Parameters
    ----------
    table : Table
        Inputs, read.
    codes : ndarray of shape (n_rows,) or (n_rows, n_labels)
        The targets, encoded.
    sample_weight : ndarray of shape (n_rows,) or None
        At most 1; None where all are equal.
    """

    table: Table
    codes: np.ndarray
    sample_weight: np.ndarray | None

    def __getitem__(self, rows):
        """Return some of the rows."""
        s = self.sample_weight
        return Examples(self.table[rows], self.codes[rows], None if s is None else s[rows])


@dataclass(frozen=True)
class Prepared:
    """The targets to learn, and the rows to learn them from.

    Parameters
    ----------
    targets : targets
        What the outputs are to tell.
    training : Examples
        The rows that were given.
    validation : Examples or None
        Those that were given to validate on.
    columns : dict
        What is known of the columns of X, as attributes of a fitted model.
    rows : ndarray of int or None
        The rows to train on, sorted; all others are as good as absent. None is all.
    """

    targets: object
    training: Examples
    validation: Examples | None
    columns: dict
    rows: np.ndarray | None = None

    def in_float64(self):
        """Return the same with numbers of float64."""
        table = self.training.table
        table = replace(table, numbers=table.numbers.astype(np.float64))
        return replace(self, training=replace(self.training, table=table))


def prepare(model, X, y, sample_weight=None, *, resume, classes=None, partial=False):
    """Check and encode what a model is to learn from; the model is not changed.

    Parameters
    ----------
    model : BackpropClassifier
        Whose columns and classes count where it is to `resume`.
    X, y, sample_weight : array-like
        As they came.
    resume : bool
        Whether training goes on from the fitted attributes.
    classes : array-like, optional
        All classes there will be.
    partial : bool
        Whether these rows need not have all classes.

    Warns
    -----
    UserWarning
        Nothing can be learned from what a column holds. Not where this is `partial`.
    """
    take_buffers()
    stand_in = copy.copy(model)
    known = fitted_columns(model) if resume else None
    table, y = read_table(stand_in, X, model._read_targets(y), known=known)
    for loss in () if partial else table.columns.losses:  # later rows may bring what is missing
        warnings.warn(loss, UserWarning, stacklevel=5)
    classes = model._read_targets(classes, "classes")
    s = check_weights(sample_weight, table.n_rows)
    targets = find_targets(model, y, s, resume, classes, partial)
    training = Examples(table, targets.encode(y), s)
    columns = {name: value for name, value in vars(stand_in).items() if name in COLUMNS}
    columns |= table.columns.as_attributes()
    return Prepared(targets, training, None, columns)


def find_targets(model, y, sample_weight, resume, classes, partial):
    """Return what a model is to learn to tell, by the loss of its hyper-parameters."""
    if resume:
        targets = fitted_targets(model)
        targets = replace(targets, loss=make_loss(model, targets))
    else:
        kind = model._kind_of_targets(y)
        loss = make_loss(model, kind)
        if partial:
            targets = kind.promised(y, classes, loss, sample_weight)
        else:
            targets = kind.find(y, loss, sample_weight)
    targets.check_promise(classes)
    if resume and not partial:
        targets.check(y)
    return targets


def make_loss(model, targets):
    """Return the loss that the `loss` of a model names, else that of its targets."""
    loss = LOSSES[getattr(model, "loss", targets.default_loss)]
    values = {name: plain(getattr(model, name)) for name in loss.hyper_parameters}
    return loss(**values)


def with_validation(model, prepared, X_val, y_val, sample_weight_val):
    """Return what is prepared together with validation data, where any were given."""
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError("sample_weight_val is given, but X_val and y_val are not.")
        return prepared
    if X_val is None or y_val is None:
        missing, given = ("X_val", "y_val") if X_val is None else ("y_val", "X_val")
        raise ValueError(f"{given} is given, but {missing} is not: pass both to fit.")
    stand_in = copy.copy(model)
    vars(stand_in).update(prepared.columns)
    y_val = model._read_targets(y_val, "y_val")
    try:
        table, y_val = read_table(stand_in, X_val, y_val, known=prepared.training.table.columns)
    except ValueError as error:
        raise ValueError(f"X_val, y_val: {error}") from error
    weights = check_weights(sample_weight_val, table.n_rows, "sample_weight_val")
    validation = Examples(table, prepared.targets.encode(y_val, "y_val"), weights)
    return replace(prepared, validation=validation)
