"""BackpropEnsembleClassifier: several networks as one, and what they know of their own error."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import get_tags

from .classifier import BackpropClassifier
from .ensembles.fitted_checks import check_growing
from .ensembles.members import seed_of
from .ensembles.observers import NetworkPrinter, ensemble_tasks
from .ensembles.plan import Plan, check_additions
from .ensembles.prediction import EnsemblePredictor
from .ensembles.variants import varied
from .ensembles.workshop import Workshop
from .estimator.annotations import Matrix, Scorer, Seed
from .estimator.numpy_errors import with_default_errors
from .estimator.prediction import ClassifierScore
from .estimator.prepare import prepare
from .estimator.sklearn_private import (
    Interval,
    SklearnConventions,
    StrOptions,
    fit_context,
)


class BackpropEnsembleClassifier(
    SklearnConventions, MetaEstimatorMixin, ClassifierScore, EnsemblePredictor, BaseEstimator
):
    """Several networks that answer as one, with an honest estimate of their error.

    Networks of a few variants, with one hidden layer or two, with bins or without, are trained on
    all folds of a cross-validation but one, and predict this one. The out-of-fold predictions tell
    what each variant should count, how confident the ensemble should be, and how good it is, with
    no second cross-validation. Then `n_estimators` networks are trained on all rows. The ensemble
    answers with the weighted mean of the probabilities of all of these networks, at the temperature
    T by which the out-of-fold predictions fit best:

        f(x) = softmax((1/T) log Σ_m w_m f_m(x))

    The mean is that of probabilities, not of pre-activations: its loss is never above the mean loss
    of the networks, and where they disagree, it is less certain.

    Parameters
    ----------
    estimator : BackpropClassifier, default=None
        What the networks are like; None is ``BackpropClassifier()``. Its `random_state`,
        `warm_start` and `verbose` have no effect. With `early_stopping`, the network of a fold
        watches this fold, so that its out-of-fold predictions are a little too good.
    n_estimators : int, default=3
        Networks trained on all rows, of each variant as many as it counts. The networks of the
        folds are members, too: with 0, there are these only, of which each has seen a part of the
        rows.
    cv : int, splitter or iterable, default=5
        The cross-validation. An int is the number of folds. These are stratified (of labels:
        iteratively), random, and fewer where there are fewer rows; a class of fewer rows than folds
        is missing in some, and equal rows are in one. Else a splitter of scikit-learn, or the pairs
        of indices it would yield: with repeats, a row's out-of-fold probability is a mean, too.
    variants : 'auto', list of dict or None, default='auto'
        Hyper-parameters by which the networks differ from `estimator`, a dict for each variant.
        'auto' is three: what `estimator` is, two layers of half the width for its last, and these
        without bins for numbers. None is no difference. What concerns all networks stays with
        `estimator`: `categorical_features`, `class_weight`.
    calibrate : bool, default=True
        Whether the temperature is fitted; else it is 1.
    scoring : str, callable or None, default=None
        What `oof_score_` is: a scorer as in scikit-learn's model selection. None is accuracy.
    n_jobs : int or None, default=None
        How many networks are trained, or predict, at a time. They share X, in threads; the result
        is the same for any number. None is 1, unless in a ``joblib.parallel_config`` context; -1 is
        all cores. Where that context names a backend of processes or a cluster ('loky', 'dask'),
        networks are trained there.
    random_state : int, RandomState instance or None, default=None
        What the folds and the seed of each network are drawn from.
    warm_start : bool, default=False
        Whether `fit` keeps the networks and trains as many more on all rows as `n_estimators` asks
        for, the rows being the same. All else stays as it is: they are like `estimator_`, and
        other parameters than `n_estimators`, `n_jobs` and `verbose` have no effect then.
    verbose : bool or int, default=False
        Whether to print a line for each network when it has been trained.

    Attributes
    ----------
    estimators_ : list of BackpropClassifier
        The members: those of the folds, variant by variant, and those of all rows.
    weights_ : ndarray of shape (len(estimators_),)
        What each member counts; their sum is 1.
    variants_ : list of dict
        By which hyper-parameters each variant differs from `estimator_`.
    variant_weights_ : ndarray of shape (len(variants_),)
        What each variant counts, for which the out-of-fold predictions are likeliest.
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
        By what the strength of the L2 penalty was multiplied, in comparison with what suits data
        without noise; None where it was not chosen.
    l2_validation_losses_ : dict of float to float, or None
        The mean loss of the first two folds for each such factor that was tried.

    See Also
    --------
    BackpropClassifier : A single network.
    sklearn.calibration.CalibratedClassifierCV : Calibrates any classifier.
    sklearn.ensemble.BaggingClassifier : Averages any classifiers, each trained on a sample.

    Notes
    -----
    The out-of-fold predictions come from one network of each variant that has seen a part of the
    rows, the ensemble's from many: it is a little better than they say. Their temperature is kept
    near 1 by a prior that weighs as 10 rows, where few rows are wrong.

    For the default `estimator`, ``variants="auto"`` is ``[{}, {"hidden_layer_sizes": (64, 64)},
    {"hidden_layer_sizes": (64, 64), "numeric_encoding": None}]``. Each member has `settings_` of
    its own.

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
        "estimator": [BackpropClassifier, None],
        "n_estimators": [Interval(Integral, 0, None, closed="left")],
        "cv": ["cv_object"],
        "variants": [StrOptions({"auto"}), list, None],
        "calibrate": ["boolean"],
        "scoring": [str, callable, None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

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
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.cv = cv
        self.variants = variants
        self.calibrate = calibrate
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    @with_default_errors
    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Matrix,
        y: Matrix,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Train the networks.

        The model is replaced as a whole when all have been trained: an error leaves it as it was.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            What `BackpropClassifier.fit` takes: numbers, with NaN where they are missing, or a data
            frame, in which columns may hold categories. All networks share it.
        y : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
            Class labels, or labels that do not exclude each other.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of at least 0, on any scale. A row of weight 0 is as good as absent.
        groups : array-like of shape (n_samples,), default=None
            The group of each row, for a splitter in `cv` that keeps groups together.

        Returns
        -------
        BackpropEnsembleClassifier
            The fitted model itself.

        Raises
        ------
        ValueError, TypeError
            What is wrong with a parameter or the data, and which; or training diverges however low
            the learning rate.

        Warns
        -----
        ConvergenceWarning, RuntimeWarning
            What training a network warns of, once for all to which it has happened.
        UserWarning
            Training was interrupted by Ctrl-C: some networks are missing.
        """
        resume = self.warm_start and hasattr(self, "estimators_")
        if resume:
            check_growing(self)
            check_additions(self.n_estimators, self._n_on_all_rows)
            model = clone(self.estimator_)
        else:
            model = BackpropClassifier() if self.estimator is None else clone(self.estimator)
            model.set_params(warm_start=False, verbose=False)
        models, variants = varied(model, self.variants_ if resume else self.variants)
        observers = ensemble_tasks(self, X, y, sample_weight)
        if self.verbose:
            observers.append(NetworkPrinter())
        prepared = prepare(model, X, y, sample_weight, resume=False)
        workshop = Workshop(models, prepared, self.n_jobs, observers)
        plan = Plan(workshop, self.n_estimators, self.calibrate, self.scoring)
        if resume:
            fitted = plan.train_more(self)
        else:
            fitted = plan.train_all(self.cv, groups, seed_of(self.random_state))
            fitted |= {"estimator_": model, "variants_": variants}
            self.__dict__.pop("feature_names_in_", None)
        self.__dict__.update(fitted)
        for observer in observers:
            observer.ensemble_ends(fitted)
        return self

    def __sklearn_tags__(self):
        """Declare what the members take."""
        tags = super().__sklearn_tags__()
        own = BackpropClassifier() if self.estimator is None else self.estimator
        tags.input_tags = get_tags(own).input_tags
        tags.classifier_tags = get_tags(own).classifier_tags
        return tags
