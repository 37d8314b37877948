"""The display of a gradient check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..estimator.annotations import Matrix
from ..estimator.numpy_errors import with_default_errors
from ..gradient_check import GradientCheck, check_gradient
from .axes import new_axes

if TYPE_CHECKING:
    from ..classifier import BackpropClassifier
    from .axes import Axes, BarContainer, Figure, SubFigure


class GradientCheckDisplay:
    """The relative errors of a gradient check, one bar for each W and b, on a logarithmic scale.

    Parameters
    ----------
    check : GradientCheck
        What `check_gradient` returns.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn in.
    figure_ : matplotlib Figure
        The figure that contains them.
    bars_ : matplotlib BarContainer
        The bars.

    See Also
    --------
    check_gradient : The check.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier, GradientCheckDisplay
    >>> classifier = BackpropClassifier((5,), activation="tanh", random_state=0)
    >>> display = GradientCheckDisplay.from_estimator(classifier, *load_iris(return_X_y=True))
    >>> len(display.bars_)
    4
    """

    ax_: Axes
    figure_: Figure | SubFigure
    bars_: BarContainer

    def __init__(self, check: GradientCheck) -> None:
        self.check = check

    def __repr__(self) -> str:
        error = self.check.max_relative_error
        return f"GradientCheckDisplay(largest relative error {error:.1e})"

    @classmethod
    def from_estimator(
        cls,
        estimator: BackpropClassifier,
        X: Matrix,
        y: Matrix,
        *,
        ax: Axes | None = None,
        tolerance: float = 1e-7,
        **options: Any,
    ) -> Self:
        """Check the gradient of a classifier and draw the result.

        Parameters
        ----------
        estimator : BackpropClassifier
            Fitted or not.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.
        y : array-like of shape (n_samples,)
            Targets.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        tolerance : float, default=1e-7
            The error up to which a gradient is right: a line is drawn there.
        **options : dict
            More arguments of `check_gradient`.

        Returns
        -------
        GradientCheckDisplay
            What has been drawn.
        """
        return cls(check_gradient(estimator, X, y, **options)).plot(ax, tolerance=tolerance)

    @with_default_errors
    def plot(self, ax: Axes | None = None, *, tolerance: float = 1e-7) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        tolerance : float, default=1e-7
            The error up to which a gradient is right: a line is drawn there.

        Returns
        -------
        GradientCheckDisplay
            The display itself.
        """
        self.ax_ = ax = new_axes(ax)
        self.figure_ = ax.figure
        errors = np.array([p.max_relative_error for p in self.check.parameters])
        colors = np.where(errors <= tolerance, "C0", "C3")
        names = [p.name for p in self.check.parameters]
        self.bars_ = ax.bar(names, np.maximum(errors, 1e-16), color=colors)
        ax.axhline(tolerance, color="0.3", linestyle="--", label=f"tolerance, {tolerance:g}")
        top = 10 * max(tolerance, errors.max())
        ax.set(ylabel="largest relative error", yscale="log", ylim=(1e-16, top))
        ax.legend(loc="upper right")
        return self
