"""Losses l(f(x), y) with the output activation they belong to, computed from pre-activations.

Training asks a loss for `fprop` and `bprop`, prediction for `outputs` (of probabilities, for
`log_outputs`), and what needs second derivatives (Newton's method) for `R_bprop`, which may be
missing. A loss is a value: what it takes of the hyper-parameters of a model, it is made with, and
keeps under their names. Its `pace` multiplies the first learning rate that suits probabilities:
that of numbers, whose errors have no bound, is lower. A loss of numbers also says what they are
standardised by, `standards`, how many outputs each column of y has, `n_heads`, and what flows back
from f(x) to a, `bprop_outputs`, for explanations.
"""

from collections import ChainMap

from .classes import LogisticCrossEntropy, SoftmaxCrossEntropy
from .numbers import AbsoluteError, HuberError, PinballError, SquaredError
from .positive import Gamma, Poisson

OF_CLASSES = {
    "softmax_cross_entropy": SoftmaxCrossEntropy,
    "logistic_cross_entropy": LogisticCrossEntropy,
}
OF_NUMBERS = {
    "squared_error": SquaredError,
    "absolute_error": AbsoluteError,
    "huber": HuberError,
    "quantile": PinballError,
    "poisson": Poisson,
    "gamma": Gamma,
}
LOSSES = ChainMap({}, OF_NUMBERS, OF_CLASSES)  # what is registered later comes first


def as_dict(loss):
    """Return the name of a loss and its hyper-parameters: what `from_dict` makes it of again."""
    name = next(name for name, kind in LOSSES.items() if kind is type(loss))
    return {"name": name, **{key: getattr(loss, key) for key in loss.hyper_parameters}}


def from_dict(stored):
    """Return the loss that was stored."""
    return LOSSES[stored["name"]](**{key: stored[key] for key in stored if key != "name"})
