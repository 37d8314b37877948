"""All that a training leaves behind: read from a fitted model, and set on it, here alone."""

from copy import deepcopy
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.utils import check_random_state

from ..network.network import Network
from ..objective import losses
from ..tables.targets import TARGETS
from . import fitted_checks
from .encoding_checks import checked_encoding
from .settings import Settings
from .stored_form import WRITER


@dataclass(frozen=True)
class Curves:
    """Measurements of each epoch, in all trainings that went on from each other.

    Parameters
    ----------
    loss, learning_rate : list of float
        J, and the learning rate at the end of the epoch.
    validation_loss, validation_score : list of float or None
        Of the validation data, where there were any; NaN in epochs without.
    """

    loss: list = field(default_factory=list)
    learning_rate: list = field(default_factory=list)
    validation_loss: list | None = None
    validation_score: list | None = None


@dataclass(frozen=True)
class State:
    """Where a training begins, or where it has ended.

    Parameters
    ----------
    seed : int
        What all chance follows from.
    network : Network or None
        None before the first training.
    n_epochs, n_updates : int
        In all.
    slowdown : float
        What the learning rate is multiplied by, after divergence and plateaus.
    class_mass : ndarray or 0
        The total sample weight of each class so far.
    watched : dict or None
        What the monitor goes on from in `partial_fit`.
    update : dict of str to ndarray
        What the update rule remembers.
    curves : Curves
        What was measured.
    best_loss : float or None
        The lowest of what was watched, where that was a loss.
    l2_factor : float or None
        The chosen factor of the L2 penalty.
    l2_losses : dict of float to float or None
        The losses by which that was chosen, by strength.
    leaves_pay : bool
        Whether inputs for leaves of trees have been found to be of use.
    best_epoch : int or None
        The epoch whose parameters these are, where the best ones were kept.
    settings : Settings or None
        What the hyper-parameters became for this training; None before.
    """

    seed: int
    network: Network | None = None
    n_epochs: int = 0
    n_updates: int = 0
    slowdown: float = 1.0
    class_mass: np.ndarray | int = 0
    watched: dict | None = None
    update: dict = field(default_factory=dict)
    curves: Curves = field(default_factory=Curves)
    best_loss: float | None = None
    l2_factor: float | None = None
    l2_losses: dict | None = None
    leaves_pay: bool = False
    best_epoch: int | None = None
    settings: Settings | None = None

    @classmethod
    def first(cls, random_state):
        """Return where a first training begins; `random_state` is drawn from once."""
        return cls(seed=int(check_random_state(random_state).randint(2**31 - 1)))

    def in_float64(self):
        """Return the same with a network of float64."""
        if self.network is None:
            return self
        layers = [(W.astype(np.float64), b.astype(np.float64)) for W, b in self.network.layers]
        network = Network(self.network.encoding, self.network.activations, layers)
        return replace(self, network=network)


def fitted_network(model):
    """Return the network of a fitted model, whose parts fit together."""
    return fitted_columns_and_network(model)[1]


@fitted_checks.guarded
def fitted_columns_and_network(model):
    """Return what a fitted network knows of the columns of X, and the Network of it."""
    columns = fitted_columns(model)
    layers = fitted_checks.checked_layers(model.coefs_, model.intercepts_)
    encoding = checked_encoding(model.scaler_, model._encoding, columns.counts)
    fitted_checks.checked_scaler(model.scaler_, len(encoding.means))
    if len(layers[0][0]) != encoding.n_inputs:
        fault = f"has {len(layers[0][0])} rows, but X had columns for {encoding.n_inputs} inputs"
        fitted_checks.refuse("coefs_[0]", fault)
    names = fitted_checks.checked_activations(model._activations, len(layers) - 1)
    return columns, Network(encoding, names, layers)


@fitted_checks.guarded
def fitted_columns(model):
    """Return what a fitted model, a network or an ensemble, knows of the columns of X."""
    return fitted_checks.checked_columns(model)


@fitted_checks.guarded
def fitted_settings(model):
    """Return the Settings of the last training, which share nothing with the fitted model."""
    return Settings(**deepcopy(model._settings))


@fitted_checks.guarded
def fitted_targets(model):
    """Return what a fitted model, a network or an ensemble, has learned to tell."""
    loss = losses.from_dict(fitted_checks.checked_loss(model._loss))
    targets = TARGETS[model._type_of_target].from_attributes(model, loss)
    fitted_checks.check_targets(model, targets)
    return targets


def head_attributes(targets):
    """Return the fitted attributes that `fitted_targets` reads."""
    return {
        **targets.as_attributes(),
        "_type_of_target": targets.type_of_target,
        "_loss": losses.as_dict(targets.loss),
    }


@fitted_checks.guarded
def restore(model):
    """Return where the training of a fitted model has ended; what it could not go on from is
    refused.
    """
    network = fitted_network(model)
    fitted_checks.check_resumable(model, network, fitted_targets(model))
    curves = Curves(
        model.loss_curve_,
        model.learning_rate_curve_,
        model.validation_loss_curve_,
        model.validation_scores_,
    )
    return State(
        network=network,
        n_epochs=model.n_iter_,
        n_updates=model.t_,
        curves=curves,
        best_loss=model.best_loss_,
        l2_losses=model.l2_validation_losses_,
        settings=fitted_settings(model),
        **model._continuation,
    )


def record(model, state, targets, columns):
    """Set what was fitted on a model, and return it.

    Parameters
    ----------
    model : BackpropClassifier
        What it had of an earlier training is replaced.
    state : State
        Where training has ended.
    targets : targets
        What the network tells.
    columns : dict
        What is known of the columns of X, as fitted attributes.
    """
    network, curves = state.network, state.curves
    fitted = {
        "_writer": dict(WRITER),
        **head_attributes(targets),
        "coefs_": [W for W, _ in network.layers],
        "intercepts_": [b for _, b in network.layers],
        "n_layers_": len(network.layers) + 1,
        "n_outputs_": targets.n_outputs,
        "out_activation_": targets.loss.out_activation,
        "scaler_": network.encoding.scaler,
        "n_iter_": state.n_epochs,
        "t_": state.n_updates,
        "loss_curve_": curves.loss,
        "learning_rate_curve_": curves.learning_rate,
        "loss_": curves.loss[-1] if curves.loss else None,
        "best_loss_": state.best_loss,
        "validation_loss_curve_": curves.validation_loss,
        "validation_scores_": curves.validation_score,
        "l2_": state.settings.l2[0],
        "l2_validation_losses_": state.l2_losses,
        "categories_": network.encoding.categories,
        "_best_epoch": state.best_epoch,
        "_activations": list(network.activations),
        "_encoding": network.encoding.as_dict(),
        "_settings": state.settings.as_dict(),
        "_continuation": {
            "seed": state.seed,
            "slowdown": state.slowdown,
            "l2_factor": state.l2_factor,
            "class_mass": state.class_mass,
            "watched": state.watched,
            "update": state.update,
        },
    }
    vars(model).pop("feature_names_in_", None)
    vars(model).update(columns | fitted)
    return model
