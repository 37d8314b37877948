"""Solvers put together from the hyper-parameters of a model: SOLVERS, by the names of `solver`."""

from .data import root_mean_square
from .hyper_parameters import FULL_BATCH, batch_size, learning_rate
from .schedules import SCHEDULES
from .solvers.lbfgs import LBFGS
from .solvers.newton import Newton
from .solvers.sgd import SGD
from .updates import UPDATES


def stochastic(training, objective):
    """Return what trains by mini-batches, going on from where an earlier one was left."""
    model, memory, n_rows = training.model, training.memory, objective.n_rows
    scaled = model.scaler_ is not None
    size = 1.0 if scaled else root_mean_square(training.X, training.weights, training.rows)
    return SGD(
        objective,
        update_rule(model, memory, objective.theta),
        SCHEDULES[model.learning_rate](float(model.delta), int(model.learning_rate_hold)),
        alpha=learning_rate(model, n_rows, size, training.targets.n_terms),
        batch_size=batch_size(model, n_rows),
        shuffle=model.shuffle,
        seed=memory["seed"],
        slowdown=memory["slowdown"],
        t=model.t_,
        epoch=model.n_iter_,
    )


def update_rule(model, memory, theta):
    """Return the update rule, with the state of an earlier one of its kind."""
    rule = UPDATES[model.solver]
    update = rule(theta, **{name: getattr(model, name) for name in rule.hyper_parameters})
    if update.state.keys() == memory["update"].keys():
        for name, array in memory["update"].items():
            update.state[name][...] = array
    return update


def full_batch(training, objective):
    """Return what sees all rows in every step."""
    model = training.model
    solver = {"newton": Newton, "lbfgs": LBFGS}[model.solver]
    return solver(objective, tol=model.tol or 0.0, t=model.t_)


SOLVERS = dict.fromkeys(UPDATES, stochastic) | dict.fromkeys(FULL_BATCH, full_batch)
