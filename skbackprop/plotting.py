"""Displays in scikit-learn's manner: what a training did, what it learned, how its gradient fared.

Each has a constructor that takes what is drawn, a class method ``from_estimator`` that takes it
from a classifier, and ``plot``. Matplotlib is imported when something is plotted.
"""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .gradient_check import check_gradient


def new_axes(ax, **figure_options):
    """Return the given axes, or those of a new figure."""
    if ax is not None:
        return ax
    return _pyplot().subplots(layout="constrained", **figure_options)[1]


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "displays need matplotlib: pip install 'skbackprop[plot]' brings it."
        ) from error
    return plt


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

    def __init__(
        self, *, loss_curve, validation_loss_curve=None, learning_rate_curve=None, best_epoch=None
    ):
        self.loss_curve = loss_curve
        self.validation_loss_curve = validation_loss_curve
        self.learning_rate_curve = learning_rate_curve
        self.best_epoch = best_epoch

    def __repr__(self):
        best = "" if self.best_epoch is None else f", the best is {self.best_epoch}"
        return f"LossCurveDisplay({len(self.loss_curve)} epochs{best})"

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, learning_rate=True, log_scale=False):
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
        best = None
        if estimator.early_stopping and estimator.validation_scores_ is not None:
            best = 1 + int(np.argmax(estimator.validation_scores_))
        elif estimator.early_stopping and estimator.validation_loss_curve_ is not None:
            best = 1 + int(np.argmin(estimator.validation_loss_curve_))
        rates = estimator.learning_rate_curve_
        has_rates = learning_rate and not np.isnan(rates).any()
        display = cls(
            loss_curve=estimator.loss_curve_,
            validation_loss_curve=estimator.validation_loss_curve_,
            learning_rate_curve=rates if has_rates else None,
            best_epoch=best,
        )
        return display.plot(ax, log_scale=log_scale)

    def plot(self, ax=None, *, log_scale=False):
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
        epochs = np.arange(1, len(self.loss_curve) + 1)
        self.lines_ = ax.plot(epochs, self.loss_curve, label="training loss J")
        if self.validation_loss_curve is not None:
            self.lines_ += ax.plot(epochs, self.validation_loss_curve, label="validation loss")
        if self.best_epoch is not None:
            self._mark_best(epochs[-1])
        ax.set(xlabel="epoch", ylabel="loss", yscale="log" if log_scale else "linear")
        if self.learning_rate_curve is not None:
            self.rate_ax_ = ax.twinx()
            self.rate_ax_.set_ylabel("learning rate")
            style = {"color": "0.5", "linestyle": ":", "label": "learning rate"}
            self.lines_ += self.rate_ax_.plot(epochs, self.learning_rate_curve, **style)
            self.rate_ax_.set_ylim(bottom=0)
        handles = ax.get_legend_handles_labels()[0]
        ax.legend(handles=handles + self.lines_[len(self.lines_) - (self.rate_ax_ is not None) :])
        return self

    def _mark_best(self, last):
        """Mark the best epoch, and those that looked ahead."""
        best, curve = self.best_epoch, self.lines_[-1]
        label = f"best, epoch {best}"
        self.ax_.plot(best, curve.get_ydata()[best - 1], "o", color=curve.get_color(), label=label)
        if last > best:
            self.ax_.axvspan(best, last, color="0.92", zorder=0, label="look-ahead")


class WeightsDisplay:
    """The first-layer weights of some hidden units: images, or bars for the features.

    The units with the largest weights are drawn, largest first. Use `from_estimator` to make one.

    Parameters
    ----------
    weights : ndarray of shape (n_features, n_units)
        W of the first layer, for standardised inputs.
    image_shape : tuple of int, default=None
        Height and width, where the features are the pixels of an image.
    feature_names : sequence of str, default=None
        Names of the features, for bars.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        One for each unit drawn.
    figure_ : matplotlib Figure
        The figure that contains them.
    units_ : ndarray of int
        The units drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skbackprop import BackpropClassifier, WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = BackpropClassifier((20,), max_iter=10, tol=None, random_state=0).fit(X, y)
    >>> WeightsDisplay.from_estimator(classifier, image_shape=(8, 8), n_units=6).axes_.shape
    (6,)
    """

    def __init__(self, weights, *, image_shape=None, feature_names=None):
        self.weights = weights
        self.image_shape = image_shape
        self.feature_names = feature_names

    def __repr__(self):
        n_features, n_units = self.weights.shape
        shape = self.image_shape and " × ".join(map(str, self.image_shape))
        images = f", images of {shape}" if shape else ""
        return f"WeightsDisplay({n_units} units of {n_features} features{images})"

    @classmethod
    def from_estimator(cls, estimator, *, image_shape=None, n_units=12):
        """Draw the weights of a fitted classifier.

        Parameters
        ----------
        estimator : BackpropClassifier
            Fitted.
        image_shape : tuple of int, default=None
            Height and width, where the features are the pixels of an image; else bars are drawn.
        n_units : int, default=12
            Most units to draw.

        Returns
        -------
        WeightsDisplay
            What has been drawn.

        Raises
        ------
        ValueError
            The features do not fill an image of that shape.
        """
        check_is_fitted(estimator)
        names = getattr(estimator, "feature_names_in_", None)
        display = cls(estimator.coefs_[0], image_shape=image_shape, feature_names=names)
        return display.plot(n_units=n_units)

    def plot(self, *, n_units=12):
        """Draw the weights in a new figure.

        Parameters
        ----------
        n_units : int, default=12
            Most units to draw.

        Returns
        -------
        WeightsDisplay
            The display itself.
        """
        W = self.weights
        if self.image_shape is not None and np.prod(self.image_shape) != len(W):
            raise ValueError(
                f"image_shape={self.image_shape!r} must have as many pixels as there are features, "
                f"{len(W)}."
            )
        self.units_ = np.argsort(-np.linalg.norm(W, axis=0), kind="stable")[:n_units]
        n_columns = min(len(self.units_), 6 if self.image_shape is not None else 4)
        n_rows = -(-len(self.units_) // n_columns)
        self.figure_, axes = _pyplot().subplots(
            n_rows,
            n_columns,
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
            figsize=(1.7 * n_columns, self._height() * n_rows),
        )
        self.axes_ = axes.ravel()[: len(self.units_)]
        for ax in axes.ravel()[len(self.units_) :]:
            ax.set_visible(False)
        self._draw()
        return self

    def _height(self):
        """Return the height of a panel, in inches."""
        return 1.7 if self.image_shape is not None else max(1.6, min(6.0, 0.2 * len(self.weights)))

    def _draw(self):
        """Draw each unit into its panel, all on one scale."""
        largest = np.abs(self.weights[:, self.units_]).max() or 1.0
        for ax, unit in zip(self.axes_, self.units_, strict=True):
            w = self.weights[:, unit]
            ax.set_title(f"unit {unit}", fontsize="small")
            if self.image_shape is None:
                self._draw_bars(ax, w)
                continue
            image = ax.imshow(w.reshape(self.image_shape), "RdBu_r", vmin=-largest, vmax=largest)
            ax.set(xticks=[], yticks=[])
        if self.image_shape is not None:
            self.figure_.colorbar(image, ax=self.axes_.tolist(), label="weight", shrink=0.8)

    def _draw_bars(self, ax, w):
        features = np.arange(len(w))
        ax.barh(features, w, color=np.where(w < 0, "C0", "C3"))
        ax.axvline(0, color="0.3", linewidth=0.8)
        if self.feature_names is not None and len(w) <= 40:
            ax.set_yticks(features, self.feature_names, fontsize="x-small")
        if not ax.yaxis_inverted():
            ax.invert_yaxis()


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

    def __init__(self, check):
        self.check = check

    def __repr__(self):
        error = self.check.max_relative_error
        return f"GradientCheckDisplay(largest relative error {error:.1e})"

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, tolerance=1e-7, **options):
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

    def plot(self, ax=None, *, tolerance=1e-7):
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
