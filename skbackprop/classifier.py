"""BackpropClassifier: scikit-learn's interface to networks that tell classes or labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.preprocessing import StandardScaler
from sklearn.utils.metaestimators import available_if

from .estimator.annotations import Matrix, Scorer, Seed
from .estimator.base import CONSTRAINTS, Backprop, learns_from_parts
from .estimator.numpy_errors import with_default_errors
from .estimator.prediction import ClassifierScore
from .estimator.settings import Settings
from .estimator.sklearn_private import StrOptions, fit_context
from .tables.targets import kind_of_classification


class BackpropClassifier(ClassifierScore, Backprop):
    """Multilayer neural network trained by backpropagation.

    With L hidden layers, hᵏ = gᵏ(bᵏ + Wᵏ hᵏ⁻¹) from h⁰ = x on, and f = softmax(bᴸ⁺¹ + Wᴸ⁺¹ hᴸ),
    it minimises the regularised empirical risk

        J(θ) = Σ_t s_t (−log f(x_t)_{y_t}) / Σ_t s_t + l1 Σ |W_ij| + l2 Σ W_ij²

    over all weights W and biases b, where s is sample weight times class weight. Penalties mean
    the same for every `batch_size` and number of rows, and never touch the biases.

    X may be a table as it is, with numbers of any scale, missing values and categories. Inside, it
    becomes the inputs h⁰ of the network: numbers are standardised and cut into bins
    (`numeric_encoding`), categories get an input for each level (`categorical_features`), and if
    numbers are missing, an input says so. The strength of the L2 penalty is chosen on rows that are
    held out.

    If y is an indicator matrix, each of its labels has a logistic output of its own, and the loss
    is −Σ_k [y_k log f_k(x) + (1 − y_k) log(1 − f_k(x))], the sum over the labels.

    Parameters
    ----------
    hidden_layer_sizes : int, array-like of int or 'auto', default='auto'
        Units of each of the L hidden layers; an int is one layer, ``()`` softmax regression. 'auto'
        is 128 in one layer or, above 8192 different rows, 64 in each of two; training that goes
        on keeps its layers. Where `activation` is a list, there are as many layers as names.
    activation : str or sequence of str, default='relu'
        The function g of all hidden layers, or one for each: 'identity' (or 'linear'), 'logistic'
        (or 'sigmoid'), 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'softplus'.
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
        good as the best. 'auto' is a fixed rule by rows, columns and classes. The Notes have both.
    batch_size : int or 'auto', default='auto'
        Rows of a mini-batch in 'sgd' and 'adam'; 1 is an update after each example. The last, short
        batch is used too, and a size above the number of rows means all of them. 'auto' is n / 512
        for n different rows, from 32 to 128, or all of up to 100 rows of which no more than 32 are
        different.
    learning_rate : str, default='linear'
        How the learning rate of 'sgd' and 'adam' decreases with the updates t: 'constant' not at
        all; 'inverse' is α / (1 + δ t), 'power' α / (1 + t)^δ; 'linear' and 'cosine' fall to 0 over
        the updates that `max_iter` allows; 'adaptive' is divided by 5 when the watched loss stops
        improving, and training stops when it falls below 1e-6.
    learning_rate_init : float or 'auto', default='auto'
        The learning rate α, larger than 0. 'auto' is 0.001 for 'adam' and 0.05 for 'sgd', 1.5 times
        that for 'linear' and 'cosine'; for 'sgd', it is lower for several hidden layers, small
        batches, rows that outweigh others, several labels and large inputs, as the Notes say.
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
        schedules 'linear' and 'cosine' 20 up to 8000 rows, then 20 √(8000 / rows), at least 5, and
        as many as 1000 full batches make.
    tol : float, 'auto' or None, default='auto'
        Training stops when the watched value (the training loss or, with `early_stopping`, the
        validation loss or score) has not improved by more than `tol` for `n_iter_no_change` epochs;
        with None, after `max_iter` epochs. 'auto' is None for 'linear' and 'cosine', 3e-4 for all
        else. For 'newton' and 'lbfgs' it bounds the entries of ∇J.
    n_iter_no_change : int or np.inf, default=10
        How many epochs to look ahead.
    early_stopping : bool, default=False
        Whether to watch validation data, and to go back to the best parameters at the end. These
        are a stratified fraction of the rows (for labels: iteratively [8]_), which is held out, or
        the `X_val` and `y_val` given to `fit`. Equal rows stay together, here and in the choice of
        `l2`; a class with a single row is trained on.
    validation_fraction : float, default=0.1
        The fraction to hold out, in (0, 1).
    scoring : str or callable, default='loss'
        What to watch: 'loss', or a scorer as in scikit-learn's model selection. Without validation
        data, the scorer gets the training data.
    standardize : bool, default=True
        Whether to scale the numbers of a dense X to mean 0 and standard deviation 1 (of the rows of
        training, with their weights). A sparse X is taken as it is.
    numeric_encoding : str or None, default='auto'
        'piecewise' also cuts dense columns of more than 8 different numbers into up to 16 bins [9]_
        at quantiles, 'target_aware' half of them where y changes; 'leaves' and 'light_leaves' add
        leaves of small decision trees. 'auto' is 'piecewise' for standardised numbers, and
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
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes; not for several labels. The keys of a dict equal the labels ("0" is
        not 0), and a class without a key has the weight 1. 'balanced' gives all classes the same
        total weight; in `partial_fit`, by the rows seen so far.
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
    check_gradient : Compare the gradient with finite differences.
    search_space : Distributions of the hyper-parameters for a random search.
    sklearn.neural_network.MLPClassifier : The network of scikit-learn itself.

    Notes
    -----
    All schedules count t' = max(0, t − `learning_rate_hold`). For the T updates that `max_iter`
    allows, and T' = T − `learning_rate_hold`, 'linear' is α (1 − t'/T') and 'cosine' is
    α (1 + cos(π t'/T')) / 2. They begin again in a warm start. In `partial_fit` they need a number
    as `max_iter`, and afterwards the rate stays at its last value; with 'auto', the schedule there
    is 'inverse'.

    With `learning_rate_init` 'auto', the α of 'sgd' is adapted to the data. For several hidden
    layers, it is halved with 'linear' and 'cosine'. It is multiplied by √(m / 32), where m is the
    effective number of rows in a mini-batch, limited to 32, or to the batch size of 'auto' if that
    is larger. For B rows of equal weight, m = B; with weights s of mean 1, m = B² / Σ s² for the
    batch with the heaviest row; if a batch is all rows, also in a call of `partial_fit`, m is the
    number of different rows. For an indicator matrix, α is divided by √labels. It is also divided
    by the size of the inputs if that is above 1: the root mean square of inputs that are not
    standardised or, for standardised inputs with 'linear' and 'cosine', the mean of |h⁰|² / 200.

    ``l2="validate"`` tries five strengths, from strong to weak, each on four fifths of the rows
    (at most 20,000) for half of the epochs. It takes the strongest whose loss on the held-out
    fifth, or on `X_val`, is within 1 % of the lowest; then the network is trained on all rows. Up
    to 213 rows, two to four splits share the epochs; up to 60 rows, no strength below
    32 (24 / n)⁶ / 128 is tried. ``l2="auto"`` is 1 / 128 up to 512 rows, 2 / 2048 up to 2048,
    2 / 8192 up to 8192 and so on, multiplied by √(inputs / 64) for more than 64 inputs, by √labels
    for an indicator matrix, and by 8 (m / 1500 · 2 / K)^0.4 for K classes, where m is that 512,
    2048, 8192 … (or by 32 (24 / n)² for n rows, at most 64, if that is more). Equal rows count
    once. This rule also holds if 'validate' can try nothing: up to 24 rows, if no class has three
    rows, in `partial_fit` (by the rows of the call, at least 512), and with 'newton' and 'lbfgs'.
    With both, the last of several layers has a tenth of the strength. ``MLPClassifier(alpha=a)``
    on n rows in batches of b has ``l2 = a / (2 * b)``, and ``LogisticRegression(C)`` has
    ``l2 = 1 / (2 * n * C)``.

    'newton' and 'lbfgs' ignore all parameters of the learning rate. They stop when no entry of ∇J
    is larger than `tol`. Networks of 'relu', 'leaky_relu' or 'selu', at whose kinks ∇J need not
    vanish, also stop when the training loss falls too little. ``tol=None`` runs all epochs,
    unless no further step lowers J, without a warning.

    There are as many bins as keep the network at 512 inputs, not counting those that are looked
    up. Their edges are quantiles of the training data or, if there are few values, these values.
    The standardised number z beside them becomes z / √(1 + (z/4)²), and the input of a level is 2
    in its rows, so that it is learned as fast. In `partial_fit`, the first call decides on bins
    and levels.

    `settings_` has the values that these rules have chosen for the data.

    If training diverges, it goes back to the start of the epoch (after three failures, to the
    very start) and continues at half the learning rate, with a warning; after ten halvings it
    raises a ValueError. If the outputs no longer depend on X within the first ten epochs, as in a
    small network that loses all rectified linear units of a layer, training begins again at half
    the rate, up to five times, and at its original rate if that does not help. If the rate was a
    number, a warning says that it was lowered. Ctrl-C ends training with the model of the last
    whole epoch (the best one, with `early_stopping`).

    With scikit-learn 1.9 or later, ``set_callbacks`` takes the callbacks of ``sklearn.callback``:
    ``ProgressBar()`` shows the epochs, ``ScoringMonitor(scoring=...)`` keeps a score of each on
    the training data, and one of your own stops training by returning True from
    ``on_fit_task_end``. A call of `fit` or `partial_fit` is a task, and each epoch is a task
    within it. Hooks get X, y and the sample weights as they were passed, and
    ``fitted_estimator``, the model at that moment. The estimator itself changes when training has
    ended; an error in a hook leaves it as it was. Epochs that are repeated after divergence are
    not reported again.

    With the same `random_state`, data, machine and library versions, the result is the same bit
    for bit, in any process and for any number of jobs. Otherwise it is the same up to rounding:
    with another number of BLAS threads (if products are large enough to be shared), BLAS library,
    processor, mathematical library or compiler, or with the reference instead of the compiled
    epoch, sums may be added and rounded in another order. Such differences, at first of the order
    of 1e-15 in float64 and 1e-7 in float32, grow with the epochs, most of all if training is
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
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    _kind_of_targets = staticmethod(kind_of_classification)

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] | np.ndarray | Literal["auto"] = "auto",
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
        numeric_encoding: Literal["auto", "piecewise", "target_aware", "leaves", "light_leaves"]
        | None = "auto",
        categorical_features: ArrayLike | None = "from_dtype",
        min_frequency: int = 2,
        dtype: Literal["auto", "float32", "float64"] = "auto",
        class_weight: dict | Literal["balanced"] | None = None,
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
        self.class_weight = class_weight

    @available_if(learns_from_parts)
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
            Weights of at least 0, on any scale: they are compared within the call.

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
        return self._fit_part(X, y, sample_weight, classes)

    @with_default_errors
    def decision_function(self, X: Matrix) -> np.ndarray:
        """Compute the pre-activations of the outputs, aᴸ⁺¹(x).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Of float32 or float64. With two classes, the difference a_1 − a_0: positive values mean
            ``classes_[1]``.
        """
        targets, A = self._targets_and_outputs(X)
        return targets.decision_function(A)

    @with_default_errors
    def predict_proba(self, X: Matrix) -> np.ndarray:
        """Compute the probability of each class or label, f(x).

        That is softmax(aᴸ⁺¹(x)) for classes and, for labels, which do not exclude each other,
        σ(aᴸ⁺¹(x)).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Of float32 or float64; the columns are in the order of ``classes_``.
        """
        targets, A = self._targets_and_outputs(X)
        return targets.loss.outputs(A)

    @with_default_errors
    def predict_log_proba(self, X: Matrix) -> np.ndarray:
        """Compute the logarithm of the probability of each class or label.

        It comes from the pre-activations, not from `predict_proba`, and is finite where a
        probability would round to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            Of float32 or float64; the columns are in the order of ``classes_``.
        """
        targets, A = self._targets_and_outputs(X)
        return targets.loss.log_outputs(A)

    @with_default_errors
    def predict(self, X: Matrix) -> np.ndarray:
        """Predict the most probable class, or the labels that are more probable than not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Any real dtype; the network computes in the one that it was trained in.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Entries of ``classes_``; or an indicator matrix of int.
        """
        targets, A = self._targets_and_outputs(X)
        return targets.predict(A)

    def __sklearn_tags__(self):
        """Declare that labels are taken too, unless classes are weighed."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self.class_weight is None
        return tags
