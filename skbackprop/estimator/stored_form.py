"""The form in which fitted attributes are stored, by which a later version knows them again."""

from .._version import __version__

FORM = 1  # rises where a fitted attribute, or a part of one, is new, gone or of another meaning
WRITER = {"form": FORM, "version": __version__}
UNKNOWN = {"form": "unknown", "version": "of an unknown version"}


class StoredModel:
    """A model that comes back from pickle, joblib, skops or a copy, where its form is known."""

    def __setstate__(self, state):
        """Take on what has been stored; hyper-parameters that it lacks get their defaults.

        Raises
        ------
        ValueError
            It is fitted, and in the form of another version.
        """
        if "n_features_in_" in state and writer_of(state)["form"] != FORM:
            raise ValueError(unreadable(type(self).__name__, state))
        defaults = type(self).__init__.__kwdefaults__ or {}
        super().__setstate__(state | {k: v for k, v in defaults.items() if k not in state})


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
