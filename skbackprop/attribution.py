"""Attributions: how much each column of a table adds to a prediction, by backpropagation."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .ensembles.explanation import Explained
from .estimator.annotations import Matrix
from .estimator.numpy_errors import with_default_errors
from .estimator.stored_form import StoredModel
from .solvers.buffers import take_buffers
from .tables.opening import opened
from .tables.table import read_table

if TYPE_CHECKING:
    from .ensemble import BackpropEnsembleClassifier
    from .estimator.base import Backprop


@dataclass(frozen=True, eq=False)
class Attribution:
    """The result of `attribute`: ``base_value + values.sum(axis=1)`` is ``predictions``.

    Where several outputs are explained, `values`, `base_value` and `predictions` have a last axis
    for them.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns) or (n_rows, n_columns, n_outputs)
        What each column of the table adds, in each row.
    base_value : float or ndarray of shape (n_outputs,)
        The value at the background.
    predictions : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        The value in each row.
    feature_names : list of str
        The names of the columns.
    output_names : list
        The classes, labels or columns of y that are explained.
    quantity : str
        Of these: 'log-odds', 'probability' or 'prediction'.
    n_steps : int
        The steps of the path in the row that needed most.
    error : float
        The largest error of a value, as estimated from two numbers of steps.
    data : array-like
        The rows.

    See Also
    --------
    attribute : It makes them.
    AttributionDisplay : It draws them.
    """

    values: np.ndarray
    base_value: float | np.ndarray
    predictions: np.ndarray
    feature_names: list[str]
    output_names: list[Any]
    quantity: str
    n_steps: int
    error: float
    data: Any

    @property
    def gap(self) -> float:
        """The largest difference of a prediction and what adds up to it."""
        lacking = self.predictions - self.base_value - self.values.sum(axis=1)
        return float(np.abs(lacking).max())

    def column(self, j: int) -> Any:
        """Return a column of the rows, as it has been read.

        Parameters
        ----------
        j : int
            Which one.

        Returns
        -------
        column
            Its ``family`` is such as 'number' or 'text'; ``objects()`` returns its values.
        """
        data = self.data
        if sparse.issparse(data):
            data, j = data[:, [j]].toarray(), 0
        return opened(data).columns[j]

    @property
    def mean_absolute(self) -> np.ndarray:
        """The mean size of the values of each column, over the rows."""
        return np.abs(self.values).mean(axis=0)

    def __repr__(self) -> str:
        n_rows, n_columns = self.values.shape[:2]
        names = ", ".join(map(str, self.output_names[:5]))
        more = ", ..." if len(self.output_names) > 5 else ""
        return (
            f"Attribution({n_rows} rows x {n_columns} columns, {self.quantity} of {names}{more}, "
            f"gap {self.gap:.0e}, {self.n_steps} steps)"
        )


@with_default_errors
def attribute(
    model: Backprop | BackpropEnsembleClassifier | Pipeline,
    X: Matrix,
    *,
    background: Matrix | None = None,
    output: str | None = None,
    target: Any = None,
    average: str = "inputs",
    tol: float = 1e-2,
) -> Attribution:
    """Compute how much each column of X adds to each prediction.

    These are integrated gradients: the inputs of the network move in a straight line from the
    background to a row, and the change of f on the way is divided among them by its gradient,

        v_i = (h_i − s_i) ∫₀¹ ∂f/∂h_i (s + t (h − s)) dt,    Σ_i v_i = f(h) − f(s)

    where h are the inputs h⁰ of a row, and s are those of the background. The value of a column
    is the sum over its inputs: the number and its bins, whether it is missing, levels, words.

    Parameters
    ----------
    model : network, ensemble or Pipeline
        Fitted. In a pipeline, its last step is explained, and the columns are those that it sees.
    X : {array-like, sparse matrix} of shape (n_rows, n_columns)
        The rows to explain, with the columns of training.
    background : {array-like, sparse matrix} of shape (n_background, n_columns), default=None
        The rows with which a prediction is compared, such as those of training. By default, X.
    output : {'log_odds', 'probability', 'value'}, default=None
        f: for a classifier, by default the log-odds of a class or label, log(p / (1 − p)), or its
        probability; for a regressor, the value that is predicted.
    target : label, default=None
        The class to explain; or the number of a label, or of a column of y; or the quantile. By
        default, all of them are explained, but of two classes only the second.
    average : {'inputs', 'values'}, default='inputs'
        With 'inputs', s is the mean of the inputs of the background: means of numbers, frequencies
        of levels. With 'values', each of its rows is such an s, and the values are averaged.
    tol : float, default=1e-2
        Paths take three times as many steps until the estimated error of no value of a row exceeds
        this part of the largest one, up to 729 steps.

    Returns
    -------
    Attribution
        Its `values` are the v of each row and column, with ``base_value`` f(s), ``predictions``
        f(h), names, and the ``gap`` of their sum.

    Raises
    ------
    ValueError, TypeError
        What is wrong with an argument.

    See Also
    --------
    AttributionDisplay : Draws them.
    sklearn.inspection.permutation_importance : How much the score of a model relies on a column.

    Notes
    -----
    Everything is computed in float64. In each step, the secants of the activations take the place
    of their derivatives, so the values add up, up to rounding, for any number of steps. With one
    hidden layer, a single step is exact for the log-odds of two classes, and for those of labels.
    The axioms of Sundararajan, Taly & Yan hold: a column that does not change f gets 0, columns
    that play the same part get the same value, and if f is linear, the values are weights times
    differences.

    References
    ----------
    Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017, arXiv:1703.01365.
    Erion, Janizek, Sturmfels, Lundberg & Lee, Improving performance of deep learning models with
    axiomatic attribution priors and expected gradients, Nature Machine Intelligence 3, 2021,
    doi:10.1038/s42256-021-00343-w (``average='values'``).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skbackprop import BackpropClassifier, attribute
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> network = BackpropClassifier(max_iter=20, random_state=0).fit(X, y)
    >>> result = attribute(network, X[:5], background=X)
    >>> result.values.shape, result.gap < 1e-6
    ((5, 30), True)
    """
    check_options(average, tol)
    names = None
    if isinstance(model, Pipeline):
        model, X, background, names = last_step(model, X, background)
    check_explainable(model)
    model = model._snapshot()
    take_buffers()
    explained = Explained(model, output, target)
    rows, others = read_both(model, X, background, explained.columns)
    found = explained.compare(rows, others, average == "values", tol)
    values, predictions, base, n_steps, error = found
    values, predictions, base = outputs_last(values, predictions, base)
    return Attribution(
        values=values,
        base_value=base,
        predictions=predictions,
        feature_names=explained.columns.all_names if names is None else names,
        output_names=explained.output_names,
        quantity=explained.head.quantity.name,
        n_steps=n_steps,
        error=error,
        data=rows.source,
    )


def check_options(average, tol):
    """Refuse values that an option of `attribute` cannot have."""
    if not (isinstance(tol, Real) and tol > 0):
        raise ValueError(f"tol must be a number larger than 0; got {tol!r}.")
    if average not in ("inputs", "values"):
        raise ValueError(f"average must be 'inputs' or 'values'; got {average!r}.")


def check_explainable(model):
    """Refuse what is no fitted model of this package."""
    if not isinstance(model, StoredModel):
        raise TypeError(
            "model must be a network or an ensemble of this package, or a pipeline that ends in "
            f"one; got {model!r}."
        )
    check_is_fitted(model)


def last_step(pipeline, X, background):
    """Return the last step of a pipeline, what it gets of X and the background, and its names."""
    check_is_fitted(pipeline)
    before, model = pipeline[:-1], pipeline[-1]
    names = None
    if len(before):
        X = before.transform(X)
        background = None if background is None else before.transform(background)
        if not hasattr(model, "feature_names_in_") and hasattr(before, "get_feature_names_out"):
            names = list(map(str, before.get_feature_names_out()))
    return model, X, background, names


def read_both(model, X, background, columns):
    """Return the Tables of X and of the background, which is X where there is none."""
    rows = read_table(model, X, known=columns)
    if background is not None:
        return rows, read_table(model, background, known=columns)
    if rows.n_rows == 1:
        raise ValueError(
            "X has a single row, which cannot be compared with itself: pass rows of training as "
            "background."
        )
    return rows, rows


def outputs_last(values, predictions, base):
    """Return these with the outputs along the last axis, or without that axis for a single one."""
    if len(base) == 1:
        return values[0], predictions[0], float(base[0])
    return np.moveaxis(values, 0, 2), predictions.T, base
