"""The display of attributions."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy.stats import rankdata

from ..attribution import Attribution, attribute
from ..estimator.annotations import Matrix
from ..estimator.numpy_errors import with_default_errors
from ..tables.frames import is_missing
from .axes import new_axes, plain

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from ..ensemble import BackpropEnsembleClassifier
    from ..estimator.base import Backprop
    from .axes import Axes, Figure, SubFigure

KINDS = "row", "beeswarm", "mean"
ORDERED = "number", "decimal", "bool"  # families whose values have a colour by rank
N_STRIPES = 60  # of values, in which points are put above each other
FEW = 8  # points above each other, up to which they are apart alike in all columns
LONGEST = 24  # characters of a value


class AttributionDisplay:
    """Attributions: bars for the columns of one row, or points or mean sizes for many rows.

    Parameters
    ----------
    attribution : Attribution
        What `attribute` returns.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn in.
    figure_ : matplotlib Figure
        The figure that contains them.
    columns_ : list of int
        The columns drawn, from the top.

    See Also
    --------
    attribute : The attributions.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skbackprop import AttributionDisplay, BackpropClassifier
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> network = BackpropClassifier(max_iter=20, random_state=0).fit(X, y)
    >>> display = AttributionDisplay.from_estimator(network, X, max_columns=5)
    >>> len(display.columns_)
    5
    """

    ax_: Axes
    figure_: Figure | SubFigure
    columns_: list[int]

    def __init__(self, attribution: Attribution) -> None:
        self.attribution = attribution

    def __repr__(self) -> str:
        n_rows, n_columns = self.attribution.values.shape[:2]
        return f"AttributionDisplay({n_rows} rows x {n_columns} columns)"

    @classmethod
    def from_estimator(
        cls,
        estimator: Backprop | BackpropEnsembleClassifier | Pipeline,
        X: Matrix,
        *,
        ax: Axes | None = None,
        kind: str | None = None,
        row: int | None = None,
        target: Any = None,
        max_columns: int = 10,
        **options: Any,
    ) -> Self:
        """Attribute the predictions of an estimator to the columns of X, and draw the result.

        Parameters
        ----------
        estimator : network, ensemble or Pipeline
            Fitted.
        X : {array-like, sparse matrix} of shape (n_rows, n_columns)
            The rows.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        kind, row, max_columns : optional
            As in `plot`.
        target : label, default=None
            The class or label, or column of y, to explain: by default, of two classes the second,
            and of more the first.
        **options
            Keywords of `attribute`, such as ``background``.

        Returns
        -------
        AttributionDisplay
            What has been drawn.
        """
        attribution = attribute(estimator, X, target=target, **options)
        return cls(attribution).plot(ax, kind=kind, row=row, max_columns=max_columns)

    @classmethod
    def from_attribution(
        cls,
        attribution: Attribution,
        *,
        ax: Axes | None = None,
        kind: str | None = None,
        row: int | None = None,
        target: Any = None,
        max_columns: int = 10,
    ) -> Self:
        """Draw attributions.

        Parameters
        ----------
        attribution : Attribution
            What `attribute` returns.
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        kind, row, target, max_columns : optional
            As in `plot`.

        Returns
        -------
        AttributionDisplay
            What has been drawn.
        """
        display = cls(attribution)
        return display.plot(ax, kind=kind, row=row, target=target, max_columns=max_columns)

    @with_default_errors
    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: str | None = None,
        row: int | None = None,
        target: Any = None,
        max_columns: int = 10,
    ) -> Self:
        """Draw the attributions, the columns with the largest ones at the top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; by default in a new figure.
        kind : {'row', 'beeswarm', 'mean'}, default=None
            Bars for the columns of one row; a point for each row; or bars for the mean size over
            all rows. By default 'row' where a row is given, or there is one only, else 'beeswarm'.
        row : int, default=None
            The place of the row to draw; by default the first.
        target : label, default=None
            Which of the outputs of the attributions to draw; by default the first.
        max_columns : int, default=10
            Most columns to draw. In 'row', one more bar has what the others add.

        Returns
        -------
        AttributionDisplay
            The display itself.
        """
        n_rows = len(self.attribution.values)
        kind = kind or ("row" if n_rows == 1 or row is not None else "beeswarm")
        row = 0 if row is None else row
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {list(KINDS)}; got {kind!r}.")
        if not (isinstance(row, Integral) and -n_rows <= row < n_rows):
            raise ValueError(
                f"row must be an int, the place of one of the {n_rows} rows; got {row!r}."
            )
        if not (isinstance(max_columns, Integral) and max_columns >= 1):
            raise ValueError(f"max_columns must be an int of at least 1; got {max_columns!r}.")
        values, base, predictions = self._of_output(target)
        self.ax_ = new_axes(ax)
        self.figure_ = self.ax_.figure
        size = np.abs(values[row]) if kind == "row" else np.abs(values).mean(axis=0)
        self.columns_ = np.argsort(-size, kind="stable")[:max_columns].tolist()
        if kind == "row":
            self._draw_row(values[row], base, predictions[row], row)
        elif kind == "mean":
            self.ax_.barh(range(len(self.columns_)), size[self.columns_], color="C0")
            self._label("mean size of what a column adds to the", self._names())
        else:
            self._draw_points(values)
        return self

    def _of_output(self, target):
        """Return the values, base value and predictions of one output, and remember its name."""
        all_of = self.attribution
        place = 0
        if target is not None:
            if target not in all_of.output_names:
                raise ValueError(
                    f"target must be one of {all_of.output_names}, which have been explained; got "
                    f"{target!r}."
                )
            place = all_of.output_names.index(target)
        self._output = all_of.output_names[place]
        if all_of.values.ndim == 2:
            return all_of.values, all_of.base_value, all_of.predictions
        return all_of.values[:, :, place], all_of.base_value[place], all_of.predictions[:, place]

    def _names(self):
        return [plain(self.attribution.feature_names[j]) for j in self.columns_]

    def _label(self, what, labels):
        """Label the axes, the first column at the top."""
        ax = self.ax_
        quantity = self.attribution.quantity
        if quantity != "prediction" or len(self.attribution.output_names) > 1:
            quantity += f" of {self._output}"
        ax.set_xlabel(plain(f"{what} {quantity}"))
        ax.set_yticks(range(len(labels)), labels)
        ax.set_ylim(len(labels) - 0.4, -0.6)
        ax.axvline(0, color="0.5", linewidth=0.8, zorder=0)

    def _draw_row(self, values, base, prediction, row):
        """Draw a bar for each column of one row, named by what the row has in it."""
        shown = [self.attribution.column(j).objects()[row] for j in self.columns_]
        labels = [
            f"{name} = {plain(short(v))}" for name, v in zip(self._names(), shown, strict=True)
        ]
        bars = values[self.columns_]
        n_others = len(values) - len(bars)
        if n_others:
            bars = np.append(bars, values.sum() - bars.sum())
            labels.append(f"{n_others} other columns" if n_others > 1 else "1 other column")
        self.ax_.barh(range(len(bars)), bars, color=np.where(bars < 0, "C0", "C3"))
        self._label("adds to the", labels)
        self.ax_.set_title(f"from {base:.3g} to {prediction:.3g}", fontsize="medium")

    def _draw_points(self, values):
        """Draw a point for each row, those of a column above each other where they are alike."""
        step = (np.ptp(values[:, self.columns_]) or 1.0) / N_STRIPES
        heights = [heaped(values[:, j], step) for j in self.columns_]
        for place, (j, height) in enumerate(zip(self.columns_, heights, strict=True)):
            y = place + 0.4 * height / max(np.abs(height).max(), FEW)
            ranks = self._ranks(j)
            told = ~np.isnan(ranks)
            self.ax_.scatter(values[~told, j], y[~told], s=8, c="0.6", linewidths=0)
            points = self.ax_.scatter(
                values[told, j], y[told], s=8, c=ranks[told], cmap="coolwarm", linewidths=0
            )
            points.set_clim(0, 1)
        bar = self.figure_.colorbar(points, ax=self.ax_, ticks=[0, 1], aspect=40, pad=0.02)
        bar.ax.set_yticklabels(["low", "high"])
        bar.set_label("value of the column; gray: text, missing", labelpad=-10)
        self.ax_.grid(axis="y", color="0.9", zorder=0)
        self.ax_.set_axisbelow(True)
        self._label("adds to the", self._names())

    def _ranks(self, j):
        """Return the rank of each row's number in a column, from 0 to 1; NaN where it has none."""
        column = self.attribution.column(j)
        if column.family not in ORDERED:
            return np.full(len(self.attribution.values), np.nan)
        numbers = np.asarray(column.floats(), np.float64)
        ranks = np.full(len(numbers), np.nan)
        told = ~np.isnan(numbers)
        if told.any():
            ranks[told] = (rankdata(numbers[told]) - 0.5) / np.count_nonzero(told)
        return ranks


def heaped(values, step):
    """Return the height of each point: 0, 1, −1, 2, −2 and so on in each stripe of values."""
    stripes = np.floor(values / step)
    order = np.lexsort((values, stripes))
    _, first, counts = np.unique(stripes[order], return_index=True, return_counts=True)
    number = np.arange(len(values)) - np.repeat(first, counts)
    heights = np.empty(len(values))
    heights[order] = np.where(number % 2, 1, -1) * ((number + 1) // 2)
    return heights


def short(value):
    """Return a value of a row as text."""
    if is_missing(value):
        return "missing"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
