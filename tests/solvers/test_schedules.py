import math
from itertools import pairwise

import pytest

from skbackprop.solvers.schedules import SCHEDULES, Horizon, RateTable

ALPHA, T = 0.3, [0, 1, 2, 3, 9, 10, 11, 100, 10_000]
FORMULAS = {
    "constant": lambda t, delta: ALPHA,
    "inverse": lambda t, delta: ALPHA / (1 + delta * t),
    "power": lambda t, delta: ALPHA / (1 + t) ** delta,
    "adaptive": lambda t, delta: ALPHA,
}
HORIZON = Horizon(0, 10**6)


def rate(schedule, t, alpha=ALPHA):
    """The rate of update t, alone."""
    (rate,) = schedule.rates(alpha, t, 1, HORIZON)
    return rate


each_schedule = pytest.mark.parametrize("Schedule", SCHEDULES.values(), ids=SCHEDULES)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("hold", [0, 1, 10])
@pytest.mark.parametrize("delta", [0.0, 0.01, 0.6, 1.0])
def test_rate_is_the_formula_of_the_lecture_with_updates_counted_after_the_hold(name, delta, hold):
    schedule = SCHEDULES[name](delta, hold)
    expected = [FORMULAS[name](max(0, t - hold), delta) for t in T]
    assert [rate(schedule, t) for t in T] == pytest.approx(expected, rel=1e-15)


@each_schedule
@pytest.mark.parametrize("hold", [0, 10])
def test_rate_is_alpha_during_the_hold_and_never_rises(Schedule, hold):
    schedule = Schedule(0.7, hold)
    rates = [rate(schedule, t) for t in range(200)]
    assert rates[: hold + 1] == pytest.approx([ALPHA] * (hold + 1), rel=1e-15)
    assert all(later <= earlier for earlier, later in pairwise(rates))
    assert rates[-1] > 0


@each_schedule
def test_rate_is_proportional_to_alpha_and_a_pure_function_of_t(Schedule):
    schedule = Schedule(0.7, 3)
    forward = [rate(schedule, t) for t in T]
    backward = [rate(schedule, t) for t in reversed(T)]
    assert forward == backward[::-1]
    assert [rate(schedule, t, 2 * ALPHA) for t in T] == pytest.approx([2 * r for r in forward])


@each_schedule
def test_the_rates_of_an_epoch_are_those_of_its_updates(Schedule):
    schedule = Schedule(0.7, 3)
    rates = schedule.rates(ALPHA, 2, 5, HORIZON)
    assert rates.tolist() == [rate(schedule, t) for t in range(2, 7)]
    assert rates.dtype == float


@each_schedule
def test_a_table_of_rates_gives_those_of_any_updates_and_any_alpha(Schedule):
    schedule = Schedule(0.7, 3)
    table = RateTable(schedule, HORIZON)
    for alpha, t, n in [(0.3, 0, 7), (0.3, 7, 7), (0.3, 0, 5000), (0.1, 3, 2), (0.1, 9000, 4)]:
        assert table(alpha, t, n).tolist() == schedule.rates(alpha, t, n, HORIZON).tolist()


@each_schedule
def test_plateaus_lower_alpha_only_finitely_often(Schedule):
    schedule, alpha = Schedule(0.7, 0), ALPHA
    for _ in range(1000):
        factor = schedule.after_plateau(alpha)
        if factor is None:
            return
        assert 0 < factor < 1
        alpha *= factor
    pytest.fail("1000 plateaus, and no end")


def test_adaptive_divides_by_five_as_long_as_alpha_stays_at_or_above_1e_minus_6():
    schedule, alphas = SCHEDULES["adaptive"](), [ALPHA]
    while (factor := schedule.after_plateau(alphas[-1])) is not None:
        alphas.append(alphas[-1] * factor)
    assert alphas == pytest.approx([ALPHA / 5**k for k in range(8)])
    assert alphas[-1] >= 1e-6 > alphas[-1] / 5


@pytest.mark.parametrize("name", ["constant", "inverse", "power"])
def test_schedules_other_than_adaptive_stop_at_the_first_plateau(name):
    assert SCHEDULES[name](0.5, 0).after_plateau(ALPHA) is None


ENDING = {
    "linear": lambda progress: ALPHA * (1 - progress),
    "cosine": lambda progress: ALPHA * (1 + math.cos(math.pi * progress)) / 2,
}


@pytest.mark.parametrize("name", ENDING)
@pytest.mark.parametrize(("begin", "hold", "end"), [(0, 0, 40), (0, 10, 40), (100, 0, 140)])
def test_schedules_with_a_horizon_fall_to_zero_over_it(name, begin, hold, end):
    schedule, horizon = SCHEDULES[name](0.0, hold), Horizon(begin, end)
    rates = schedule.rates(ALPHA, begin, end - begin, horizon)
    progress = [max(0, t - hold) / (end - begin - hold) for t in range(end - begin)]
    assert rates == pytest.approx([ENDING[name](p) for p in progress], rel=1e-12, abs=1e-15)
    assert 0 < rates[-1] < ALPHA / 20
    assert schedule.rates(ALPHA, end, 3, horizon).tolist() == [rates[-1]] * 3


@pytest.mark.parametrize("name", ENDING)
def test_a_hold_longer_than_the_horizon_is_a_constant_rate(name):
    rates = SCHEDULES[name](0.0, 100).rates(ALPHA, 0, 40, Horizon(0, 40))
    assert rates.tolist() == [ALPHA] * 40
