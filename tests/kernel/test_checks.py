"""What the compiled epoch asks of its arguments."""

import numpy as np
import pytest

from skbackprop._kernel.checks import (
    MAX_LAYERS,
    MAX_UNITS,
    check_array,
    check_increasing,
    check_range,
    checked_float,
    checked_sizes,
)


def test_sizes_are_returned_as_integers():
    sizes = checked_sizes(np.array([4, 10, 3], np.int8))
    assert sizes == [4, 10, 3]
    assert {type(size) for size in sizes} == {int}
    assert checked_sizes([0, 1]) == [0, 1]
    assert len(checked_sizes([1] * (MAX_LAYERS + 1))) == MAX_LAYERS + 1


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([3], "from 1 to 64 layers, not 0"),
        ([1] * (MAX_LAYERS + 2), "from 1 to 64 layers, not 65"),
        ([-1, 2], "cannot be"),
        ([3, 0, 2], "cannot be"),
        ([3, MAX_UNITS + 1], "cannot be"),
    ],
)
def test_sizes_that_the_kernel_cannot_hold_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        checked_sizes(sizes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_an_array_of_floats_is_returned(dtype):
    assert checked_float(np.zeros(2, dtype)) == dtype


@pytest.mark.parametrize("array", [np.zeros(2, np.float16), np.zeros(2, int), [0.0], None])
def test_what_is_no_array_of_such_floats_is_refused(array):
    with pytest.raises(TypeError, match="float32 or float64 is needed"):
        checked_float(array)


def test_an_array_as_it_should_be_passes():
    check_array("X", np.zeros((2, 3)), np.float64, (2, 3), writeable=True)
    check_array("X", np.zeros((0, 3), np.float32), np.float32, [0, 3])


READ_ONLY = np.zeros((2, 3))
READ_ONLY.setflags(write=False)
MISALIGNED = np.zeros(49, np.uint8)[1:].view(np.float64).reshape(2, 3)


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        ([[0.0] * 3] * 2, TypeError, "X must be an array of float64"),
        (np.zeros((2, 3), np.float32), TypeError, "X must be an array of float64"),
        (np.zeros((2, 3), ">f8"), TypeError, "X must be an array of float64"),
        (np.zeros((3, 2)).T, TypeError, "X must be C-contiguous and aligned"),
        (np.zeros((2, 6))[:, ::2], TypeError, "X must be C-contiguous and aligned"),
        (MISALIGNED, TypeError, "X must be C-contiguous and aligned"),
        (np.zeros((3, 2)), ValueError, r"X must be of shape \(2, 3\), not \(3, 2\)"),
        (np.zeros(6), ValueError, r"X must be of shape \(2, 3\), not \(6,\)"),
        (READ_ONLY, ValueError, "X must be writeable"),
    ],
)
def test_any_other_is_refused_by_its_name(array, error, message):
    with pytest.raises(error, match=message):
        check_array("X", array, np.float64, (2, 3), writeable=True)


def test_what_is_only_read_may_be_read_only():
    check_array("X", READ_ONLY, np.float64, (2, 3))


@pytest.mark.parametrize("values", [[], [0], [2, 0, 1]])
def test_integers_within_a_range_pass(values):
    check_range("y", np.array(values, int), 0, 3)


@pytest.mark.parametrize("values", [[-1, 0], [0, 3]])
def test_integers_out_of_a_range_are_refused(values):
    with pytest.raises(ValueError, match="y must be at least 0 and less than 3"):
        check_range("y", np.array(values), 0, 3)


@pytest.mark.parametrize("values", [[], [4], [0, 0, 2, 2, 5]])
def test_integers_that_do_not_decrease_pass(values):
    check_increasing("indptr", np.array(values, int))


def test_integers_that_decrease_are_refused():
    with pytest.raises(ValueError, match="indptr must not decrease"):
        check_increasing("indptr", np.array([0, 2, 1]))
