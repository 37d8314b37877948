"""Displays in scikit-learn's manner: what a training did, what it learned, how its gradient fared.

Each has a constructor that takes what is drawn, a class method ``from_estimator`` that takes it
from a classifier, and ``plot``. Matplotlib is imported when something is plotted.
"""

from .attribution import AttributionDisplay
from .gradient_check import GradientCheckDisplay
from .loss_curve import LossCurveDisplay
from .weights import WeightsDisplay

__all__ = ["AttributionDisplay", "GradientCheckDisplay", "LossCurveDisplay", "WeightsDisplay"]
