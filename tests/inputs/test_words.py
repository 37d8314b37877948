"""The block of words: terms, looked up in memory."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from skbackprop.inputs.gather import Part
from skbackprop.inputs.words import Words

WORDS = Words((["fast", "red"], ["car"]), present=2.0, first_column=3)


def bag(*strings):
    """A column of words, as it is read."""
    distinct = list(dict.fromkeys(s for s in strings if s is not None))
    counter = CountVectorizer(binary=True)
    entries = counter.fit_transform([*distinct, ""])
    places = [-1 if s is None else distinct.index(s) for s in strings]
    return SimpleNamespace(
        terms=counter.get_feature_names_out().tolist(), entries=entries, places=places
    )


def test_the_inputs_are_those_of_a_count_vectorizer_of_the_terms(rng):
    vocabulary = ["red", "blue", "fast", "slow"]
    strings = [" ".join(rng.choice(vocabulary, rng.integers(1, 5))) for _ in range(30)]
    words = Words((sorted(vocabulary),))
    expected = CountVectorizer(vocabulary=sorted(vocabulary), binary=True).transform(strings)
    assert_array_equal(words.rows([bag(*strings)], float).toarray(), expected.toarray())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_input_is_present_for_each_known_term_of_a_row(dtype):
    colours = bag("red fast", None, "blue", "red red")
    things = bag("car", "boat", "car", None)
    H = WORDS.rows([colours, things], dtype)
    assert H.dtype == dtype and H.has_sorted_indices
    assert_array_equal(H.toarray(), [[2, 2, 2], [0, 0, 0], [0, 0, 2], [0, 2, 0]])
    assert WORDS.look_up(Part(None, words=H), dtype) is H
    assert (H.toarray() ** 2).sum(axis=1).max() == WORDS.largest_square


def test_no_known_term_gives_no_inputs():
    H = Words(([],)).rows([bag("red")], np.float32)
    assert sparse.issparse(H) and H.shape == (1, 0)


def test_names_and_columns_are_those_of_the_inputs():
    names = ["colour has fast", "colour has red", "thing has car"]
    assert WORDS.names(["a", "b", "c", "colour", "thing"]) == names
    assert WORDS.width == 3
    assert_array_equal(WORDS.columns, [3, 3, 4])
