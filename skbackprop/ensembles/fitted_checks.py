"""Fitted attributes of an ensemble are checked before they are read, like those of a network."""

from numbers import Integral, Real

import numpy as np

from ..estimator.fitted_checks import check_number, guarded, is_array, refuse
from ..estimator.state import fitted_columns, fitted_network, fitted_targets
from ..estimator.stored_form import StoredModel

MOST = 2**31  # networks, and seeds


@guarded
def fitted_ensemble(model):
    """Return the networks of an ensemble, what each counts, and the temperature."""
    check_networks("estimators_", model.estimators_)
    columns, n_outputs = fitted_columns(model), fitted_targets(model).n_outputs
    networks = [fitted_network(member) for member in model.estimators_]
    for k, network in enumerate(networks):
        if network.layer_sizes[-1] != n_outputs or network.encoding.counts != columns.counts:
            refuse(f"estimators_[{k}]", "has other outputs, or columns of X, than the ensemble")
    check_weights("weights_", model.weights_, len(networks))
    temperature = getattr(model, "temperature_", 1.0)
    check_number("temperature_", temperature, Real, np.nextafter(0, 1), np.finfo("d").max)
    return networks, model.weights_, temperature


@guarded
def described_network(model):
    """Return the network by which the columns of an ensemble are described: of those on all rows,
    if there are any, the one with the most inputs.
    """
    networks, _, _ = fitted_ensemble(model)
    check_number("_n_on_all_rows", model._n_on_all_rows, Integral, 0, len(networks))
    on_all_rows = networks[len(networks) - model._n_on_all_rows :]
    return max(on_all_rows or networks, key=lambda network: network.encoding.n_inputs)


@guarded
def check_growing(model):
    """Refuse an ensemble to which no network can be added, because of what attributes hold."""
    fitted_ensemble(model)
    check_networks("estimator_", [model.estimator_])
    variants, of_member = model.variants_, model._variants
    if not isinstance(variants, list) or not all(isinstance(v, dict) for v in variants):
        refuse("variants_", "must be a list of dicts")
    check_weights("variant_weights_", model.variant_weights_, len(variants))
    if not isinstance(of_member, list) or len(of_member) != len(model.estimators_):
        refuse("_variants", f"must be a list of {len(model.estimators_)} numbers")
    for variant in of_member:
        check_number("_variants", variant, Integral, 0, len(variants) - 1)
    check_number("_n_on_all_rows", model._n_on_all_rows, Integral, 0, len(of_member))
    check_number("_seed", model._seed, Integral, 0, MOST)
    if model.l2_factor_ is not None:
        check_number("l2_factor_", model.l2_factor_, Real, 0, 1e9)
    if not isinstance(model.l2_validation_losses_, dict | None):
        refuse("l2_validation_losses_", "must be a dict, or None")


@guarded
def known_errors(model):
    """Return what an ensemble of numbers has predicted out of fold, and its errors, by name."""
    known, names = model._out_of_fold, ("predicted", "errors", "spread", "weights")
    if not isinstance(known, dict) or known.keys() != set(names):
        refuse("_out_of_fold", f"must be a dict of {', '.join(names)}")
    shape = len(known["weights"]), len(fitted_targets(model).location)
    for name in names:
        array, expected = known[name], shape[: 1 + (name != "weights")]
        if not is_array(array, np.float64) or array.shape != expected:
            refuse(f"_out_of_fold[{name!r}]", f"must be an array of float64 of shape {expected}")
    if not (np.isfinite(known["weights"]) & (known["weights"] >= 0)).all():
        refuse("_out_of_fold['weights']", "must be finite, and none below 0")
    return known


def check_networks(name, models):
    """Refuse what is no list of networks, or has none."""
    is_list = isinstance(models, list | tuple) and len(models) > 0
    if not is_list or not all(isinstance(model, StoredModel) for model in models):
        refuse(name, "must be networks of this package")


def check_weights(name, weights, n):
    """Refuse what is no array of n weights."""
    fits = isinstance(weights, np.ndarray) and weights.dtype.kind == "f" and weights.shape == (n,)
    if not fits or not (np.isfinite(weights) & (weights >= 0)).all() or not weights.any():
        refuse(name, f"must be an array of {n} floats of at least 0, not all 0")
