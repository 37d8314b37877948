"""A training, assembled: an objective, a solver that minimises it, a monitor that watches.

Values go in and come out: nothing here knows a model of scikit-learn's.
"""

from dataclasses import replace
from operator import attrgetter

from .._kernel import bind
from ..solvers.monitor import Monitor
from ..solvers.schedules import SCHEDULES, Horizon
from ..solvers.sgd import SGD
from ..solvers.updates import UPDATES
from . import rules
from .evaluation import Evaluation, negative_score
from .hyper_parameters import FULL_BATCH
from .l2_choice import choose_l2, is_l2_open
from .leaves_choice import leaves_pay, trials_with_leaves
from .problem import pose
from .training import Training


def assemble(hyper, prepared, state, *, partial=False, score=None):
    """Assemble a training; where the strength of the L2 penalty is to be chosen, choose it.

    Parameters
    ----------
    hyper : SimpleNamespace
        The hyper-parameters, by name.
    prepared : Prepared
        What there is to learn, and from what.
    state : State
        Where to begin; it is not changed.
    partial : bool
        Whether this is one more epoch, with no look at when to stop, after which what is known of
        the data so far goes on too.
    score : callable, optional
        Of a State and Examples: what to watch instead of a loss.

    Returns
    -------
    Training
        What can be run.
    """
    problem = pose(hyper, prepared, state, partial=partial)
    begins = state.network is None and state.l2_factor is None
    if begins and is_l2_open(hyper, problem.facts.n_distinct, partial):
        problem = settled_by_validation(problem, hyper, prepared, state)
    settings, state = problem.settings, problem.state
    if settings.solver in FULL_BATCH:
        solver = full_batch(settings, problem.objective, state)
    else:
        solver = stochastic(settings, problem.objective, state, partial=partial)
    return Training(
        state,
        solver,
        watch(problem, partial, score),
        partial=partial,
        validated=problem.validation is not None and not partial,
        scored=score is not None,
        table=prepared.training.table,
    )


def settled_by_validation(problem, hyper, prepared, state):
    """Return a problem with what rows held out tell: the strength of the L2 penalty, and whether
    leaves of trees pay; the same where no row can be held out.
    """

    def grow(splits):
        return trials_with_leaves(problem, stochastic, splits)

    choice = choose_l2(problem, stochastic, make_meanwhile=grow)
    if choice is None:
        return problem
    if leaves_pay(problem, choice):
        problem = pose(hyper, prepared, replace(state, leaves_pay=True))
    return problem.with_l2(choice)


def choose(hyper, prepared, state, observers=()):
    """Return the Choice of a factor of the L2 penalty for a first training, without the training;
    None where there is nothing to choose by.

    Parameters
    ----------
    hyper, prepared, state
        As in `assemble`.
    observers : sequence of observers
        As in `choose_l2`.
    """
    return choose_l2(pose(hyper, prepared, state), stochastic, observers)


def stochastic(settings, objective, state, partial=False):
    """Return what trains by mini-batches, going on from where an earlier one was left."""
    update = update_rule(settings, objective.theta, state.update)
    per_epoch = rules.n_batches(objective.n_rows, settings.batch_size)
    begin = 0 if partial else state.n_updates
    return SGD(
        objective,
        update,
        SCHEDULES[settings.learning_rate](settings.delta, settings.learning_rate_hold),
        horizon=Horizon(begin, begin + settings.max_iter * per_epoch),
        alpha=settings.learning_rate_init,
        batch_size=settings.batch_size,
        shuffle=settings.shuffle,
        seed=state.seed,
        row_bytes=objective.inputs.row_bytes,
        slowdown=state.slowdown,
        t=state.n_updates,
        n_epochs=state.n_epochs,
        compiled=bind.compiled_epoch(objective, update, settings.batch_size),
    )


def update_rule(settings, theta, remembered):
    """Return the update rule, with what an earlier one of its kind remembered."""
    update = UPDATES[settings.solver](theta, **settings.update)
    if update.memory.keys() == remembered.keys():
        for name, array in remembered.items():
            update.memory[name][...] = array
    return update


def full_batch(settings, objective, state):
    """Return what sees all rows in every step."""
    return FULL_BATCH[settings.solver](
        objective,
        tol=settings.tol or 0.0,
        t=state.n_updates,
        value_and_gradient=bind.compiled_gradient(objective),
    )


def watch(problem, partial, score):
    """Return the monitor: what is watched, and what is measured at the end of an epoch."""
    settings = problem.settings
    watched, evaluation = attrgetter("loss"), None
    if not partial and (problem.validation is not None or score is not None):
        examples = problem.validation or problem.training
        evaluation = Evaluation(problem.validation_objective, score, problem.state, examples)
        if score is not None:
            watched = negative_score
        elif settings.early_stopping:
            watched = attrgetter("validation_loss")
    return Monitor(
        problem.objective.theta,
        tol=least_fall(settings, problem.objective.graph.activations, score),
        patience=settings.n_iter_no_change,
        watch=watched,
        keep_best=settings.early_stopping and not partial,
        exhaustive=partial or settings.tol is None,
        evaluate=evaluation,
        watched=problem.state.watched if partial else None,
    )


def least_fall(settings, activations, score=None):
    """Return by how much the watched value has to fall for training to go on.

    Full-batch solvers end where ∇J is 0 and go on for as long as J falls at all, unless a kink of
    the activations may keep ∇J from ever being 0.
    """
    watches_J = score is None and not settings.early_stopping
    ends_by_gradient = settings.solver in FULL_BATCH and not any(g.kink for g in activations)
    return 0.0 if watches_J and ends_by_gradient else settings.tol or 0.0
