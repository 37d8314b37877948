"""BackpropClassifier: scikit-learn's interface to networks trained by backpropagation."""

import copy
from numbers import Integral, Real

from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call

from .data import (
    check_inputs,
    check_validation_inputs,
    check_weights,
    encode,
    find_classes,
)
from .prediction import NetworkPredictor
from .schedules import SCHEDULES
from .training import Training
from .updates import UPDATES


class BackpropClassifier(ClassifierMixin, NetworkPredictor, BaseEstimator):
    """DOC"""

    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [str, "array-like"],
        "solver": [StrOptions(set(UPDATES))],
        "l1": [Interval(Real, 0, None, closed="left")],
        "l2": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions(set(SCHEDULES))],
        "learning_rate_init": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "delta": [Interval(Real, 0, None, closed="left")],
        "learning_rate_hold": [Interval(Integral, 0, None, closed="left")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterovs_momentum": ["boolean"],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [None, Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "scoring": [str, callable],
        "standardize": ["boolean"],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="sgd",
        l1=0.0,
        l2=1e-4,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init="auto",
        delta=1e-3,
        learning_rate_hold=0,
        momentum=0.9,
        nesterovs_momentum=True,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        max_iter=200,
        tol=1e-4,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        scoring="loss",
        standardize=True,
        class_weight=None,
        shuffle=True,
        random_state=None,
        warm_start=False,
        verbose=False,
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
        self.class_weight = class_weight
        self.shuffle = shuffle
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None
    ):
        """Train the network.

        The model is replaced as a whole when training has ended: an error, or an interrupt before
        the end of the first epoch, leaves it as it was.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs of any real dtype. float32 is trained in float32, all else in float64. X is
            neither copied nor changed where it is C-ordered, CSR or a memory map.
        y : array-like of shape (n_samples,)
            Class labels: numbers, strings or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of at least 0, on any scale. A row of weight 0 is as good as absent.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation inputs. Their loss is recorded in any case; with `early_stopping`, they take
            the place of the held-out fraction.
        y_val : array-like of shape (n_val,), default=None
            Validation labels, among those of y.
        sample_weight_val : array-like of shape (n_val,), default=None
            Validation weights.

        Returns
        -------
        BackpropClassifier
            The fitted model itself.

        Raises
        ------
        ValueError, TypeError
            What is wrong with a parameter or the data, and which; or training diverges however low
            the learning rate.

        Warns
        -----
        ConvergenceWarning
            `tol` is given and was not reached within `max_iter` epochs.
        RuntimeWarning
            Training diverged on the way; the learning rate was halved.
        UserWarning
            Training was interrupted by Ctrl-C after its first epoch.
        """
        model = copy.copy(self)
        resume = self.warm_start and hasattr(self, "coefs_")
        X, y = check_inputs(model, X, y, reset=not resume)
        classes, codes = find_classes(y)
        if resume:
            codes = encode(y, self.classes_)
        else:
            model.classes_ = classes
        training = Training(model, X, codes, check_weights(sample_weight, X), resume=resume)
        if X_val is not None or y_val is not None:
            X_val, y_val = check_validation_inputs(model, X_val, y_val)
            weights = check_weights(sample_weight_val, X_val, "sample_weight_val")
            training.validate_on(X_val, y_val, encode(y_val, model.classes_, "y_val"), weights)
        elif sample_weight_val is not None:
            raise ValueError("sample_weight_val is given, but X_val and y_val are not.")
        elif self.early_stopping:
            training.hold_out(y)
        training.run()
        self.__dict__ = vars(model)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch, on these rows.

        All goes on from where the last call left it, also in another process after pickling: the
        parameters, momentum, the count of updates, the random stream, the scaler and the class
        weights. On the same rows, with `standardize=False`, k calls are the k epochs of one `fit`.
        `early_stopping` has no effect here.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs of any real dtype; the first call decides whether the network is one of float32.
        y : array-like of shape (n_samples,)
            Class labels; they need not contain all classes.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of at least 0, on any scale.

        Returns
        -------
        BackpropClassifier
            The model itself.

        Raises
        ------
        ValueError, TypeError
            What is wrong with a parameter or the data, and which; or training diverges. The model
            stays as it was.
        """
        model = copy.copy(self)
        resume = hasattr(self, "coefs_")
        X, y = check_inputs(model, X, y, reset=not resume)
        _check_partial_fit_first_call(model, classes)
        codes = encode(y, model.classes_)
        weights = check_weights(sample_weight, X)
        Training(model, X, codes, weights, resume=resume, partial=True).run()
        self.__dict__ = vars(model)
        return self

    def __sklearn_tags__(self):
        """Declare that sparse input is taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
