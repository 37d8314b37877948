"""Which networks there are: of each variant as many as it weighs, each with a seed of its own."""

import numpy as np

from skbackprop.ensembles.tasks import apportion, fold_tasks, member_tasks


def test_networks_on_all_rows_are_dealt_out_by_weight():
    weights = np.array([0.2, 0.7, 0.1])
    for n in (1, 2, 10, 100):
        counts = np.bincount(apportion(weights, n), minlength=3)
        assert np.abs(counts - n * weights).max() < 1
    assert apportion(weights, 3) == apportion(weights, 10)[:3]


def test_no_two_networks_of_a_variant_have_the_same_seed_and_more_keep_those_of_fewer():
    folds = [(np.arange(k), np.arange(k, 9)) for k in range(1, 6)]
    on_folds, on_all_rows = fold_tasks(folds, 2, seed=0), member_tasks(np.array([0.5, 0.5]), 0, 20)
    seeds = [task.seed for task in on_folds if task.variant == 1]
    seeds += [task.seed for task in on_all_rows]
    assert len(set(seeds)) == 25
    assert [task.seed for task in member_tasks(np.array([0.5, 0.5]), 0, 5)] == seeds[5:10]
    assert [task.seed for task in member_tasks(np.array([0.5, 0.5]), 1, 5)] != seeds[5:10]


def test_each_variant_is_trained_without_each_fold_in_turn():
    folds = [(np.arange(3), np.arange(3, 6)), (np.arange(3, 6), np.arange(3))]
    tasks = fold_tasks(folds, 2, seed=0)
    assert [task.variant for task in tasks] == [0, 0, 1, 1]
    for task, (train, held_out) in zip(tasks, folds * 2, strict=True):
        assert task.train is train and task.held_out is held_out
