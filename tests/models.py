"""Small models for the tests."""

import numpy as np

from skbackprop import BackpropClassifier


def fast(**hyper_parameters):
    """Return a classifier that trains for five epochs, unless told otherwise."""
    return BackpropClassifier(**{"max_iter": 5, "tol": None, "random_state": 0} | hyper_parameters)


def same_parameters(one, other):
    """Whether two models have the same weights and biases, bit for bit."""
    return all(
        np.array_equal(a, b)
        for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    )
