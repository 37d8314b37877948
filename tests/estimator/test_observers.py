"""Who is told of the epochs: callbacks of scikit-learn's own framework, and lines of progress."""

import pickle
import re
from functools import partial
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from models import fast, plain, same_parameters
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropRegressor
from skbackprop.solvers.sgd import SGD

HAS_CALLBACKS = find_spec("sklearn.callback") is not None
with_framework = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn 1.9 brought callbacks")


class Recorder:
    """Writes down each call, what it was given, and the fitted estimators."""

    def __init__(self):
        self.calls, self.given, self.fitted = [], [], []

    def setup(self, estimator, context):
        self.calls.append(("setup", context.task_name, context.task_id))

    def teardown(self, estimator, context):
        self.calls.append(("teardown", context.task_name, context.task_id))

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        self.calls.append(("begin", context.task_name, context.task_id))
        self.given.append((estimator, X, y, metadata))

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.calls.append(("end", context.task_name, context.task_id))
        self.given.append((estimator, X, y, metadata))
        self.fitted.append(fitted_estimator)


class Interferer(Recorder):
    """Does something at the end of the n-th epoch: its result is that of the hook."""

    def __init__(self, n, action):
        super().__init__()
        self.n, self.action = n, action

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        super().on_fit_task_end(
            estimator, context, X=X, y=y, metadata=metadata, fitted_estimator=fitted_estimator
        )
        if (context.task_name, context.task_id) == ("epoch", self.n - 1):
            return self.action()


def stop():
    return True


def interrupt():
    raise KeyboardInterrupt


def fail():
    raise ZeroDivisionError("by a callback")


def calls_of(method, n_epochs):
    epochs = [(hook, "epoch", k) for k in range(n_epochs) for hook in ("begin", "end")]
    fit = [(hook, method, 0) for hook in ("setup", "begin", "end", "teardown")]
    return [*fit[:2], *epochs, *fit[2:]]


def test_set_callbacks_is_there_where_scikit_learn_has_the_framework():
    assert hasattr(plain(), "set_callbacks") == HAS_CALLBACKS


@with_framework
def test_a_fit_is_a_task_and_each_epoch_one_within(iris):
    recorder = Recorder()
    fast().set_callbacks(recorder).fit(*iris)
    assert recorder.calls == calls_of("fit", 5)


@with_framework
def test_epochs_of_a_network_that_predicts_numbers_are_tasks_also_within_a_search(iris):
    from sklearn.callback import ScoringMonitor

    recorder, monitor = Recorder(), ScoringMonitor(scoring="r2")
    network = BackpropRegressor((5,), max_iter=5, random_state=0)
    network.set_callbacks(recorder).fit(*iris)
    assert recorder.calls == calls_of("fit", 5)
    assert recorder.fitted[2].predict(iris[0]).shape == (150,)
    model = make_pipeline(StandardScaler(), clone(network).set_callbacks(monitor))
    GridSearchCV(model, {"backpropregressor__l2": [1e-4, 1e-2]}, cv=3).fit(*iris)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 5 * (2 * 3 + 1)


@with_framework
def test_a_partial_fit_is_a_task_of_one_epoch(iris):
    recorder = Recorder()
    model = fast().set_callbacks(recorder)
    for _ in range(3):
        model.partial_fit(*iris, classes=[0, 1, 2])
    assert recorder.calls == 3 * calls_of("partial_fit", 1)


@with_framework
def test_a_solver_that_does_not_say_when_an_epoch_begins_gives_the_same_tasks(iris, monkeypatch):
    monkeypatch.setattr("skbackprop.solvers.monitor.Monitor.epoch_begins", lambda self: None)
    recorder = Recorder()
    fast().set_callbacks(recorder).fit(*iris)
    assert recorder.calls == calls_of("fit", 5)


@with_framework
def test_hooks_are_given_the_estimator_and_the_data_as_the_caller_has_them(iris):
    X, y = pd.DataFrame(iris[0]).add_prefix("c"), iris[1].tolist()
    weights = np.arange(1, 151)
    for method in ("fit", "partial_fit"):
        recorder = Recorder()
        model = fast().set_callbacks(recorder)
        data = {"sample_weight": weights} | ({"classes": [0, 1, 2]} if method != "fit" else {})
        getattr(model, method)(X, y, **data)
        for estimator, given_X, given_y, metadata in recorder.given:
            assert estimator is model
            assert given_X is X
            assert given_y is y
            assert list(metadata) == ["sample_weight"]
            assert metadata["sample_weight"] is weights


@with_framework
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_after_each_epoch_the_fitted_estimator_is_what_a_fit_of_so_many_epochs_gives(iris, solver):
    X, y = iris
    data = {"X": X[::2], "y": y[::2], "X_val": X[1::2], "y_val": y[1::2]}
    recorder = Recorder()
    model = fast(solver=solver, scoring="accuracy").set_callbacks(recorder).fit(**data)
    for k, fitted in enumerate([*recorder.fitted[:-1], model], 1):
        expected = fast(solver=solver, scoring="accuracy", max_iter=min(k, 5)).fit(**data)
        assert np.array_equal(fitted.predict_proba(X), expected.predict_proba(X))
        for name in [name for name in vars(expected) if name.endswith("_")]:
            if name not in ("coefs_", "intercepts_", "classes_", "scaler_"):
                assert getattr(fitted, name) == getattr(expected, name), name
    assert same_parameters(recorder.fitted[-1], model)


@with_framework
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_training_goes_on_from_the_estimator_of_any_epoch(iris, solver):
    recorder = Recorder()
    whole = fast(solver=solver, warm_start=True).set_callbacks(recorder).fit(*iris)
    checkpoint = pickle.loads(pickle.dumps(recorder.fitted[1])).set_callbacks()
    assert checkpoint.n_iter_ == 2
    assert same_parameters(checkpoint.set_params(max_iter=3).fit(*iris), whole)


@with_framework
def test_the_estimator_of_an_epoch_has_no_part_in_the_fit_it_comes_from(iris):
    recorder = Recorder()
    fast(max_iter=100).set_callbacks(recorder).fit(*iris)
    last = recorder.fitted[99].set_callbacks()
    alone = fast(max_iter=100).fit(*iris)
    assert len(pickle.dumps(last)) < len(pickle.dumps(alone)) + 500
    last.fit(*iris)
    assert recorder.calls == calls_of("fit", 100)


@with_framework
def test_the_fit_ends_with_the_best_model_where_validation_decides(iris):
    X, y = iris
    y = np.random.default_rng(0).permutation(y)  # there is nothing to learn but noise
    recorder = Recorder()
    options = {"early_stopping": True, "l2": 0.0, "max_iter": 20}
    model = fast(**options).set_callbacks(recorder).fit(X, y)
    best = int(np.argmin(model.validation_loss_curve_))
    assert best < 19
    assert same_parameters(recorder.fitted[-1], model)
    assert same_parameters(recorder.fitted[best], model)
    assert not same_parameters(recorder.fitted[-2], model)


@with_framework
@pytest.mark.parametrize(
    "options",
    [
        {"tol": None},
        {"tol": 1e-9},
        {"tol": 1e9, "n_iter_no_change": 3, "learning_rate": "adaptive"},
        {"tol": None, "learning_rate": "adaptive"},
        {"tol": 1e-9, "early_stopping": True},
        {"tol": None, "solver": "newton"},
        {"tol": 1e-9, "solver": "lbfgs"},
    ],
    ids=str,
)
def test_a_callback_that_returns_true_ends_training_without_a_warning(iris, options):
    callback = Interferer(3, stop)
    model = fast(**options | {"max_iter": 50}).set_callbacks(callback).fit(*iris)
    assert callback.calls == calls_of("fit", 3)
    assert (model.n_iter_, len(model.loss_curve_)) == (3, 3)
    expected = fast(**options | {"max_iter": 3, "tol": None}).fit(*iris)
    assert same_parameters(model, expected)


@with_framework
def test_training_can_be_stopped_and_taken_up_again(iris):
    model = fast(max_iter=4, warm_start=True).set_callbacks(Interferer(2, stop)).fit(*iris)
    model.set_callbacks().fit(*iris)
    assert same_parameters(model, fast(max_iter=6).fit(*iris))


@with_framework
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("before", ["unfitted", "fitted"])
def test_an_error_in_a_callback_goes_through_and_leaves_the_model_as_it_was(
    iris, n, method, before
):
    callback = Interferer(1 if method == "partial_fit" else n, fail)
    model = fast()
    if before == "fitted":
        model.partial_fit(*iris, classes=[0, 1, 2])
    model.set_callbacks(callback)
    old = vars(model).copy()
    with pytest.raises(ZeroDivisionError, match="by a callback"):
        getattr(model, method)(*iris, **({} if method == "fit" else {"classes": [0, 1, 2]}))
    assert vars(model) == old
    assert callback.calls[-1] == ("teardown", method, 0)


@with_framework
@pytest.mark.parametrize("hook", ["setup", "on_fit_task_begin", "teardown"])
def test_an_error_in_any_hook_goes_through(iris, hook, monkeypatch):
    def broken(self, estimator, context):
        fail()

    monkeypatch.setattr(Recorder, hook, broken)
    model = fast().set_callbacks(Recorder())
    with pytest.raises(ZeroDivisionError, match="by a callback"):
        model.fit(*iris)
    assert not [name for name in vars(model) if "callback_" in name or "teardown" in name]


@with_framework
def test_bad_input_begins_no_task(iris):
    recorder = Recorder()
    with pytest.raises(ValueError, match="samples"):
        fast().set_callbacks(recorder).fit(iris[0], iris[1][:-1])
    assert recorder.calls == []


@with_framework
def test_an_interrupt_within_a_callback_keeps_the_model_of_the_last_whole_epoch(iris):
    callback = Interferer(3, interrupt)
    model = fast().set_callbacks(callback)
    with pytest.warns(UserWarning, match="interrupted: this is the model at the end of 2 epochs"):
        model.fit(*iris)
    assert same_parameters(model, fast(max_iter=2).fit(*iris))
    assert callback.calls == calls_of("fit", 3)


@with_framework
@pytest.mark.parametrize("n_failures", [1, 3, 4, 9])
def test_an_epoch_is_a_task_once_also_where_it_is_repeated_or_training_starts_again(
    iris, n_failures, monkeypatch
):
    failures, run_epoch = [], SGD.run_epoch

    def diverge_in_the_fourth(self):
        loss = run_epoch(self)
        if self.n_epochs == 4 and len(failures) < n_failures:
            failures.append(loss)
            return np.inf
        return loss

    monkeypatch.setattr(SGD, "run_epoch", diverge_in_the_fourth)
    recorder = Recorder()
    with pytest.warns(RuntimeWarning, match="diverged"):
        model = fast().set_callbacks(recorder).fit(*iris)
    assert len(failures) == n_failures
    assert recorder.calls == calls_of("fit", 5)
    assert [fitted.n_iter_ for fitted in recorder.fitted] == [1, 2, 3, 4, 5, 5]
    assert same_parameters(recorder.fitted[-1], model)


@with_framework
def test_names_of_columns_that_an_earlier_fit_has_left_do_not_disturb(iris):
    X, y = iris
    recorder = Recorder()
    model = fast().fit(pd.DataFrame(X).add_prefix("c"), y).set_callbacks(recorder).fit(X, y)
    assert (recorder.fitted[-1].predict(X) == model.predict(X)).all()
    assert not hasattr(model, "feature_names_in_")


@with_framework
def test_callbacks_survive_clone_and_pickling(iris):
    recorder = Recorder()
    model = fast().set_callbacks(recorder)
    clone(model).fit(*iris)
    assert recorder.calls == calls_of("fit", 5)
    pickled = pickle.loads(pickle.dumps(model.fit(*iris)))
    pickled.fit(*iris)
    assert recorder.calls == 2 * calls_of("fit", 5)
    assert pickled._skl_callbacks[0].calls == 3 * calls_of("fit", 5)


@with_framework
def test_the_result_is_the_same_with_callbacks_and_without(iris):
    assert same_parameters(fast().set_callbacks(Recorder()).fit(*iris), fast().fit(*iris))


@with_framework
def test_scoring_monitor_logs_the_score_after_each_epoch(iris):
    from sklearn.callback import ScoringMonitor

    X, y = pd.DataFrame(iris[0]).add_prefix("c"), np.array(["u", "v", "w"])[iris[1]]
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    weights = np.where(iris[1] == 0, 0.5, 1.0)
    fast().set_callbacks(monitor).fit(X, y, sample_weight=weights)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    for k, row in enumerate(rows, 1):
        expected = fast(max_iter=k).fit(X, y, sample_weight=weights)
        assert row["accuracy"] == expected.score(X, y, weights)
        right = expected.predict_log_proba(X)[np.arange(150), iris[1]]
        assert row["neg_log_loss"] == pytest.approx(np.average(right, weights=weights), rel=1e-6)


@with_framework
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_scoring_monitor_logs_the_epochs_of_every_fit_of_a_search(iris, n_jobs):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    network = make_pipeline(StandardScaler(), fast().set_callbacks(monitor))
    grid = {"backpropclassifier__l2": [1e-4, 1e-2]}
    GridSearchCV(network, grid, cv=3, n_jobs=n_jobs).fit(*iris)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 5 * (2 * 3 + 1)


@with_framework
def test_the_progress_bar_shows_epochs_under_fit_and_under_a_search(iris, capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    fast().set_callbacks(ProgressBar()).fit(*iris)
    assert "BackpropClassifier - fit ━" in (shown := capsys.readouterr().out)
    assert "100%" in shown
    search = GridSearchCV(fast(), {"l2": [1e-4, 1e-2]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*iris)
    shown = capsys.readouterr().out
    assert shown.count("BackpropClassifier - fit #") == 2 * 2 + 1


# Lines of progress

seven = partial(fast, max_iter=7)


def printed_epochs(capsys):
    return [int(line.split()[1]) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_all_that_is_measured(iris, capsys):
    model = seven(early_stopping=True, scoring="accuracy", verbose=True).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    number = r"(\d\S*)"
    pattern = (
        rf"epoch +{number}   loss {number}   validation loss {number}   score {number}   "
        rf"learning rate {number}   {number} s"
    )
    found = np.array([re.fullmatch(pattern, line).groups() for line in lines], dtype=float)
    measured = [
        range(1, 8),
        model.loss_curve_,
        model.validation_loss_curve_,
        model.validation_scores_,
    ]
    np.testing.assert_allclose(found[:, :4].T, measured, atol=1e-6)
    assert (np.diff(found[:, 4]) < 0).all()
    assert (np.diff(found[:, 5]) >= 0).all()


def test_validation_loss_and_score_are_left_out_where_they_are_not_measured(iris, capsys):
    seven(verbose=True).fit(*iris)
    assert not re.search("validation|score", capsys.readouterr().out)


def test_epochs_beyond_the_type_of_verbose_are_printed(capsys):
    fast(verbose=np.int8(100), max_iter=300).fit([[0.0], [1.0]], [0, 1])
    numbers = [line.split()[1] for line in capsys.readouterr().out.splitlines()]
    assert numbers == ["100", "200", "300"]


@pytest.mark.parametrize(
    ("verbose", "epochs"),
    [
        (False, []),
        (0, []),
        (True, [1, 2, 3, 4, 5, 6, 7]),
        (1, [1, 2, 3, 4, 5, 6, 7]),
        (3, [3, 6, 7]),
        (7, [7]),
        (100, [7]),
    ],
)
def test_an_int_prints_every_so_many_epochs_and_the_last_one(iris, capsys, verbose, epochs):
    seven(verbose=verbose).fit(*iris)
    assert printed_epochs(capsys) == epochs


def test_a_warm_start_goes_on_counting(iris, capsys):
    model = seven(verbose=5, warm_start=True).fit(*iris)
    model.fit(*iris)
    assert printed_epochs(capsys) == [5, 7, 10, 14]


def test_partial_fit_counts_over_all_calls(iris, capsys):
    model = seven(verbose=3)
    for _ in range(7):
        model.partial_fit(*iris, classes=[0, 1, 2])
    assert printed_epochs(capsys) == [3, 6]
