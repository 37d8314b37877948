"""Judge searches that give up poor candidates early against a search that trains all to the end.

    python tests/benchmarks/pruning.py [FOLDER]

All see the same number of candidates of `search_space()` and one validation set, a quarter of the
rows. Halving is judged at some smallest numbers of epochs, Optuna's percentile pruner (where Optuna
is installed) at some numbers of epochs that it waits. It prints, for each table, the mean over the
seeds of the log-loss of the choice on rows held out, trained anew on all rows; and at the end the
seconds of the processor as a part of those of the plain search, and the ratio of log-losses
(geometric means). The tables are those of search.py that have 1,500 rows or more.
"""

import argparse
import contextlib
import os
import pathlib
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from search import judge, load, split
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    ParameterSampler,
    RandomizedSearchCV,
    StratifiedShuffleSplit,
)

from skbackprop import BackpropClassifier, search_space

N_CANDIDATES, N_EPOCHS, FEWEST_ROWS = 24, 20, 1500
LEAST_EPOCHS, WAITS = (2, 6), (2, 6)


class Prune:
    """Ends a training that the pruner of a trial gives up."""

    def __init__(self, trial):
        self.trial, self.pruned = trial, False

    def setup(self, estimator, context):
        """Do nothing."""

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        """Report the loss of an epoch; return whether to stop."""
        if context.task_name == "epoch":
            self.trial.report(fitted_estimator.validation_loss_curve_[-1], fitted_estimator.n_iter_)
            self.pruned = self.trial.should_prune()
        return self.pruned


def plain(classifier, X, y, validation, seed):
    """Return the best of the candidates, each trained to the end."""
    options = {"cv": validation, "scoring": "neg_log_loss", "random_state": seed, "refit": False}
    search = RandomizedSearchCV(classifier, search_space(), n_iter=N_CANDIDATES, **options)
    return search.fit(X, y).best_params_


def halving(least):
    """Return a search that begins with so many epochs for each candidate."""

    def search(classifier, X, y, validation, seed):
        options = {"cv": validation, "scoring": "neg_log_loss", "random_state": seed}
        options |= {"resource": "max_iter", "min_resources": least, "max_resources": N_EPOCHS}
        model = HalvingRandomSearchCV(
            classifier, search_space(), n_candidates=N_CANDIDATES, refit=False, **options
        )
        return model.fit(X, y).best_params_ | {"max_iter": N_EPOCHS}

    return search


def pruned(wait):
    """Return a search by Optuna that gives up no candidate before so many epochs."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def search(classifier, X, y, validation, seed):
        ((train, held_out),) = validation.split(X, y)
        rows = X.iloc if hasattr(X, "iloc") else X
        candidates = list(ParameterSampler(search_space(), N_CANDIDATES, random_state=seed))

        def objective(trial):
            prune = Prune(trial)
            model = BackpropClassifier(**classifier.get_params() | candidates[trial.number])
            model.set_callbacks(prune)
            model.fit(rows[train], y[train], X_val=rows[held_out], y_val=y[held_out])
            if prune.pruned:
                raise optuna.TrialPruned
            return model.validation_loss_curve_[-1]

        pruner = optuna.pruners.PercentilePruner(33, n_startup_trials=4, n_warmup_steps=wait)
        study = optuna.create_study(pruner=pruner)
        study.optimize(objective, n_trials=N_CANDIDATES)
        return candidates[study.best_trial.number]

    return search


def searches():
    """Return the searches by name, the plain one first."""
    found = {"plain": plain} | {f"halving from {n}": halving(n) for n in LEAST_EPOCHS}
    with contextlib.suppress(ImportError):
        found |= {f"Optuna after {n}": pruned(n) for n in WAITS}
    return found


def compare(X, y, n_train, seed):
    """Return the seconds of each search, and the log-loss of its choice."""
    X, X_test, y, y_test = split(X, y, n_train, seed)
    classifier = BackpropClassifier(l2=3e-4, max_iter=N_EPOCHS, random_state=seed)
    validation = StratifiedShuffleSplit(1, test_size=0.25, random_state=seed)
    results = []
    for search in searches().values():
        begin = time.process_time()
        best = search(classifier, X, y, validation, seed)
        seconds = time.process_time() - begin
        model = BackpropClassifier(**classifier.get_params() | best).fit(X, y)
        results.append((seconds, judge(model, X_test, y_test)[1]))
    return results


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=3000, help="most rows to train on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    names = list(searches())
    print("| table |", " | ".join(names), "|", flush=True)
    results = []
    for name, data in load(arguments.folder).items():
        if len(data[1]) < FEWEST_ROWS:
            continue
        results.append([compare(*data, arguments.rows, seed) for seed in arguments.seeds])
        means = np.mean(results[-1], axis=0)
        print(f"| {name} |", " | ".join(f"{loss:.3f}" for _, loss in means), "|", flush=True)
    seconds, losses = np.moveaxis(np.array(results), -1, 0)  # table, seed, search
    losses = losses.mean(axis=1) + 0.01
    ratios = np.exp(np.log(losses / losses[:, :1]).mean(axis=0))
    parts = np.exp(np.log(seconds / seconds[:, :, :1]).mean(axis=(0, 1)))
    print("\nseconds, as a part of those of the plain search:", np.round(parts, 2))
    print("log-loss (+ 0.01), ratio to the plain search:   ", np.round(ratios, 3))


if __name__ == "__main__":
    main()
