"""X changes while it is learned: by a scorer, a splitter, a callback, another thread."""

import threading

import numpy as np
import pytest
from models import ensemble, fast, same_parameters
from scipy import sparse
from sklearn.model_selection import KFold

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3


def product():
    """A product, whose indices are in no order, as scipy makes it; with classes to be learned."""
    A = sparse.random(60, 40, 0.2, "csr", random_state=0)
    B = sparse.random(40, 30, 0.1, "csr", random_state=1)
    return A @ B


def with_duplicates():
    S = sparse.coo_array(product())
    rows, columns = np.tile(S.row, 2), np.tile(S.col, 2)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=60))])
    order = np.argsort(rows, kind="stable")[::1]
    data = np.tile(S.data, 2)[order]
    return sparse.csr_array((data, columns[order], starts), shape=S.shape)


HARMLESS = {  # that is, as they look: each of them reorders or merges the entries of X itself
    "max": lambda X: X.max(),
    "not equal": lambda X: X != 0,
    "abs": abs,
    "count_nonzero": lambda X: X.count_nonzero(),
    "sort_indices": lambda X: X.sort_indices(),
    "sum_duplicates": lambda X: X.sum_duplicates(),
    "eliminate_zeros": lambda X: X.eliminate_zeros(),
    "astype": lambda X: X.astype("f4"),
}
HARMFUL = {
    "another value": lambda X: X.data.fill(7),
    "an index in range": lambda X: X.indices.fill(X.shape[1] - 1),
    "an index one too far": lambda X: X.indices.fill(X.shape[1]),
    "no rows": lambda X: X.indptr.fill(0),
}
CHANGES = HARMLESS | HARMFUL
each_kernel = pytest.mark.parametrize("kernel", ["0", "1"])
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
make_each = pytest.mark.parametrize("make", [product, with_duplicates])


def quietly(change, X):
    with np.errstate(all="ignore"):
        change(X)


@make_each
@each_kernel
@each_change
def test_what_a_scorer_does_to_x_changes_no_fit(change, kernel, make, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", kernel)

    def scoring(model, X, y):
        quietly(change, X)
        quietly(change, given)
        return 0.5

    for options in ({}, {"early_stopping": True}):
        expected = fast(scoring=lambda *_: 0.5, **options).fit(make(), Y)
        given = make()
        assert same_parameters(fast(scoring=scoring, **options).fit(given, Y), expected)


@each_change
def test_what_a_scorer_does_to_validation_data_changes_no_loss_of_it(change):
    options = {"X_val": product(), "y_val": Y}
    expected = fast(scoring=lambda *_: 0.5).fit(product(), Y, **options)

    def scoring(model, X, y):
        quietly(change, X)
        return 0.5

    model = fast(scoring=scoring).fit(product(), Y, **options)
    assert model.validation_loss_curve_ == expected.validation_loss_curve_


@each_change
def test_what_a_splitter_does_to_x_changes_no_ensemble(change):
    class Splitter(KFold):
        def split(self, X, y=None, groups=None):
            pairs = list(super().split(X, y, groups))
            quietly(change, X)
            return pairs

    expected = ensemble(cv=KFold(3)).fit(product(), Y)
    other = ensemble(cv=Splitter(3)).fit(product(), Y)
    np.testing.assert_array_equal(other.predict_proba(product()), expected.predict_proba(product()))


@each_kernel
def test_what_another_thread_does_to_x_changes_no_fit(kernel, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", kernel)
    begun, changed = threading.Event(), threading.Event()

    def scoring(model, X, y):
        begun.set()
        changed.wait()
        return 0.5

    def change():
        begun.wait()
        X.indices.fill(X.shape[1])
        X.data.fill(np.nan)
        changed.set()

    expected = fast(scoring=lambda *_: 0.5).fit(product(), Y)
    X = product()
    thread = threading.Thread(target=change)
    thread.start()
    model = fast(scoring=scoring).fit(X, Y)
    thread.join()
    assert same_parameters(model, expected)
    with pytest.raises(ValueError, match="whose indices do not fit it"):
        model.predict(X)


def test_labels_of_a_sparse_matrix_are_copied_too():
    labels = sparse.csr_array(np.eye(3)[Y])

    def scoring(model, X, y):
        labels.indices.fill(3)
        return 0.5

    expected = fast().fit(product(), np.eye(3, dtype=int)[Y])
    assert same_parameters(fast(scoring=scoring).fit(product(), labels), expected)


@each_kernel
def test_a_dense_x_that_changes_gives_another_model_but_a_sound_one(kernel, monkeypatch):
    monkeypatch.setenv("SKBACKPROP_KERNEL", kernel)
    X = RNG.normal(size=(60, 4))

    def scoring(model, shown, y):
        X[...] = RNG.normal(size=X.shape) * 1e3
        return 0.5

    model = fast(scoring=scoring, numeric_encoding="piecewise").fit(X, Y)
    assert np.isfinite(model.predict_proba(X)).all()
