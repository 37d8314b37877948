"""Checks of fitted attributes before they are read, whoever has set them.

Prediction asks for what numpy could not do with (types and shapes, at the cost of microseconds);
a training that goes on, for all that it reads: the compiled epoch believes what it is given.
"""

from functools import wraps
from numbers import Integral, Real

import numpy as np
from sklearn.preprocessing import StandardScaler

from ..network.activations import ACTIVATIONS
from ..objective.losses import LOSSES
from ..tables.columns import Columns
from ..tables.kinds import KINDS
from ..tables.survey import NOTES
from .stored_form import WRITER, unreadable, writer_of

NATIVE = {np.dtype(kind).newbyteorder(order): np.dtype(kind) for kind in "fd" for order in "<>"}
FITTED = "coefs_", "intercepts_", "classes_", "scaler_", "n_iter_", "t_", "n_features_in_"
FITTED_ENSEMBLE = "estimators_", "classes_", "weights_", "temperature_", "n_features_in_"
MOST_UPDATES = 2**62  # after which as many can still be counted
STATISTICS = "mean_", "scale_", "var_"  # of a StandardScaler


class RefusedError(ValueError, AttributeError):
    """A fitted attribute holds what it must not; what is made of it is missing, as in displays."""


def guarded(read):
    """Decorate what reads fitted attributes: whatever goes wrong there is readable.

    What another version has stored is that version's; all else has been replaced.
    """

    @wraps(read)
    def reading(model):
        try:
            return read(model)
        except RefusedError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            if writer_of(vars(model))["version"] != WRITER["version"]:
                raise RefusedError(unreadable(type(model).__name__, vars(model))) from error
            expected = FITTED_ENSEMBLE if hasattr(model, "estimators_") else FITTED
            names = ", ".join(name for name in expected if not hasattr(model, name))
            fault = f"are missing: {names}" if names else f"are not what they were: {error}"
            refuse(f"{expected[0]}, classes_ or other fitted attributes", fault)

    return reading


def refuse(name, fault):
    """Raise an error that names a fitted attribute, what is wrong with it, and the cure."""
    raise RefusedError(
        f"{name} {fault}: fitted attributes may be replaced by the like of what fit has left there "
        "only; set it back, or fit anew with warm_start=False."
    )


def checked_layers(coefs, intercepts):
    """Return the pairs (W, b), arrays of one dtype that fit together."""
    for name, arrays in (("coefs_", coefs), ("intercepts_", intercepts)):
        if not isinstance(arrays, list | tuple):
            refuse(name, f"must be a list of arrays, but is a {type(arrays).__name__}")
    if len(coefs) != len(intercepts) or not coefs:
        refuse("coefs_", f"has {len(coefs)} arrays, but intercepts_ has {len(intercepts)}")
    dtype, n_in, layers = None, None, []
    for k, (W, b) in enumerate(zip(coefs, intercepts, strict=True)):
        W = checked_parameter(f"coefs_[{k}]", W, 2, dtype)
        dtype = W.dtype
        b = checked_parameter(f"intercepts_[{k}]", b, 1, dtype)
        if n_in not in (None, W.shape[0]) or W.shape[1] != len(b) or not len(b):
            refuse(f"coefs_[{k}]", f"is of shape {W.shape}, and its neighbours are of others")
        n_in = len(b)
        layers.append((W, b))
    return layers


def checked_parameter(name, array, n_dimensions, dtype):
    """Return an array of float32 or float64, in the byte order of this machine."""
    if not isinstance(array, np.ndarray) or array.dtype not in NATIVE:
        kind = getattr(array, "dtype", type(array).__name__)
        refuse(name, f"must be an array of float32 or float64, but is of {kind}")
    if array.ndim != n_dimensions:
        refuse(name, f"must have {n_dimensions} dimensions, but has {array.ndim}")
    native = NATIVE[array.dtype]
    if dtype is not None and dtype != native:
        refuse(name, f"is of {native}, but the layers below are of {dtype}")
    return np.asarray(array, native)


def checked_columns(model):
    """Return the Columns of X, where what is known of them is of so many."""
    n, names = model.n_features_in_, getattr(model, "feature_names_in_", None)
    check_number("n_features_in_", n, Integral, 1, 2**62)
    of_strings = np.ndim(names) == 1 and all(isinstance(name, str) for name in names)
    if names is not None and not of_strings:
        refuse("feature_names_in_", "must be an array of strings")
    kinds, mask = model._column_kinds, model.is_categorical_
    if kinds is not None and (not isinstance(kinds, list | tuple) or len(kinds) != n):
        refuse("_column_kinds", f"must be a list of {n}, or None")
    of_bool = is_array(mask, bool) and mask.shape == (n,)
    if not of_bool and mask is not None:
        refuse("is_categorical_", f"must be an array of {n} bools, or None")
    check_kinds(kinds)
    check_notes(model._column_notes, n)
    columns = Columns.of(model)
    if not np.array_equal(mask, columns.is_categorical):
        refuse("is_categorical_", "is not what the kinds of the columns say")
    return columns


def is_array(array, dtype):
    """Whether this is an array of this dtype."""
    return isinstance(array, np.ndarray) and array.dtype == dtype


def check_floats(name, array, n):
    """Refuse what is no array of n floats."""
    fits = isinstance(array, np.ndarray) and array.shape == (n,)
    if not fits or array.dtype.kind != "f" or array.dtype.itemsize > 8:
        refuse(name, f"must be an array of {n} floats of at most 64 bits")


def checked_activations(names, n_hidden):
    """Return the names of the activations, one for each hidden layer."""
    if len(names) != n_hidden:
        refuse("coefs_", f"has {n_hidden} hidden layers, but the model has {len(names)}")
    for name in names:
        if name not in ACTIVATIONS:
            raise RefusedError(
                f"The model has been trained with activation={name!r}, which is not registered "
                "here: register it in skbackprop.network.activations.ACTIVATIONS."
            )
    return names


def checked_scaler(scaler, n_columns):
    """Return the scaler, which has a mean and a deviation of each column, or None."""
    for name in STATISTICS if scaler is not None else ():
        check_floats(f"scaler_.{name}", getattr(scaler, name, None), n_columns)
    return scaler


def check_kinds(stored):
    """Refuse columns of a kind that there is not."""
    for name, _ in stored or ():
        if name not in KINDS:
            raise RefusedError(
                f"The model has been trained with columns of kind {name!r}, which is not "
                "registered here: register it in skbackprop.tables.kinds.KINDS."
            )


def check_notes(notes, n):
    """Refuse what is neither None nor the notes of n columns."""
    if notes is None:
        return
    lists = list(notes.values()) if isinstance(notes, dict) and notes.keys() == NOTES else [None]
    if not all(isinstance(own, list) and len(own) == n for own in lists):
        refuse("_column_notes", f"must have a list of {n} for each of {', '.join(sorted(NOTES))}")


def checked_loss(stored):
    """Return the name and the hyper-parameters of a loss, which there is."""
    if stored["name"] not in LOSSES:
        raise RefusedError(
            f"The model has been trained with loss={stored['name']!r}, which is not registered "
            "here: register it in skbackprop.objective.losses.LOSSES."
        )
    return stored


def check_targets(model, targets):
    """Refuse targets that are not of the outputs of a network, or of the first of an ensemble."""
    network = getattr(model, "estimators_", [model])[0]
    fault = targets.fault(len(network.intercepts_[-1]))
    if fault is not None:
        refuse(*fault)


def check_resumable(model, network, targets):
    """Refuse a model whose training cannot go on, because of what its attributes hold."""
    for k, layer in enumerate(network.layers):
        for name, array in zip(("coefs_", "intercepts_"), layer, strict=True):
            if not np.isfinite(array).all():
                refuse(f"{name}[{k}]", "is not finite")
    fault = targets.resume_fault()
    if fault is not None:
        refuse(*fault)
    check_statistics(network.encoding.scaler, len(network.encoding.means))
    for name in ("n_iter_", "t_"):
        check_number(name, getattr(model, name), Integral, 0, MOST_UPDATES)
    check_curves(model)
    check_continuation(model._continuation, network)


def check_statistics(scaler, n_columns):
    """Refuse a scaler that cannot go on to see rows."""
    if scaler is None:
        return
    if not isinstance(scaler, StandardScaler):
        refuse("scaler_", f"must be a StandardScaler, but is a {type(scaler).__name__}")
    seen = getattr(scaler, "n_samples_seen_", None)
    countable = isinstance(seen, np.ndarray | np.generic) and seen.dtype.kind in "iuf"
    if not countable or seen.shape not in ((), (n_columns,)):
        refuse("scaler_.n_samples_seen_", "must be a number of numpy, or one for each column")
    unseen = seen == 0  # all has been missing so far, and the statistics are NaN
    for name in (*STATISTICS, "n_samples_seen_"):
        values = np.where(unseen, 1, getattr(scaler, name))
        low = {"mean_": -np.inf, "scale_": np.nextafter(0, 1)}.get(name, 0)
        if not np.isfinite(values).all() or np.min(values) < low:
            refuse(f"scaler_.{name}", "must be finite, and no deviation 0 or less")


def check_number(name, value, kind, low, high):
    """Refuse what is no number of a kind, or out of its range."""
    if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
        refuse(name, f"must be a number from {low} to {high}, but is {value!r}")


def check_curves(model):
    """Refuse curves that are no lists."""
    names = "loss_curve_", "learning_rate_curve_", "validation_loss_curve_", "validation_scores_"
    for name in names:
        curve, optional = getattr(model, name), name.startswith("validation")
        if not (isinstance(curve, list) or (optional and curve is None)):
            refuse(name, "must be a list" + (" or None" if optional else ""))


def check_continuation(kept, network):
    """Refuse what is kept for a training that goes on, where it does not belong to the network."""
    name, outputs = "_continuation", network.layer_sizes[-1]
    if not isinstance(kept, dict) or kept.keys() != {
        *("seed", "slowdown", "l2_factor", "class_mass", "watched", "update")
    }:
        raise ValueError(f"{name} has other entries than it had")
    check_number(f"{name}['seed']", kept["seed"], Integral, 0, 2**31)
    check_number(f"{name}['slowdown']", kept["slowdown"], Real, np.nextafter(0, 1), 1)
    if kept["l2_factor"] is not None:
        check_number(f"{name}['l2_factor']", kept["l2_factor"], Real, 0, 1e9)
    mass, is_list = np.asarray(kept["class_mass"]), isinstance(kept["class_mass"], list | tuple)
    fits = not is_list and mass.shape in ((), (outputs,)) and mass.dtype.kind in "iuf"
    if not fits or not (mass >= 0).all():
        refuse(f"{name}['class_mass']", "must have one weight of at least 0 for each class")
    watched = kept["watched"]
    if watched is not None and (
        not isinstance(watched, dict)
        or watched.keys() != {"best", "mark", "n_waited"}
        or not all(isinstance(value, Real) for value in watched.values())
    ):
        raise ValueError(f"{name}['watched'] has other entries than it had")
    check_update(f"{name}['update']", kept["update"], network)


def check_update(name, update, network):
    """Refuse what an update rule remembers, where its arrays are not those of θ."""
    if not isinstance(update, dict):
        refuse(name, "must be a dict of arrays")
    n_parameters = sum(W.size + b.size for W, b in network.layers)
    for key, array in update.items():
        dtype, shape = getattr(array, "dtype", None), getattr(array, "shape", None)
        counts = dtype == np.int64 and shape == (1,) and 0 <= array[0] <= MOST_UPDATES
        belongs = dtype == network.dtype and shape == (n_parameters,) and np.isfinite(array).all()
        if not (counts or belongs):
            refuse(f"{name}[{key!r}]", f"must be finite, of {n_parameters} {network.dtype}")
