"""The block of terms of words: looked up in memory, any number of them in a row."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Words:
    """An input for each term of some columns of words: `present` in the rows that have it, else 0.

    The terms of all columns are counted through. A term that is none of them contributes nothing.

    Parameters
    ----------
    terms : sequence of list of str
        The terms of each column.
    present : float
        What an input is in the place of 1.
    first_column : int
        The number of the first of these columns; the others follow.
    """

    terms: tuple
    present: float = 1.0
    first_column: int = 0
    is_off_centre = True

    @property
    def width(self):
        """How many inputs there are."""
        return sum(map(len, self.terms))

    @property
    def columns(self):
        """The column that each input comes from."""
        counts = [len(terms) for terms in self.terms]
        return self.first_column + np.repeat(np.arange(len(counts)), counts)

    @property
    def largest_square(self):
        """A bound on ‖h‖²: a row may have every term."""
        return self.present**2 * self.width

    def names(self, columns):
        """Return the names of the inputs, given those of the columns."""
        pairs = zip(columns[self.first_column :], self.terms, strict=True)
        return [f"{name} has {term}" for name, terms in pairs for term in terms]

    def rows(self, bags, dtype):
        """Return the inputs of all rows of the Bag of each column, as a CSR matrix."""
        parts = [in_rows(bag, terms) for bag, terms in zip(bags, self.terms, strict=True)]
        H = parts[0] if len(parts) == 1 else sparse.hstack(parts, format="csr")
        return sparse.csr_matrix(
            (np.full(H.nnz, self.present, dtype), H.indices, H.indptr), shape=H.shape
        )

    def look_up(self, part, dtype):
        """Return the inputs of some rows as a CSR matrix."""
        return part.words

    def kernel_arguments(self):
        """Return what the compiled epoch is told."""
        return {"n_terms": self.width, "present": self.present}


def in_rows(bag, terms):
    """Return which of these terms each row of a Bag has, as a CSR matrix of ones."""
    place_of = {term: place for place, term in enumerate(terms)}
    places = np.array([place_of.get(term, -1) for term in bag.terms], dtype=np.int64)
    known = bag.entries[:, places >= 0]
    columns = places[places >= 0][known.indices]
    S = sparse.csr_matrix((known.data, columns, known.indptr), shape=(known.shape[0], len(terms)))
    S.sort_indices()
    return S[bag.places]
