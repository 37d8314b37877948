"""The display of a training: losses, best epoch, learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..estimator.numpy_errors import with_default_errors
from .axes import new_axes

if TYPE_CHECKING:
    from ..classifier import BackpropClassifier
    from .axes import Axes, Figure, Line2D, SubFigure


class LossCurveDisplay:
    """The losses of each epoch of a training, the best epoch and the learning rate.

    Use `from_estimator` to make one.

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        The training loss J of each epoch.
    validation_loss_curve : array-like of shape (n_epochs,), default=None
        The validation loss after each epoch.
    learning_rate_curve : array-like of shape (n_epochs,), default=None
        The learning rate at the end of each epoch.
    best_epoch : int, default=None
        The epoch, counted from 1, whose parameters were kept; those after it looked ahead.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the losses.
    rate_ax_ : matplotlib Axes or None
        The axes of the learning rate.
    figure_ : matplotlib Figure
        The figure that contains them.
    lines_ : list of matplotlib Line2D
        The curves: training loss, validation loss and learning rate, as far as there are any.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores against the number of rows.
    sklearn.model_selection.ValidationCurveDisplay : Scores against a hyper-parameter.

    References
    ----------
    .. [1] The lecture "Training neural networks": knowing when to stop.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skbackprop import BackpropClassifier, LossCurveDisplay
    >>> X, y = load_wine(return_X_y=True)
    >>> classifier = BackpropClassifier(early_stopping=True, random_state=0).fit(X, y)
    >>> display = LossCurveDisplay.from_estimator(classifier)
    >>> display.best_epoch == 1 + classifier.validation_loss_curve_.index(classifier.best_loss_)
    True
    """

    ax_: Axes
    rate_ax_: Axes | None
    figure_: Figure | SubFigure
    lines_: list[Line2D]

    def __init__(
        self,
        *,
        loss_curve: Sequence[float] | np.ndarray,
        validation_loss_curve: Sequence[float] | np.ndarray | None = None,
        learning_rate_curve: Sequence[float] | np.ndarray | None = None,
        best_epoch: int | None = None,
    ) -> None:
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.learning_rate_curve = learning_rate_curve
        self.best_epoch = best_epoch

    def __repr__(self) -> str:
        best = "" if self.best_epoch is None else f", the best is {self.best_epoch}"
        return f"LossCurveDisplay({len(self.loss_curve)} epochs{best})"

    @classmethod
    def from_estimator(
        cls,
        estimator: BackpropClassifier,
        *,
        ax: Axes | None = None,
        learning_rate: bool = True,
        log_scale: bool = False,
    ) -> Self:
        """Draw the training of a fitted classifier.

        Parameters
        ----------
        estimator : BackpropClassifier
            Fitted.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        learning_rate : bool, default=True
            Whether to draw the learning rate too, on a second axis.
        log_scale : bool, default=False
            Whether the losses are on a logarithmic scale.

        Returns
        -------
        LossCurveDisplay
            What has been drawn.
        """
        check_is_fitted(estimator)
        rates = estimator.learning_rate_curve_
        has_rates = learning_rate and not np.isnan(rates).all()
        display = cls(
            loss_curve=estimator.loss_curve_,
            validation_loss_curve=estimator.validation_loss_curve_,
            learning_rate_curve=rates if has_rates else None,
            best_epoch=estimator._best_epoch,
        )
        return display.plot(ax, log_scale=log_scale)

    @with_default_errors
    def plot(self, ax: Axes | None = None, *, log_scale: bool = False) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure by default.
        log_scale : bool, default=False
            Whether the losses are on a logarithmic scale.

        Returns
        -------
        LossCurveDisplay
            The display itself.
        """
        self.ax_ = ax = new_axes(ax)
        self.figure_, self.rate_ax_ = ax.figure, None
        self.lines_ = self._draw(self.loss_curve, label="training loss J")
        if self.validation_loss_curve is not None:
            self.lines_ += self._draw(self.validation_loss_curve, label="validation loss")
        if self.best_epoch is not None:
            self._mark_best(len(self.loss_curve))
        ax.set(xlabel="epoch", ylabel="loss", yscale="log" if log_scale else "linear")
        handles = ax.get_legend_handles_labels()[0]
        if self.learning_rate_curve is not None:
            handles += self._draw_rates()
        ax.legend(handles=handles)
        return self

    def _draw(self, curve, ax=None, **style):
        """Draw a curve against the epochs that it has; return its line in a list."""
        curve = np.asarray(curve, dtype=float)
        return (ax or self.ax_).plot(np.arange(1, len(curve) + 1), curve, **style)

    def _draw_rates(self):
        """Draw the learning rate on an axis of its own; return its line."""
        self.rate_ax_ = self.ax_.twinx()
        style = {"color": "0.5", "linestyle": ":", "label": "learning rate"}
        line = self._draw(self.learning_rate_curve, self.rate_ax_, **style)
        self.rate_ax_.set_ylabel("learning rate")
        self.rate_ax_.set_ylim(bottom=0)
        self.lines_ += line
        return line

    def _mark_best(self, last):
        """Mark the best epoch, and those that looked ahead."""
        best, curve = self.best_epoch, self.lines_[-1]
        label = f"best, epoch {best}"
        self.ax_.plot(best, curve.get_ydata()[best - 1], "o", color=curve.get_color(), label=label)
        if last > best:
            self.ax_.axvspan(best, last, color="0.92", zorder=0, label="look-ahead")
