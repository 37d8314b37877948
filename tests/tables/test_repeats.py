"""Equal rows: found as a comparison of all values finds them, and on one side of every split."""

import numpy as np
import pandas as pd
import pytest
from models import ensemble, fast, table_of
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss

from skbackprop import BackpropClassifier
from skbackprop.ensembles.folds import stratified_folds
from skbackprop.estimator.prepare import prepare
from skbackprop.tables.repeats import LARGEST_SHARE, distinct_rows, row_hashes


def all_rows(X):
    return np.arange(X.shape[0])


def small_integers(n_rows, n_columns, seed=0):
    return np.random.default_rng(seed).integers(-2, 3, (n_rows, n_columns))


def unsorted_with_zeros_and_duplicates(X):
    """Return a CSR matrix that stores each entry as two halves, in backward order, and zeros."""
    X = np.asarray(X, float)
    n_rows, n_columns = X.shape
    columns = np.tile(np.r_[:n_columns, :n_columns][::-1], n_rows)
    data = np.repeat(X / 2, 2, axis=0).reshape(n_rows, 2, n_columns)[:, :, ::-1].ravel()
    return sparse.csr_matrix((data, columns, np.arange(n_rows + 1) * 2 * n_columns), X.shape)


def in_frame(X):
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])


FORMS = {
    "float64": lambda X: X.astype(float),
    "float32": lambda X: X.astype(np.float32),
    "int64": lambda X: X.astype(np.int64),
    "uint8": lambda X: X.astype(np.uint8),
    "huge integers": lambda X: X.astype(np.int64) + 2**60,
    "tiny numbers": lambda X: X * 5e-324,
    "missing": lambda X: np.where(X == 1, np.nan, X),
    "negative zeros": lambda X: np.where(X == 0, 0.0 * np.resize([1, -1], len(X))[:, None], X),
    "Fortran order": lambda X: np.asfortranarray(X.astype(float)),
    "CSR": lambda X: sparse.csr_matrix(X.astype(float)),
    "CSR in disorder": unsorted_with_zeros_and_duplicates,
    "text": lambda X: in_frame(X.astype(str)),
    "text and numbers": lambda X: in_frame(X).astype({"x0": str, "x2": "category"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_have_the_same_hash_exactly_where_all_their_values_are_the_same(form):
    X = small_integers(3000, 4)
    hashes = row_hashes(table_of(FORMS[form](X)), all_rows(X))
    _, expected = np.unique(X, axis=0, return_inverse=True)
    n_found = len(np.unique(hashes))
    assert n_found == expected.max() + 1
    assert len(np.unique(np.c_[expected, hashes.astype(np.uint64)], axis=0)) == n_found


def test_all_numbers_that_are_missing_are_equal_whatever_their_bits():
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000001, 0x7FFFFFFFFFFFFFFF], np.uint64)
    X = np.c_[bits.view(float), np.ones(3)]
    assert len(np.unique(row_hashes(table_of(X), all_rows(X)))) == 1


def test_values_that_change_columns_make_another_row():
    X = np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [1.0, 0.0, 2.0]])
    for form in (np.asarray, sparse.csr_matrix):
        assert len(np.unique(row_hashes(table_of(form(X)), all_rows(X)))) == 4


def test_rows_stand_for_their_equals_in_the_order_in_which_they_are_first(rng):
    X = rng.normal(size=(50, 3))
    order = rng.permutation(np.repeat(np.arange(50), 4))
    rows = np.arange(0, 200, 2)
    distinct = distinct_rows(table_of(X[order]), rows)
    kinds, first = np.unique(order[rows], return_index=True)
    assert np.array_equal(distinct.first, np.sort(rows[first]))
    assert np.array_equal(X[order[distinct.first[distinct.number]]], X[order[rows]])
    part = distinct.with_equals(distinct.first[:7])
    assert np.array_equal(part, rows[np.isin(order[rows], order[distinct.first[:7]])])
    assert len(kinds) == len(distinct.first)


def test_where_no_rows_are_equal_each_stands_for_itself(rng):
    X, rows = rng.normal(size=(50, 3)), np.arange(3, 50)
    distinct = distinct_rows(table_of(X), rows)
    assert np.array_equal(distinct.first, rows)
    assert np.array_equal(distinct.with_equals(rows[::3]), rows[::3])


@pytest.mark.parametrize("values", [np.arange(5.0), np.array([*"abcde"])], ids=["float", "text"])
def test_rows_of_a_grid_of_few_values_are_no_copies(values, rng):
    for n_rows, is_full in ((125, False), (2000, True)):  # of 25 cells
        X = in_frame(rng.choice(values, (n_rows, 2)))
        distinct = distinct_rows(table_of(X), np.arange(n_rows))
        assert (len(distinct.first) == n_rows) == is_full


def ten_values(form, rng):
    """Return 300 rows of one column, of ten values that are as many as there can be."""
    numbers = rng.permutation(np.arange(300) % 10)
    if form == "dates":
        return pd.DataFrame({"x": pd.Timestamp("2024-01-01") + pd.to_timedelta(numbers, "D")})
    return pd.DataFrame({"x": numbers.astype(str if form == "text of digits" else form)})


@pytest.mark.parametrize("form", ["int8", "float32", "text of digits", "dates"])
def test_a_column_that_is_read_as_several_is_one_dimension_of_a_grid(form, rng):
    X = ten_values(form, rng)
    assert len(distinct_rows(table_of(X), np.arange(300)).first) == 300


@pytest.mark.parametrize("n_columns", [1, 2])
@pytest.mark.parametrize("form", ["float64", "float32", "text of digits"])
def test_copies_of_measured_numbers_are_copies_however_few_columns_there_are(form, n_columns, rng):
    values = np.c_[rng.normal(size=40).round(6), np.arange(40) % 2][:, :n_columns]
    X = in_frame(np.tile(values, (20, 1)))
    X = X.astype(str if form == "text of digits" else form)
    assert len(distinct_rows(table_of(X), np.arange(800)).first) == 40


def test_a_row_that_a_large_share_of_the_table_has_is_no_copy(rng):
    X = sparse.random(1000, 30, 0.3, "lil", random_state=0)
    for n_zeros in (150, 300):
        X[:n_zeros] = 0
        distinct = distinct_rows(table_of(X.tocsr()), np.arange(1000))
        n_of_zeros = n_zeros if n_zeros > LARGEST_SHARE * 1000 else 1
        assert len(distinct.first) == 1000 - n_zeros + n_of_zeros


# Splits


def repeated(X, y, seed=0):
    """Return each row up to four times, or not at all; and the weights that say the same."""
    w = np.random.default_rng(seed).integers(0, 5, len(y))
    return np.repeat(X, w, axis=0), np.repeat(y, w, axis=0), w


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_repeats_are_held_out_as_weights_are(labels, seed, rng):
    X, y = rng.normal(size=(200, 4)), rng.integers(0, 3, 200)
    y = np.eye(3, dtype=int)[y] if labels else y
    shown = []

    def watch(model, X, y):
        shown.append(X.copy())
        return 0.5

    X_repeated, y_repeated, w = repeated(X, y, seed)
    model = fast(early_stopping=True, scoring=watch, max_iter=1, random_state=seed)
    model.fit(X, y, w)
    model.fit(X_repeated, y_repeated)
    by_weight, by_repeats = (
        {tuple(x): n for *x, n in np.c_[np.unique(X, axis=0, return_counts=True)]} for X in shown
    )
    assert set(by_repeats) == set(by_weight)
    counts = {tuple(x): n for x, n in zip(X, w, strict=True)}
    assert by_repeats == {x: counts[x] for x in by_repeats}


@pytest.mark.parametrize("labels", [False, True])
def test_repeats_are_in_the_folds_of_an_ensemble_that_weights_are_in(labels, rng):
    X, y = rng.normal(size=(150, 4)), rng.integers(0, 3, 150)
    y = np.eye(3, dtype=int)[y] if labels else y
    X_repeated, y_repeated, w = repeated(X, y)
    model = BackpropClassifier()
    one = stratified_folds(prepare(model, X, y, w, resume=False), 5, seed=0)
    other = stratified_folds(prepare(model, X_repeated, y_repeated, resume=False), 5, seed=0)
    number = np.repeat(np.arange(150), w)
    for (_, held_out), (_, held_out_of_repeats) in zip(one, other, strict=True):
        expected = held_out[w[held_out] > 0]
        assert np.array_equal(np.unique(number[held_out_of_repeats]), expected)
        assert len(held_out_of_repeats) == w[held_out].sum()


def few_noisy_rows():
    X, y = load_breast_cancer(return_X_y=True)
    flipped = np.random.default_rng(0).random(569) < 0.2
    return X[:150], np.where(flipped, 1 - y, y)[:150], X[150:], y[150:]


COPIES = {
    "array": lambda X, y: (np.tile(X, (5, 1)), np.tile(y, 5)),
    "frame": lambda X, y: (in_frame(np.tile(X, (5, 1))).assign(t="a"), np.tile(y, 5)),
    "in turn": lambda X, y: (np.repeat(X, 5, axis=0), np.repeat(y, 5)),
    "positives": lambda X, y: (np.repeat(X, 1 + 4 * y, axis=0), np.repeat(y, 1 + 4 * y)),
}


@pytest.mark.filterwarnings("ignore:X has columns that tell nothing")
@pytest.mark.parametrize("form", COPIES)
def test_copies_of_noisy_rows_do_not_weaken_the_penalty(form):
    X, y, _, _ = few_noisy_rows()
    alone = BackpropClassifier(random_state=0).fit(X, y)
    copied = BackpropClassifier(random_state=0).fit(*COPIES[form](X, y))
    assert copied.l2_ >= alone.l2_ / 4.01


def test_an_ensemble_knows_by_copies_what_it_knows_by_rows():
    X, y, X_test, y_test = few_noisy_rows()
    network = {"l2": "validate", "max_iter": 40, "hidden_layer_sizes": (64,)}
    alone = ensemble(network=network, cv=5).fit(X, y)
    copied = ensemble(network=network, cv=5).fit(np.tile(X, (5, 1)), np.tile(y, 5))
    assert copied.oof_loss_ > 0.8 * alone.oof_loss_
    losses = [log_loss(y_test, model.predict_proba(X_test)) for model in (alone, copied)]
    assert losses[1] < 1.2 * losses[0]
