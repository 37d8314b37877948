"""Classes and labels: encoded, decoded, decided on, and held out in proportion."""

import numpy as np
import pytest
from models import found
from scipy import sparse

from skbackprop.objective.losses.classes import LogisticCrossEntropy, SoftmaxCrossEntropy
from skbackprop.tables.targets import TARGETS, Classes, Labels, Numbers, kind_of_classification


def random_labels(n_rows, n_labels, seed=0):
    """Labels from common to rare."""
    rng = np.random.default_rng(seed)
    share = np.geomspace(0.5, 3 / n_rows, n_labels)
    return (rng.random((n_rows, n_labels)) < share).astype(np.uint8)


def hold_out(Y, fraction=0.1, seed=0, rows=None):
    rows = np.arange(len(Y)) if rows is None else rows
    return Labels(np.arange(Y.shape[1]), LogisticCrossEntropy()).hold_out(Y, rows, fraction, seed)


# Encoding

FORMS = {
    "bool": lambda Y: Y.astype(bool),
    "float32": lambda Y: Y.astype(np.float32),
    "fortran": np.asfortranarray,
    "strided": lambda Y: np.repeat(Y, 2, axis=1)[:, ::2],
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
}


@pytest.mark.parametrize("form", FORMS)
def test_an_indicator_matrix_of_any_form_is_encoded_in_a_byte_an_entry(form):
    Y = random_labels(30, 5).astype(int)
    targets, codes = found(FORMS[form](Y))
    assert isinstance(targets, Labels)
    assert np.array_equal(targets.classes, np.arange(5))
    assert np.array_equal(codes, Y)
    assert codes.dtype == np.uint8 and codes.flags.c_contiguous
    assert targets.decode(codes).dtype == int
    assert np.array_equal(targets.decode(codes), Y)


def test_an_explicit_zero_of_a_sparse_matrix_is_no_label():
    Y = sparse.csr_array(np.eye(3))
    Y.data[1] = 0
    assert np.array_equal(found(Y)[1], np.diag([1, 0, 1]))


def test_the_encoded_targets_are_no_view_of_those_given():
    Y = random_labels(30, 5)
    codes = found(Y)[1]
    assert not np.shares_memory(codes, Y)


@pytest.mark.parametrize("y", [np.array(["b", "a", "c"]), np.array([2.0, -1.0, 7.0])], ids=str)
def test_classes_are_encoded_by_their_places_in_order(y):
    targets, codes = found(y)
    assert isinstance(targets, Classes)
    assert np.array_equal(targets.classes, np.sort(y))
    assert np.array_equal(codes, np.argsort(np.argsort(y)))
    assert np.array_equal(targets.decode(codes), y)


def test_the_type_of_target_tells_which_targets_they_are():
    assert TARGETS == {
        "multiclass": Classes,
        "multilabel-indicator": Labels,
        "continuous": Numbers,
    }
    assert kind_of_classification(np.arange(3)) is Classes
    assert kind_of_classification(np.eye(3)) is Labels


def test_labels_are_decided_on_one_by_one_and_classes_one_for_all():
    A = np.array([[2.0, 1.0], [-2.0, -1.0]])
    labels = Labels(np.arange(2), LogisticCrossEntropy())
    assert np.array_equal(labels.predict(A), [[1, 1], [0, 0]])
    assert np.array_equal(labels.decision_function(A), A)
    classes = Classes(np.array(["a", "b"]), SoftmaxCrossEntropy())
    assert np.array_equal(classes.predict(A), ["a", "b"])
    assert np.array_equal(classes.decision_function(A), [-1, 1])


@pytest.mark.parametrize("classes", [None, [0, 1, 2], (2, 1, 0), range(3)], ids=str)
def test_the_labels_of_a_first_partial_fit_are_the_columns_of_y(classes):
    targets = Labels.promised(np.eye(3), classes, LogisticCrossEntropy())
    targets.check_promise(classes)
    assert np.array_equal(targets.classes, [0, 1, 2])


@pytest.mark.parametrize("classes", [[0, 1], ["a", "b", "c"], [1, 2, 3]], ids=str)
def test_other_classes_than_the_columns_of_y_are_refused(classes):
    with pytest.raises(ValueError, match="classes"):
        Labels.promised(np.eye(3), classes, LogisticCrossEntropy()).check_promise(classes)


# Rows held out


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(5))
def test_every_label_and_its_absence_are_held_out_in_proportion(fraction, seed):
    Y = random_labels(500, 12, seed)
    train, validation = hold_out(Y, fraction, seed)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(500))
    for codes in (Y, 1 - Y):
        expected = fraction * codes.sum(axis=0)
        assert np.abs(codes[validation].sum(axis=0) - expected).max() <= 5
    assert abs(len(validation) - fraction * 500) <= 10


@pytest.mark.parametrize("seed", range(20))
def test_labels_of_two_rows_or_more_are_on_both_sides_where_they_can_be(seed):
    Y = np.zeros((400, 8), np.uint8)
    for label, n in enumerate([2, 2, 3, 4, 5, 10, 50, 398]):
        Y[np.random.default_rng([seed, label]).choice(400, n, replace=False), label] = 1
    train, validation = hold_out(Y, seed=seed)
    for codes in (Y, 1 - Y):
        assert codes[train].any(axis=0).all()
        assert codes[validation].any(axis=0).all()


def test_a_label_of_one_row_is_trained_on_and_constant_labels_are_fine():
    Y = np.zeros((100, 4), np.uint8)
    Y[:, 0], Y[7, 1], Y[::2, 2] = 1, 1, 1
    train, validation = hold_out(Y)
    assert 7 in train
    assert len(validation) == 10
    assert Y[validation, 2].sum() == 5


def test_it_is_closer_to_proportion_than_a_random_split():
    Y = random_labels(1000, 30)
    expected = 0.1 * Y.sum(axis=0)
    error = np.abs(Y[hold_out(Y)[1]].sum(axis=0) - expected).mean()
    rng = np.random.default_rng(0)
    random = [Y[rng.permutation(1000)[:100]].sum(axis=0) for _ in range(100)]
    assert error < 0.5 * np.abs(random - expected).mean()


@pytest.mark.parametrize("Y", [np.eye(2), np.zeros((2, 2)), np.ones((2, 3)), np.eye(9)], ids=str)
@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.99])
def test_neither_side_is_ever_empty(Y, fraction):
    train, validation = hold_out(Y.astype(np.uint8), fraction)
    assert len(train) and len(validation)


def test_the_split_is_a_function_of_the_seed_and_of_the_rows_there_are():
    Y = random_labels(300, 6)
    rows = np.arange(0, 300, 2)
    one, same, other = (hold_out(Y, seed=seed, rows=rows)[1] for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.isin(one, rows).all()
