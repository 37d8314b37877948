import math
from operator import attrgetter

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skbackprop.solvers.monitor import Monitor

LOSSES = [5.0, 3.0, 4.0, 2.0, 2.5, 2.0, 2.1, 2.2, 1.0]


def make_monitor(theta=None, **options):
    theta = np.zeros(1) if theta is None else theta
    return Monitor(theta, **({"tol": 0.0, "patience": 3, "watch": attrgetter("loss")} | options))


class Observer:
    """Writes down all that it is told, and asks to stop where it is to."""

    def __init__(self, stop_at=None):
        self.stop_at, self.heard = stop_at, []

    def training_begins(self, model_now):
        self.heard.append(("training begins", model_now()))

    def epoch_begins(self):
        self.heard.append(("epoch begins", None))

    def epoch_ends(self, epochs):
        self.heard.append(("epoch ends", epochs[-1]))
        return len(epochs) == self.stop_at or None

    def training_ends(self, epochs):
        self.heard.append(("training ends", len(epochs)))


def stop_epoch(monitor, values):
    """At which epoch, counted from 1, the first plateau is reported; None if at none."""
    for epoch, value in enumerate(values, start=1):
        if monitor.epoch_ends(value, 0.1):
            return epoch
    return None


def plateau(values, tol, patience):
    """The same by the definition: no fall by more than tol below the last mark for so long."""
    mark, last_fall = math.inf, 0
    for epoch, value in enumerate(values, start=1):
        if value < mark - tol:
            mark, last_fall = value, epoch
        if epoch - last_fall == patience:
            return epoch
    return None


@pytest.mark.parametrize("patience", [1, 2, 3, 10])
def test_training_goes_on_for_exactly_patience_epochs_after_the_best(patience):
    values = [3.0, 2.0, 1.0] + 50 * [1.5]
    assert stop_epoch(make_monitor(patience=patience), values) == 3 + patience


@pytest.mark.parametrize("patience", [1, 2, 3, 5])
@pytest.mark.parametrize("tol", [0.0, 0.3, 1.0])
def test_the_plateau_is_where_the_definition_has_it(tol, patience):
    rng = np.random.default_rng(0)
    for _ in range(50):
        values = np.linspace(2, 0, 25) + rng.normal(scale=0.4, size=25)
        monitor = make_monitor(tol=tol, patience=patience)
        assert stop_epoch(monitor, values) == plateau(values, tol, patience)


def test_many_falls_by_less_than_tol_count_once_they_add_up_to_more():
    steady = [1 - 0.04 * k for k in range(20)]
    assert stop_epoch(make_monitor(tol=0.1, patience=3), steady) is None
    assert stop_epoch(make_monitor(tol=0.1, patience=2), steady) == 3


def test_a_fall_by_exactly_tol_is_none():
    assert stop_epoch(make_monitor(tol=0.5, patience=1), [2.0, 1.5]) == 2
    assert stop_epoch(make_monitor(tol=0.5, patience=1), [2.0, 1.4375]) is None


def test_an_equal_value_is_no_improvement():
    assert stop_epoch(make_monitor(patience=2), [1.0, 1.0, 1.0]) == 3


def test_the_best_theta_is_that_of_the_lowest_value_the_first_if_several():
    theta = np.zeros(2)
    monitor = make_monitor(theta, keep_best=True, patience=100)
    for k, loss in enumerate(LOSSES[:-1]):
        theta[...] = k
        monitor.epoch_ends(loss, 0.1)
    assert_array_equal(monitor.best_theta, LOSSES.index(2.0))
    assert monitor.best_epoch == LOSSES.index(2.0) + 1
    assert_array_equal(theta, len(LOSSES) - 2)


def test_the_best_is_the_lowest_value_even_where_the_fall_is_within_tol():
    theta = np.zeros(1)
    monitor = make_monitor(theta, keep_best=True, tol=10.0, patience=100)
    for k, loss in enumerate(LOSSES):
        theta[...] = k
        monitor.epoch_ends(loss, 0.1)
    assert monitor.best_theta[0] == np.argmin(LOSSES)
    assert monitor.watched["best"] == min(LOSSES)


def test_theta_is_not_copied_unless_asked_for():
    monitor = make_monitor()
    monitor.epoch_ends(1.0, 0.1)
    assert monitor.best_theta is None


def test_each_epoch_is_recorded_and_observers_hear_of_it_with_what_was_measured():
    observers = Observer(), Observer()
    measured = iter([(0.5, 0.8), (0.4, 0.9)])
    monitor = make_monitor(evaluate=lambda: next(measured), observers=observers)
    monitor.training_begins(lambda: "model")
    for loss, rate in ((2.0, 0.1), (1.0, 0.05)):
        monitor.epoch_begins()
        monitor.epoch_ends(loss, rate)
    monitor.training_ends()
    first, second = (2.0, 0.5, 0.8, 0.1), (1.0, 0.4, 0.9, 0.05)
    assert [tuple(epoch) for epoch in monitor.epochs] == [first, second]
    for observer in observers:
        assert observer.heard == [
            ("training begins", "model"),
            ("epoch begins", None),
            ("epoch ends", first),
            ("epoch begins", None),
            ("epoch ends", second),
            ("training ends", 2),
        ]


@pytest.mark.parametrize("first", [0, 1])
def test_one_observer_that_asks_to_stop_is_enough_and_the_others_still_hear_of_the_epoch(first):
    observers = [Observer(), Observer()]
    observers[first].stop_at = 2
    monitor = make_monitor(observers=observers, exhaustive=True)
    assert not monitor.epoch_ends(2.0, 0.1)
    assert monitor.stopped is False
    assert not monitor.epoch_ends(1.0, 0.1)
    assert monitor.stopped is True
    assert observers[0].heard == observers[1].heard


def test_without_evaluation_validation_loss_and_score_are_none():
    monitor = make_monitor()
    monitor.epoch_ends(2.0, 0.1)
    assert (monitor.epochs[0].validation_loss, monitor.epochs[0].score) == (None, None)


def test_what_is_watched_decides_and_not_the_training_loss():
    validation = iter([1.0, 2.0, 3.0, 4.0])
    monitor = make_monitor(
        patience=2, watch=attrgetter("validation_loss"), evaluate=lambda: (next(validation), None)
    )
    assert stop_epoch(monitor, [4.0, 3.0, 2.0, 1.0]) == 3
    assert monitor.best_epoch == 1


def test_after_looking_ahead_again_there_are_patience_epochs_more():
    monitor = make_monitor(patience=2)
    assert stop_epoch(monitor, [1.0, 2.0, 2.0]) == 3
    monitor.look_ahead_again()
    assert stop_epoch(monitor, [2.0, 2.0, 2.0]) == 2


@pytest.mark.parametrize("worthless", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_never_the_best(worthless):
    monitor = make_monitor(keep_best=True)
    assert stop_epoch(monitor, [worthless, worthless, worthless]) == 3
    assert monitor.best_epoch == 0
    monitor.epoch_ends(1.0, 0.1)
    assert (monitor.best_epoch, monitor.watched["best"]) == (4, 1.0)


@pytest.mark.parametrize("n_first", range(1, len(LOSSES)))
def test_a_monitor_resumed_from_the_state_of_another_goes_on_as_one(n_first):
    whole, first = make_monitor(tol=0.1, patience=100), make_monitor(tol=0.1, patience=100)
    stop_epoch(whole, LOSSES)
    stop_epoch(first, LOSSES[:n_first])
    kept = dict(first.watched)
    second = make_monitor(tol=0.1, patience=100, watched=first.watched)
    stop_epoch(second, LOSSES[n_first:])
    assert second.watched == whole.watched
    assert first.watched == kept
