"""Neural networks trained by backpropagation, as a scikit-learn estimator."""

from ._version import __version__
from .classifier import BackpropClassifier

__all__ = ["BackpropClassifier", "__version__"]
