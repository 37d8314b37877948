"""The display of what the first layer has learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..estimator.numpy_errors import with_default_errors
from .axes import plain, pyplot

MOST_BARS = 30  # of a unit, so that their names can be read

if TYPE_CHECKING:
    from ..classifier import BackpropClassifier
    from .axes import Figure


def is_shape_of(shape, n_pixels):
    """Whether a shape is a height and a width of so many pixels."""
    shape = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    ints = all(isinstance(size, Integral) and size >= 1 for size in shape)
    return len(shape) == 2 and ints and int(shape[0]) * int(shape[1]) == n_pixels


class WeightsDisplay:
    """The first-layer weights of some hidden units: images, or bars for the features.

    The units with the largest weights are drawn, largest first, and of more than 30 features as
    bars, those with the largest weights. Use `from_estimator` to make one.

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
    features_ : ndarray of int
        The features drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skbackprop import BackpropClassifier, WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = BackpropClassifier((20,), max_iter=10, tol=None, random_state=0).fit(X, y)
    >>> WeightsDisplay.from_estimator(classifier, image_shape=(8, 8), n_units=6).axes_.shape
    (6,)
    """

    axes_: np.ndarray
    figure_: Figure
    units_: np.ndarray
    features_: np.ndarray

    def __init__(
        self,
        weights: np.ndarray,
        *,
        image_shape: tuple[int, int] | None = None,
        feature_names: Sequence[str] | np.ndarray | None = None,
    ) -> None:
        self.weights = weights
        self.image_shape = image_shape
        self.feature_names = feature_names

    def __repr__(self) -> str:
        n_features, n_units = self.weights.shape
        shape = self.image_shape and " x ".join(map(str, self.image_shape))
        images = f", images of {shape}" if shape else ""
        return f"WeightsDisplay({n_units} units of {n_features} features{images})"

    @classmethod
    def from_estimator(
        cls,
        estimator: BackpropClassifier,
        *,
        image_shape: tuple[int, int] | None = None,
        n_units: int = 12,
    ) -> Self:
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
        names: np.ndarray | None = estimator.get_input_names()
        W = estimator.coefs_[0]
        if image_shape is not None:  # the pixels come first; what else is made of them has no place
            W, names = W[: estimator.n_features_in_], None
        display = cls(W, image_shape=image_shape, feature_names=names)
        return display.plot(n_units=n_units)

    @with_default_errors
    def plot(self, *, n_units: int = 12) -> Self:
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
        if not (isinstance(n_units, Integral) and n_units >= 1):
            raise ValueError(f"n_units must be an int of at least 1; got {n_units!r}.")
        if self.image_shape is not None and not is_shape_of(self.image_shape, len(W)):
            raise ValueError(
                f"image_shape={self.image_shape!r} must be a height and a width that have as many "
                f"pixels as there are features, {len(W)}."
            )
        self.units_ = np.argsort(-np.linalg.norm(W, axis=0), kind="stable")[:n_units]
        self.features_ = np.arange(len(W))
        if self.image_shape is None:
            largest = np.argsort(-np.linalg.norm(W[:, self.units_], axis=1), kind="stable")
            self.features_ = np.sort(largest[:MOST_BARS])
        n_columns = min(len(self.units_), 6 if self.image_shape is not None else 4)
        n_rows = -(-len(self.units_) // n_columns)
        self.figure_, axes = pyplot().subplots(
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
        return (
            1.7 if self.image_shape is not None else max(1.6, min(6.0, 0.2 * len(self.features_)))
        )

    def _draw(self):
        """Draw each unit into its panel, all on one scale."""
        largest = np.abs(self.weights[:, self.units_]).max() or 1.0
        for ax, unit in zip(self.axes_, self.units_, strict=True):
            w = self.weights[:, unit]
            ax.set_title(f"unit {unit}", fontsize="small")
            if self.image_shape is None:
                self._draw_bars(ax, w[self.features_])
                continue
            image = ax.imshow(w.reshape(self.image_shape), "RdBu_r", vmin=-largest, vmax=largest)
            ax.set(xticks=[], yticks=[])
        if self.image_shape is not None:
            self.figure_.colorbar(image, ax=self.axes_.tolist(), label="weight", shrink=0.8)

    def _draw_bars(self, ax, w):
        features = range(len(w))
        ax.barh(features, w, color=np.where(w < 0, "C0", "C3"))
        ax.axvline(0, color="0.3", linewidth=0.8)
        if self.feature_names is not None:
            names = [plain(self.feature_names[j]) for j in self.features_]
            ax.set_yticks(features, names, fontsize="x-small")
        if not ax.yaxis_inverted():
            ax.invert_yaxis()
