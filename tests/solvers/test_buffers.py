"""BLAS has its work buffers before all else; where there is no room for them, that is an error."""

import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_limits

from skbackprop import BackpropEnsembleClassifier
from skbackprop.solvers import buffers, threads
from skbackprop.solvers.buffers import bytes_of_a_thread, is_room_for, take_buffers
from skbackprop.solvers.threads import LARGE_PRODUCT, few_blas_threads, one_blas_thread, threads_of

on_linux = pytest.mark.skipif(
    sys.platform != "linux" or bytes_of_a_thread() == 0,
    reason="Linux tells the memory of a process and limits it, and OpenBLAS does not look",
)
BEGIN = """
import pickle, resource, sys
import numpy as np
from scipy.linalg.blas import dgemm, sgemm
from skbackprop import BackpropClassifier
from skbackprop.solvers.buffers import bytes_of_a_thread, take_buffers

def in_use():
    status = open("/proc/self/status")
    return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmData"))

def allow(n_bytes):
    resource.setrlimit(resource.RLIMIT_DATA, (in_use() + n_bytes, -1))

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 50))
y = X[:, 0] > 0
model = BackpropClassifier(300, max_iter=2, random_state=0)
"""


def run(script, *arguments):
    command = [sys.executable, "-c", BEGIN + textwrap.dedent(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split("\n")[:-1]


@on_linux
def test_the_buffers_are_as_large_as_is_asked_for_and_serve_both_precisions():
    taken, asked, later = run("""
        products = []
        for dtype, gemm in ((np.float32, sgemm), (np.float64, dgemm)):
            A, out = np.ones((300, 300), dtype), np.empty((300, 300), dtype)
            F = np.asfortranarray(out)
            products += [lambda A=A, out=out: np.dot(A, A, out=out)]
            products += [lambda A=A, F=F, gemm=gemm: gemm(1, A.T, A.T, 0, F, overwrite_c=True)]
        before = in_use()
        take_buffers()
        print(in_use() - before)
        print(bytes_of_a_thread())
        before = in_use()
        for product in products:
            product()
        print(in_use() - before)
    """)
    assert 0.9 * int(taken) <= int(asked)
    assert int(taken) >= 2**24
    assert int(later) < 2**23


@on_linux
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_a_fit_without_room_for_the_buffers_is_an_error_and_a_later_one_with_room_is_none(solver):
    script = """
        model.set_params(solver=sys.argv[1])
        allow(10_000_000)
        try:
            model.fit(X, y)
        except MemoryError as error:
            print(error)
        allow(400_000_000)
        print(model.fit(X, y).n_iter_)
    """
    error, n_iter = run(script, solver)
    assert error.startswith("BLAS needs")
    assert "for its work buffers, and the system has not so much left for this process" in error
    assert n_iter == "2"


@on_linux
def test_a_prediction_without_room_for_the_buffers_is_an_error():
    script = """
        model = pickle.load(sys.stdin.buffer)
        allow(1_000_000)
        try:
            model.predict(X)
        except MemoryError as error:
            print(error)
    """
    fit = BEGIN + "pickle.dump(model.fit(X, y), sys.stdout.buffer)"
    stored = subprocess.run([sys.executable, "-c", fit], capture_output=True, check=True).stdout
    command = [sys.executable, "-c", BEGIN + textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, input=stored, timeout=120, check=True)
    assert done.stdout.startswith(b"BLAS needs")


def test_there_is_room_for_none_and_not_for_all():
    assert is_room_for(0)
    assert bytes_of_a_thread() == 0 or not is_room_for(2**33)


@pytest.fixture
def no_room(monkeypatch):
    """A system that has no memory left but for the buffers of one thread."""
    take_buffers()
    monkeypatch.setattr(buffers, "bytes_of_a_thread", lambda: 2**60)
    monkeypatch.setattr(threads, "cpu_count", lambda: 2)
    monkeypatch.setattr(threads, "_gives_way", lambda: True)
    with threadpool_limits(2, user_api="blas"):
        yield


def test_an_epoch_has_one_thread_where_there_is_no_room_for_the_buffers_of_two(no_room):
    epoch = SimpleNamespace(shares=True, n_threads=2)
    with threads_of(epoch, LARGE_PRODUCT):
        assert epoch.n_threads == 1


def test_a_second_fit_at_the_same_time_needs_room_for_its_own_buffers(no_room):
    with (
        few_blas_threads(1),
        one_blas_thread(),
        pytest.raises(MemoryError, match="BLAS needs"),
        few_blas_threads(1),
    ):
        pass
    with one_blas_thread(), few_blas_threads(1) as n_threads:
        assert n_threads == 1


def test_an_ensemble_works_in_one_thread_where_there_is_no_room_for_the_buffers_of_two(
    iris, monkeypatch, no_room
):
    X, y = iris
    ensemble = BackpropEnsembleClassifier(n_estimators=2, cv=2, random_state=0, n_jobs=2)
    alone = ensemble.fit(X, y).predict_proba(X)
    monkeypatch.undo()
    assert_array_equal(ensemble.fit(X, y).predict_proba(X), alone)
    assert np.isfinite(alone).all()
