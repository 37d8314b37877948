"""The ready search space, and architectures drawn from distributions in general."""

import pickle

import numpy as np
import pytest
from models import plain
from scipy.stats import kstest, randint
from sklearn.base import clone
from sklearn.model_selection import ParameterSampler, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skbackprop import BackpropClassifier, BackpropRegressor, search_space
from skbackprop.search import AutoOr, LayerSizes

pytestmark = pytest.mark.usefixtures("unconverged")


def draw(n, space=None, seed=0):
    return list(ParameterSampler(space or search_space(), n, random_state=seed))


def fast(**hyper_parameters):
    return plain(**{"max_iter": 3, "tol": None, "random_state": 0} | hyper_parameters)


def test_there_are_few_hyper_parameters_and_all_are_the_classifiers():
    space = search_space()
    assert len(space) <= 6
    assert space.keys() <= BackpropClassifier().get_params().keys()


def test_every_draw_can_be_trained(iris):
    for parameters in draw(40):
        model = fast(max_iter=1, **parameters).fit(*iris)
        assert np.isfinite(model.loss_)


def test_a_draw_is_a_function_of_the_random_state_also_after_pickling():
    restored = pickle.loads(pickle.dumps(search_space()))
    assert draw(20) == draw(20) == draw(20, restored)
    assert draw(20) != draw(20, seed=1)


def test_the_space_prints_its_ranges():
    space = search_space()
    assert repr(space["learning_rate_init"]) == "AutoOr(0.5, loguniform(0.02, 0.12))"
    assert repr(AutoOr(0.5, randint(1, high=9))) == "AutoOr(0.5, randint(1, high=9))"
    assert repr(AutoOr(0.5, LayerSizes((1,), 2, 4))) == "AutoOr(0.5, LayerSizes((1,), 2, 4))"


def test_the_defaults_lie_within_the_space():
    default, drawn = BackpropClassifier(), draw(500)
    sizes = [parameters["hidden_layer_sizes"] for parameters in drawn]
    assert default.hidden_layer_sizes in sizes
    widths = [width for layers in sizes if layers != "auto" for width in layers]
    assert min(widths) < 128 < max(widths)  # what 'auto' is of few rows
    assert default.activation in {parameters["activation"] for parameters in drawn}
    assert default.numeric_encoding in {parameters["numeric_encoding"] for parameters in drawn}
    rates = {parameters["learning_rate_init"] for parameters in drawn}
    assert default.learning_rate_init in rates
    rates.remove("auto")
    assert min(rates) < 0.075 < max(rates)  # what 'auto' is for 'sgd' and 'linear'


def test_the_defaults_of_a_network_that_predicts_numbers_lie_within_the_space_too(iris):
    default, rates = BackpropRegressor(), {p["learning_rate_init"] for p in draw(500)} - {"auto"}
    settings = clone(default).set_params(max_iter=1, hidden_layer_sizes="auto").fit(*iris).settings_
    assert settings.hidden_layer_sizes == default.hidden_layer_sizes
    assert min(rates) < settings.learning_rate_init < max(rates)


def test_layer_sizes_are_tuples_of_ints_of_the_depths_and_widths_asked_for():
    rng = np.random.RandomState(0)
    sizes = [LayerSizes((0, 1, 1, 3), 10, 1000).rvs(random_state=rng) for _ in range(4000)]
    assert all(type(size) is tuple and {type(n) for n in size} <= {int} for size in sizes)
    depths = np.bincount([len(size) for size in sizes]) / len(sizes)
    np.testing.assert_allclose(depths, [0.25, 0.5, 0, 0.25], atol=0.03)
    assert all(len(set(size)) <= 1 for size in sizes)
    logarithms = np.log10([size[0] for size in sizes if size])
    assert kstest(logarithms, "uniform", args=(1, 2)).statistic < 0.04


def test_auto_or_gives_auto_as_often_as_asked_for():
    rng = np.random.RandomState(0)
    drawn = [AutoOr(0.3, randint(5, 6)).rvs(random_state=rng) for _ in range(500)]
    assert set(drawn) == {"auto", 5}
    assert drawn.count("auto") / len(drawn) == pytest.approx(0.3, abs=0.06)


def test_a_search_draws_from_the_space_with_jobs_and_in_a_pipeline(wine):
    pipeline = make_pipeline(StandardScaler(), fast())
    one, two = (
        RandomizedSearchCV(
            clone(pipeline),
            search_space("backpropclassifier__"),
            n_iter=3,
            cv=2,
            random_state=0,
            n_jobs=n_jobs,
            error_score="raise",
        ).fit(*wine)
        for n_jobs in (1, 2)
    )
    assert one.best_params_ == two.best_params_
    sizes = one.best_params_["backpropclassifier__hidden_layer_sizes"]
    assert one.best_estimator_[-1].hidden_layer_sizes == sizes


def test_the_representation_says_what_is_drawn():
    assert "LayerSizes(" in repr(search_space()["hidden_layer_sizes"])
    assert "auto" in repr(search_space()["learning_rate_init"]).lower()


class Sizes:
    """A distribution of hidden_layer_sizes in one of the forms that are taken."""

    def __init__(self, form):
        self.form = form

    def rvs(self, random_state=None):
        return self.form(random_state.randint(2, 9, size=2))


FORMS = {
    "int": lambda sizes: int(sizes[0]),
    "numpy int": lambda sizes: sizes[0],
    "array of no dimensions": lambda sizes: np.asarray(sizes[0]),
    "tuple": lambda sizes: tuple(sizes.tolist()),
    "tuple of numpy ints": tuple,
    "list": lambda sizes: sizes.tolist(),
    "array": lambda sizes: sizes,
    "array of one": lambda sizes: sizes[:1].astype(np.uint8),
    "empty array": lambda sizes: sizes[:0],
}


@pytest.mark.parametrize("form", FORMS)
def test_hidden_layer_sizes_of_every_form_come_from_a_distribution(iris, form):
    search = RandomizedSearchCV(
        fast(),
        {"hidden_layer_sizes": Sizes(FORMS[form])},
        n_iter=4,
        cv=2,
        random_state=0,
        error_score="raise",
    ).fit(*iris)
    best = search.best_estimator_
    hidden = [W.shape[1] for W in best.coefs_[:-1]]
    assert hidden == np.atleast_1d(search.best_params_["hidden_layer_sizes"]).tolist()
    clone(best).fit(*iris)


def test_widths_come_from_distributions_of_scipy(iris):
    space = {"hidden_layer_sizes": randint(2, 50)}
    search = RandomizedSearchCV(fast(), space, n_iter=4, cv=2, random_state=0).fit(*iris)
    width = search.best_params_["hidden_layer_sizes"]
    assert search.best_estimator_.coefs_[0].shape == (4, width)
