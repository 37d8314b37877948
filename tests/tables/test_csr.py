"""A sparse X of any format and dtype is read as a plain CSR matrix, of which nobody else knows."""

import numpy as np
import pytest
from columns import read
from models import fast
from scipy import sparse

from skbackprop.tables.csr import own_csr

DENSE = np.array([[0, 1.5, 0], [2, 0, -3], [0, 0, 0], [4, 5, 0.25]])
FORMATS = ["csr", "csc", "bsr", "coo", "dok", "lil", "dia"]
DTYPES = ["f4", "f8", ">f8", "f2", "g", "i1", "u2", "i8", "?"]
both_kinds = pytest.mark.parametrize("kind", ["array", "matrix"])
each_format = pytest.mark.parametrize("form", FORMATS)


def in_format(form, kind="array", values=DENSE):
    return getattr(sparse, f"{form}_{kind}")(values)


@both_kinds
@each_format
def test_all_formats_hold_the_same(form, kind):
    S = in_format(form, kind)
    own = own_csr(S)
    assert own.format == "csr" and type(own).__name__ == f"csr_{kind}"
    np.testing.assert_array_equal(own.toarray(), DENSE)
    np.testing.assert_array_equal(S.toarray(), DENSE)
    assert own.has_canonical_format


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_of_all_dtypes_are_numbers_that_can_be_multiplied(dtype):
    S = sparse.csr_array(DENSE)
    S.data = S.data.astype(dtype)
    own = own_csr(S)
    np.testing.assert_array_equal(own.toarray(), sparse.csr_array(S.astype("f8")).toarray())
    same = dtype in ("f4", "f8", "i1", "u2", "i8", "?")
    assert own.dtype == (dtype if same else "f8") and own.dtype.isnative


def test_floats_of_other_packages_become_float32():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    S = sparse.csr_array(DENSE)
    S.data = S.data.astype(ml_dtypes.bfloat16)
    own = own_csr(S)
    assert own.dtype == np.float32
    np.testing.assert_array_equal(own.toarray(), DENSE)


@pytest.mark.parametrize("form", ["csr", "csc", "bsr", "coo", "dia"])
def test_no_memory_is_shared(form):
    S = in_format(form)
    own = own_csr(S)
    given = [value for value in vars(S).values() if isinstance(value, np.ndarray)]
    given += list(getattr(S, "coords", ()))
    assert given
    for array in given:
        assert not any(np.shares_memory(array, a) for a in (own.data, own.indices, own.indptr))


def test_entries_stay_in_their_order_and_duplicates_stay():
    S = sparse.csr_array(([1.0, 2, 3, 4], [2, 0, 2, 1], [0, 3, 4]), shape=(2, 3))
    own = own_csr(S)
    assert own.indices.tolist() == [2, 0, 2, 1] and own.data.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("form", ["csr", "csc", "bsr"])
def test_spare_room_at_the_end_does_not_count(form):
    S = in_format(form)
    S.data = np.concatenate([S.data, np.full_like(S.data[:1], np.nan), S.data[:1]])
    S.indices = np.concatenate([S.indices, np.full_like(S.indices[:1], 77)])
    np.testing.assert_array_equal(own_csr(S).toarray(), DENSE)


class View(sparse.csr_matrix):
    """A view on the rows of another matrix, which cannot be constructed otherwise."""

    def __init__(self, base, rows):
        super().__init__(base[rows])
        self.rows = rows

    def copy(self):
        raise TypeError("cannot unpack NoneType")

    astype = __getitem__ = tocsr = copy


def test_a_subclass_with_ways_of_its_own_becomes_plain():
    X = np.random.default_rng(0).normal(size=(12, 3)) * np.arange(4).repeat(3)[:, None]
    y = np.arange(12) % 2
    part = View(sparse.csr_matrix(X), np.arange(2, 12))
    assert type(own_csr(part)) is sparse.csr_matrix
    model = fast(early_stopping=True).fit(part, y[2:])
    expected = fast(early_stopping=True).fit(sparse.csr_matrix(X[2:]), y[2:])
    np.testing.assert_array_equal(model.predict_proba(part), expected.predict_proba(own_csr(part)))


def spoilt(form, attribute, change):
    S = in_format(form)
    if form == "coo" and hasattr(S, "coords") and attribute in ("row", "col"):
        places = [S.row.copy(), S.col.copy()]
        change(places[attribute == "col"])
        S.coords = tuple(places)
    else:
        array = getattr(S, attribute)
        replaced = change(array)
        if replaced is not None:
            setattr(S, attribute, replaced)
    return S


def put(place, value):
    def change(array):
        array[place] = value

    return change


N_ROWS, N_COLUMNS = DENSE.shape
SPOILT = {  # by no more than one, or to what is refused before anything reads it
    "a column too far": ("csr", "indices", put(1, N_COLUMNS)),
    "a negative column": ("csr", "indices", put(1, -1)),
    "a start beyond the end": ("csr", "indptr", put(-1, 7)),
    "starts that go back": ("csr", "indptr", put(2, 0)),
    "a first start that is not 0": ("csr", "indptr", put(0, 1)),
    "a start too few": ("csr", "indptr", lambda a: a[:-1]),
    "starts of floats": ("csr", "indptr", lambda a: a.astype(float)),
    "indices of floats": ("csr", "indices", lambda a: a.astype(float)),
    "indices in a square": ("csr", "indices", lambda a: a.reshape(2, 3)),
    "no starts": ("csr", "indptr", lambda a: a[:0]),
    "data too few": ("csr", "data", lambda a: a[:-1]),
    "a row too far": ("csc", "indices", put(0, N_ROWS)),
    "a block too far": ("bsr", "indices", put(0, N_COLUMNS)),
    "a place too far": ("coo", "row", put(0, N_ROWS)),
    "a place before the first": ("coo", "col", put(0, -1)),
    "a place of a list too far": ("lil", "rows", put(0, [N_COLUMNS])),
    "a negative place of a list": ("lil", "rows", put(0, [-1])),
    "lists of different lengths": ("lil", "rows", put(0, [1, 2])),
    "a list that is none": ("lil", "rows", put(0, None)),
    "a place that is no integer": ("lil", "rows", put(0, [0.5])),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_leads_outside_is_refused_by_every_method(case):
    S, model, y = spoilt(*SPOILT[case]), fast().fit(DENSE, [0, 1, 0, 1]), [0, 1, 0, 1]
    for call in (
        lambda: fast().fit(S, y),
        lambda: model.partial_fit(S, y),
        lambda: model.predict(S),
        lambda: read(S),
    ):
        with pytest.raises(ValueError, match=r"X is a sparse matrix of shape \(4, 3\) whose ind"):
            call()


def test_a_key_of_a_dictionary_that_leads_outside_is_refused():
    S = sparse.dok_array((2, 3))
    S[0, 1] = 1.0
    dict.__setitem__(getattr(S, "_dict", S), (0, 3), 1.0)
    with pytest.raises(ValueError, match="whose indices do not fit it"):
        read(S)


@both_kinds
@each_format
def test_matrices_without_entries_are_read(form, kind):
    own = read(in_format(form, kind, np.zeros((3, 2)))).numbers
    assert own.shape == (3, 2) and own.nnz == 0


def test_diagonals_beyond_the_matrix_count_for_nothing():
    S = sparse.dia_array((np.ones((2, 5)), [0, 1]), shape=(3, 3))
    np.testing.assert_array_equal(own_csr(S).toarray(), S.toarray())
    S.offsets = np.array([0, 2**62])
    np.testing.assert_array_equal(own_csr(S).toarray(), np.eye(3))
