"""BackpropClassifier: scikit-learn's interface to networks trained by backpropagation."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if

from .estimator.annotations import Matrix, Scorer, Seed
from .estimator.assembly import assemble
from .estimator.evaluation import Score
from .estimator.hyper_parameters import FULL_BATCH, hyper_parameters, solver_names
from .estimator.numpy_errors import numpy_errors_by_default
from .estimator.observers import EpochPrinter, fit_tasks
from .estimator.prediction import ClassifierScore, NetworkPredictor
from .estimator.prepare import prepare, with_validation
from .estimator.sklearn_private import (
    Interval,
    Options,
    SklearnConventions,
    StrOptions,
    check_parameters,
    fit_context,
)
from .estimator.state import State, record, restore
from .solvers.schedules import SCHEDULES
from .tables.targets import kind_of_classification


def _learns_from_parts(model):
    """Whether the solver can go on with other rows."""
    if model.solver in FULL_BATCH:
        raise AttributeError(
            f"partial_fit needs solver='sgd' or 'adam': {model.solver!r} takes its steps on all "
            "rows at once. To go on training on the same rows, use fit with warm_start=True."
        )
    return True


class BackpropClassifier(SklearnConventions, ClassifierScore, NetworkPredictor, BaseEstimator):
    """Multilayer neural network trained by backpropagation.

    With L hidden layers, hᵏ = gᵏ(bᵏ + Wᵏ hᵏ⁻¹) from h⁰ = x on, and f = softmax(bᴸ⁺¹ + Wᴸ⁺¹ hᴸ),
    it minimises the regularised empirical risk

        J(θ) = Σ_t s_t (−log f(x_t)_{y_t}) / Σ_t s_t + l1 Σ |W_ij| + l2 Σ W_ij²

    over all weights W and biases b, where s is sample weight times class weight. Penalties mean
    the same for every `batch_size` and number of rows, and never touch the biases.

    X may be a table as it is: numbers of any scale, missing values, categories. It becomes the
    inputs h⁰ of the network inside: numbers are standardised and cut into bins
    (`numeric_encoding`), categories get an input for each level (`categorical_features`), and where
    numbers are missing, an input says so. The strength of the L2 penalty is chosen on rows that are
    held out.

    Where y is an indicator matrix, each of its labels has a logistic output of its own, and the
    loss is −Σ_k [y_k log f_k(x) + (1 − y_k) log(1 − f_k(x))], the sum over the labels.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(128,)
        Units of each of the L hidden layers; an int is one layer, ``()`` softmax regression.
    activation : str or sequence of str, default='relu'
        The function g of all hidden layers, or one for each: 'identity' (or 'linear'), 'logistic'
        (or 'sigmoid'), 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'softplus'.
    solver : {'sgd', 'adam', 'newton', 'lbfgs'}, default='sgd'
        What minimises J. On mini-batches: stochastic gradient descent with momentum, or Adam [4]_.
        On all rows at once, for few rows, small networks and precise minima: Newton's method with
        exact curvature, by conjugate gradients in a trust region [5]_ [6]_, or L-BFGS [7]_. These
        two compute in float64 and have no `partial_fit`.
    l1 : float, default=0.0
        Strength of the L1 penalty, at least 0. It makes weights exactly 0: by a proximal step after
        each update, or in 'lbfgs' by bounds on the positive and negative parts of the weights;
        'newton' does not take it. ``LogisticRegression`` with an L1 penalty and ``C`` on n rows has
        ``l1 = 1 / (n * C)``.
    l2 : float, 'auto' or 'validate', default='validate'
        Strength of the L2 penalty, at least 0. The gradient is 2 · l2 · W. A number means the same
        for any number of rows, and for all layers. 'validate' tries five strengths, from strong to
        weak, each on four fifths of the rows (at most 20,000) for half of the epochs, and takes the
        strongest whose loss on the held-out fifth, or on `X_val`, is within 1 % of the lowest; then
        all rows are trained on. 'auto' is a fixed rule: 1 / 128 up to 512 rows, 2 / 2048 up to
        2048, 2 / 8192 up to 8192 and so on, times √(inputs / 64) for more than 64 inputs, times
        √labels for an indicator matrix, times 8 (m / 1500 · 2 / K)^0.4 for K classes, where m is
        that 512, 2048, 8192 …; equal rows count once. The rule is used as well where 'validate'
        tries nothing: up to 100 rows, where no class has three rows, in `partial_fit` (whose rows
        are those of the call), and with 'newton' and 'lbfgs'. By 'auto' and 'validate', the last of
        several layers has a tenth of the strength.
        ``MLPClassifier(alpha=a)`` on n rows in batches of b has ``l2 = a / (2 * b)``,
        ``LogisticRegression(C)`` has ``l2 = 1 / (2 * n * C)``.
    batch_size : int or 'auto', default='auto'
        Rows of a mini-batch in 'sgd' and 'adam'; 1 is an update after each example. The last, short
        batch is used too, and a size above the number of rows means all of them. 'auto' is all rows
        up to 100 of them, and 32 for more.
    learning_rate : str, default='linear'
        How the learning rate α_t of update t = 0, 1, … of 'sgd' and 'adam' decreases, with
        t' = max(0, t − `learning_rate_hold`): 'constant' is α; 'inverse' α / (1 + δ t'); 'power'
        α / (1 + t')^δ; 'adaptive' divides α by 5 when the watched loss stops improving and stops
        when it falls below 1e-6. Two fall to 0 over the T updates that `max_iter` allows, with
        T' = T − `learning_rate_hold`: 'linear' is α (1 − t'/T'), 'cosine' α (1 + cos(π t'/T')) / 2.
        In a warm start they begin again. In `partial_fit` they need a `max_iter`, after which the
        rate stays at its last value; with 'auto' they are 'inverse' there. 'newton' and 'lbfgs'
        ignore all that concerns the rate.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate α, larger than 0. 'auto' is 0.001 for 'adam' and 0.05 for 'sgd', 1.5 times
        that for 'linear' and 'cosine'. For 'sgd' it is lower in these cases: it is multiplied by
        √(batch size / 32) for smaller mini-batches, and divided by √labels for an indicator matrix,
        by the root mean square of inputs that are not standardised, where that is above 1, and
        else, for 'linear' and 'cosine', by the mean of |h⁰|² / 200, where that is above 1.
    delta : float or 'auto', default='auto'
        The decrease constant δ, at least 0. 'auto' is 1e-3 for 'inverse' and 0.25 for 'power'
        (above 0.5, which convergence in the long run asks for, give a larger α).
    learning_rate_hold : int, default=0
        How many first updates are made at the full α.
    momentum : float, default=0.9
        The coefficient β of 'sgd', in [0, 1): v ← ∇ + β v, θ ← θ − α_t v.
    nesterovs_momentum : bool, default=True
        Whether 'sgd' moves by θ ← θ − α_t (∇ + β v) instead, with the new v.
    beta_1 : float, default=0.9
        Decay of the first moment in 'adam', in [0, 1).
    beta_2 : float, default=0.999
        Decay of the second moment in 'adam', in [0, 1).
    epsilon : float, default=1e-8
        What 'adam' adds to the root of the second moment, larger than 0.
    max_iter : int or 'auto', default='auto'
        Most epochs; an epoch visits all rows once. In 'newton' and 'lbfgs', one is one step. 'auto'
        is 200, but with the schedules 'linear' and 'cosine' 20 up to 8000 rows, then
        20 √(8000 / rows), at least 5, and so many that there are 1000 updates.
    tol : float, 'auto' or None, default='auto'
        Training stops when the watched value (the training loss or, with `early_stopping`, the
        validation loss or score) has not improved by more than `tol` for `n_iter_no_change`
        epochs. 'newton' and 'lbfgs' stop where no entry of ∇J is larger than `tol`; a training loss
        that falls too little stops them only in nets of 'relu', 'leaky_relu' or 'selu', at whose
        kinks ∇J need not vanish. None runs all `max_iter` epochs, unless no further step lowers J,
        and never warns of it. 'auto' is None for 'linear' and 'cosine', which end where `max_iter`
        is used up, and 3e-4 for all else.
    n_iter_no_change : int or np.inf, default=10
        How many epochs to look ahead.
    early_stopping : bool, default=False
        Whether to watch validation data, and to go back to the best parameters at the end. The
        data is a stratified fraction of the rows (of labels: iteratively [8]_), held out, or the
        `X_val` and `y_val` given to `fit`. Equal rows stay together, as one that weighs as much,
        here and where `l2` is chosen; a class of one row is trained on.
    validation_fraction : float, default=0.1
        The fraction to hold out, in (0, 1).
    scoring : str or callable, default='loss'
        What to watch: 'loss', or a scorer as in scikit-learn's model selection. Without validation
        data a scorer sees the training data.
    standardize : bool, default=True
        Whether to bring the numbers of dense X to mean 0 and deviation 1 (as seen in training,
        weighted). Sparse X is taken as it is.
    numeric_encoding : 'auto', 'piecewise' or None, default='auto'
        Whether columns of numbers with more than 8 distinct values are cut into bins as well:
        for each bin, an input says how far the value has come through it, from 0 to 1 [9]_. There
        are up to 16 bins, as many as keep the network at 512 inputs besides those of levels, at
        quantiles of the training data, or at each value where there are few. The standardised
        number z beside them is limited smoothly: z / √(1 + (z/4)²). 'auto' does so where numbers
        are standardised; sparse X has no bins. In `partial_fit` the first call decides on the bins.
    categorical_features : 'from_dtype', array-like or None, default='from_dtype'
        Which columns hold categories: those of a data frame (of pandas or polars) whose dtype is
        category, string, object, boolean or an enumeration; those that a mask, indices or names
        choose; or none. Each level has an input that is 1 in its rows (2 beside bins, so that it
        is learned as fast); it is never stored, but looked up. A missing value is a level of its
        own. A level that training has not seen counts as a rare one if there were rare ones, else
        it contributes nothing.
    min_frequency : int, default=2
        A level that fewer rows have is rare: all such levels of a column share one.
    dtype : 'auto', 'float32' or 'float64', default='auto'
        What the network computes in. 'auto' is float32 for X of float32 and for 'sgd' and 'adam'
        on more than 100 rows, float64 for all else. Predictions are of float64, unless both the
        network and X are of float32.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, not for labels; keys are equal to the labels, so that "0" is not 0,
        and what has none counts 1. 'balanced' gives all classes the same total weight; in
        `partial_fit`, by what has been seen so far.
    shuffle : bool, default=True
        Whether an epoch of 'sgd' and 'adam' visits the rows in a fresh random order. Rows of a
        dense X that take more than 1 GiB are shuffled in blocks of 1 MiB, and row by row within
        windows of 256 blocks, so that a memory map is read in pieces.
    random_state : int, RandomState instance or None, default=None
        What the first weights, the orders and the held-out rows are drawn from.
    warm_start : bool, default=False
        Whether `fit` goes on from the fitted parameters, momentum and count of updates, with the
        scaler as it is.
    verbose : bool or int, default=False
        Whether to print a line after each epoch, with its losses, score, learning rate and the
        time since the start. An int n prints every n-th epoch and the last one (in `partial_fit`,
        every n-th only); 0 is silence.

    Attributes
    ----------
    classes_ : ndarray of shape (n_outputs_,)
        The class labels, sorted; or the numbers of the columns of an indicator matrix, from 0.
    n_features_in_ : int
        Columns of X.
    is_categorical_ : ndarray of bool of shape (n_features_in_,) or None
        Which of them hold categories; None where none does.
    categories_ : list of ndarray
        The levels of each of these, of objects: None is a missing value. Rare ones are left out.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had any.
    coefs_ : list of ndarray, of shapes (n_in, n_out)
        The weights of each layer, for standardised inputs; float32 or float64.
    intercepts_ : list of ndarray, of shapes (n_out,)
        The biases of each layer.
    n_layers_ : int
        Layers including inputs and outputs, L + 2.
    n_outputs_ : int
        Units of the last: one for each class or label.
    out_activation_ : str
        'softmax', or 'logistic' for labels.
    scaler_ : StandardScaler or None
        What standardises the numbers.
    l2_ : float
        The strength of the L2 penalty: of all layers but the last of several, which has a tenth of
        it unless `l2` is a number.
    l2_validation_losses_ : dict of float to float, or None
        The loss that each strength tried has had on the held-out rows, where `l2` was validated.
    n_iter_ : int
        Epochs of training in all.
    t_ : int
        Updates in all: steps of 'newton' and 'lbfgs', of which a refused one counts too.
    loss_curve_ : list of float
        J in each epoch: the mean of the losses of its batches, each before its update, plus the
        penalty at the start. In 'newton' and 'lbfgs', J after each step.
    learning_rate_curve_ : list of float
        The learning rate at the end of each epoch; NaN for the steps of 'newton' and 'lbfgs'.
    loss_ : float
        The last of `loss_curve_`.
    best_loss_ : float or None
        The lowest loss that was watched; None where that was a score.
    validation_loss_curve_ : list of float or None
        The loss, without penalties, of the validation data after each epoch; NaN after those of
        a warm start or `partial_fit` that had none.
    validation_scores_ : list of float or None
        Its score after each epoch, where `scoring` is not 'loss'; NaN likewise.

    See Also
    --------
    check_gradient : Compare the gradient with finite differences.
    search_space : Distributions of the hyper-parameters for a random search.
    sklearn.neural_network.MLPClassifier : The network of scikit-learn itself.

    Notes
    -----
    A training that diverges goes back to the start of the epoch (after three failures, to its own
    start) and on at half the learning rate, with a warning; after ten halvings it raises a
    ValueError. One whose outputs cease to depend on X in its first ten epochs, as in small networks
    that lose all rectifiers of a layer, begins again at half the rate, up to five times, and at its
    own rate if that is of no use. If the rate was a number, a warning tells of a lower one. Ctrl-C
    ends training with the model of the last whole epoch (the best one, with `early_stopping`).

    With scikit-learn 1.9 or later, ``set_callbacks`` takes the callbacks of ``sklearn.callback``:
    ``ProgressBar()`` shows the epochs, ``ScoringMonitor(scoring=...)`` keeps a score of each on the
    training data, and one of your own stops training by returning True from ``on_fit_task_end``.
    A call of `fit` or `partial_fit` is a task, each epoch a task within it. Hooks are given X, y
    and the sample weights as they came, and with ``fitted_estimator`` the model as it is then;
    the estimator itself changes when training has ended. An error in a hook leaves it as it was.
    Epochs that are repeated after divergence are not reported again.

    With the same `random_state`, data, machine and library versions the result is the same bit for
    bit, in any process and any number of jobs. Elsewhere it is the same to rounding: another
    number of BLAS threads (where products are large enough to be shared), BLAS library, processor,
    mathematical library or compiler, or the reference in the place of the compiled epoch, may sum
    and round in another order. An update carries such differences on to the next: of the order of
    1e-15 in float64 (1e-7 in float32) at first, they grow with the epochs, most where training is
    unstable, and can decide when it stops or which of two equal scores wins.

    References
    ----------
    .. [1] Hugo Larochelle, "Training neural networks", a lecture: empirical risk minimisation,
       backpropagation, regularisation, initialisation, model selection, optimisation.
    .. [2] Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors",
       Nature 323, 1986, doi:10.1038/323533a0.
    .. [3] Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
       networks", AISTATS 2010.
    .. [4] Kingma & Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980.
    .. [5] Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6(1), 1994,
       doi:10.1162/neco.1994.6.1.147.
    .. [6] Steihaug, "The conjugate gradient method and trust regions in large scale optimization",
       SIAM Journal on Numerical Analysis 20(3), 1983, doi:10.1137/0720042.
    .. [7] Byrd, Lu, Nocedal & Zhu, "A limited memory algorithm for bound constrained optimization",
       SIAM Journal on Scientific Computing 16(5), 1995, doi:10.1137/0916069.
    .. [8] Sechidis, Tsoumakas & Vlahavas, "On the stratification of multi-label data", ECML PKDD
       2011, doi:10.1007/978-3-642-23808-6_10.
    .. [9] Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep
       learning", NeurIPS 2022, arXiv:2203.05556.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import train_test_split
    >>> from skbackprop import BackpropClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> classifier = BackpropClassifier(random_state=0).fit(X_train, y_train)
    >>> classifier.score(X_test, y_test) > 0.95
    True
    """

    classes_: np.ndarray
    n_features_in_: int
    is_categorical_: np.ndarray | None
    categories_: list[np.ndarray]
    feature_names_in_: np.ndarray
    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    scaler_: StandardScaler | None
    l2_: float
    l2_validation_losses_: dict[float, float] | None
    n_iter_: int
    t_: int
    loss_curve_: list[float]
    learning_rate_curve_: list[float]
    loss_: float
    best_loss_: float | None
    validation_loss_curve_: list[float] | None
    validation_scores_: list[float] | None
    _best_epoch: int | None

    _parameter_constraints = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
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
        "numeric_encoding": [StrOptions({"auto", "piecewise"}), None],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "min_frequency": [Interval(Integral, 1, None, closed="left")],
        "dtype": [StrOptions({"auto", "float32", "float64"})],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    _kind_of_targets = staticmethod(kind_of_classification)

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] | np.ndarray = (128,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "sgd",
        l1: float = 0.0,
        l2: float | Literal["auto", "validate"] = "validate",
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: str = "linear",
        learning_rate_init: float | Literal["auto"] = "auto",
        delta: float | Literal["auto"] = "auto",
        learning_rate_hold: int = 0,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        max_iter: int | Literal["auto"] = "auto",
        tol: float | Literal["auto"] | None = "auto",
        n_iter_no_change: float = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scoring: str | Scorer = "loss",
        standardize: bool = True,
        numeric_encoding: Literal["auto", "piecewise"] | None = "auto",
        categorical_features: ArrayLike | None = "from_dtype",
        min_frequency: int = 2,
        dtype: Literal["auto", "float32", "float64"] = "auto",
        class_weight: dict | Literal["balanced"] | None = None,
        shuffle: bool = True,
        random_state: Seed = None,
        warm_start: bool = False,
        verbose: int = False,
    ) -> None:
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
        self.class_weight = class_weight
        self.shuffle = shuffle
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

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
            Validation inputs. Their loss is recorded in any case; with `early_stopping`, they take
            the place of the held-out fraction.
        y_val : array-like of shape (n_val,) or (n_val, n_labels), default=None
            Validation labels, among those of y; or an indicator matrix of the same labels.
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
            `tol` is given and was not reached within `max_iter` epochs, or not where no step of
            'newton' or 'lbfgs' lowers J any further.
        RuntimeWarning
            Training diverged on the way; or, at a learning rate given as a number, its outputs had
            ceased to depend on X. The rate was halved.
        UserWarning
            Training was interrupted by Ctrl-C after its first epoch.

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

    @available_if(_learns_from_parts)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Matrix,
        y: Matrix,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one more epoch, on these rows; only for 'sgd' and 'adam'.

        All goes on from where the last call left it, also in another process after pickling: the
        parameters, momentum, the count of updates, the random stream, the scaler and the class
        weights. (After a `fit`, the momentum is 0, unless `warm_start` kept it.) On the same rows,
        with `standardize=False`, k calls are the k epochs of one `fit`. `early_stopping` has no
        effect here.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs of any real dtype; the first call decides whether the network is one of float32.
        y : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
            Class labels, which need not contain all classes; or labels, as in `fit`.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call, unless y is a matrix: its
            classes are the numbers of its columns.
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
        AttributeError
            The solver sees all rows at once.
        """
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
        """Declare that sparse input is taken and, unless classes are weighed, labels too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = self.categorical_features is not None
        tags.input_tags.string = self.categorical_features is not None
        tags.classifier_tags.multi_label = self.class_weight is None
        return tags
