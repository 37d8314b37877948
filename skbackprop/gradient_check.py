"""Gradient checking: ∇J by backpropagation, and its curvature, against finite differences."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from .estimator.annotations import Matrix, Seed
from .estimator.hyper_parameters import hyper_parameters
from .estimator.numpy_errors import with_default_errors
from .estimator.prediction import NetworkPredictor
from .estimator.prepare import prepare
from .estimator.problem import pose
from .estimator.sklearn_private import check_parameters
from .estimator.state import State, restore

if TYPE_CHECKING:
    from .classifier import BackpropClassifier

AGREEMENT = 1e-7  # a relative error below which no second look is needed
ROUNDING = 4 * np.finfo(np.float64).eps  # of J, relative to 1 + |J|
N_DIRECTIONS = 5  # in which the Hessian is checked
LARGEST = 1e100  # of J and ∇J, of whose differences squares are still floats


@dataclass(frozen=True)
class ParameterCheck:
    """How one layer's W or b fared.

    Parameters
    ----------
    name : str
        'W1', 'b1', … counted from the inputs, as in the lecture.
    shape : tuple of int
        Of the parameter; W is (n_in, n_out).
    n_checked : int
        How many of its entries were compared.
    max_relative_error : float
        The largest relative error among them.
    entry : tuple of int
        Where it occurs.
    backprop, difference : float
        ∂J/∂θ there, by backpropagation and by finite differences.
    """

    name: str
    shape: tuple[int, ...]
    n_checked: int
    max_relative_error: float
    entry: tuple[int, ...]
    backprop: float
    difference: float


@dataclass(frozen=True)
class HessianCheck:
    """How the products of the Hessian with some directions fared.

    Parameters
    ----------
    n_directions : int
        How many random directions v, of norm 1.
    max_relative_error : float
        The largest error of an entry of ∇²J v, relative to the largest entry.
    asymmetry : float
        The largest difference of uᵀ(∇²J v) and vᵀ(∇²J u), relative to the largest of them.
    """

    n_directions: int
    max_relative_error: float
    asymmetry: float


@dataclass(frozen=True)
class Floor:
    """The least that an error is relative to.

    Parameters
    ----------
    mean : float
        The mean magnitude of what is compared.
    rounding : float
        By how much J may be off.
    """

    mean: float
    rounding: float

    def at(self, step):
        """Return it for differences of that step."""
        return max(self.mean, self.rounding / (step * AGREEMENT))


class GradientCheck:
    """The result of `check_gradient`.

    Parameters
    ----------
    parameters : list of ParameterCheck
        One for each W and b, in the order W1, b1, W2, b2 and so on.
    hessian : HessianCheck or None
        The same for products with the Hessian; None where a part of J has no second derivative.
    epsilon : float
        The step of the differences.

    Attributes
    ----------
    max_relative_error : float
        The largest over all parameters.
    """

    def __init__(
        self,
        parameters: list[ParameterCheck],
        hessian: HessianCheck | None,
        epsilon: float,
    ) -> None:
        self.parameters = parameters
        self.hessian = hessian
        self.epsilon = epsilon
        self.max_relative_error = max(p.max_relative_error for p in parameters)

    def __repr__(self) -> str:
        lines = [
            f"GradientCheck: largest relative error {self.max_relative_error:.1e} "
            f"(float64, epsilon {self.epsilon:g})"
        ]
        for p in self.parameters:
            shape = " x ".join(map(str, p.shape))
            lines.append(
                f"  {p.name:<4}{shape:>12}  {p.n_checked:>5} checked  {p.max_relative_error:.1e} "
                f"at {p.entry}: backprop {p.backprop:+.6e}, difference {p.difference:+.6e}"
            )
        if self.hessian is not None:
            H = self.hessian
            lines.append(
                f"  Hessian in {H.n_directions} random directions  {H.max_relative_error:.1e}, "
                f"asymmetry {H.asymmetry:.1e}"
            )
        return "\n".join(lines)


@with_default_errors
def check_gradient(
    classifier: BackpropClassifier,
    X: Matrix,
    y: Matrix,
    *,
    sample_weight: ArrayLike | None = None,
    epsilon: float = 1e-5,
    max_entries: int = 200,
    random_state: Seed = 0,
) -> GradientCheck:
    """Compare the gradient of J by backpropagation with central differences.

        ∂J/∂θ_i ≈ (J(θ + ε e_i) − J(θ − ε e_i)) / 2ε

    and, in some random directions v, the exact products that Newton's method uses with

        ∇²J(θ) v ≈ (∇J(θ + ε v) − ∇J(θ − ε v)) / 2ε

    J is the whole objective, with penalties and weights, computed in float64 on all rows. What is
    checked is the code that trains the classifier, at its fitted parameters. If it is not fitted,
    that is at the weights that `fit` would start from, with biases of up to 0.1 instead of 0, at
    which a ReLU whose inputs are all off would sit on its kink. The classifier is not changed.

    Parameters
    ----------
    classifier : BackpropClassifier
        Fitted or not.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Inputs.
    y : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
        Class labels, or 0/1 for each label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of at least 0.
    epsilon : float, default=1e-5
        The step ε, larger than 0.
    max_entries : int, default=200
        Of a W or b with more entries than that, so many are drawn at random.
    random_state : int, RandomState instance or None, default=0
        What draws them.

    Returns
    -------
    GradientCheck
        For each W and b the largest relative error and the entry where it occurs. An error is
        relative to the larger of the two values or, for entries smaller than that, to the mean
        magnitude of ∇J: a difference cannot resolve what is far below it. Nor can it resolve what
        is below the rounding of J, r = 9e-16 (1 + |J|) / ε, as entries are near a minimum: an error
        is relative to no less than 1e7 r, so that r itself counts as 1e-7. Its `hessian` has the
        largest relative error of ∇²J v.

    Raises
    ------
    ValueError, TypeError
        What is wrong with an argument or with a parameter of the classifier.

    Notes
    -----
    Below 1e-7 is right, above 1e-4 wrong. Where an entry disagrees, a kink of J (of ReLU and its
    kin) may lie within ε: it is looked at again with ε / 10 and ε / 100, and its smallest error
    counts; so it is with ∇²J v. A wrong derivative stays wrong. Weights within ε of the kink of an
    L1 penalty, but not exactly 0, are left out; it has no part in ∇²J.

    References
    ----------
    The lecture, "gradient checking: finite difference approximation".
    Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6(1), 1994,
    doi:10.1162/neco.1994.6.1.147.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skbackprop import BackpropClassifier, check_gradient
    >>> X, y = load_iris(return_X_y=True)
    >>> result = check_gradient(BackpropClassifier(5, "tanh", random_state=0), X, y)
    >>> result.max_relative_error < 1e-7
    True
    >>> result.hessian.max_relative_error < 1e-7
    True
    """
    if not isinstance(classifier, NetworkPredictor):
        raise TypeError(f"classifier must be a BackpropClassifier; got {classifier!r}.")
    if not (isinstance(epsilon, Real) and 0 < epsilon < np.inf):
        raise ValueError(f"epsilon must be a finite number larger than 0; got {epsilon!r}.")
    if not (isinstance(max_entries, Integral) and max_entries >= 1):
        raise ValueError(f"max_entries must be an int of at least 1; got {max_entries!r}.")
    objective = _objective(classifier, X, y, sample_weight)
    with np.errstate(over="ignore", invalid="ignore"):
        value, gradient = objective.value_and_gradient()
    largest = max(abs(value), np.abs(gradient).max())
    if not largest < LARGEST:
        raise ValueError(
            f"J and its gradient are as large as {largest:.3g} at coefs_ and intercepts_: "
            "too large to take differences."
        )
    gradient, rounding = gradient.copy(), ROUNDING * (1 + abs(value))
    floor = Floor(np.abs(gradient).mean(), rounding)
    rng = check_random_state(random_state)
    index_layers = objective.parameters.views(np.arange(len(gradient)))
    checks = []
    for k, layer in enumerate(index_layers, 1):
        for letter, indices in zip("Wb", layer, strict=True):
            chosen = _choose(indices.ravel(), objective, epsilon, max_entries, rng)
            pairs = [_compare(objective, i, gradient[i], floor, epsilon) for i in chosen]
            checks.append(_summarise(f"{letter}{k}", indices, chosen, gradient, pairs))
    without = set(objective.curvature().missing())
    smooth = without <= {type(p).__name__ for p in objective.proximal}
    hessian = _check_hessian(objective, epsilon, Floor(0.0, rounding), rng) if smooth else None
    return GradientCheck(checks, hessian, epsilon)


def _objective(classifier, X, y, sample_weight):
    """Return the classifier's J in float64."""
    check_parameters(classifier)
    resume = hasattr(classifier, "coefs_")
    state = restore(classifier) if resume else State.first(classifier.random_state)
    prepared = prepare(classifier, X, y, sample_weight, resume=resume)
    hyper = hyper_parameters(classifier, dtype="float64")
    problem = pose(hyper, prepared.in_float64(), state.in_float64())
    if not resume:
        rng = np.random.default_rng(0)
        for _, b in problem.state.network.layers:
            b[...] = rng.uniform(-0.1, 0.1, size=b.shape)
    return problem.objective


def _choose(indices, objective, epsilon, max_entries, rng):
    """Return the entries of θ to compare."""
    if objective.proximal:
        size = np.abs(objective.theta[indices])
        indices = indices[(size == 0) | (size > epsilon) | (indices >= objective.n_weights)]
    if len(indices) > max_entries:
        indices = np.sort(rng.choice(indices, max_entries, replace=False))
    return indices


def _central_difference(objective, i, epsilon):
    """(J(θ + ε e_i) − J(θ − ε e_i)) / 2ε."""
    theta_i = objective.theta[i]
    values = []
    for objective.theta[i] in (theta_i + epsilon, theta_i - epsilon):
        values.append(objective.value())
    objective.theta[i] = theta_i
    return (values[0] - values[1]) / (2 * epsilon)


def _compare(objective, i, backprop, floor, epsilon):
    """Return (relative error, difference) of one entry, for the ε that agrees best."""
    results = []
    for step in (epsilon, epsilon / 10, epsilon / 100):
        difference = _central_difference(objective, i, step)
        scale = max(abs(backprop), abs(difference), floor.at(step))
        results.append((abs(backprop - difference) / scale, difference))
        if results[-1][0] < AGREEMENT:
            break
    return min(results)


def _check_hessian(objective, epsilon, floor, rng):
    """Compare ∇²J v with differences of ∇J in random directions."""
    V = rng.normal(size=(N_DIRECTIONS, len(objective.theta)))
    V /= np.linalg.norm(V, axis=1, keepdims=True)
    curvature = objective.curvature()
    products = np.array([curvature.hessian_vector(v) for v in V])
    errors = [
        _compare_product(objective, v, product, floor, epsilon)
        for v, product in zip(V, products, strict=True)
    ]
    curvatures = V @ products.T
    largest = max(np.abs(curvatures).max(), floor.rounding / AGREEMENT)
    asymmetry = np.abs(curvatures - curvatures.T).max() / largest
    return HessianCheck(N_DIRECTIONS, float(max(errors)), float(asymmetry))


def _compare_product(objective, v, product, floor, epsilon):
    """Return the relative error of ∇²J v, for the ε that agrees best."""
    theta, errors = objective.theta.copy(), []
    for step in (epsilon, epsilon / 10, epsilon / 100):
        gradients = []
        for objective.theta[...] in (theta + step * v, theta - step * v):
            gradients.append(objective.smooth_value_and_gradient()[1].copy())
        difference = (gradients[0] - gradients[1]) / (2 * step)
        scale = max(np.abs(product).max(), np.abs(difference).max(), floor.at(step))
        errors.append(np.abs(product - difference).max() / scale)
        if errors[-1] < AGREEMENT:
            break
    objective.theta[...] = theta
    return min(errors)


def _summarise(name, indices, chosen, gradient, pairs):
    if not pairs:
        return ParameterCheck(name, indices.shape, 0, 0.0, (), 0.0, 0.0)
    worst = max(range(len(pairs)), key=lambda j: pairs[j][0])
    error, difference = pairs[worst]
    place = np.unravel_index(chosen[worst] - indices.flat[0], indices.shape)
    return ParameterCheck(
        name,
        indices.shape,
        len(pairs),
        float(error),
        tuple(map(int, place)),
        float(gradient[chosen[worst]]),
        float(difference),
    )
