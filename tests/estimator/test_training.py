"""A training that runs, and what it says."""

import warnings

import numpy as np
import pytest
from models import fast, plain, same_parameters
from sklearn.exceptions import ConvergenceWarning

from skbackprop.estimator.assembly import assemble
from skbackprop.estimator.hyper_parameters import hyper_parameters
from skbackprop.estimator.prepare import prepare
from skbackprop.estimator.state import State


def training(X, y, *, partial=False, **options):
    model = fast(**options)
    classes = np.unique(y) if partial else None
    prepared = prepare(model, X, y, resume=False, classes=classes, partial=partial)
    return assemble(hyper_parameters(model), prepared, State.first(0), partial=partial)


def test_the_state_at_the_end_counts_its_epochs_and_updates_and_has_their_curves(iris):
    state = training(*iris, batch_size=40, max_iter=3).run([], model_now=None)
    assert (state.n_epochs, state.n_updates) == (3, 12)
    assert len(state.curves.loss) == len(state.curves.learning_rate) == 3
    assert state.curves.validation_loss is state.curves.validation_score is None


def test_curves_of_validation_are_there_where_it_is_measured(iris):
    curves = training(*iris, early_stopping=True).run([], model_now=None).curves
    assert len(curves.validation_loss) == 5 and curves.validation_score is None


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("warm_start", [False, True])
def test_momentum_is_kept_for_what_goes_on_only(iris, partial, warm_start):
    state = training(*iris, partial=partial, warm_start=warm_start).run([], model_now=None)
    assert list(state.update) == (["velocity"] if partial or warm_start else [])


@pytest.mark.parametrize("solver", ["newton", "lbfgs"])
def test_a_network_of_float32_is_returned_as_one_also_where_it_is_trained_in_float64(iris, solver):
    state = training(iris[0].astype(np.float32), iris[1], solver=solver, dtype="auto").run(
        [], model_now=None
    )
    assert state.network.dtype == np.float32


def test_to_look_ahead_for_ever_is_to_run_all_epochs(iris):
    options = {"max_iter": 40, "tol": 1e3}
    with pytest.warns(ConvergenceWarning, match="max_iter=40 epochs"):
        endless = fast(n_iter_no_change=np.inf, **options).fit(*iris)
    assert endless.n_iter_ == 40
    assert fast(n_iter_no_change=10, **options).fit(*iris).n_iter_ == 11
    assert same_parameters(endless, fast(max_iter=40).fit(*iris))


@pytest.mark.parametrize("value", [-np.inf, np.nan, 2.5])
def test_no_other_number_that_is_not_whole_is_a_look_ahead(iris, value):
    with pytest.raises(ValueError, match="n_iter_no_change"):
        fast(n_iter_no_change=value).fit(*iris)


@pytest.mark.parametrize(
    ("options", "category"),
    [
        ({"max_iter": 2}, ConvergenceWarning),
        ({"max_iter": 2, "solver": "lbfgs"}, ConvergenceWarning),
        ({"learning_rate_init": 100.0, "max_iter": 20, "tol": None}, RuntimeWarning),
    ],
    ids=["sgd", "lbfgs", "divergence"],
)
def test_a_warning_is_of_the_line_that_called_fit(iris, options, category):
    model = plain(random_state=0, **options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(*iris)
    assert [warning.category for warning in caught] == [category]
    assert caught[0].filename == __file__
