"""A training, assembled: an objective, a solver that minimises it, a monitor that watches.

Values go in and come out: nothing here knows a model of scikit-learn's.
"""

from operator import attrgetter

from .._kernel import bind
from ..solvers.monitor import Monitor
from ..solvers.sgd import SGD
from ..solvers.updates import UPDATES
from . import defaults
from .evaluation import Evaluation, negative_score
from .l2_choice import choose_l2
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
        Of a network and Examples: what to watch instead of a loss.

    Returns
    -------
    Training
        What can be run.
    """
    problem = pose(hyper, prepared, state, partial=partial)
    J = problem.objective
    hyper = defaults.changed(hyper, n_epochs=1 if partial else defaults.n_epochs(hyper, J.n_rows))
    if defaults.is_l2_chosen(hyper, J.n_rows, partial) and state.network is None:
        choice = choose_l2(hyper, problem, prepared.targets, stochastic)
        problem = problem.with_l2(choice)
    if hyper.solver in defaults.FULL_BATCH:
        solver = full_batch(hyper, problem)
    else:
        solver = stochastic(hyper, problem, problem.objective, partial)
    return Training(
        problem.state,
        solver,
        watch(hyper, problem, partial, score),
        hyper=hyper,
        dtype=problem.dtype,
        partial=partial,
        validated=problem.validation is not None and not partial,
        table=prepared.training.table,
    )


def choose(hyper, prepared, state):
    """Return the Choice of a factor of the L2 penalty for a first training, without the training.

    Parameters
    ----------
    hyper, prepared, state
        As in `assemble`.
    """
    problem = pose(hyper, prepared, state)
    hyper = defaults.changed(hyper, n_epochs=defaults.n_epochs(hyper, problem.objective.n_rows))
    return choose_l2(hyper, problem, prepared.targets, stochastic)


def stochastic(hyper, problem, objective, partial=False):
    """Return what trains by mini-batches, going on from where an earlier one was left."""
    state, n_rows = problem.state, objective.n_rows
    size = defaults.batch_size(hyper, n_rows)
    update = update_rule(hyper, objective.theta, state.update)
    begin = 0 if partial else state.n_updates
    return SGD(
        objective,
        update,
        defaults.schedule(hyper, partial),
        horizon=defaults.horizon(hyper, n_rows, begin),
        alpha=defaults.initial_rate(hyper, problem, n_rows, partial),
        batch_size=size,
        shuffle=hyper.shuffle,
        seed=state.seed,
        row_bytes=objective.inputs.row_bytes,
        slowdown=state.slowdown,
        t=state.n_updates,
        n_epochs=state.n_epochs,
        compiled=bind.compiled_epoch(objective, update, size),
    )


def update_rule(hyper, theta, remembered):
    """Return the update rule, with what an earlier one of its kind remembered."""
    rule = UPDATES[hyper.solver]
    update = rule(theta, **{name: getattr(hyper, name) for name in rule.hyper_parameters})
    if update.memory.keys() == remembered.keys():
        for name, array in remembered.items():
            update.memory[name][...] = array
    return update


def full_batch(hyper, problem):
    """Return what sees all rows in every step."""
    return defaults.FULL_BATCH[hyper.solver](
        problem.objective,
        tol=hyper.tol or 0.0,
        t=problem.state.n_updates,
        value_and_gradient=bind.compiled_gradient(problem.objective),
    )


def watch(hyper, problem, partial, score):
    """Return the monitor: what is watched, and what is measured at the end of an epoch."""
    watched, evaluation = attrgetter("loss"), None
    if not partial and (problem.validation is not None or score is not None):
        examples = problem.validation or problem.training
        evaluation = Evaluation(
            problem.validation_objective, score, problem.state.network, examples
        )
        if score is not None:
            watched = negative_score
        elif hyper.early_stopping:
            watched = attrgetter("validation_loss")
    return Monitor(
        problem.objective.theta,
        tol=defaults.least_fall(hyper, problem.objective.graph.activations),
        patience=hyper.n_iter_no_change,
        watch=watched,
        keep_best=hyper.early_stopping and not partial,
        exhaustive=partial or hyper.tol is None,
        evaluate=evaluation,
        watched=problem.state.watched if partial else None,
    )
