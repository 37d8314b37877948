"""How an ensemble is trained: which networks in which order, and what is known of them then."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring

from ..estimator.evaluation import ask
from ..estimator.state import State, fitted_targets, head_attributes, record
from ..estimator.stored_form import WRITER
from ..estimator.weighing import weigh
from .folds import find_folds
from .out_of_fold import OutOfFold, fill_out_of_fold
from .pooling import fit_temperature, has_temperature, mean_loss, member_weights, variant_weights
from .tasks import fold_tasks, member_tasks
from .workers import Ending
from .workshop import Workshop


@dataclass(frozen=True)
class Plan:
    """How an ensemble is trained.

    Parameters
    ----------
    workshop : Workshop
        Where networks are trained.
    n_estimators : int
        How many are trained on all rows, beside those of the folds.
    calibrate : bool
        Whether to fit a temperature.
    scoring : str, callable or None
        What scores the out-of-fold predictions.
    """

    workshop: Workshop
    n_estimators: int
    calibrate: bool
    scoring: object

    def train_all(self, cv, groups, seed):
        """Train all networks from a seed on; return the attributes of the ensemble."""
        workshop, prepared = self.workshop, self.workshop.prepared
        self._scorer()  # which checks `scoring`
        folds = find_folds(cv, prepared, groups, seed)
        if self.n_estimators == 0 and not folds:
            raise ValueError(
                "cv finds no folds in 1 row that counts: raise n_estimators, or give more rows."
            )
        tasks = fold_tasks(folds, len(workshop.models), seed)
        n_tasks = len(tasks) + self.n_estimators
        workshop.begin(n_tasks, self.alone)
        state = workshop.choose_l2(folds, seed)
        members, ending = workshop.train(tasks, state)
        known = self._known(members)
        if ending is Ending.DONE:
            tasks = member_tasks(known["variant_weights_"], seed, self.n_estimators)
            more, ending = workshop.train(tasks, state, begin=len(members))
            members += more
        if not members:
            raise KeyboardInterrupt
        warn_of(members, n_tasks, ending)
        return {
            **known,
            **self._answering(members, known["variant_weights_"]),
            "l2_factor_": state.l2_factor,
            "l2_validation_losses_": state.l2_losses,
            "_seed": seed,
            **prepared.columns,
        }

    def train_more(self, ensemble):
        """Train more members for an ensemble; return its attributes that are others then."""
        check_same(self.workshop.prepared, ensemble)
        weights, seeds = ensemble.variant_weights_, seeds_on_all_rows(ensemble)
        state = State(seed=ensemble._seed, l2_factor=ensemble.l2_factor_)
        state = replace(state, l2_losses=ensemble.l2_validation_losses_)
        tasks = member_tasks(weights, ensemble._seed, self.n_estimators)
        tasks = [task for task in tasks if task.seed not in seeds]
        self.workshop.begin(len(tasks), self.alone)
        made, ending = self.workshop.train(tasks, state)
        warn_of(made, len(tasks), ending)
        return self._answering(made, weights, ensemble)

    def alone(self, member):
        """Return the attributes of an ensemble of one network, at the temperature 1."""
        prepared = self.workshop.prepared
        return {
            **self._answering([member], np.ones(len(self.workshop.models))),
            **head_attributes(prepared.targets),
            **at_temperature(prepared.targets, 1.0),
            **prepared.columns,
        }

    def _answering(self, members, weights, before=None):
        """Return the attributes by which an ensemble answers, with networks that it had before."""
        variants = [member.task.variant for member in members]
        estimators = [self._recorded(member) for member in members]
        n_on_all_rows = sum(member.task.train is None for member in members)
        if before is not None:
            variants = before._variants + variants
            estimators = before.estimators_ + estimators
            n_on_all_rows += before._n_on_all_rows
        return {
            "estimators_": estimators,
            "weights_": member_weights(variants, weights),
            "_variants": variants,
            "_n_on_all_rows": n_on_all_rows,
            "_writer": dict(WRITER),
        }

    def _recorded(self, member):
        """Return a Member as a fitted network."""
        prepared, losses = self.workshop.prepared, member.state.l2_losses
        model = clone(self.workshop.models[member.task.variant])
        model.set_params(random_state=member.task.seed)
        state = replace(member.state, l2_losses=None if losses is None else dict(losses))
        return record(model, state, prepared.targets, prepared.columns)

    def _known(self, of_folds):
        """Return what is known by the out-of-fold predictions."""
        targets, training = self.workshop.prepared.targets, self.workshop.prepared.training
        codes, s = training.codes, self._row_weights()
        variants = sorted({member.task.variant for member in of_folds})
        outputs = np.empty((len(variants), len(codes), targets.n_outputs))
        for own, variant in zip(outputs, variants, strict=True):
            fill_out_of_fold(own, [m for m in of_folds if m.task.variant == variant], targets)
        seen = ~np.isnan(outputs).any(axis=(0, 2)) & bool(variants)
        rows = np.flatnonzero(seen & (s > 0))
        weights = np.zeros(len(self.workshop.models))
        weights[variants or 0] = 1 / max(1, len(variants))
        scores, temperature = np.full(outputs.shape[1:], np.nan), 1.0
        loss = score = np.nan
        if len(rows):
            weights[variants] = variant_weights(targets, outputs[:, rows], codes[rows], s[rows])
            scores[seen] = targets.pool(outputs[:, seen], weights[variants])
            if self.calibrate:
                temperature = fit_temperature(targets, scores[rows], codes[rows], s[rows])
                scores /= temperature
            loss = mean_loss(targets, scores[rows], codes[rows], s[rows])
            score = self._score(scores, rows)
        return {
            **head_attributes(targets),
            **targets.out_of_fold(scores, outputs, codes, s),
            **at_temperature(targets, temperature),
            "variant_weights_": weights,
            "oof_loss_": float(loss),
            "oof_score_": score,
        }

    def _row_weights(self):
        """Return what each row counts, by its weight and its class."""
        targets, training = self.workshop.prepared.targets, self.workshop.prepared.training
        mass = targets.mass(training.codes, training.sample_weight)
        s = weigh(self.workshop.hypers[0], targets, training, State(seed=0, class_mass=mass))
        return np.ones(len(training.codes)) if s is None else s

    def _scorer(self, scores=None):
        """Return a scorer, and the ensemble as it sees it."""
        model, targets = self.workshop.models[0], self.workshop.prepared.targets
        seen = OutOfFold(model, targets, scores)
        return check_scoring(seen, scoring=self.scoring), seen

    def _score(self, scores, rows):
        """Return the score of the out-of-fold predictions of some rows."""
        targets, training = self.workshop.prepared.targets, self.workshop.prepared.training
        scorer, seen = self._scorer(scores)
        y, s = targets.decode(training.codes[rows]), training.sample_weight
        return ask(scorer, self.scoring, seen, rows[:, None], y, None if s is None else s[rows])


def at_temperature(targets, temperature):
    """Return the attribute of an ensemble whose outputs are probabilities, at a temperature."""
    return {"temperature_": temperature} if has_temperature(targets) else {}


def check_additions(n_estimators, n_before):
    """Check how many members a warm start is to come to."""
    if n_estimators < n_before:
        raise ValueError(
            f"n_estimators={n_estimators} must be at least the {n_before} networks on all rows "
            "that a warm start keeps."
        )


def check_same(prepared, ensemble):
    """Check that what there is to learn is of the kind that an ensemble has learned before."""
    targets, before = prepared.targets, fitted_targets(ensemble)
    anew = "start anew by fit with warm_start=False."
    if type(targets) is not type(before):
        raise ValueError(f"y is {targets.type_of_target}, but was {before.type_of_target}: {anew}")
    if not targets.is_same(before):
        raise ValueError(f"y has {targets}, but the ensemble knows {before}: {anew}")
    for name, value in prepared.columns.items():
        before = getattr(ensemble, name, value)  # what had no names may have some now
        if name != "_column_notes" and not np.array_equal(value, before):
            raise ValueError(f"X has {name}={value}, but the ensemble has {before}: {anew}")


def seeds_on_all_rows(ensemble):
    """Return the seeds of its networks on all rows; an interrupt may have left out some."""
    first = len(ensemble.estimators_) - ensemble._n_on_all_rows
    return {member.random_state for member in ensemble.estimators_[first:]}


def warn_of(made, n_tasks, ending):
    """Warn of what the user should know of the networks that were trained."""
    if ending is Ending.INTERRUPTED:
        message = f"Training was interrupted: {len(made)} of {n_tasks} networks were trained."
        warnings.warn(message, UserWarning, stacklevel=6)
    found = [own for member in made for own in member.warnings]
    for message, category in dict.fromkeys(found):
        n = found.count((message, category))
        message = f"In {n} of {len(made)} networks: {message}"
        warnings.warn(message, category, stacklevel=6)
