"""Neural networks trained by backpropagation, as a scikit-learn estimator."""

from ._version import __version__
from .attribution import Attribution, attribute
from .classifier import BackpropClassifier
from .ensemble import BackpropEnsembleClassifier
from .gradient_check import GradientCheck, check_gradient
from .onnx import onnx_feeds, onnx_types, register_onnx_converter
from .plotting import (
    AttributionDisplay,
    GradientCheckDisplay,
    LossCurveDisplay,
    WeightsDisplay,
)
from .regressor import BackpropRegressor
from .regressor_ensemble import BackpropEnsembleRegressor
from .search import search_space
from .versions import show_versions

__all__ = [
    "Attribution",
    "AttributionDisplay",
    "BackpropClassifier",
    "BackpropEnsembleClassifier",
    "BackpropEnsembleRegressor",
    "BackpropRegressor",
    "GradientCheck",
    "GradientCheckDisplay",
    "LossCurveDisplay",
    "WeightsDisplay",
    "__version__",
    "attribute",
    "check_gradient",
    "onnx_feeds",
    "onnx_types",
    "register_onnx_converter",
    "search_space",
    "show_versions",
]
