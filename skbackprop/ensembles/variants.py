"""How the networks of an ensemble differ: in hyper-parameters, while the table is read once."""

from collections.abc import Mapping

from sklearn.base import clone

from ..estimator.hyper_parameters import (
    activation_names,
    hidden_sizes,
    hyper_parameters,
    is_auto,
    numeric_encoding,
)
from ..estimator.sklearn_private import check_parameters

FEW_ROWS = 1  # by which 'auto' is one layer
SHARED = (
    *("categorical_features", "class_weight", "loss", "quantile", "huber_delta"),
    *("random_state", "warm_start", "verbose"),
)


def varied(model, variants):
    """Return a model for each variant, and the variants as a list of dicts.

    Parameters
    ----------
    model : BackpropClassifier
        What they are like but for what the variants say.
    variants : 'auto', list of dict, or None
        'auto' is the model as it is and, where it has hidden layers: one in which two of half the
        width stand for the last; that without bins, too; and the model with leaves of trees.
        None is the model as it is.
    """
    check(model)
    if variants is None:
        variants = [{}]
    elif isinstance(variants, str):
        variants = by_themselves(model)
    if not variants or not all(isinstance(variant, Mapping) for variant in variants):
        raise ValueError(f"variants must be 'auto', None or a list of dicts; got {variants!r}.")
    models = [with_variant(model, k, variant) for k, variant in enumerate(variants)]
    return models, [dict(variant) for variant in variants]


def check(model):
    """Refuse hyper-parameters that are not what they must be."""
    check_parameters(model)
    hyper = hyper_parameters(model)
    activation_names(hyper, len(hidden_sizes(hyper, FEW_ROWS)))


def by_themselves(model):
    """Return variants whose networks err elsewhere, and nearly as little as the model.

    They differ in depth, in whether numbers are cut into bins, and whether inputs tell of several
    columns at once. Where a rule decides on layers, each variant says which of both sizes it has.
    """
    hyper = hyper_parameters(model)
    sizes = hidden_sizes(hyper, FEW_ROWS)
    if not sizes:
        return [{}]
    own = {"hidden_layer_sizes": tuple(sizes)} if is_auto(model.hidden_layer_sizes) else {}
    half = -(-sizes[-1] // 2)
    deeper = {"hidden_layer_sizes": (*sizes[:-1], half, half)}
    if not isinstance(model.activation, str):
        deeper["activation"] = (*model.activation, model.activation[-1])
    encoding = numeric_encoding(hyper)
    if encoding is None:
        return [own, deeper]
    other = "piecewise" if encoding == "leaves" else "leaves"
    return [
        own,
        deeper,
        deeper | {"numeric_encoding": None},
        own | {"numeric_encoding": other},
    ]


def with_variant(model, k, variant):
    """Return a copy of a model that differs as a variant says."""
    shared = [name for name in SHARED if name in variant]
    if shared:
        raise ValueError(
            f"variants[{k}] sets {', '.join(shared)}: all networks have that in common; set it on "
            "estimator or on the ensemble."
        )
    try:
        varied_model = clone(model).set_params(**variant)
        check(varied_model)
    except (TypeError, ValueError) as error:
        raise ValueError(f"variants[{k}]: {error}") from error
    return varied_model
