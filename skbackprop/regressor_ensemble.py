"""BackpropEnsembleRegressor: several networks that predict numbers as one, and their errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from .ensembles.base import CONSTRAINTS, BackpropEnsemble
from .ensembles.fitted_checks import known_errors
from .ensembles.intervals import Errors
from .ensembles.prediction import EnsemblePredictor
from .estimator.annotations import Matrix, Scorer, Seed
from .estimator.numpy_errors import with_default_errors
from .estimator.prediction import RegressorScore
from .regressor import BackpropRegressor
from .tables.targets.numbers import deviation, within_floats


class BackpropEnsembleRegressor(RegressorScore, EnsemblePredictor, BackpropEnsemble):
    """Several networks that predict numbers as one, with an honest estimate of their error.

    For each fold of a cross-validation, networks of a few variants are trained on the other
    folds, and predict this one. These out-of-fold predictions determine the weight of each
    variant, and they measure how good the ensemble is, without a second cross-validation, and how
    far y may be from a prediction. Then `n_estimators` networks are trained on all rows. The
    ensemble predicts the weighted mean of what all of these networks predict:

        f(x) = Σ_m w_m f_m(x)

    Parameters
    ----------
    estimator : BackpropRegressor, default=None
        What the networks are like; None is ``BackpropRegressor()``. Its `random_state`,
        `warm_start` and `verbose` have no effect. With `early_stopping`, the network of a fold
        watches this fold, so that its out-of-fold predictions are a little too good.
    n_estimators : int, default=3
        Networks trained on all rows; the heavier a variant, the more of them are of it. The
        networks of the folds are members, too: with 0, only these, each of which has seen a part
        of the rows.
    cv : int, splitter or iterable, default=5
        The cross-validation. An int is the number of folds, over which y is spread evenly; equal
        rows are in the same fold, and there are fewer folds if there are fewer rows. Otherwise a
        splitter of scikit-learn, or the pairs of indices that it would yield: with repeats, a
        row's out-of-fold prediction is a mean, too.
    variants : 'auto', list of dict or None, default='auto'
        The hyper-parameters in which the networks differ from `estimator`, a dict for each
        variant. 'auto' has four, which the Notes list. None means no variants. What concerns all
        networks is set in `estimator`: `categorical_features`, `loss`, `quantile`, `huber_delta`.
    scoring : str, callable or None, default=None
        The scorer of `oof_score_`, as in scikit-learn's model selection. None is R².
    n_jobs : int or None, default=None
        How many networks are trained, or predict, at a time. They run in threads and share X; the
        result is the same for any number. None is 1, unless in a ``joblib.parallel_config``
        context; -1 is all cores. If that context names a backend of processes or a cluster
        ('loky', 'dask'), the networks are trained there.
    random_state : int, RandomState instance or None, default=None
        The source of the folds and of the seed of each network.
    warm_start : bool, default=False
        Whether `fit` keeps the networks, and trains as many more as `n_estimators` asks for, on
        the same rows. Everything else stays as it is: they are like `estimator_`, and parameters
        other than `n_estimators`, `n_jobs` and `verbose` then have no effect.
    verbose : bool or int, default=False
        Whether to print a line for each network when it has been trained.

    Attributes
    ----------
    estimators_ : list of BackpropRegressor
        The members: those of the folds, variant by variant, and those of all rows.
    weights_ : ndarray of shape (len(estimators_),)
        The weight of each member; their sum is 1.
    variants_ : list of dict
        The hyper-parameters in which each variant differs from `estimator_`.
    variant_weights_ : ndarray of shape (len(variants_),)
        The weight of each variant: those for which the loss of the out-of-fold predictions is
        low.
    estimator_ : BackpropRegressor
        What they are like, not fitted.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had any.
    is_categorical_ : ndarray of bool of shape (n_features_in_,) or None
        Which of them hold categories; None where none does.
    oof_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        What is predicted by networks that have not seen the row; NaN where there is none.
    oof_loss_ : float
        The mean loss of these predictions, on the scale of the networks, weighted like the rows;
        NaN without any.
    oof_score_ : float
        Their score; NaN without any.
    l2_factor_ : float or None
        The factor by which the strength of the L2 penalty was multiplied, compared with what
        suits data without noise; None if it was not chosen.
    l2_validation_losses_ : dict of float to float, or None
        The mean loss of the first two folds for each such factor that was tried.

    See Also
    --------
    BackpropRegressor : A single network.
    BackpropEnsembleClassifier : The same for classes and labels.
    sklearn.ensemble.BaggingRegressor : Averages any regressors, each trained on a sample.

    Notes
    -----
    The out-of-fold predictions come from one network of each variant, which has seen a part of the
    rows, and the predictions of the ensemble from many networks: it is a little better than they
    say, and its intervals are a little too wide.

    For the default `estimator`, ``variants="auto"`` is
    ``[{}, {"hidden_layer_sizes": (128, 32, 32)}, {"hidden_layer_sizes": (128, 32, 32),
    "numeric_encoding": None}, {"numeric_encoding": "leaves"}]``. Each member has `settings_`
    of its own.

    Ctrl-C during `fit` leaves an ensemble of the networks that have been trained, with a warning;
    if there is none yet, the model stays as it was.

    With scikit-learn 1.9 or later, ``set_callbacks`` takes the callbacks of ``sklearn.callback``:
    the training of each network is a task.

    References
    ----------
    .. [1] Lakshminarayanan, Pritzel & Blundell, "Simple and scalable predictive uncertainty
       estimation using deep ensembles", NeurIPS 2017, arXiv:1612.01474.
    .. [2] Barber, Candès, Ramdas & Tibshirani, "Predictive inference with the jackknife+", Annals
       of Statistics 49(1), 2021, arXiv:1905.02928.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from skbackprop import BackpropEnsembleRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> ensemble = BackpropEnsembleRegressor(random_state=0).fit(X_train, y_train)
    >>> low, high = ensemble.predict_interval(X_test, coverage=0.9)
    >>> bool(((low < y_test) & (y_test < high)).mean() > 0.8)
    True
    """

    estimators_: list[BackpropRegressor]
    weights_: np.ndarray
    variants_: list[dict]
    variant_weights_: np.ndarray
    estimator_: BackpropRegressor
    n_features_in_: int
    feature_names_in_: np.ndarray
    is_categorical_: np.ndarray | None
    oof_prediction_: np.ndarray
    oof_loss_: float
    oof_score_: float
    l2_factor_: float | None
    l2_validation_losses_: dict[float, float] | None

    _parameter_constraints = {**CONSTRAINTS, "estimator": [BackpropRegressor, None]}
    _network = BackpropRegressor

    def __init__(
        self,
        estimator: BackpropRegressor | None = None,
        n_estimators: int = 3,
        *,
        cv: int | BaseCrossValidator | Iterable = 5,
        variants: list[dict] | Literal["auto"] | None = "auto",
        scoring: str | Scorer | None = None,
        n_jobs: int | None = None,
        random_state: Seed = None,
        warm_start: bool = False,
        verbose: int = False,
    ) -> None:
        super().__init__(
            estimator,
            n_estimators,
            cv=cv,
            variants=variants,
            scoring=scoring,
            n_jobs=n_jobs,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
        )

    @with_default_errors
    def predict(
        self, X: Matrix, return_std: bool = False
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Predict numbers, on the scale of y, and with `return_std` how far y may be from them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.
        return_std : bool, default=False
            Whether to return the standard deviation of y, given x, as well.

        Returns
        -------
        y : ndarray of float64 of shape (n_samples,) or (n_samples, n_outputs)
            The weighted mean of what the networks predict.
        std : ndarray of the same shape
            With `return_std`: the root of a sum, of the variance of what they predict, and of the
            mean square of the out-of-fold errors in rows with about the same prediction.

        Raises
        ------
        ValueError
            `return_std` is True, but there are several quantiles, or no out-of-fold errors.
        """
        outputs, weights, _ = self._outputs(X)
        targets = self._targets()
        y = targets.columns_of(targets.pool(outputs, weights))
        if not return_std:
            return targets.shaped(y)
        each = np.array([targets.columns_of(A) for A in outputs])
        noise = [errors.deviation(f) for errors, f in zip(self._errors(), y.T, strict=True)]
        std = within_floats(lambda: np.hypot(deviation(each, weights), np.transpose(noise)))
        return targets.shaped(y), targets.shaped(std)

    @with_default_errors
    def predict_interval(self, X: Matrix, coverage: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Predict two numbers between which y is with a given probability.

        The ends are as far from the prediction as the out-of-fold errors were, in rows with about
        the same prediction; half of the rows outside are below the interval and half above it, or
        more above it where fewer are below, as where many numbers are 0. If new rows come from the
        same source as those of training, the interval holds at least about this share of them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            As in `fit`.
        coverage : float, default=0.9
            The probability, between 0 and 1.

        Returns
        -------
        low : ndarray of float64 of shape (n_samples,) or (n_samples, n_outputs)
            The lower ends.
        high : ndarray of the same shape
            The upper ends; with the losses 'poisson' and 'gamma', none is below 0.

        Raises
        ------
        ValueError
            `coverage` is not between 0 and 1, or too high for so few rows of training; there are
            several quantiles, or no out-of-fold errors.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must be between 0 and 1; got {coverage!r}.")
        targets = self._targets()
        y = targets.columns_of(self._scores(X))
        ends = [errors.ends(f, coverage) for errors, f in zip(self._errors(), y.T, strict=True)]
        low, high = within_floats(lambda: y + np.transpose(ends, (1, 2, 0)))
        if targets.loss.out_activation == "exp":
            low, high = np.maximum(low, 0), np.maximum(high, 0)
        return targets.shaped(low), targets.shaped(high)

    def _errors(self):
        """Return the errors out of fold of each column."""
        if not hasattr(self, "_out_of_fold"):
            raise ValueError(
                "The networks predict several quantiles: these are the interval; use predict."
            )
        known = dict(known_errors(self))
        weights = known.pop("weights")
        columns = zip(*(array.T for array in known.values()), strict=True)
        errors = [Errors(*column, weights) for column in columns]
        if not len(errors[0].errors):
            raise ValueError(
                "No row has been predicted out of fold: fit with cv that has folds, on 2 rows or "
                "more."
            )
        return errors
