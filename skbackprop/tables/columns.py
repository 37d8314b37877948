"""The columns of a table, as far as they are known: names, kinds, and what training noted."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .kinds import restored, stored
from .kinds.categories import Categories
from .kinds.numbers import Numbers

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
