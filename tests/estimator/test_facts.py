"""How large inputs are, and how much rows tell beside each other."""

import numpy as np
import pytest
from models import table_of
from scipy import sparse

from skbackprop.estimator.facts import InputSize, Weighing, evenly_spaced
from skbackprop.inputs.gather import Inputs

X = np.random.default_rng(0).normal(2, 3, size=(1200, 4))


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_the_mean_square_is_that_of_h0_of_evenly_spaced_rows(container):
    rows = np.arange(200, 1200)
    sampled = rows[np.linspace(0, 999, 500).astype(int)]
    size = InputSize(Inputs(container(X), np.float64), None, rows, None)
    assert size.mean_square == pytest.approx((X[sampled] ** 2).sum(axis=1).mean(), rel=1e-12)
    everywhere = InputSize(Inputs(container(X[:9]), np.float64), None, None, None)
    assert everywhere.mean_square == pytest.approx((X[:9] ** 2).sum(axis=1).mean(), rel=1e-12)


def test_numbers_have_their_root_mean_square_and_standardised_ones_have_1():
    inputs = Inputs(X, np.float64)
    rows = np.arange(100)
    size = InputSize(inputs, X, rows, None)
    assert size.root_mean_square == pytest.approx(np.sqrt((X[:100] ** 2).mean()), rel=1e-12)
    assert InputSize(inputs, None, rows, None).root_mean_square == 1.0
    assert InputSize(inputs, X[:, :0], rows, None).root_mean_square == 1.0


def test_inputs_are_measured_once_and_only_when_asked():
    gathered = []

    class Counting(Inputs):
        def gather(self, rows):
            gathered.append(len(rows))
            return super().gather(rows)

    size = InputSize(Counting(X, np.float64), None, None, None)
    assert not gathered
    assert size.mean_square == size.mean_square
    assert sum(gathered) == 500


def test_the_largest_weight_is_that_of_the_rows_to_train_on_where_their_mean_is_1():
    s = np.array([9.0, 1.0, 2.0, 3.0])
    assert Weighing(table_of(X[:4]), np.array([1, 2, 3]), s).largest_weight == 3 / 2
    assert Weighing(table_of(X[:4]), None, s).largest_weight == 9 / (15 / 4)
    assert Weighing(table_of(X[:4]), None, None).largest_weight == 1.0


def test_the_largest_weight_of_a_call_is_the_larger_one_of_its_own_and_of_that_before():
    s = np.array([1.0, 3.0])
    assert Weighing(table_of(X[:2]), None, s, mean=4.0, largest=5.0).largest_weight == 1.5 * 4
    assert Weighing(table_of(X[:2]), None, s, mean=4.0, largest=7.0).largest_weight == 7


def test_the_largest_visit_is_that_of_the_rows_as_they_are_visited():
    s, visits = np.array([9.0, 3.0]), (np.array([0, 0, 0, 1]), np.array([3.0, 3.0]))
    assert Weighing(table_of(X[:2]), None, s).largest_visit == 9 / 6
    assert Weighing(table_of(X[:2]), None, s, visits=visits).largest_visit == 1
    assert Weighing(table_of(X[:2]), None, s, 2.0, 2.5, visits).largest_visit == 2.5


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_repeats_of_a_row_do_not_differ_from_it(container):
    repeated = np.tile(X[:5], (4, 1))
    assert Weighing(table_of(container(repeated)), None, None).n_different == 5
    assert Weighing(table_of(container(repeated)), np.array([0, 5, 6]), None).n_different == 2


def test_rows_are_evenly_spaced_from_the_first_to_the_last():
    rows = np.arange(10, 30)
    assert evenly_spaced(rows, 2).tolist() == [10, 29]
    assert evenly_spaced(rows, 100).tolist() == rows.tolist()
