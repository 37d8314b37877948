"""An ensemble: what is trained in which order, what is known of it, and what it answers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from inspect import signature

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import check_scoring
from sklearn.utils.validation import check_is_fitted

from ..objective.losses import LOSSES
from ..tables.columns import read_table
from ..tables.targets import TARGETS
from .annotations import Matrix
from .folds import find_folds
from .members import Task, Workshop, all_outputs
from .pooling import fit_temperature, mean_loss, pool
from .problem import weigh
from .state import State, fitted_network, record

LARGEST_SEED = 2**31 - 1


class EnsemblePredictor:
    """The predicting half of BackpropEnsembleClassifier: it needs the fitted attributes only."""

    def decision_function(self, X: Matrix) -> np.ndarray:
        """Compute the scores of which `predict_proba` is the softmax, or the logistic function.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            The logarithm of the mean probabilities, divided by T. With two classes, the difference:
            positive values mean ``classes_[1]``. For labels, their log-odds.
        """
        scores = self._scores(X)
        return self._targets().decision_function(scores)

    def predict_proba(self, X: Matrix) -> np.ndarray:
        """Compute the probability of each class or label: the mean, at the temperature.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            The columns are in the order of ``classes_``.
        """
        scores = self._scores(X)
        return LOSSES[self._type_of_target].outputs(scores)

    def predict_log_proba(self, X: Matrix) -> np.ndarray:
        """Compute the logarithm of the probability of each class or label.

        It is finite where a probability would round to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            The columns are in the order of ``classes_``.
        """
        scores = self._scores(X)
        return LOSSES[self._type_of_target].log_outputs(scores)

    def predict(self, X: Matrix) -> np.ndarray:
        """Predict the most probable class, or the labels that are more probable than not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Entries of ``classes_``; or an indicator matrix of int.
        """
        scores = self._scores(X)
        targets = self._targets()
        return targets.labels(targets.predicted_codes(scores))

    def _targets(self):
        return TARGETS[self._type_of_target](self.classes_)

    def _scores(self, X):
        """Compute the scores of the mean probabilities, at the temperature."""
        check_is_fitted(self, "estimators_")
        networks = [fitted_network(member) for member in self.estimators_]
        outputs = all_outputs(networks, read_table(self, X), self.n_jobs)
        return pool(outputs, self._type_of_target) / self.temperature_


class OutOfFold(ClassifierMixin, EnsemblePredictor, BaseEstimator):
    """An ensemble as a scorer sees it: X are the numbers of rows, the answers are out of fold."""

    def __init__(self, targets=None, scores=None):
        self.targets, self.scores = targets, scores
        self.classes_, self._type_of_target = targets.classes, targets.type_of_target

    def fit(self, X, y):
        """Do nothing: a scorer asks for such a method."""
        return self

    def _scores(self, X):
        return self.scores[X[:, 0]]


@dataclass(frozen=True)
class Plan:
    """How an ensemble is trained.

    Parameters
    ----------
    workshop : Workshop
        Where networks are trained.
    n_estimators : int or None
        How many on all rows; None makes those of the folds the members.
    calibrate : bool
        Whether to fit a temperature.
    scoring : str, callable or None
        What scores the out-of-fold predictions.
    """

    workshop: Workshop
    n_estimators: int | None
    calibrate: bool
    scoring: object

    def carry_out(self, cv, y, groups, seed):
        """Train all networks from a seed on; return the attributes of the ensemble."""
        workshop, prepared = self.workshop, self.workshop.prepared
        self._check_scoring()
        folds = find_folds(cv, prepared, y, groups, seed)
        if self.n_estimators is None and not folds:
            raise ValueError(
                "cv finds no folds in 1 row that counts: set n_estimators, or give more rows."
            )
        state = workshop.choose(folds, seed)
        tasks = [Task(seed_at(seed, -1 - k), *fold) for k, fold in enumerate(folds)]
        tasks += [Task(seed_at(seed, m)) for m in range(self.n_estimators or 0)]
        made, interrupted = workshop.train(tasks, state)
        if not made:
            raise KeyboardInterrupt
        of_folds = [member for member in made if member.task.train is not None]
        members = [member for member in made if member.task.train is None] or of_folds
        warn_of(made, len(tasks), interrupted)
        return self._known(of_folds, state) | {
            "estimators_": [self._recorded(member, state) for member in members],
            "estimator_": workshop.model,
            "l2_": members[0].state.l2,
            "l2_factor_": state.l2_factor,
            "l2_validation_losses_": state.l2_losses,
            "_seed": seed,
            **prepared.columns,
        }

    def extended(self, ensemble):
        """Train more members for an ensemble; return its attributes that are others then."""
        n_before = len(ensemble.estimators_)
        state = State(seed=ensemble._seed, l2_factor=ensemble.l2_factor_)
        state = replace(state, l2_losses=ensemble.l2_validation_losses_)
        targets = self.workshop.prepared.targets
        if targets.classes.tolist() != ensemble.classes_.tolist():
            raise ValueError(
                f"y has the classes {targets.classes}, but the ensemble knows {ensemble.classes_}: "
                "start anew by fit with warm_start=False."
            )
        tasks = [Task(seed_at(ensemble._seed, m)) for m in range(n_before, self.n_estimators)]
        made, interrupted = self.workshop.train(tasks, state)
        warn_of(made, len(tasks), interrupted)
        added = [self._recorded(member, state) for member in made]
        return {"estimators_": ensemble.estimators_ + added}

    def _recorded(self, member, state):
        """Return a Member as a fitted BackpropClassifier."""
        prepared = self.workshop.prepared
        model = clone(self.workshop.model).set_params(random_state=member.task.seed)
        losses = None if state.l2_losses is None else dict(state.l2_losses)
        state = replace(member.state, l2_losses=losses)
        return record(model, state, prepared.targets, prepared.columns)

    def _known(self, of_folds, state):
        """Return what is known by the out-of-fold predictions."""
        targets, training = self.workshop.prepared.targets, self.workshop.prepared.training
        kind, codes = targets.type_of_target, training.codes
        scores = out_of_fold(of_folds, len(codes), targets)
        mass = targets.mass(codes, training.sample_weight)
        s = weigh(self.workshop.hyper, targets, training, replace(state, class_mass=mass))
        s = np.ones(len(codes)) if s is None else s
        rows = np.flatnonzero(~np.isnan(scores[:, 0]) & (s > 0))
        temperature, loss, score = 1.0, np.nan, np.nan
        if len(rows):
            seen = scores[rows], codes[rows], s[rows], kind
            temperature = fit_temperature(*seen) if self.calibrate else 1.0
            scores /= temperature
            loss, score = mean_loss(scores[rows], *seen[1:]), self._score(scores, rows)
        return {
            "classes_": targets.classes,
            "temperature_": temperature,
            "oof_decision_function_": targets.decision_function(scores),
            "oof_probabilities_": LOSSES[kind].outputs(scores.copy()),
            "oof_loss_": float(loss),
            "oof_score_": float(score),
            "_type_of_target": kind,
        }

    def _check_scoring(self):
        targets = self.workshop.prepared.targets
        check_scoring(OutOfFold(targets), scoring=self.scoring)

    def _score(self, scores, rows):
        """Return the score of the out-of-fold predictions of some rows."""
        targets, training = self.workshop.prepared.targets, self.workshop.prepared.training
        scorer = check_scoring(OutOfFold(targets), scoring=self.scoring)
        weights = {}
        takes_weights = self.scoring is None or "sample_weight" in signature(scorer).parameters
        if takes_weights and training.sample_weight is not None:
            weights["sample_weight"] = training.sample_weight[rows]
        y = targets.labels(training.codes[rows])
        try:
            return scorer(OutOfFold(targets, scores), rows[:, None], y, **weights)
        except (TypeError, ValueError) as error:
            raise ValueError(f"scoring={self.scoring!r} cannot be computed: {error}") from error


def out_of_fold(of_folds, n_rows, targets):
    """Return the scores of all rows by the networks that have not seen them; NaN by none."""
    scores = np.full((n_rows, targets.n_outputs), np.nan)
    count = np.zeros(n_rows, int)
    for member in of_folds:
        count[member.task.held_out] += 1
    for times in range(1, count.max() + 1):  # rows held out equally often are pooled together
        rows = np.flatnonzero(count == times)
        place = np.full(n_rows, -1)
        place[rows] = np.arange(len(rows))
        outputs = np.empty((times, len(rows), targets.n_outputs))
        level = np.zeros(len(rows), int)
        for member in of_folds:
            held_out = place[member.task.held_out]
            here = held_out >= 0
            outputs[level[held_out[here]], held_out[here]] = member.outputs[here]
            level[held_out[here]] += 1
        if len(rows):
            scores[rows] = pool(outputs, targets.type_of_target)
    return scores


def seed_at(seed, number):
    """Return the seed of a network: of a member from 0, of the first fold −1 and so on."""
    return int(np.random.default_rng([seed, number >= 0, abs(number)]).integers(LARGEST_SEED))


def check_additions(n_estimators, n_before):
    """Check how many members a warm start is to come to."""
    if n_estimators is None or n_estimators < n_before:
        raise ValueError(
            f"n_estimators={n_estimators} must be at least the {n_before} networks that a warm "
            "start keeps."
        )


def warn_of(made, n_tasks, interrupted):
    """Warn of what the user should know of the networks that were trained."""
    if interrupted:
        message = f"Training was interrupted: {len(made)} of {n_tasks} networks were trained."
        warnings.warn(message, UserWarning, stacklevel=5)
    found = [own for member in made for own in member.warnings]
    for message, category in dict.fromkeys(found):
        n = found.count((message, category))
        message = f"In {n} of {len(made)} networks: {message}"
        warnings.warn(message, category, stacklevel=5)
