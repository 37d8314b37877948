"""Neural networks trained by backpropagation, as a scikit-learn estimator."""

from ._version import __version__
from .classifier import BackpropClassifier
from .gradient_check import GradientCheck, check_gradient
from .search import search_space

__all__ = ["BackpropClassifier", "GradientCheck", "__version__", "check_gradient", "search_space"]
