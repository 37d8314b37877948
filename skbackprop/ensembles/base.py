"""Several networks as one estimator of scikit-learn's, whatever they tell: all but the answers."""

from __future__ import annotations

from numbers import Integral
from typing import Self

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags

from ..estimator.annotations import Matrix
from ..estimator.numpy_errors import with_default_errors
from ..estimator.prepare import prepare
from ..estimator.sklearn_private import Interval, SklearnConventions, StrOptions, fit_context
from .fitted_checks import check_growing
from .members import seed_of
from .observers import NetworkPrinter, ensemble_tasks
from .plan import Plan, check_additions
from .variants import varied
from .workshop import Workshop

CONSTRAINTS = {
    "n_estimators": [Interval(Integral, 0, None, closed="left")],
    "cv": ["cv_object"],
    "variants": [StrOptions({"auto"}), list, None],
    "scoring": [str, callable, None],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
}


class BackpropEnsemble(SklearnConventions, MetaEstimatorMixin, BaseEstimator):
    """The common part of ensembles of networks: their parameters and their training.

    A class of its own says with `_network` of which class the networks are, adds the constraint of
    its parameter `estimator`, and has the half that predicts.
    """

    def __init__(
        self,
        estimator,
        n_estimators,
        *,
        cv,
        variants,
        scoring,
        n_jobs,
        random_state,
        warm_start,
        verbose,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.cv = cv
        self.variants = variants
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
            What a network takes: numbers, with NaN where they are missing, or a data frame, in
            which columns may hold categories. All networks share it.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What a network takes: classes or an indicator matrix of labels, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of at least 0, on any scale. A row of weight 0 is as good as absent.
        groups : array-like of shape (n_samples,), default=None
            The group of each row, for a splitter in `cv` that keeps groups together.

        Returns
        -------
        estimator
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
            Training was interrupted by Ctrl-C: some networks are missing. Or columns of a table
            tell nothing, or more than a tenth of one is text that could not be read.
        """
        resume = self.warm_start and hasattr(self, "estimators_")
        if resume:
            check_growing(self)
            check_additions(self.n_estimators, self._n_on_all_rows)
            model = clone(self.estimator_)
        else:
            model = self._network() if self.estimator is None else clone(self.estimator)
            model.set_params(warm_start=False, verbose=False)
        models, variants = varied(model, self.variants_ if resume else self.variants)
        observers = ensemble_tasks(self, X, y, sample_weight)
        if self.verbose:
            observers.append(NetworkPrinter())
        prepared = prepare(model, X, y, sample_weight, resume=False)
        workshop = Workshop(models, prepared, self.n_jobs, observers)
        plan = Plan(workshop, self.n_estimators, getattr(self, "calibrate", False), self.scoring)
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
        own = get_tags(self._network() if self.estimator is None else self.estimator)
        tags.input_tags, tags.target_tags = own.input_tags, own.target_tags
        tags.classifier_tags, tags.regressor_tags = own.classifier_tags, own.regressor_tags
        return tags
