"""The form in which fitted attributes are stored, by which a later version knows them again."""

import numpy as np

from .._version import __version__

FORM = 1  # rises where a fitted attribute, or a part of one, is new, gone or of another meaning
WRITER = {"form": FORM, "version": __version__}
CURVES = "loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_"
UNKNOWN = {"form": "unknown", "version": "of an unknown version"}


class StoredModel:
    """A model that comes back from pickle, joblib, skops or a copy, where its form is known.

    Its curves are lists of float; stored, they are arrays, which take 8 bytes an epoch.
    """

    def _snapshot(self):
        """Return the model as it is now, with none of its later changes: a copy.copy, but quick."""
        model = object.__new__(type(self))
        vars(model).update(vars(self))
        return model

    def __getstate__(self):
        """Return what is to be stored."""
        state = super().__getstate__()
        return state | {name: packed(state[name]) for name in CURVES if name in state}

    def __setstate__(self, state):
        """Take on what has been stored; hyper-parameters that it lacks get their defaults.

        Raises
        ------
        ValueError
            It is fitted, and in the form of another version.
        """
        if "n_features_in_" in state and writer_of(state)["form"] != FORM:
            raise ValueError(unreadable(type(self).__name__, state))
        curves = {name: unpacked(state[name]) for name in CURVES if name in state}
        defaults = defaults_of(type(self))
        lacking = {name: defaults[name] for name in defaults if name not in state}
        super().__setstate__(state | curves | lacking)


def defaults_of(kind):
    """Return the hyper-parameters of a class by their defaults."""
    return kind.__init__.__kwdefaults__ or {}


def packed(curve):
    """Return a list of float as an array; anything else, as somebody may have set, as it is."""
    is_curve = isinstance(curve, list) and all(isinstance(value, float) for value in curve)
    return np.array(curve) if is_curve else curve


def unpacked(curve):
    """Return the list again."""
    return curve.tolist() if isinstance(curve, np.ndarray) else curve


def writer_of(state):
    """Return the form and the version of fitted attributes, as far as they tell."""
    writer = state.get("_writer")
    return writer if isinstance(writer, dict) and writer.keys() >= WRITER.keys() else UNKNOWN


def unreadable(kind, state):
    """Return why a model of some kind cannot be read, and the cure."""
    writer = writer_of(state)
    return (
        f"This {kind} was stored by skbackprop {writer['version']} (form {writer['form']}), which "
        f"skbackprop {__version__} (form {FORM}) cannot read: fit it anew, or use the version that "
        "stored it."
    )
