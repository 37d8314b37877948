"""Searches and the ensemble on a cluster: joblib's Dask backend, with worker processes."""

import contextlib
import itertools
import os
import pickle
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import pytest
from models import fast
from numpy.testing import assert_array_equal
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_validate,
)

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    BackpropEnsembleRegressor,
    BackpropRegressor,
)

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.usefixtures("unconverged"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of the engine,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(distributed|dask|tornado)"),
    pytest.mark.filterwarnings("ignore:.*joblib.*"),
]
N_WORKERS = 3


@contextlib.contextmanager
def local_cluster(n_workers):
    """A client of a cluster of so many processes of this machine, which nobody else can reach."""
    options = {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(host="127.0.0.1", processes=True, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    with local_cluster(N_WORKERS) as client:
        yield client


def on(client):
    """In this context, joblib works on the cluster."""
    return joblib.parallel_config("dask", client=client)


class NotesProcess(BackpropClassifier):
    """Notes in which process it was trained."""

    def fit(self, X, y):
        super().fit(X, y)
        self.process_ = os.getpid()
        self.threads_ = os.environ.get("OMP_NUM_THREADS")
        return self


def same_networks(a, b):
    return all(map(np.array_equal, a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_))


SEARCHES = {
    "grid": lambda model: GridSearchCV(
        model, {"l2": [1e-4, "validate"], "hidden_layer_sizes": [5, (6, 4)]}, cv=3
    ),
    "random": lambda model: RandomizedSearchCV(
        model, {"learning_rate_init": loguniform(0.01, 0.1)}, n_iter=4, cv=3, random_state=0
    ),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_search_on_a_cluster_is_that_of_one_process_bit_for_bit(client, iris, search):
    alone = search(fast()).fit(*iris)
    with on(client):
        there = search(fast()).fit(*iris)
    assert_array_equal(alone.cv_results_["mean_test_score"], there.cv_results_["mean_test_score"])
    assert alone.best_params_ == there.best_params_
    assert same_networks(alone.best_estimator_, there.best_estimator_)


def test_networks_of_a_cross_validation_are_trained_in_the_workers(client, iris):
    model = NotesProcess(random_state=0, max_iter=3)
    options = {"cv": 5, "return_estimator": True}
    alone = cross_validate(model, *iris, **options)
    with on(client):
        there = cross_validate(model, *iris, **options)
    assert_array_equal(alone["test_score"], there["test_score"])
    assert all(map(same_networks, alone["estimator"], there["estimator"]))
    workers = set(client.run(os.getpid).values())
    assert {one.process_ for one in there["estimator"]} <= workers
    assert {one.threads_ for one in there["estimator"]} == {"1"}  # a core each, not all of them


@pytest.mark.parametrize("n_estimators", [0, 3])
def test_an_ensemble_is_trained_on_the_cluster_bit_for_bit(client, digits, n_estimators, capsys):
    network = BackpropClassifier(16, max_iter=4, scoring="accuracy", early_stopping=True)
    ensemble = BackpropEnsembleClassifier(network, n_estimators=n_estimators, random_state=0)
    alone = ensemble.fit(*digits)
    ensemble = BackpropEnsembleClassifier(
        network, n_estimators=n_estimators, random_state=0, verbose=True
    )
    with on(client):
        there = ensemble.fit(*digits)
        assert_array_equal(alone.predict_proba(digits[0]), there.predict_proba(digits[0]))
    assert capsys.readouterr().out.count("network ") == 20 + n_estimators
    assert all(map(same_networks, alone.estimators_, there.estimators_))
    assert_array_equal(alone.oof_probabilities_, there.oof_probabilities_)
    assert alone.l2_validation_losses_ == there.l2_validation_losses_


def test_an_ensemble_that_predicts_numbers_is_trained_on_the_cluster_bit_for_bit(client, digits):
    network = BackpropRegressor(16, max_iter=4, early_stopping=True)
    ensemble = BackpropEnsembleRegressor(network, n_estimators=1, cv=3, random_state=0)
    alone = clone(ensemble).fit(*digits)
    with on(client):
        there = ensemble.fit(*digits)
        assert_array_equal(alone.predict(digits[0]), there.predict(digits[0]))
    assert all(map(same_networks, alone.estimators_, there.estimators_))
    assert_array_equal(alone.oof_prediction_, there.oof_prediction_)
    assert_array_equal(alone.predict_interval(digits[0]), there.predict_interval(digits[0]))


class CountsPickles(np.ndarray):
    """An array that counts how often it is sent."""

    sent = []

    def __reduce_ex__(self, protocol):
        self.sent.append(1)
        return np.asarray(self).__reduce_ex__(protocol)


def process_of(prepared, number, stop):
    """Return where it is called, and with which data."""
    return os.getpid(), prepared.training.table.numbers.sum(), number


def test_the_data_are_sent_once_not_with_each_task(client, rng):
    from skbackprop.ensembles.workers import Ending, distribute
    from skbackprop.estimator.prepare import prepare

    X = rng.normal(size=(70_000, 20))  # more than the 10 MB of which the engine warns
    prepared = prepare(BackpropClassifier(), X, np.arange(len(X)) % 2, resume=False)
    object.__setattr__(prepared.training.table, "numbers", X.view(CountsPickles))
    CountsPickles.sent.clear()
    with on(client):
        done, ending = distribute(process_of, prepared, [(k,) for k in range(20)], None)
    assert ending is Ending.DONE and [number for _, _, number in done] == list(range(20))
    assert {total for _, total, _ in done} == {X.sum()}
    assert os.getpid() not in {process for process, _, _ in done}
    assert len(CountsPickles.sent) <= 2


def test_a_pickle_is_about_as_large_as_its_weights(digits):
    model = BackpropClassifier(64, max_iter=2, random_state=0).fit(*digits)
    n_bytes = sum(array.nbytes for array in model.coefs_ + model.intercepts_)
    assert len(pickle.dumps(model)) < n_bytes + 50_000 < np.asarray(digits[0]).nbytes
    assert len(pickle.dumps(BackpropClassifier())) < 2000


class StopsAfterTwo:
    """A callback that ends training after two epochs, and notes where it was."""

    def __init__(self):
        self.processes = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.processes.append(os.getpid())
        return fitted_estimator.n_iter_ == 2


def test_callbacks_act_in_the_workers(client, iris):
    pytest.importorskip("sklearn.callback")
    model = fast(max_iter=9).set_callbacks(StopsAfterTwo())
    with on(client):
        there = cross_validate(model, *iris, cv=3, return_estimator=True)
    alone = cross_validate(fast(max_iter=9).set_callbacks(StopsAfterTwo()), *iris, cv=3)
    assert_array_equal(there["test_score"], alone["test_score"])
    for trained in there["estimator"]:
        assert trained.n_iter_ == 2
        assert os.getpid() not in trained._skl_callbacks[0].processes != []


@pytest.fixture
def scheduler_apart(tmp_path):
    """A client of a cluster whose scheduler has a process of its own, as on several machines.

    A `LocalCluster` has it in the user's process. There scikit-learn takes the copy of a callback
    that passes through the scheduler for the user's, and what is sent back goes to that copy.
    """
    file = tmp_path / "scheduler.json"
    options = ["--host", "127.0.0.1", "--dashboard-address", ":0", "--scheduler-file", str(file)]
    workers = ["--nworkers", str(N_WORKERS), "--nthreads", "1"]
    with contextlib.ExitStack() as stack:
        for part, own in (("scheduler", ["--port", "0"]), ("worker", workers)):
            command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *own, *options]
            process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            stack.callback(process.terminate)
        for _ in range(600):
            if file.exists():
                break
            time.sleep(0.1)
        assert file.exists()  # or the client would wait for ever
        client = stack.enter_context(distributed.Client(scheduler_file=str(file)))
        client.wait_for_workers(N_WORKERS, timeout=60)
        yield client


def test_scores_of_a_monitor_come_back_from_all_workers(scheduler_apart, iris):
    monitor = pytest.importorskip("sklearn.callback").ScoringMonitor(scoring="accuracy")
    model = fast(max_iter=4).set_callbacks(monitor)
    search = GridSearchCV(model, {"hidden_layer_sizes": [4, 8]}, cv=3)
    search.fit(*iris)
    alone = monitor.get_logs(select="most_recent").data
    with on(scheduler_apart):
        search.fit(*iris)
    there = monitor.get_logs(select="most_recent").data
    assert len(there) == len(alone) > 6 * 4
    assert [row["accuracy"] for row in there] == [row["accuracy"] for row in alone]
    assert there is not alone


class KillsOneWorker:
    """A measure of a model, the accuracy; who measures the fourth kills the process it is in.

    `folder` holds a file for each that was measured in a worker, and one with the process killed.
    """

    def __init__(self, folder):
        self.folder, self.user = folder, os.getpid()

    def __call__(self, model, X, y):
        if os.getpid() != self.user:
            (self.folder / f"measured {time.monotonic_ns()}").touch()
            if len(list(self.folder.iterdir())) >= 4:
                self.kill()
        return model.score(X, y)

    def kill(self):
        with contextlib.suppress(FileExistsError), open(self.folder / "killed", "x") as file:
            print(os.getpid(), file=file, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    @property
    def killed(self):
        return int((self.folder / "killed").read_text())


@pytest.fixture
def mortal():
    """A client of a cluster of two workers, of which one may be killed."""
    with local_cluster(2) as client:
        yield client


def test_a_worker_that_is_killed_loses_nothing_of_a_search(iris, mortal, tmp_path):
    X, y = iris
    splits = list(StratifiedKFold(8).split(X, y))
    everywhere = [X, y, *itertools.chain(*splits)]  # in each worker, the rows of folds as well
    model, score = BackpropClassifier(random_state=0, max_iter=3), KillsOneWorker(tmp_path)
    workers = set(mortal.run(os.getpid).values())
    mortal.amm.stop()  # which would soon delete all copies but one
    with joblib.parallel_config("dask", client=mortal, scatter=everywhere):
        there = cross_validate(model, X, y, cv=splits, scoring=score)
    assert score.killed in workers
    alone = cross_validate(model, X, y, cv=splits)
    assert_array_equal(there["test_score"], alone["test_score"])


def test_a_worker_that_is_killed_loses_nothing_of_an_ensemble(digits, mortal, tmp_path):
    score = KillsOneWorker(tmp_path)
    network = BackpropClassifier(16, max_iter=3, scoring=score, early_stopping=True)
    ensemble = BackpropEnsembleClassifier(network, n_estimators=4, random_state=0)
    workers = set(mortal.run(os.getpid).values())
    with on(mortal):
        there = clone(ensemble).fit(*digits)
    assert score.killed in workers
    alone = ensemble.fit(*digits)
    assert all(map(same_networks, alone.estimators_, there.estimators_))


def test_an_ensemble_within_a_search_on_a_cluster(client, iris):
    ensemble = BackpropEnsembleClassifier(fast(max_iter=3), n_estimators=2, random_state=0)
    search = GridSearchCV(ensemble, {"calibrate": [True, False]}, cv=2)
    alone = clone(search).fit(*iris)
    with on(client):
        there = clone(search).fit(*iris)
    assert_array_equal(alone.cv_results_["mean_test_score"], there.cv_results_["mean_test_score"])
