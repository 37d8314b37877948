"""Optuna's search with pruning: a callback of the training reports each epoch, and stops it."""

import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier, BackpropRegressor

optuna = pytest.importorskip("optuna")
pytest.importorskip("sklearn.callback")


class Prune:
    """Ends training where Optuna's pruner says so, by the validation losses so far."""

    def __init__(self, trial):
        self.trial, self.pruned = trial, False

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if context.task_name == "epoch":
            self.trial.report(fitted_estimator.validation_loss_curve_[-1], fitted_estimator.n_iter_)
            self.pruned = self.trial.should_prune()
        return self.pruned


@pytest.mark.parametrize("kind", [BackpropClassifier, BackpropRegressor])
def test_a_pruner_ends_the_training_of_bad_candidates_only(kind):
    X, X_val, y, y_val = train_test_split(*load_digits(return_X_y=True), random_state=0)
    rates, epochs = [0.05, 0.03, 1e-5, 2e-5], {}

    def objective(trial):
        rate = trial.suggest_categorical("learning_rate_init", rates)
        model = kind(16, l2=1e-4, max_iter=8, learning_rate_init=rate, random_state=0)
        callback = Prune(trial)
        model.set_callbacks(callback).fit(X, y, X_val=X_val, y_val=y_val)
        epochs[rate] = model.n_iter_
        if callback.pruned:
            raise optuna.TrialPruned
        return model.validation_loss_curve_[-1]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=1)
    study = optuna.create_study(pruner=pruner, direction="minimize")
    for rate in rates:
        study.enqueue_trial({"learning_rate_init": rate})
    study.optimize(objective, n_trials=4)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "COMPLETE", "PRUNED", "PRUNED"]
    assert epochs[0.05] == epochs[0.03] == 8
    assert epochs[1e-5] <= 2 and epochs[2e-5] <= 2
    assert study.best_params["learning_rate_init"] in (0.05, 0.03)
