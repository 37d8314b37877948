"""A user's table: an array, a sparse matrix or a data frame, read into numbers and categories.

Each column of a data frame is of some kind, which is asked once: by its dtype, or where that does
not tell, by its values. What a column holds is then read by its kind.
"""

import copy
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils import check_array, check_X_y
from sklearn.utils.validation import validate_data

from .checks import NOT_GIVEN, check_values, has_columns, is_given
from .choice import choose_kinds
from .kinds import restored, stored
from .kinds.categories import Categories, Category
from .kinds.numbers import Numbers
from .kinds.words import Bag
from .matrix import read_matrix
from .opening import opened, rows_of
from .survey import Survey

PARTS = "numbers", "categories", "bags"  # that columns are read as, in the order of inputs


@dataclass(frozen=True)
class Columns:
    """The columns of X, as far as they are known.

    Parameters
    ----------
    n_columns : int
        How many there are.
    names : sequence of str or None
        What they are called: 'x0', 'x1' and so on where they have no names.
    kinds : tuple or None
        The kind of each of them; None where all are of numbers.
    notes : dict or None
        What a Survey has noted of them in training; None of an array of numbers.
    losses : tuple of str
        What is lost of them, in sentences to be warned of.
    """

    n_columns: int
    names: object = None
    kinds: tuple | None = None
    notes: dict | None = None
    losses: tuple = ()

    @classmethod
    def of(cls, model):
        """Return what a fitted model knows of its columns."""
        kinds = None if model._column_kinds is None else restored(model._column_kinds)
        return cls(model.n_features_in_, names_of(model), kinds, model._column_notes)

    def as_attributes(self):
        """Return what a fitted model keeps of kinds and notes, by the names of its attributes."""
        kinds = None if self.kinds is None else stored(self.kinds)
        return {
            "is_categorical_": self.is_categorical,
            "_column_kinds": kinds,
            "_column_notes": self.notes,
        }

    @property
    def is_categorical(self):
        """Which columns are of categories, as an array; None where none is."""
        mask = [isinstance(kind, Categories) for kind in self.kinds or ()]
        return np.array(mask) if any(mask) else None

    @property
    def number_names(self):
        """The names of the numbers that have been read of them."""
        return self.all_names if self.kinds is None else self._named("numbers")

    @property
    def category_names(self):
        """The names of the categories that have been read of them."""
        return [] if self.kinds is None else self._named("categories")

    @property
    def bag_names(self):
        """The names of the words that have been read of them."""
        return [] if self.kinds is None else self._named("bags")

    @property
    def counts(self):
        """How many numbers, categories and bags of words are read of them."""
        if self.kinds is None:
            return self.n_columns, 0, 0
        return tuple(sum(len(getattr(kind, part, ())) for kind in self.kinds) for part in PARTS)

    @property
    def sources(self):
        """The column of X that each of these has been read of: of the numbers, then the rest."""
        if self.kinds is None:
            return np.arange(self.n_columns)
        parts = [[len(getattr(kind, part, ())) for kind in self.kinds] for part in PARTS]
        return np.concatenate([np.repeat(np.arange(self.n_columns), n) for n in parts])

    def kinds_in(self, given):
        """Return the kinds of the columns of a later table; None where all are of numbers."""
        if self.kinds is not None and sparse.issparse(given.source):
            words = next(kind.words for kind in self.kinds if not isinstance(kind, Numbers))
            raise ValueError(
                f"X is sparse, but training has had columns of {words}: pass a data frame or a "
                "dense array, as in fit."
            )
        return None if given.n_columns is None else self.kinds

    @property
    def all_names(self):
        """The names of the columns."""
        names = self.names
        return [f"x{j}" for j in range(self.n_columns)] if names is None else list(map(str, names))

    def _named(self, part):
        return [
            f"{name} {suffix}" if suffix else name
            for name, kind in zip(self.all_names, self.kinds, strict=True)
            for suffix in getattr(kind, part, ())
        ]


def names_of(estimator):
    """Return the names that an estimator knows, where they are as many as its columns."""
    names = getattr(estimator, "feature_names_in_", None)
    return names if names is not None and len(names) == estimator.n_features_in_ else None


@dataclass(frozen=True)
class Table:
    """Rows of numbers and categories.

    Parameters
    ----------
    numbers : ndarray or CSR matrix of shape (n_rows, n_numbers)
        Any real dtype; NaN is missing.
    categories : tuple of Category
        What has been read of the columns besides.
    bags : tuple of Bag
        The words that have been read of them.
    columns : Columns or None
        What is known of the columns of X.
    source : array-like
        X itself.
    """

    numbers: np.ndarray
    categories: tuple = ()
    bags: tuple = ()
    columns: Columns | None = None
    source: object = None

    def shown(self):
        """Return X for a function of the user's, which may change it: a sparse one is a copy."""
        return self.source.copy() if sparse.issparse(self.source) else self.source

    @property
    def n_rows(self):
        """How many rows there are."""
        return self.numbers.shape[0]

    @property
    def number_names(self):
        """The names of the columns of numbers."""
        return self.columns.number_names

    @property
    def category_names(self):
        """The names of the categories."""
        return self.columns.category_names

    def __getitem__(self, rows):
        """Return some of the rows."""
        numbers = self.numbers[rows]
        source = numbers if self.source is self.numbers else rows_of(self.source, rows)
        categories = tuple(category[rows] for category in self.categories)
        bags = tuple(bag[rows] for bag in self.bags)
        return Table(numbers, categories, bags, self.columns, source)


def read_table(estimator, X, y=NOT_GIVEN, *, known=None):
    """Read X, or X and y, by scikit-learn's conventions and the Columns that are known.

    X of numbers stays in its own dtype. A sparse X is copied. y, which has been read before, may be
    a matrix. Where no columns are known, the estimator is told of those of X, and a Survey is made
    of them.

    Returns
    -------
    Table, or Table and ndarray
        Of X; and y, if there is one.
    """
    check_values(X)
    reset = known is None
    given = opened(X, None if reset else known.names)
    if given.is_frame:
        check_columns(estimator, given, y, reset)
    kinds = choose_kinds(given, estimator.categorical_features) if reset else known.kinds_in(given)
    is_array = kinds is None and given.is_plain and not given.is_frame
    survey = Survey(given, estimator) if reset and not is_array else None
    if kinds is None and given.is_plain:
        numbers, y = read_matrix(estimator, given, y, reset)
        categories, bags, source = (), (), given.source if given.is_frame else numbers
        if survey is not None:
            survey.see_numbers(numbers)
    else:
        if not given.is_frame:
            check_columns(estimator, given, y, reset)
        numbers, categories, bags = read_columns(given, kinds, survey)
        source, y = given.source, check_rows(estimator, given, y)
    notes, losses = (known.notes if known else None, ()) if survey is None else survey.finish()
    columns = Columns(estimator.n_features_in_, names_of(estimator), kinds, notes, losses)
    table = Table(numbers, categories, bags, columns, source)
    return table if y is None else (table, y)


def check_columns(estimator, given, y, reset):
    """Let scikit-learn compare, or with `reset` note, the number of columns and their names.

    Raises
    ------
    ValueError
        They are not those of training.
    """
    try:
        if given.is_frame and not given.is_known:
            check_names(estimator, given, y, reset)
        else:
            validate_data(estimator, given.source, y, reset=reset, skip_check_array=True)
    except ValueError as error:
        known = list(getattr(estimator, "feature_names_in_", []))
        if reset or not known or not given.is_frame:
            raise
        pairs = zip(known, given.names, strict=False)
        swapped = [f"{name!r} stands where {k!r} was; " for k, name in pairs if k != name][:1]
        raise ValueError(
            f"{error}{''.join(swapped)}pass the columns of training in their order, "
            "X[list(model.feature_names_in_)]."
        ) from error


def check_names(estimator, given, y, reset):
    """Do the same for a frame of a library that scikit-learn does not know."""
    names = list(map(str, given.names))
    known = list(getattr(estimator, "feature_names_in_", names))
    if not reset and names != known:
        unseen, missing = (
            [k for k in a if k not in b] for a, b in [(names, known), (known, names)]
        )
        raise ValueError(
            "The feature names should match those that were passed during fit; unseen at fit time: "
            f"{unseen}, missing: {missing}. "
        )
    unnamed = copy.copy(estimator)
    vars(unnamed).pop("feature_names_in_", None)
    validate_data(unnamed, np.empty((1, given.n_columns)), y, reset=reset, skip_check_array=True)
    if reset:
        names = np.array(names, dtype=object)
        vars(estimator).update(n_features_in_=given.n_columns, feature_names_in_=names)


def read_columns(given, kinds, survey=None):
    """Return the numbers and the categories of columns of these kinds; None is all numbers.

    The numbers are of float32, if all are, or float64. A Survey sees each column.
    """
    kinds = [Numbers()] * given.n_columns if kinds is None else kinds
    pairs = list(zip(given.columns, kinds, strict=True))
    single = [column.is_single for column, kind in pairs if kind.numbers]
    shape = given.shape[0], sum(len(kind.numbers) for kind in kinds)
    numbers = np.empty(shape, np.float32 if single and all(single) else np.float64)
    categories, bags, j = [], [], 0
    for column, kind in pairs:
        parts = kind.read(column)
        if survey is not None and given.shape[0]:
            survey.see(column, kind, parts)
        for values in parts:
            if isinstance(values, Category):
                categories.append(values)
            elif isinstance(values, Bag):
                bags.append(values)
            else:
                numbers[:, j] = values
                j += 1
    return numbers, tuple(categories), tuple(bags)


def check_rows(estimator, given, y):
    """Let scikit-learn check that there are rows and, where y is given, return it, checked."""
    n_rows, n_columns = given.shape
    rows = np.zeros((n_rows, 1 if n_rows else n_columns))
    if is_given(y):
        return check_X_y(rows, y, multi_output=has_columns(y), estimator=estimator)[1]
    check_array(rows, estimator=estimator)
    return None
