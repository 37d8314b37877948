"""BackpropRegressor: scikit-learn's interface to networks that predict numbers."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if

from .estimator.annotations import Matrix, Scorer, Seed
from .estimator.base import CONSTRAINTS, Backprop, learns_from_parts
from .estimator.numpy_errors import with_default_errors
from .estimator.prediction import RegressorScore
from .estimator.settings import Settings
from .estimator.sklearn_private import Interval, StrOptions, fit_context
from .objective.losses import OF_NUMBERS
from .tables.targets.numbers import Numbers
from .tables.targets.reading import read_numbers


class BackpropRegressor(RegressorScore, Backprop):
    """Multilayer neural network that predicts numbers, trained by backpropagation.

    With L hidden layers, hᵏ = gᵏ(bᵏ + Wᵏ hᵏ⁻¹) from h⁰ = x on, and f = o(bᴸ⁺¹ + Wᴸ⁺¹ hᴸ), it
    minimises the regularised empirical risk

        J(θ) = Σ_t s_t l(f(x_t), y_t) / Σ_t s_t + l1 Σ |W_ij| + l2 Σ W_ij²

    over all weights W and biases b, where s is the sample weight, l the `loss`, and o the identity,
    or exp for the losses of positive numbers. y may have several columns, each with an output of
    its own, whose losses are added up.

    Inside, y is standardised, so that rates and penalties mean the same for euros and for
    millimetres: (y − mean) / deviation for the loss 'squared_error'; with the median, and the mean
    absolute deviation from it, for 'absolute_error', 'huber' and 'quantile'; and y / mean for
    'poisson' and 'gamma'. Predictions are on the scale of y; losses, weights and biases are those
    of the standardised y.

    X may be a table as it is: numbers of any scale, missing values, categories, dates, words. See
    `BackpropClassifier`, which reads it in the same way.

    Parameters
    ----------
    hidden_layer_sizes : int, array-like of int or 'auto', default=(128, 64)
        Units of each of the L hidden layers; an int is one layer, ``()`` linear regression. 'auto'
        is the default or, with a list of activations, 128 and then 64 in each further layer.
    activation : str or sequence of str, default='relu'
        The function g of all hidden layers, or one for each: 'identity' (or 'linear'), 'logistic'
        (or 'sigmoid'), 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'softplus'.
    loss : str, default='squared_error'
        The loss l of a row: 'squared_error' predicts the mean, 'absolute_error' the median, 'huber'
        something between the two, 'quantile' the quantiles asked for, 'poisson' and 'gamma' the
        mean of numbers that are not negative. The Notes have their formulas.
    quantile : float or array-like of float, default=0.5
        For the loss 'quantile': between 0 and 1. Of several, which must increase, one network has
        an output for each, and they never cross.
    huber_delta : float, default=1.35
        For the loss 'huber': where the error ceases to be small, in deviations of y.
    solver : {'sgd', 'adam', 'newton', 'lbfgs'}, default='sgd'
        The method that minimises J. 'sgd' (stochastic gradient descent with momentum) and 'adam'
        [4]_ work on mini-batches. For few rows, small networks and precise minima, 'newton' (with
        exact curvature, by conjugate gradients in a trust region [5]_ [6]_) and 'lbfgs' [7]_ work
        on all rows at once. These two compute in float64 and have no `partial_fit`.
    l1 : float, default=0.0
        Strength of the L1 penalty, at least 0. It makes weights exactly 0: by a proximal step after
        each update, or in 'lbfgs' by bounds on the positive and negative parts of the weights;
        'newton' does not take it. ``LogisticRegression`` with an L1 penalty and ``C`` on n rows has
        ``l1 = 1 / (n * C)``.
    l2 : float, 'auto' or 'validate', default='validate'
        Strength of the L2 penalty, at least 0: its gradient is 2 · l2 · W, for any number of rows.
        'validate' tries five strengths on held-out rows, and takes the strongest that is about as
        good as the best. 'auto' is a fixed rule by rows and columns. The Notes have both.
    batch_size : int or 'auto', default='auto'
        Rows of a mini-batch in 'sgd' and 'adam'; 1 is an update after each example. The last, short
        batch is used too, and a size above the number of rows means all of them. 'auto' is 32, or
        all of up to 100 rows of which no more than 32 are different.
    learning_rate : str, default='linear'
        How the learning rate of 'sgd' and 'adam' decreases with the updates t: 'constant' not at
        all; 'inverse' is α / (1 + δ t), 'power' α / (1 + t)^δ; 'linear' and 'cosine' fall to 0 over
        the updates that `max_iter` allows; 'adaptive' is divided by 5 when the watched loss stops
        improving, and training stops when it falls below 1e-6.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate α, larger than 0. 'auto' is 0.001 for 'adam' and 0.05 for 'sgd', 1.5 times
        that for 'linear' and 'cosine'; for 'sgd', it is lower for small batches, rows that outweigh
        others, several outputs and large inputs, as the Notes say.
    delta : float or 'auto', default='auto'
        The decrease constant δ, at least 0. 'auto' is 1e-3 for 'inverse' and 0.25 for 'power'
        (above 0.5, which convergence in the long run asks for, give a larger α).
    learning_rate_hold : int, default=0
        The number of first updates that are made at the full α.
    momentum : float, default=0.9
        The coefficient β of 'sgd', in [0, 1): v ← ∇ + β v, θ ← θ − α_t v.
    nesterovs_momentum : bool, default=True
        Whether 'sgd' moves by θ ← θ − α_t (∇ + β v) instead, with the new v.
    beta_1 : float, default=0.9
        Decay of the first moment in 'adam', in [0, 1).
    beta_2 : float, default=0.999
        Decay of the second moment in 'adam', in [0, 1).
    epsilon : float, default=1e-8
        The number that 'adam' adds to the root of the second moment, larger than 0.
    max_iter : int or 'auto', default='auto'
        Most epochs; an epoch visits all rows once, and those of more than about 8 times the mean
        weight several times. In 'newton' and 'lbfgs', one is one step. 'auto' is 200, but with the
        schedules 'linear' and 'cosine' 30 up to 8000 rows, then 30 √(8000 / rows), at least 5, and
        as many as 1000 full batches make.
    tol : float, 'auto' or None, default='auto'
        Training stops when the watched value (the training loss or, with `early_stopping`, the
        validation loss or score) has not improved by more than `tol` for `n_iter_no_change` epochs;
        with None, after `max_iter` epochs. 'auto' is None for 'linear' and 'cosine', 3e-4 for all
        else. For 'newton' and 'lbfgs' it bounds the entries of ∇J.
    n_iter_no_change : int or np.inf, default=10
        How many epochs to look ahead.
    early_stopping : bool, default=False
        Whether to watch validation data, and to go back to the best parameters at the end. The
        data is a fraction of the rows, held out, in which y is spread as in the others, or the
        `X_val` and `y_val` given to `fit`. Equal rows stay together, as one that weighs as much,
        here and where `l2` is chosen.
    validation_fraction : float, default=0.1
        The fraction to hold out, in (0, 1).
    scoring : str or callable, default='loss'
        What to watch: 'loss', or a scorer as in scikit-learn's model selection. Without validation
        data, the scorer gets the training data.
    standardize : bool, default=True
        Whether to scale the numbers of a dense X to mean 0 and standard deviation 1 (of the rows of
        training, with their weights). A sparse X is taken as it is.
    numeric_encoding : str or None, default='auto'
        'piecewise' also cuts dense columns into bins [9]_ at quantiles, 'target_aware' where y
        changes, and at up to 33 values; 'leaves' adds leaves of small decision trees to the former,
        'light_leaves' to the latter. 'auto' is 'target_aware' for standardised numbers, and
        'light_leaves' where rows held out (of 1000 to 50,000) have 2 % less loss with it.
    categorical_features : 'from_dtype', array-like or None, default='from_dtype'
        Which columns hold categories. These get an input for each level, also for a missing value.
        'from_dtype' goes by the dtype and content of the columns of data frames; numbers written
        as text, dates and words are read as such. Or a mask, indices or names of the columns; None
        means none. An unknown level counts as rare or, without rare ones in training, as nothing.
    min_frequency : int, default=2
        A level that occurs in fewer rows is rare: all such levels of a column share one input.
    dtype : 'auto', 'float32' or 'float64', default='auto'
        The dtype that the network computes in. 'auto' is float32 for X of float32, and for 'sgd'
        and 'adam' on more rows than the 'auto' of `batch_size`; otherwise float64. Predictions are
        float64, unless both the network and X are float32.
    shuffle : bool, default=True
        Whether an epoch of 'sgd' and 'adam' visits the rows in a fresh random order. Rows of a
        dense X that take more than 1 GiB are shuffled in blocks of 1 MiB, and row by row within
        windows of 256 blocks, so that a memory map is read in pieces.
    random_state : int, RandomState instance or None, default=None
        The source of the first weights, the orders of rows, and the held-out rows.
    warm_start : bool, default=False
        Whether `fit` continues from the fitted parameters, momentum and count of updates, with the
        same scaler.
    verbose : bool or int, default=False
        Whether to print a line after each epoch, with its losses, score, learning rate and the
        time since the start. An int n prints every n-th epoch and the last one (in `partial_fit`,
        every n-th only); 0 is silence.

    Attributes
    ----------
    n_features_in_ : int
        Columns of X.
    is_categorical_ : ndarray of bool of shape (n_features_in_,) or None
        Which of them hold categories; None where none does.
    categories_ : list of ndarray
        The levels of each of these, of objects: None is a missing value. Rare ones are left out.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X had any.
    coefs_ : list of ndarray, of shapes (n_in, n_out)
        The weights of each layer, for standardised inputs and y; float32 or float64.
    intercepts_ : list of ndarray, of shapes (n_out,)
        The biases of each layer.
    n_layers_ : int
        Layers including inputs and outputs, L + 2.
    n_outputs_ : int
        Units of the last: one for each column of y, or each quantile.
    out_activation_ : str
        'identity', 'exp' for the losses 'poisson' and 'gamma', or 'increasing' for several
        quantiles.
    scaler_ : StandardScaler or None
        What standardises the numbers.
    settings_ : Settings
        The values of all parameters for these data, which print as a line each: batch size, first
        learning rate, epochs, bins, dtype, the strengths of L2 and so on.
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
    BackpropClassifier : The same network for classes and labels.
    check_gradient : Compare the gradient with finite differences.
    sklearn.neural_network.MLPRegressor : The network of scikit-learn itself.

    Notes
    -----
    The losses of a row with the error r = f − y are ½ r² for 'squared_error'; |r| for
    'absolute_error'; for 'huber', ½ r² up to |r| = δ, the `huber_delta`, and δ (|r| − ½ δ) beyond
    [10]_; for 'quantile', −q r if f is too low and (1 − q) r if it is too high [11]_; and
    half the deviances f − y − y log(f / y) for 'poisson', which takes 0, and y / f − 1 − log(y / f)
    for 'gamma' [12]_, where f = exp(aᴸ⁺¹). Several columns of y, or quantiles, are added up. For
    several quantiles, f_1 = a_1, and f_k = f_{k−1} + log(1 + exp(a_k)), so that they increase.

    The Notes of `BackpropClassifier` on schedules, rates, the choice of `l2`, solvers, bins,
    divergence, callbacks and reproducibility hold here as well, with a column of y, or a
    quantile, in the place of a label. The location and the scale of y are those of the weighted
    rows of `fit` or of the first call of `partial_fit`, and remain in a warm start.

    Newton's method needs second derivatives, which 'absolute_error' and 'quantile' do not have;
    at their kinks, L-BFGS ends near the minimum, not precisely at it.

    References
    ----------
    .. [1] Hugo Larochelle, "Training neural networks", a lecture: empirical risk minimisation,
       backpropagation, regularisation, initialisation, model selection, optimisation.
    .. [4] Kingma & Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980.
    .. [5] Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6(1), 1994,
       doi:10.1162/neco.1994.6.1.147.
    .. [6] Steihaug, "The conjugate gradient method and trust regions in large scale optimization",
       SIAM Journal on Numerical Analysis 20(3), 1983, doi:10.1137/0720042.
    .. [7] Byrd, Lu, Nocedal & Zhu, "A limited memory algorithm for bound constrained optimization",
       SIAM Journal on Scientific Computing 16(5), 1995, doi:10.1137/0916069.
    .. [9] Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep
       learning", NeurIPS 2022, arXiv:2203.05556.
    .. [10] Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics
       35(1), 1964, doi:10.1214/aoms/1177703732.
    .. [11] Koenker & Bassett, "Regression quantiles", Econometrica 46(1), 1978,
       doi:10.2307/1913643.
    .. [12] McCullagh & Nelder, "Generalized linear models", Chapman & Hall, 1989,
       doi:10.1007/978-1-4899-3242-6.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from sklearn.model_selection import train_test_split
    >>> from skbackprop import BackpropRegressor
    >>> X, y = make_friedman1(600, random_state=0)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> BackpropRegressor(random_state=0).fit(X_train, y_train).score(X_test, y_test) > 0.9
    True

    Three quantiles, which never cross:

    >>> network = BackpropRegressor(loss="quantile", quantile=[0.1, 0.5, 0.9], random_state=0)
    >>> low, median, high = network.fit(X_train, y_train).predict(X_test).T
    >>> bool((low < median).all() and (median < high).all())
    True
    """

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
    settings_: Settings
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
        **CONSTRAINTS,
        "loss": [StrOptions(OF_NUMBERS.keys())],
        "quantile": ["array-like", Interval(Real, 0, 1, closed="neither")],
        "huber_delta": [Interval(Real, 0, None, closed="neither")],
    }

    _kind_of_targets = staticmethod(lambda y: Numbers)
    _read_targets = staticmethod(read_numbers)

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] | np.ndarray | Literal["auto"] = (128, 64),
        activation: str | Sequence[str] = "relu",
        *,
        loss: str = "squared_error",
        quantile: float | Sequence[float] | np.ndarray = 0.5,
        huber_delta: float = 1.35,
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
        numeric_encoding: Literal["auto", "piecewise", "target_aware", "leaves", "light_leaves"]
        | None = "auto",
        categorical_features: ArrayLike | None = "from_dtype",
        min_frequency: int = 2,
        dtype: Literal["auto", "float32", "float64"] = "auto",
        shuffle: bool = True,
        random_state: Seed = None,
        warm_start: bool = False,
        verbose: int = False,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            l1=l1,
            l2=l2,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            delta=delta,
            learning_rate_hold=learning_rate_hold,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            max_iter=max_iter,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            scoring=scoring,
            standardize=standardize,
            numeric_encoding=numeric_encoding,
            categorical_features=categorical_features,
            min_frequency=min_frequency,
            dtype=dtype,
            shuffle=shuffle,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
        )
        self.loss = loss
        self.quantile = quantile
        self.huber_delta = huber_delta

    @available_if(learns_from_parts)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Matrix, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one more epoch, on these rows; only for 'sgd' and 'adam'.

        All goes on from where the last call left it, also in another process after pickling: the
        parameters, momentum, the count of updates, the random stream and the scaler. (After a
        `fit`, the momentum is 0, unless `warm_start` kept it.) On the same rows, with
        `standardize=False`, k calls are the k epochs of one `fit`. `early_stopping` has no effect
        here.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs of any real dtype; the first call decides whether the network is one of float32.
        y : array-like of shape (n_samples,) or (n_samples, n_columns)
            Numbers. Those of the first call decide what y is standardised by: let it have more than
            a few rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of at least 0, on any scale: they are compared within the call.

        Returns
        -------
        BackpropRegressor
            The model itself.

        Raises
        ------
        ValueError, TypeError
            What is wrong with a parameter or the data, and which; or training diverges. The model
            stays as it was.
        AttributeError
            The solver sees all rows at once.
        """
        return self._fit_part(X, y, sample_weight)

    @with_default_errors
    def predict(self, X: Matrix) -> np.ndarray:
        """Predict numbers, on the scale of y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of float64 of shape (n_samples,), (n_samples, n_columns) or (n_samples, n_quantiles)
            A number for each row; or one for each column of y, or each of several quantiles.
        """
        targets, A = self._targets_and_outputs(X)
        return targets.predict(A)

    def __sklearn_tags__(self):
        """Declare that y may have several columns."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = np.ndim(self.quantile) == 0 or self.loss != "quantile"
        tags.target_tags.positive_only = self.loss in ("poisson", "gamma")
        return tags
