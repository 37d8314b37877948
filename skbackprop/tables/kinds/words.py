"""Columns of words: titles, names, descriptions, addresses."""

import re
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from .categories import Categories
from .text_numbers import NEARLY_ALL

FEWEST = 30  # distinct strings: of fewer, levels tell as much
MOST_ROWS = 50  # of a string, on average: of more, its level is learned by itself
WORD = re.compile(r"\w+")
CODE = re.compile(r"\w*\d\w*")
LETTERS = 3  # of the beginnings and ends of words


@dataclass(frozen=True)
class Bag:
    """The terms that occur in the rows of a column.

    Parameters
    ----------
    terms : list of str
        All of them.
    entries : CSR matrix of shape (n_strings, n_terms)
        1 for those that each distinct string has; the last string is empty.
    places : ndarray of int32 of shape (n_rows,)
        That of the string of each row, or MISSING, which is also the place of the last one.
    """

    terms: list
    entries: sparse.csr_matrix
    places: np.ndarray

    def __getitem__(self, rows):
        return Bag(self.terms, self.entries, self.places[rows])


class Words:
    """A column of many distinct strings: an input for each of the terms that are in enough rows.

    The terms are the words, in lower case, and the first and the last three letters of longer ones.
    A string that is in enough rows has a level besides.
    """

    words = "words"
    numbers = ()
    categories = ("",)
    bags = ("",)

    @staticmethod
    def takes(column):
        """Whether a column is of text, and has many distinct strings of few rows each."""
        n = 0 if column.strings is None else len(column.strings)
        is_taken = n > FEWEST and len(column.text.places) <= MOST_ROWS * n
        return is_taken and not are_unique_codes(column)

    def read(self, column):
        """Return the Category and the Bag."""
        (category,) = Categories().read(column)
        counter = CountVectorizer(analyzer=terms_of, binary=True)
        try:
            entries = counter.fit_transform([*map(str, category.values), ""])
        except ValueError:  # there is no word in all of the strings
            return category, Bag(
                [], sparse.csr_matrix((len(category.values) + 1, 0)), category.places
            )
        return category, Bag(counter.get_feature_names_out().tolist(), entries, category.places)


def are_unique_codes(column):
    """Whether nearly each row has a code of its own: the terms of 'LP001002' tell nothing."""
    n_codes = sum(CODE.fullmatch(string) is not None for string in column.strings)
    is_string = np.array([isinstance(value, str) for value in column.text.values])
    n_rows = np.count_nonzero(is_string[column.text.places])
    return n_codes >= NEARLY_ALL * n_rows


def terms_of(string):
    """Return the words of a string, and the beginnings and ends of longer ones."""
    words = WORD.findall(string.lower())
    longer = [word for word in words if len(word) > LETTERS]
    begin, end = (
        (f"{word[:LETTERS]}-" for word in longer),
        (f"-{word[-LETTERS:]}" for word in longer),
    )
    return [*words, *begin, *end]
