"""Networks as estimators of scikit-learn, whatever they learn to tell: all but the targets."""

from __future__ import annotations

import copy
import math
from numbers import Integral, Real
from typing import Self

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..solvers.schedules import SCHEDULES
from ..tables.targets.reading import read_targets
from .annotations import Matrix
from .assembly import assemble
from .evaluation import Score
from .hyper_parameters import FULL_BATCH, hyper_parameters, solver_names
from .numpy_errors import numpy_errors_by_default
from .observers import EpochPrinter, fit_tasks
from .prediction import NetworkPredictor
from .prepare import prepare, with_validation
from .settings import Settings
from .sklearn_private import (
    Interval,
    Options,
    SklearnConventions,
    StrOptions,
    check_parameters,
    fit_context,
)
from .state import State, fitted_settings, record, restore

CONSTRAINTS = {
    "hidden_layer_sizes": [
        StrOptions({"auto"}),
        "array-like",
        Interval(Integral, 1, None, closed="left"),
    ],
    "activation": [str, "array-like"],
    "solver": [StrOptions(solver_names())],
    "l1": [Interval(Real, 0, None, closed="left")],
    "l2": [StrOptions({"auto", "validate"}), Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions(SCHEDULES.keys())],
    "learning_rate_init": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    "delta": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "learning_rate_hold": [Interval(Integral, 0, None, closed="left")],
    "momentum": [Interval(Real, 0, 1, closed="left")],
    "nesterovs_momentum": ["boolean"],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "tol": [None, StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {math.inf})],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "scoring": [str, callable],
    "standardize": ["boolean"],
    "numeric_encoding": [
        StrOptions({"auto", "piecewise", "target_aware", "leaves", "light_leaves"}),
        None,
    ],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    "min_frequency": [Interval(Integral, 1, None, closed="left")],
    "dtype": [StrOptions({"auto", "float32", "float64"})],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
}


def learns_from_parts(model):
    """Whether the solver can go on with other rows."""
    if isinstance(model.solver, str) and model.solver in FULL_BATCH:
        raise AttributeError(
            f"partial_fit needs solver='sgd' or 'adam': {model.solver!r} takes its steps on all "
            "rows at once. To go on training on the same rows, use fit with warm_start=True."
        )
    return True


class Backprop(SklearnConventions, NetworkPredictor, BaseEstimator):
    """The common part of estimators that train a network: their parameters and their training.

    A class of its own names all parameters in its `__init__`, as scikit-learn asks, adds the
    constraints of those that are about its targets, and says with `_kind_of_targets` which targets
    it learns; with `_read_targets`, how they are read, if not as labels.
    """

    _parameter_constraints = CONSTRAINTS
    _read_targets = staticmethod(read_targets)

    def __init__(
        self,
        hidden_layer_sizes,
        activation,
        *,
        solver,
        l1,
        l2,
        batch_size,
        learning_rate,
        learning_rate_init,
        delta,
        learning_rate_hold,
        momentum,
        nesterovs_momentum,
        beta_1,
        beta_2,
        epsilon,
        max_iter,
        tol,
        n_iter_no_change,
        early_stopping,
        validation_fraction,
        scoring,
        standardize,
        numeric_encoding,
        categorical_features,
        min_frequency,
        dtype,
        shuffle,
        random_state,
        warm_start,
        verbose,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.l1 = l1
        self.l2 = l2
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.delta = delta
        self.learning_rate_hold = learning_rate_hold
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.standardize = standardize
        self.numeric_encoding = numeric_encoding
        self.categorical_features = categorical_features
        self.min_frequency = min_frequency
        self.dtype = dtype
        self.shuffle = shuffle
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    @property
    def settings_(self) -> Settings:
        """The value that each parameter has become for the data of training."""
        check_is_fitted(self, "coefs_")
        return fitted_settings(self)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Matrix,
        y: Matrix,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Matrix | None = None,
        y_val: Matrix | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train the network.

        The model is replaced as a whole when training has ended: an error, or an interrupt before
        the end of the first epoch, leaves it as it was.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Numbers of any real dtype, where NaN is a missing value; or a data frame, in which
            columns may hold categories. Numbers are neither copied nor changed where X is
            C-ordered or a memory map; what is sparse is copied.
        y : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
            Class labels: all numbers, all strings or all booleans, none of them missing. Or, for
            each of several labels that do not exclude each other, 1 or 0, in a matrix that may be
            sparse.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of at least 0, on any scale. A row of weight 0 is as good as absent.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation inputs, which take the place of held-out rows: they choose `l2` and, with
            `early_stopping`, the best epoch. Their loss is recorded in any case.
        y_val : array-like of shape (n_val,) or (n_val, n_labels), default=None
            Validation labels, among those of y; or an indicator matrix of the same labels.
        sample_weight_val : array-like of shape (n_val,), default=None
            Validation weights.

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
        ConvergenceWarning
            `tol` is given and was not reached within `max_iter` epochs, or not where no step of
            'newton' or 'lbfgs' lowers J any further.
        RuntimeWarning
            Training diverged on the way; or, at a learning rate given as a number, its outputs had
            ceased to depend on X. The rate was halved.
        UserWarning
            Training was interrupted by Ctrl-C after its first epoch. Or columns of a table tell
            nothing, or more than a tenth of one is text that could not be read.

        Notes
        -----
        In a Pipeline with ``transform_input=["X_val"]``, the steps before transform X_val too.
        This takes metadata routing, as sample weights in a Pipeline do.

        A search or cross-validation hands X_val, y_val and sample_weight_val whole to the fit of
        each fold, except where they have as many rows as X: then, as all that is so long, they are
        cut to the rows of the fold, and no fit can tell. It validates on fewer rows. Give them
        another length, if need be by a row more whose weight in sample_weight_val is 0.

        Examples
        --------
        Validation data that pass through the steps of a Pipeline, in each fold of a search:

        >>> import sklearn
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> from sklearn.model_selection import GridSearchCV, train_test_split
        >>> from sklearn.pipeline import Pipeline
        >>> from skbackprop import BackpropClassifier
        >>> X, X_val, y, y_val = train_test_split(*load_iris(return_X_y=True), random_state=0)
        >>> with sklearn.config_context(enable_metadata_routing=True):
        ...     network = BackpropClassifier(early_stopping=True, tol=None, random_state=0)
        ...     network = network.set_fit_request(X_val=True, y_val=True)
        ...     steps = [("pca", PCA()), ("network", network)]
        ...     pipeline = Pipeline(steps, transform_input=["X_val"])
        ...     search = GridSearchCV(pipeline, {"pca__n_components": [2, 3]}, cv=3)
        ...     search.fit(X, y, X_val=X_val, y_val=y_val).score(X_val, y_val) > 0.9
        True
        """
        with numpy_errors_by_default():
            state = restore(self) if self.warm_start and hasattr(self, "coefs_") else None
            prepared = prepare(self, X, y, sample_weight, resume=state is not None)
            prepared = with_validation(self, prepared, X_val, y_val, sample_weight_val)
            return self._train(prepared, state, (X, y, sample_weight))

    def _fit_part(self, X, y, sample_weight, classes=None):
        """Train for one more epoch on these rows: the `partial_fit` of an estimator."""
        check_parameters(self)  # scikit-learn does so in the first call only
        options = {"classes": classes, "partial": True}
        with numpy_errors_by_default():
            state = restore(self) if hasattr(self, "coefs_") else None
            prepared = prepare(self, X, y, sample_weight, resume=state is not None, **options)
            return self._train(prepared, state, (X, y, sample_weight), partial=True)

    def _train(self, prepared, state, given, partial=False):
        """Train on what has been prepared of what was given, and record what was fitted.

        It goes on from `state`, or begins where that is None.
        """
        state = state or State.first(self.random_state)
        is_scored = self.scoring != "loss" and not partial
        score = Score(self, prepared) if is_scored else None
        training = assemble(hyper_parameters(self), prepared, state, partial=partial, score=score)
        observers = fit_tasks(self, *given, partial=partial, n_epochs=training.n_epochs)
        if self.verbose:
            observers.append(EpochPrinter(self.verbose, state.n_epochs, not partial))

        def fitted(model, state):
            return record(model, state, prepared.targets, prepared.columns)

        def model_now():
            return fitted(copy.copy(self), training.state_now())

        return fitted(self, training.run(observers, model_now))

    def __sklearn_tags__(self):
        """Declare that sparse input, missing values and, in frames, any columns are taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = self.categorical_features is not None
        tags.input_tags.string = self.categorical_features is not None
        return tags
