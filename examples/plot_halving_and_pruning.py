r"""
=========================================
A search that drops weak candidates early
=========================================

Most candidates of a random search are weak, and show it early. There are two ways to drop them and
save the time of their last epochs. ``HalvingRandomSearchCV`` gives all candidates a few epochs, and
only the best ones more. A pruner of `Optuna <https://optuna.org>`_ uses a callback to end trainings
that are behind the others. See also
:doc:`When one machine is not enough </user_guide/one_machine>`.
"""

# %%
# Three searches over one space
# -----------------------------
# Each search gets 24 candidates, drawn from :func:`~skbackprop.search_space`, which train for up
# to 20 epochs. The plain search trains all of them to the end. The times are seconds of the
# processor.
import time

from sklearn.datasets import make_hastie_10_2
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    ParameterSampler,
    RandomizedSearchCV,
    ShuffleSplit,
    train_test_split,
)

from skbackprop import BackpropClassifier, search_space

N_CANDIDATES, N_EPOCHS = 24, 20
X, y = make_hastie_10_2(8000, random_state=0)
X, X_test, y, y_test = train_test_split(X, y, train_size=4000, random_state=0)
split = ShuffleSplit(1, test_size=0.25, random_state=0)
classifier = BackpropClassifier(l2=3e-4, max_iter=N_EPOCHS, random_state=0)
options = {"cv": split, "scoring": "neg_log_loss", "random_state": 0}
times, losses = {}, {}


def note(name, begin, model):
    """Keep the seconds of a search, and the loss of its choice on rows that it has not seen."""
    times[name] = time.process_time() - begin
    losses[name] = log_loss(y_test, model.predict_proba(X_test))


begin = time.process_time()
search = RandomizedSearchCV(classifier, search_space(), n_iter=N_CANDIDATES, **options).fit(X, y)
note("random", begin, search)

# %%
# Halving
# -------
# ``resource="max_iter"`` makes epochs the resource to divide: 24 candidates get two epochs each,
# 8 get six, and 3 get 18. The learning rate falls to 0 within each of these budgets, so the
# comparison of short trainings is fair.
begin = time.process_time()
halving = HalvingRandomSearchCV(
    classifier,
    search_space(),
    n_candidates=N_CANDIDATES,
    resource="max_iter",
    min_resources=2,
    max_resources=N_EPOCHS,
    **options,
).fit(X, y)
note("halving", begin, halving)

# %%
# Pruning
# -------
# The callback reports the validation loss of each epoch to Optuna, and ends training when the
# pruner says so. The candidates are those of the plain search. (Optuna can also propose
# candidates, one after the other, by what it has learned from the earlier ones.) Without Optuna
# or scikit-learn's callbacks, this part is left out.
try:
    import optuna
    import sklearn.callback  # noqa: F401
except ImportError:
    optuna = None
    print("Optuna is not installed: pip install optuna")  # or scikit-learn is older than 1.9


class Prune:
    """Ends a training that the pruner of a trial gives up."""

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


if optuna:
    train, validation = next(split.split(X))
    candidates = list(ParameterSampler(search_space(), N_CANDIDATES, random_state=0))

    def objective(trial):
        """Train a candidate, perhaps not to the end; return its validation loss."""
        prune = Prune(trial)
        model = BackpropClassifier(**classifier.get_params() | candidates[trial.number])
        model.set_callbacks(prune)
        model.fit(X[train], y[train], X_val=X[validation], y_val=y[validation])
        if prune.pruned:
            raise optuna.TrialPruned
        return model.validation_loss_curve_[-1]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    begin = time.process_time()
    study = optuna.create_study(
        pruner=optuna.pruners.PercentilePruner(33, n_startup_trials=4, n_warmup_steps=2)
    )
    study.optimize(objective, n_trials=N_CANDIDATES)
    best = BackpropClassifier(**classifier.get_params() | candidates[study.best_trial.number])
    note("Optuna, pruned", begin, best.fit(X, y))

for name in times:
    print(f"{name:15s} {times[name]:6.2f} s   log-loss of the choice {losses[name]:.4f}")

# %%
# What is saved
# -------------
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained", sharey=True)
for ax, values, label in zip(axes, (times, losses), ("seconds", "log-loss"), strict=True):
    ax.barh(list(values), list(values.values()))
    ax.set_xlabel(label)
plt.show()

# %%
# Both take only a part of the time. Pruning usually makes the same choice. Halving judges by very
# few epochs, and may drop the best candidate. On data that are learned slowly, this can happen to
# both.
