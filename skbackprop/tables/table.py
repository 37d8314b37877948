"""A user's table: an array, a sparse matrix or a data frame, read into numbers and categories.

Each column of a data frame is of some kind, which is asked once: by its dtype, or where that does
not tell, by its values. What a column holds is then read by its kind.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .checks import NOT_GIVEN, check_columns, check_rows
from .choice import choose_kinds
from .columns import Columns, names_of
from .opening import opened, rows_of
from .survey import Survey
from .values import read_columns, read_matrix


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
    reset = known is None
    given = opened(X, None if reset else known.names)
    if given.is_frame:
        check_columns(estimator, given, y, reset)
    kinds = choose_kinds(given, estimator.categorical_features) if reset else known.kinds_in(given)
    is_matrix = kinds is None and given.is_plain
    survey = Survey(given, estimator) if reset and (given.is_frame or not is_matrix) else None
    if is_matrix:
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
