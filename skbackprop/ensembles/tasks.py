"""Which networks an ensemble has: of which variant each is, on which rows, by which seed."""

from dataclasses import dataclass

import numpy as np

LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Task:
    """A network that is to be trained.

    Parameters
    ----------
    seed : int
        What its chance follows from.
    variant : int
        Of which of the variants it is.
    train, held_out : ndarray of int or None
        The rows to train on, and those to predict; None is all, and none.
    """

    seed: int
    variant: int
    train: np.ndarray | None = None
    held_out: np.ndarray | None = None


def fold_tasks(folds, n_variants, seed):
    """Return the networks of each variant that are trained on all folds but one."""
    return [
        Task(seed_at(seed, -1 - k), variant, *fold)
        for variant in range(n_variants)
        for k, fold in enumerate(folds)
    ]


def member_tasks(variant_weights, seed, n):
    """Return the networks that are trained on all rows."""
    return [Task(seed_at(seed, m), v) for m, v in enumerate(apportion(variant_weights, n))]


def apportion(weights, n):
    """Return of which variant each of n networks is: nearly as many of each as it weighs.

    The first networks of more are those of fewer.
    """
    variants, counts = [], np.zeros(len(weights))
    for m in range(1, n + 1):
        variants.append(int(np.argmax(m * weights - counts)))
        counts[variants[-1]] += 1
    return variants


def seed_at(seed, number):
    """Return the seed of a network: of a member from 0, of the first fold −1 and so on."""
    return int(np.random.default_rng([seed, number >= 0, abs(number)]).integers(LARGEST_SEED))
