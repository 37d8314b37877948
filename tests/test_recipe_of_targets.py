"""The recipe of the contributing guide for targets, followed for numbers to predict."""

import pickle
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from models import PLAIN, same_parameters
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import minimize
from sklearn.base import RegressorMixin, clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import scale

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier, check_gradient
from skbackprop.estimator.base import CONSTRAINTS, Backprop
from skbackprop.objective.losses import LOSSES
from skbackprop.tables.targets import TARGETS

pytestmark = pytest.mark.usefixtures("unconverged", "numbers")
SOLVERS = ["sgd", "adam", "newton", "lbfgs"]
each_solver = pytest.mark.parametrize("solver", SOLVERS)


class SquaredError:
    """f(x) = a,    l = ½ Σ_k (f_k − y_k)²,    ∇ₐ l = f − y."""

    hyper_parameters = ()
    out_activation = "identity"

    def outputs(self, A):
        return A

    def fprop(self, A, y):
        return ((A - y) ** 2).sum(axis=1) / 2

    def bprop(self, F, y):
        F -= y
        return F

    def R_bprop(self, F, R_A):
        return R_A


class Huber(SquaredError):
    """l = Σ_k h(f_k − y_k), where h(r) = ½ r² up to |r| = c, and c (|r| − ½ c) beyond."""

    hyper_parameters = ("cut",)

    def __init__(self, *, cut):
        self.cut = cut

    def fprop(self, A, y):
        inside = np.clip(A - y, -self.cut, self.cut)
        return (inside * (A - y - inside / 2)).sum(axis=1)

    def bprop(self, F, y):
        F -= y
        return np.clip(F, -self.cut, self.cut, out=F)

    R_bprop = property()  # h'' depends on y, which is not there


@dataclass(frozen=True, eq=False)
class Numbers:
    """y of real numbers, in one column or several; encoded, (y − mean) / deviation."""

    mean: np.ndarray
    deviation: np.ndarray
    loss: object

    type_of_target = "continuous"
    default_loss = "squared_error"
    n_terms = 1

    # y, found and encoded

    @classmethod
    def find(cls, y, loss):
        y = y.reshape(len(y), -1)
        return cls(y.mean(axis=0), y.std(axis=0), loss)

    @classmethod
    def promised(cls, y, classes, loss):
        return cls.find(y, loss)

    @staticmethod
    def check(y):
        pass

    def check_promise(self, classes):
        if classes is not None:
            raise ValueError("classes must be None, where y are numbers.")

    @property
    def n_outputs(self):
        return len(self.mean)

    def encode(self, y, name="y"):
        return (y.reshape(len(y), self.n_outputs) - self.mean) / self.deviation

    def decode(self, codes):
        y = self.mean + self.deviation * codes
        return y[:, 0] if self.n_outputs == 1 else y

    def predict(self, A):
        return self.decode(self.loss.outputs(A))

    # what is stored

    @classmethod
    def from_attributes(cls, model, loss):
        return cls(model._mean, model._deviation, loss)

    def as_attributes(self):
        return {"_mean": self.mean, "_deviation": self.deviation}

    def fault(self, n_outputs):
        return None if len(self.mean) == n_outputs else ("_mean", f"must have {n_outputs} numbers")

    def resume_fault(self):
        return None

    # rows, weighed and shared out

    def mass(self, codes, sample_weight):
        return 0

    def class_weights(self, class_weight, codes, mass):
        return None

    def hold_out(self, codes, rows, fraction, seed):
        order = np.random.default_rng(seed).permutation(rows)
        n = max(1, round(fraction * len(rows)))
        return np.sort(order[n:]), np.sort(order[:n])

    share_out = hold_out

    def deal(self, codes, rows, n_folds, seed):
        return np.random.default_rng(seed).permutation(np.arange(len(rows)) % n_folds)

    # an ensemble

    def __str__(self):
        return f"numbers of mean {self.mean}"

    def is_same(self, others):
        return np.array_equal(self.mean, others.mean)

    def pool(self, outputs, weights=None):
        return np.average(outputs, axis=0, weights=weights)

    def out_of_fold(self, scores):
        return {"oof_prediction_": self.predict(scores)}


class Regressor(RegressorMixin, Backprop):
    """Predicts numbers, by the loss that it is told."""

    _parameter_constraints = {**CONSTRAINTS, "loss": [str], "cut": [float]}
    _kind_of_targets = staticmethod(lambda y: Numbers)

    def __init__(self, *, loss="squared_error", cut=1.0, **shared):
        defaults = BackpropClassifier().get_params()
        del defaults["class_weight"]
        super().__init__(**defaults | shared)
        self.loss, self.cut = loss, cut

    @classmethod
    def _get_param_names(cls):
        return sorted(cls._parameter_constraints)

    def partial_fit(self, X, y, sample_weight=None):
        return self._fit_part(X, y, sample_weight)

    def predict(self, X):
        targets, A = self._targets_and_outputs(X)
        return targets.predict(A)


class Ensemble(BackpropEnsembleClassifier):
    """Averages such networks."""

    _parameter_constraints = {
        **BackpropEnsembleClassifier._parameter_constraints,
        "estimator": [Regressor],
    }


@pytest.fixture
def numbers(monkeypatch):
    """The targets and the losses, registered."""
    monkeypatch.setitem(TARGETS, "continuous", Numbers)
    monkeypatch.setitem(LOSSES, "squared_error", SquaredError)
    monkeypatch.setitem(LOSSES, "huber", Huber)


def regressor(hidden=(), loss="squared_error", cut=1.0, **options):
    """Return a network of float64 in the plain style, with a loss."""
    options = {"hidden_layer_sizes": hidden, "random_state": 0, "l2": 1e-2} | options
    return Regressor(**PLAIN | options, loss=loss, cut=cut)


network = partial(
    regressor, (6,), activation="tanh", max_iter=100, learning_rate_init=0.02, tol=None, l2=1e-4
)


@pytest.fixture
def X(rng):
    return rng.normal(size=(200, 4)) * [1, 10, 100, 0.1]


@pytest.fixture(params=[1, 2], ids=["one column", "two columns"])
def y(request, X, rng):
    y = np.column_stack([X @ [3, 0.2, 0.01, 5], np.sin(X[:, 0]) + X[:, 1] / 10])
    y = 1000 + 50 * y + rng.normal(size=y.shape)
    return y[:, 0] if request.param == 1 else y


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_without_hidden_layers_squared_error_is_ridge_regression(X, y, solver):
    model = regressor(solver=solver, tol=1e-10, max_iter=1000).fit(X, y)
    peer = Ridge(alpha=2 * 200 * 1e-2).fit(scale(X), scale(y))
    assert_allclose(model.coefs_[0].T, np.atleast_2d(peer.coef_), atol=1e-6)
    expected = y.mean(axis=0) + y.std(axis=0) * peer.predict(scale(X))
    assert_allclose(model.predict(X), expected, rtol=1e-6)


@pytest.mark.parametrize("cut", [0.1, 0.5])
def test_a_loss_with_a_parameter_is_minimised(X, y, cut):
    def J(theta):
        theta = theta.reshape(5, -1)
        r = np.abs(scale(X) @ theta[:4] + theta[4] - scale(y).reshape(200, -1))
        h = np.where(r < cut, r**2 / 2, cut * (r - cut / 2))
        return h.sum(axis=1).mean() + 1e-2 * (theta[:4] ** 2).sum()

    model = regressor(loss="huber", cut=cut, solver="lbfgs", tol=1e-8, max_iter=1000).fit(X, y)
    found = np.concatenate([model.coefs_[0], model.intercepts_])
    best = minimize(J, np.zeros(found.size), tol=1e-12)
    assert_allclose(found.ravel(), best.x, atol=1e-4)
    assert model.loss_ == pytest.approx(best.fun)
    assert model._loss == {"name": "huber", "cut": cut}


@each_solver
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_a_network_learns_numbers_and_its_gradient_is_right(X, y, solver, loss):
    model = network(solver=solver, loss=loss)
    if solver == "newton" and loss == "huber":
        with pytest.raises(ValueError, match="second derivatives, which Huber does not have"):
            model.fit(X, y)
        return
    checked = check_gradient(model, X, y)
    assert checked.max_relative_error < 1e-7
    assert (checked.hessian is None) == (loss == "huber")
    model.fit(X, y)
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
    assert model.score(X, y) > 0.9
    assert model.predict(X).shape == y.shape
    assert model.out_activation_ == "identity" and model.n_outputs_ == y.size // 200
    assert not hasattr(model, "classes_") and not hasattr(model, "predict_proba")
    assert clone(model).get_params() == model.get_params()
    assert model.settings_.solver == solver


def test_x_may_be_sparse(X, y):
    X = np.where(X > 0, X, 0)
    options = {"solver": "newton", "tol": 1e-10, "max_iter": 100, "standardize": False}
    dense, in_csr = (regressor(**options).fit(form(X), y) for form in (np.array, sparse.csr_array))
    assert_allclose(dense.predict(X), in_csr.predict(X))


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_calls_of_partial_fit_are_one_fit_also_pickled(X, y, solver):
    options = {"solver": solver, "max_iter": 5, "standardize": False, "l2": 1e-3}
    whole, parts = network(**options).fit(X, y), network(**options)
    for _ in range(5):
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y)))
    assert same_parameters(whole, parts)
    assert_array_equal(whole.predict(X), parts.predict(X))


def test_a_warm_start_goes_on_with_the_mean_and_the_deviation_that_it_knows(X, y):
    model = network(warm_start=True).fit(X, y)
    before = model.loss_
    model.fit(X[:100], y[:100])
    assert_array_equal(model._mean, y.reshape(200, -1).mean(axis=0))
    assert len(model.loss_curve_) == 200 and model.loss_ < before * 2


def test_numbers_are_held_out_for_early_stopping_the_choice_of_l2_and_a_scorer(X, y):
    model = network(early_stopping=True, l2="validate", scoring="r2").fit(X, y)
    assert model.validation_scores_[model._best_epoch - 1] == max(model.validation_scores_) > 0.8
    assert len(model.l2_validation_losses_) > 1


def test_a_fitted_attribute_that_does_not_fit_is_named(X, y):
    model = network(max_iter=2).fit(X, y)
    model._mean = np.zeros(7)
    with pytest.raises(ValueError, match=r"_mean must have [12] numbers"):
        model.predict(X)


def test_an_ensemble_predicts_the_weighted_mean(X, y):
    model = Ensemble(network(), 2, cv=3, scoring="r2", random_state=0)
    model.fit(X, y)
    assert_allclose(model.variant_weights_, [0.5, 0.5])
    mean = np.average(
        [member.predict(X) for member in model.estimators_], axis=0, weights=model.weights_
    )
    assert_allclose(model.predict(X), mean)
    assert model.temperature_ == 1
    assert model.oof_prediction_.shape == y.shape
    assert model.oof_score_ == pytest.approx(r2_score(y, model.oof_prediction_))
    assert model.oof_score_ > 0.8
    r = (model.oof_prediction_ - y) / y.std(axis=0)
    assert model.oof_loss_ == pytest.approx((r**2).reshape(200, -1).sum(axis=1).mean() / 2)
    assert len(model.set_params(warm_start=True, n_estimators=3).fit(X, y).estimators_) == 9
