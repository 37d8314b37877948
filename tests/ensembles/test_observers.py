"""Who is told of the networks of an ensemble: callbacks, and whoever reads what is printed."""

from importlib.util import find_spec

import numpy as np
import pytest
from models import ensemble
from sklearn.model_selection import GridSearchCV

from skbackprop import BackpropEnsembleRegressor, BackpropRegressor


class Watcher:
    """Writes down each call and the fitted estimators; its result at network n is to stop."""

    def __init__(self, n=None):
        self.n, self.calls, self.fitted = n, [], []

    def setup(self, estimator, context):
        self.calls.append(("setup", context.task_name, context.task_id))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", context.task_name, context.task_id))

    def on_fit_task_begin(self, estimator, context, *, X, y):
        self.calls.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        self.calls.append(("end", context.task_name, context.task_id))
        self.fitted.append(fitted_estimator)
        return (context.task_name, context.task_id) == ("network", self.n)


with_framework = pytest.mark.skipif(
    find_spec("sklearn.callback") is None, reason="scikit-learn 1.9 brought callbacks"
)


def test_a_line_is_printed_for_each_network(iris, capsys):
    ensemble(verbose=True).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("network   1 of 5 on 100 rows   loss ")
    assert lines[-1].startswith("network   5 of 5 on all rows   loss ")


@with_framework
def test_the_training_of_each_network_is_a_task(iris):
    watcher = Watcher()
    model = ensemble().set_callbacks(watcher).fit(*iris)
    networks = [(hook, "network", k) for k in range(5) for hook in ("begin", "end")]
    fit = [(hook, "fit", 0) for hook in ("setup", "begin", "end", "teardown")]
    assert watcher.calls == [*fit[:2], *networks, *fit[2:]]
    for fitted, member in zip(watcher.fitted, model.estimators_, strict=False):
        expected = member.predict_proba(iris[0])
        assert np.allclose(fitted.predict_proba(iris[0]), expected, atol=1e-6)
        assert not hasattr(fitted, "oof_loss_") or fitted.oof_loss_ is None
    assert np.array_equal(watcher.fitted[-1].predict_proba(iris[0]), model.predict_proba(iris[0]))


@with_framework
def test_the_training_of_each_network_that_predicts_numbers_is_a_task(iris):
    watcher = Watcher()
    network = BackpropRegressor((5,), l2=1e-3, max_iter=3)
    model = BackpropEnsembleRegressor(network, 2, cv=3, variants=None, random_state=0)
    model.set_callbacks(watcher).fit(*iris)
    networks = [(hook, "network", k) for k in range(5) for hook in ("begin", "end")]
    assert watcher.calls[2:-2] == networks
    assert np.array_equal(watcher.fitted[-1].predict(iris[0]), model.predict(iris[0]))


@with_framework
def test_tasks_in_threads_are_told_each_once(iris):
    watcher = Watcher()
    ensemble(6, n_jobs=3).set_callbacks(watcher).fit(*iris)
    assert len(watcher.calls) == len(set(watcher.calls)) == 4 + 2 * 9


@with_framework
@pytest.mark.parametrize(("n", "n_members"), [(1, 2), (2, 3), (4, 5)])
def test_a_callback_that_has_had_enough_leaves_the_networks_so_far(iris, n, n_members):
    model = ensemble(4).set_callbacks(Watcher(n)).fit(*iris)
    assert len(model.estimators_) == n_members
    assert np.isfinite(model.predict_proba(iris[0])).all()


@with_framework
def test_a_progress_bar_shows_the_networks_and_a_search_may_be_around(iris):
    from sklearn.callback import ProgressBar

    search = GridSearchCV(ensemble(), {"estimator__l2": [1e-4, 1e-3]}, cv=2)
    search.set_callbacks(ProgressBar()).fit(*iris)
    assert search.best_score_ > 0.3
