"""What happens at the same time as fit: Ctrl-C at any moment, and other threads."""

import copy
import gc
import linecache
import os
import pickle
import signal
import subprocess
import sys
import sysconfig
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from models import plain
from threadpoolctl import threadpool_limits

import skbackprop

N_LINES = 60
PACKAGE = str(Path(skbackprop.__file__).parent)
OPTIONS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"warm_start": True},
        {"early_stopping": True},
        {"warm_start": True, "early_stopping": True, "scoring": "accuracy"},
        {"learning_rate": "adaptive", "n_iter_no_change": 1, "solver": "adam"},
    ],
    ids=lambda options: " ".join(options) or "plain",
)


@pytest.fixture
def kernel(request, monkeypatch):
    if request.param == "reference":
        monkeypatch.setenv("SKBACKPROP_KERNEL", "0")


KERNELS = pytest.mark.parametrize("kernel", ["compiled", "reference"], indirect=True)


def make_classifier(**options):
    parameters = {"hidden_layer_sizes": (6,), "tol": None, "random_state": 0, "max_iter": 10**6}
    return plain(**parameters | options)


def fit_until_interrupted(model, X, y, interruption):
    """Return whether fit has ended by a KeyboardInterrupt, and the warnings it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with interruption:
                model.fit(X, y)
        except KeyboardInterrupt:
            return True, caught
    return False, caught


def assert_same_parameters(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert np.array_equal(a, b)


def assert_model_of_whole_epochs(model, before, X, y):
    """Check that the model is what as many epochs give that nobody interrupts."""
    n_before = getattr(before, "n_iter_", 0) if model.warm_start else 0
    expected = copy.deepcopy(before).set_params(max_iter=model.n_iter_ - n_before)
    assert_same_parameters(model, expected.fit(X, y))
    for name in ("n_iter_", "t_", "loss_curve_", "validation_loss_curve_", "best_loss_"):
        assert getattr(model, name) == getattr(expected, name)
    assert model.validation_scores_ == expected.validation_scores_
    assert len(model.loss_curve_) == model.n_iter_


def assert_sound(model, before, X, y, interrupted, caught):
    """Check a model after an interrupt; return which of the two that may be it is."""
    if interrupted and pickle.dumps(vars(model)) == pickle.dumps(vars(before)):
        return "unchanged"
    assert interrupted or ["interrupted" in str(w.message) for w in caught] == [True]
    assert_model_of_whole_epochs(model, before, X, y)
    return "fitted"


@contextmanager
def alarm(seconds):
    """Ctrl-C after some time, as a signal; not within a callback of the garbage collector, which
    would lose it (Hypothesis has one).
    """
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    gc.disable()
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        gc.enable()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
@KERNELS
@OPTIONS
def test_ctrl_c_at_a_random_moment_leaves_a_sound_model(iris, kernel, options):
    X, y = iris
    delays = np.random.default_rng(0).uniform(1e-4, 0.02, size=10)
    fitted = make_classifier(**options | {"max_iter": 3}).fit(X, y).set_params(max_iter=10**6)
    for before, delay in zip([make_classifier(**options), fitted] * 5, delays, strict=True):
        model = copy.deepcopy(before)
        interrupted, caught = fit_until_interrupted(model, X, y, alarm(delay))
        assert_sound(model, before, X, y, interrupted, caught)


class LineCounter:
    """Counts the lines of the package that are run; raises KeyboardInterrupt before the last.

    A with statement is met again when it is left. Python does not look for signals between that and
    the call of ``__exit__``, so this does not count.
    """

    def __init__(self, last=None):
        self.n, self.last, self._before = 0, last, {}

    def __enter__(self):
        sys.settrace(self._call)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    def _call(self, frame, event, argument):
        return self._line if frame.f_code.co_filename.startswith(PACKAGE) else None

    def _line(self, frame, event, argument):
        if event == "line" and not self._leaves(frame):
            self.n += 1
            if self.n == self.last:
                raise KeyboardInterrupt
        return self._line

    def _leaves(self, frame):
        before, self._before[id(frame)] = self._before.get(id(frame), 0), frame.f_lineno
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        return frame.f_lineno < before and line.lstrip().startswith("with ")


@KERNELS
@OPTIONS
def test_ctrl_c_at_any_line_leaves_a_sound_model(rng, kernel, options):
    X, y = rng.normal(size=(20, 3)), np.arange(20) % 2
    options = {"max_iter": 4, "batch_size": 20} | options
    before = make_classifier(**options).fit(X, y)
    for counter in (LineCounter(), LineCounter(), LineCounter()):  # the first two may fill caches
        fit_until_interrupted(copy.deepcopy(before), X, y, counter)
    outcomes = set()
    for line in np.linspace(1, counter.n, N_LINES).astype(int):
        model = copy.deepcopy(before)
        interrupted, caught = fit_until_interrupted(model, X, y, LineCounter(line))
        outcomes.add(assert_sound(model, before, X, y, interrupted, caught))
    assert outcomes == {"unchanged", "fitted"}


# Threads


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has the GIL in any case"
)
def test_the_kernel_does_not_bring_the_gil_back():
    command = [sys.executable, "-W", "error", "-c", "from skbackprop import _kernel"]
    subprocess.run(command, check=True)


@pytest.fixture
def busy_switching():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def run_at_once(*functions):
    """Run each in a thread of its own; raise what any of them raises."""
    with ThreadPoolExecutor(len(functions)) as pool:
        for future in [pool.submit(function) for function in functions]:
            future.result()


@KERNELS
def test_one_object_fitted_in_two_threads_is_the_model_of_one_of_them(iris, kernel, busy_switching):
    X, y = iris
    data = [(X, y), (X[:100, :3] * 10 + 5, np.array(["a", "b"])[y[:100]])]
    alone = [make_classifier(max_iter=3).fit(*part) for part in data]
    for _ in range(20):
        model = make_classifier(max_iter=3)
        run_at_once(*(partial(model.fit, *part) for part in data))
        (one,) = [m for m in alone if len(m.classes_) == len(model.classes_)]
        assert_same_parameters(model, one)
        for name in ("classes_", "n_iter_", "t_", "loss_curve_", "n_features_in_", "n_outputs_"):
            assert np.array_equal(getattr(model, name), getattr(one, name))
        assert np.array_equal(model.scaler_.mean_, one.scaler_.mean_)


def test_ten_threads_predict_from_one_model_or_the_other_while_it_is_fitted_anew(
    iris, busy_switching
):
    X, y = iris
    names = np.array(["a", "b"])[np.minimum(y, 1)]
    data = [(X, y), (X * 10 + 5, names)]
    model, expected = make_classifier(max_iter=3), []
    for part in data:
        model.fit(*part)
        expected.append((model.predict(X).tolist(), model.predict_proba(X)))
    done = threading.Event()

    def fit():
        for k in range(60):
            model.fit(*data[k % 2])
        done.set()

    def predict():
        while not done.is_set():
            assert model.predict(X).tolist() in [labels for labels, _ in expected]
            proba = model.predict_proba(X)
            assert any(np.array_equal(proba, p) for _, p in expected)

    run_at_once(fit, *[predict] * 10)


def wide_data(rng):
    X = rng.normal(size=(1500, 60))
    return X, (X[:, :5].sum(axis=1) > 0).astype(int)


@pytest.mark.usefixtures("unconverged")
def test_fits_that_have_threads_of_their_own_do_not_disturb_each_other(rng):
    X, y = wide_data(rng)
    models = [
        make_classifier(hidden_layer_sizes=(256, 256), batch_size=256, max_iter=4, random_state=i)
        for i in range(3)
    ]
    alone = [copy.deepcopy(model).fit(X, y) for model in models]
    with threadpool_limits(2, user_api="blas"):
        run_at_once(*(partial(model.fit, X, y) for model in models))
    for model, expected in zip(models, alone, strict=True):
        assert_same_parameters(model, expected)


FORK = """
import multiprocessing, numpy as np, skbackprop
from threadpoolctl import threadpool_limits

rng = np.random.default_rng(0)
X = rng.normal(size=(1500, 60))
y = (X[:, :5].sum(axis=1) > 0).astype(int)
options = {"batch_size": 256, "max_iter": 4, "random_state": 0}

def fit(_=None):
    with threadpool_limits(2, user_api="blas"):
        return skbackprop.BackpropClassifier((256, 256), **options).fit(X, y).coefs_[0]

if __name__ == "__main__":
    here = fit()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for there in pool.map(fit, range(2)):
            assert np.array_equal(here, there)
        pool.close()
        pool.join()  # leaving the block ends the processes by a signal, which they may ignore
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_fits_with_threads_of_its_own():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=120)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers")
def test_ctrl_c_reaches_a_fit_that_threads_share(rng):
    X, y = wide_data(rng)
    options = {"hidden_layer_sizes": (256, 256), "batch_size": 256}
    before = make_classifier(**options)
    with threadpool_limits(2, user_api="blas"):
        for delay in (0.02, 0.1, 0.3):
            model = copy.deepcopy(before)
            interrupted, caught = fit_until_interrupted(model, X, y, alarm(delay))
            assert_sound(model, before, X, y, interrupted, caught)
