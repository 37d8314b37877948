"""How the work of the compiled epoch is divided."""

import numpy as np
import pytest

from skbackprop._kernel.division import MOST_TOUCHED, waiting_pays


@pytest.mark.parametrize("n_looked_up", [10, 1000, 20_000])
def test_rows_wait_where_batches_touch_few_of_them(n_looked_up, rng):
    for n_rows in (n_looked_up // 5, n_looked_up * 5, n_looked_up * 40):
        touched = len(np.unique(rng.integers(n_rows, size=n_looked_up))) / n_rows
        assert waiting_pays(n_rows, n_looked_up) == (touched < MOST_TOUCHED)


def test_nothing_waits_where_there_is_nothing():
    assert not waiting_pays(0, 0)
