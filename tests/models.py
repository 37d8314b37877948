"""Small models for the tests."""

import numpy as np

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier
from skbackprop.objective.losses import LOSSES
from skbackprop.tables.table import read_table
from skbackprop.tables.targets import kind_of_classification

PLAIN = {
    "hidden_layer_sizes": (200,),
    "l2": "auto",
    "learning_rate": "inverse",
    "max_iter": 200,
    "tol": 3e-4,
    "numeric_encoding": None,
    "dtype": "float64",
}
FIXED = {"hidden_layer_sizes": (8,), "l2": 0.003, "max_iter": 4}


def plain(*args, **hyper_parameters):
    """Return the lecture's network: standardised inputs, α / (1 + δt), trained until it converges,
    all in float64.
    """
    names = "hidden_layer_sizes", "activation"
    return BackpropClassifier(**PLAIN | dict(zip(names, args, strict=False)) | hyper_parameters)


def fast(**hyper_parameters):
    """Return a plain network that trains for five epochs, unless told otherwise."""
    return plain(**{"max_iter": 5, "tol": None, "random_state": 0} | hyper_parameters)


def ensemble(n_estimators=2, *, network=None, **options):
    """Return an ensemble of networks of four epochs and no variants, unless told otherwise."""
    network = BackpropClassifier(**FIXED | (network or {}))
    options = {"cv": 3, "random_state": 0, "variants": None} | options
    return BackpropEnsembleClassifier(network, n_estimators, **options)


def table_of(X):
    """Return X as a fit reads it."""
    return read_table(BackpropClassifier(), X)


def same_parameters(one, other):
    """Whether two models have the same weights and biases, bit for bit."""
    return all(
        np.array_equal(a, b)
        for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    )


def found(y):
    """Return the targets that y has for a classifier, and y encoded."""
    kind = kind_of_classification(y)
    targets = kind.find(y, LOSSES[kind.default_loss]())
    return targets, targets.encode(y)
