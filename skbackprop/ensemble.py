"""BackpropEnsembleClassifier: several networks as one, and what they know of their own error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from .classifier import BackpropClassifier
from .ensembles.base import CONSTRAINTS, BackpropEnsemble
from .ensembles.prediction import ClassifierEnsemblePredictor
from .estimator.annotations import Scorer, Seed
from .estimator.prediction import ClassifierScore


class BackpropEnsembleClassifier(ClassifierScore, ClassifierEnsemblePredictor, BackpropEnsemble):
    """Several networks that answer as one, with an honest estimate of their error.

    For each fold of a cross-validation, networks of a few variants (with one hidden layer or two,
    with bins or without) are trained on the other folds, and predict this one. These out-of-fold
    predictions determine the weight of each variant and how confident the ensemble should be, and
    they measure how good it is, without a second cross-validation. Then `n_estimators` networks
    are trained on all rows. The ensemble predicts the weighted mean of the probabilities of all
    of these networks, at the temperature T that suits the out-of-fold predictions best:

        f(x) = softmax((1/T) log Σ_m w_m f_m(x))

    The mean is taken over probabilities, not over pre-activations: its loss is never above the
    mean loss of the networks, and if they disagree, it is less certain.

    Parameters
    ----------
    estimator : BackpropClassifier, default=None
        What the networks are like; None is ``BackpropClassifier()``. Its `random_state`,
        `warm_start` and `verbose` have no effect. With `early_stopping`, the network of a fold
        watches this fold, so that its out-of-fold predictions are a little too good.
    n_estimators : int, default=3
        Networks trained on all rows; the heavier a variant, the more of them are of it. The
        networks of the folds are members, too: with 0, only these, each of which has seen a part
        of the rows.
    cv : int, splitter or iterable, default=5
        The cross-validation. An int is the number of folds, which are random and stratified (for
        labels: iteratively), and fewer if rows are few. A class with fewer rows than folds is
        missing in some; equal rows are in the same fold. Otherwise a splitter of scikit-learn, or
        the pairs of indices that it would yield; with repeats, out-of-fold probabilities are means.
    variants : 'auto', list of dict or None, default='auto'
        The hyper-parameters in which the networks differ from `estimator`, a dict for each
        variant. 'auto' has four: no difference; two layers of half the width in the place of the
        last; the same without bins; leaves of trees. None means no variants. What concerns all
        networks is set in `estimator`: `categorical_features`, `class_weight`.
    calibrate : bool, default=True
        Whether the temperature is fitted; otherwise it is 1.
    scoring : str, callable or None, default=None
        The scorer of `oof_score_`, as in scikit-learn's model selection. None is accuracy.
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
    estimators_ : list of BackpropClassifier
        The members: those of the folds, variant by variant, and those of all rows.
    weights_ : ndarray of shape (len(estimators_),)
        The weight of each member; their sum is 1.
    variants_ : list of dict
        The hyper-parameters in which each variant differs from `estimator_`.
    variant_weights_ : ndarray of shape (len(variants_),)
        The weight of each variant: those that make the out-of-fold predictions most likely.
    estimator_ : BackpropClassifier
        What they are like, not fitted.
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; or the numbers of the columns of an indicator matrix, from 0.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had any.
    is_categorical_ : ndarray of bool of shape (n_features_in_,) or None
        Which of them hold categories; None where none does.
    temperature_ : float
        T. Above 1, the mean of the networks was too confident.
    oof_probabilities_ : ndarray of shape (n_samples, n_classes)
        The probabilities, at this temperature, by networks that have not seen the row; NaN where
        there is none.
    oof_decision_function_ : ndarray of shape (n_samples,) or (n_samples, n_classes)
        Likewise, what `decision_function` returns.
    oof_loss_ : float
        The mean loss of these probabilities, weighted like the rows; NaN without any.
    oof_score_ : float
        Their score; NaN without any.
    l2_factor_ : float or None
        The factor by which the strength of the L2 penalty was multiplied, compared with what
        suits data without noise; None if it was not chosen.
    l2_validation_losses_ : dict of float to float, or None
        The mean loss of the first two folds for each such factor that was tried.

    See Also
    --------
    BackpropClassifier : A single network.
    sklearn.calibration.CalibratedClassifierCV : Calibrates any classifier.
    sklearn.ensemble.BaggingClassifier : Averages any classifiers, each trained on a sample.

    Notes
    -----
    The out-of-fold predictions come from one network of each variant, which has seen a part of the
    rows, and the predictions of the ensemble from many networks: it is a little better than they
    say. If few rows are wrong, a prior with the weight of 10 rows keeps their temperature near 1.

    For the default `estimator`, ``variants="auto"`` is ``[{"hidden_layer_sizes": (128,)},
    {"hidden_layer_sizes": (64, 64)}, {"hidden_layer_sizes": (64, 64), "numeric_encoding": None},
    {"hidden_layer_sizes": (128,), "numeric_encoding": "leaves"}]`` for any number of rows.
    Each member has `settings_` of its own.

    Ctrl-C during `fit` leaves an ensemble of the networks that have been trained, with a warning;
    if there is none yet, the model stays as it was.

    With scikit-learn 1.9 or later, ``set_callbacks`` takes the callbacks of ``sklearn.callback``:
    the training of each network is a task.

    References
    ----------
    .. [1] Lakshminarayanan, Pritzel & Blundell, "Simple and scalable predictive uncertainty
       estimation using deep ensembles", NeurIPS 2017, arXiv:1612.01474.
    .. [2] Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017,
       arXiv:1706.04599.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import train_test_split
    >>> from skbackprop import BackpropEnsembleClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> ensemble = BackpropEnsembleClassifier(random_state=0).fit(X_train, y_train)
    >>> ensemble.oof_score_ > 0.95, ensemble.score(X_test, y_test) > 0.95
    (True, True)
    """

    estimators_: list[BackpropClassifier]
    weights_: np.ndarray
    variants_: list[dict]
    variant_weights_: np.ndarray
    estimator_: BackpropClassifier
    classes_: np.ndarray
    n_features_in_: int
    feature_names_in_: np.ndarray
    is_categorical_: np.ndarray | None
    temperature_: float
    oof_probabilities_: np.ndarray
    oof_decision_function_: np.ndarray
    oof_loss_: float
    oof_score_: float
    l2_factor_: float | None
    l2_validation_losses_: dict[float, float] | None

    _parameter_constraints = {
        **CONSTRAINTS,
        "estimator": [BackpropClassifier, None],
        "calibrate": ["boolean"],
    }
    _network = BackpropClassifier

    def __init__(
        self,
        estimator: BackpropClassifier | None = None,
        n_estimators: int = 3,
        *,
        cv: int | BaseCrossValidator | Iterable = 5,
        variants: list[dict] | Literal["auto"] | None = "auto",
        calibrate: bool = True,
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
        self.calibrate = calibrate
