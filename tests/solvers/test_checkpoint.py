"""What solvers go back to."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skbackprop.solvers.checkpoint import Checkpoint, DivergenceError


def test_what_happens_to_the_arrays_later_does_not_change_it():
    theta, velocity = np.arange(3.0), np.ones(3, np.float32)
    saved = Checkpoint([theta, velocity], 7, 2, "notes")
    theta += 1
    velocity[...] = np.nan
    assert_array_equal(saved.arrays[0], [0, 1, 2])
    assert_array_equal(saved.arrays[1], [1, 1, 1])
    assert [array.dtype for array in saved.arrays] == [np.float64, np.float32]
    assert (saved.t, saved.n_epochs, saved.notes) == (7, 2, "notes")


def test_one_to_spare_gives_its_memory_and_nothing_else():
    spare, theta = Checkpoint([np.zeros(3)], 1, 1, "before"), np.arange(3.0)
    saved = Checkpoint([theta], 7, 2, "now", spare)
    theta += 1
    assert_array_equal(saved.arrays[0], [0, 1, 2])
    assert np.shares_memory(saved.arrays[0], spare.arrays[0])
    assert (saved.t, saved.n_epochs, saved.notes) == (7, 2, "now")


def test_it_can_be_empty():
    saved = Checkpoint([], 0, 0)
    assert (saved.arrays, saved.notes) == ([], None)


def test_divergence_is_an_error_of_arithmetic():
    with pytest.raises(ArithmeticError, match="diverges"):
        raise DivergenceError("training diverges")
