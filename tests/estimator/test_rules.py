"""What 'auto' means, rule by rule, by formulas written out."""

import math

import numpy as np
import pytest

from skbackprop.estimator import rules
from skbackprop.estimator.l2_choice import FACTORS


def test_a_batch_is_32_rows_or_all_of_fewer_and_grows_with_many_rows_that_differ():
    assert [rules.batch_size(n, n) for n in (1, 31, 32, 33, 16_895)] == [1, 31, 32, 32, 32]
    assert [rules.batch_size(n, 32) for n in (33, 100, 101, 10**6)] == [33, 100, 32, 32]
    assert [rules.batch_size(512 * n, 512 * n) for n in (33, 100, 128, 4000)] == [33, 100, 128, 128]
    assert [rules.batch_size(n, n, pace=0.3) for n in (31, 10**6)] == [31, 32]
    assert rules.batch_size(10**6, 51_200) == rules.batch_size(51_200, 10**6) == 100


def test_networks_are_deeper_above_8192_rows_or_have_as_many_layers_as_asked_for():
    assert rules.hidden_layer_sizes(1) == rules.hidden_layer_sizes(8192) == [128]
    for n_rows in (1, 10**7):
        assert rules.hidden_layer_sizes(n_rows, of_numbers=True) == [128, 64]
    assert [rules.hidden_layer_sizes(9, n, of_numbers=True) for n in (0, 1, 3)] == [
        [],
        [128],
        [128, 64, 64],
    ]
    assert rules.hidden_layer_sizes(8193) == rules.hidden_layer_sizes(10**7) == [64, 64]
    for n_rows in (1, 10**7):
        sizes = [rules.hidden_layer_sizes(n_rows, n_hidden) for n_hidden in range(4)]
        assert sizes == [[], [128], [64, 64], [64, 64, 64]]


def test_the_last_batch_of_an_epoch_may_be_short():
    assert [rules.n_batches(n, 32) for n in (1, 32, 33, 64)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("n_rows", "epochs"),
    [
        (32, 1000),  # one update each
        (33, 970),  # 32,010 rows in sum, as of 1000 full batches
        (100, 320),
        (150, 214),
        (160, 200),
        (1600, 20),
        (8000, 20),
        (32_000, 10),  # 20 √(8000 / 32000)
        (10**6, 5),
    ],
)
def test_where_the_rate_ends_at_zero_epochs_have_the_rows_of_1000_batches_and_few_of_many(
    n_rows, epochs
):
    assert rules.max_iter(n_rows, rules.batch_size(n_rows, n_rows), falls_to_zero=True) == epochs
    assert rules.max_iter(n_rows, rules.batch_size(n_rows, n_rows), falls_to_zero=False) == 200


@pytest.mark.parametrize(("n_rows", "epochs"), [(1, 1000), (160, 200), (8000, 30), (32_000, 15)])
def test_numbers_take_half_as_many_epochs_again_where_rows_suffice(n_rows, epochs):
    batch_size = rules.batch_size(n_rows, n_rows, pace=0.3)
    assert rules.max_iter(n_rows, batch_size, falls_to_zero=True, pace=0.3) == epochs
    assert rules.max_iter(n_rows, batch_size, falls_to_zero=False, pace=0.3) == 200


def test_training_that_ends_by_its_schedule_needs_no_tolerance():
    assert rules.tol(falls_to_zero=True) is None
    assert rules.tol(falls_to_zero=False) == 3e-4


def test_the_network_is_of_float32_for_such_x_and_for_mini_batches_of_many_rows():
    single = {
        (n, of_X, in_batches)
        for n in (32, 33)
        for of_X in ("float32", "float64", "int8")
        for in_batches in (True, False)
        if rules.dtype(n, n, of_X, in_batches) == "float32"
    }
    of_float32 = {(n, "float32", b) for n in (32, 33) for b in (True, False)}
    assert single == of_float32 | {(33, of_X, True) for of_X in ("float64", "int8")}


def test_bins_go_with_standardised_numbers():
    assert rules.numeric_encoding(True) == "piecewise"
    assert rules.numeric_encoding(True, of_numbers=True) == "target_aware"
    assert rules.numeric_encoding(False) is rules.numeric_encoding(False, of_numbers=True) is None


def test_the_first_rate_falls_with_noise_with_the_size_of_inputs_and_with_labels():
    def rate(effective_size=32, input_size=1.0, n_terms=1):
        return rules.learning_rate_init(0.05, effective_size, input_size, n_terms)

    assert rate() == rate(100) == 0.05
    assert rate(8) == 0.05 / 2
    assert rate(input_size=20.0) == 0.05 / 20
    assert rate(n_terms=4) == 0.05 / 2
    assert rate(8, 20.0, 4) == pytest.approx(0.05 / 80)


def test_several_layers_begin_at_half_of_the_rate_unless_the_loss_asks_for_less():
    of_depths = [rules.pace(1.0, n_hidden, falls_to_zero=True) for n_hidden in range(4)]
    assert of_depths == [1.0, 1.0, 0.5, 0.5]
    assert rules.pace(1.0, 2, falls_to_zero=False) == 1.0
    assert rules.pace(0.3, 2, falls_to_zero=True) == 0.3


@pytest.mark.parametrize("batch_size", [1, 2, 7, 32, 64])
@pytest.mark.parametrize("largest", [1, 2, 30, 500])
def test_the_effective_size_is_that_of_the_batch_that_holds_the_heaviest_row(batch_size, largest):
    s = np.full(1000, (1000 - largest) / 999)
    s[0] = largest
    assert s.mean() == pytest.approx(1)
    expected = batch_size**2 / (s[:batch_size] ** 2).sum()
    size = rules.effective_size(batch_size, 1000, largest)
    assert size == pytest.approx(expected, rel=1e-12)
    assert size == batch_size if largest == 1 else size < batch_size
    endless = rules.effective_size(batch_size, np.inf, largest)
    assert endless == pytest.approx(batch_size**2 / (largest**2 + batch_size - 1), rel=1e-12)


def test_no_row_counts_for_more_than_all():
    """As where a part of the rows is trained on, and the largest weight is that among all."""
    assert rules.effective_size(32, 100, 1e9) == rules.effective_size(32, 100, 100) == 0.32**2


def test_inputs_count_as_large_above_a_limit_only():
    assert [rules.input_size(x) for x in (0.1, 1.0, 20.0)] == [1.0, 1.0, 20.0]
    assert [rules.input_size_of_many(x) for x in (10.0, 200.0, 600.0)] == [1.0, 1.0, 3.0]


def test_the_steps_of_rows_are_four_times_as_wide_each():
    expected = {1: 512, 512: 512, 513: 2048, 2048: 2048, 2049: 8192, 8192: 8192, 10**5: 2**17}
    assert {n: rules.step_of(n) for n in expected} == expected


@pytest.mark.parametrize(("n_rows", "by_rows"), [(9, 1 / 128), (2000, 2 / 2048), (5000, 2 / 8192)])
def test_the_penalty_of_clean_data_is_that_of_a_prior_and_grows_with_inputs_and_labels(
    n_rows, by_rows
):
    assert rules.l2_of_clean_data(n_rows, 5, 1) == by_rows
    assert rules.l2_of_clean_data(n_rows, 256, 1) == pytest.approx(2 * by_rows)
    assert rules.l2_of_clean_data(n_rows, 5, 4) == pytest.approx(2 * by_rows)


def test_noise_multiplies_the_penalty_by_the_formula_of_rows_and_classes():
    assert rules.l2_factor(100, 2) == pytest.approx(8 * (512 / 1500) ** 0.4)
    assert rules.l2_factor(5000, 10) == pytest.approx(8 * (8192 / 1500 / 5) ** 0.4)


@pytest.mark.parametrize(("n_rows", "factor"), [(1, 64), (16, 64), (20, 46.08), (24, 32), (48, 8)])
def test_of_few_rows_the_penalty_is_stronger_the_fewer_there_are(n_rows, factor):
    assert rules.l2_factor(n_rows, 2) == pytest.approx(factor)


def test_few_rows_choose_among_strong_penalties_by_several_splits_and_more_by_one_of_all():
    assert [rules.n_splits(n) for n in (25, 80, 100, 150, 250, 10**6)] == [4, 4, 3, 2, 1, 1]
    assert rules.weakest_l2_factor(20) == rules.weakest_l2_factor(24) == 32
    assert rules.weakest_l2_factor(48) == 0.5
    assert rules.weakest_l2_factor(100) < 1 / 8


def test_the_last_of_several_layers_has_a_tenth_of_the_penalty():
    assert rules.l2_of_layers(0.5, 1) == [0.5]
    assert rules.l2_of_layers(0.5, 3) == [0.5, 0.5, 0.05]


def test_few_rows_full_batches_and_single_calls_do_not_validate_the_penalty():
    assert rules.is_l2_validated(25, in_batches=True, partial=False)
    assert not rules.is_l2_validated(24, in_batches=True, partial=False)
    assert not rules.is_l2_validated(101, in_batches=False, partial=False)
    assert not rules.is_l2_validated(101, in_batches=True, partial=True)


def test_no_further_row_makes_a_fit_of_few_rows_much_longer_or_shorter():
    """By the rows that it goes through: all strengths of l2 that are tried, and the fit itself."""

    def work(n):
        epochs = rules.max_iter(n, rules.batch_size(n, n), falls_to_zero=True)
        if not rules.is_l2_validated(n, in_batches=True, partial=False):
            return n * epochs
        factors = {max(factor, rules.weakest_l2_factor(n)) for factor in FACTORS}
        return n * epochs * (1 + 0.8 * len(factors) * rules.share_of_epochs(n))

    works = np.array([work(n) for n in range(20, 200)])
    assert np.abs(np.diff(np.log(works))).max() < np.log(1.2)


def test_no_rule_gives_what_is_not_finite_for_any_number_of_rows():
    for n in (1, 2, 10**9, 10**15):
        values = rules.l2_of_clean_data(n, n, 1), rules.l2_factor(n, 2), rules.max_iter(n, 32, True)
        assert all(math.isfinite(value) and value > 0 for value in values)
