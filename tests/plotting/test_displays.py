import os
import subprocess
import sys

import matplotlib.colors
import matplotlib.figure
import numpy as np
import pytest
from models import plain
from scipy import sparse
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import NotFittedError

from skbackprop import (
    AttributionDisplay,
    BackpropClassifier,
    BackpropRegressor,
    GradientCheckDisplay,
    LossCurveDisplay,
    WeightsDisplay,
    attribute,
    check_gradient,
)

matplotlib.use("Agg")
IRIS = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.fixture
def ax():
    return matplotlib.figure.Figure().subplots()


def fitted(**hyper_parameters):
    options = {"max_iter": 30, "tol": None, "random_state": 0} | hyper_parameters
    return plain((8,), **options).fit(*IRIS)


def test_the_losses_and_the_rate_are_drawn_against_the_epochs(ax):
    model = fitted(early_stopping=True)
    display = LossCurveDisplay.from_estimator(model, ax=ax)
    curves = [model.loss_curve_, model.validation_loss_curve_, model.learning_rate_curve_]
    for line, curve in zip(display.lines_, curves, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 31))
        np.testing.assert_array_equal(line.get_ydata(), curve)
    assert (display.ax_, display.figure_) == (ax, ax.figure)
    assert display.rate_ax_ is not ax
    labels = {text.get_text() for text in ax.get_legend().get_texts()}
    assert {"training loss J", "validation loss", "learning rate"} <= labels


@pytest.mark.parametrize("scoring", ["loss", "accuracy"])
def test_the_best_epoch_is_marked_and_those_after_it_are_shaded(ax, scoring):
    X, y = IRIS
    noise = np.random.default_rng(0).permutation(y)
    options = {"early_stopping": True, "l2": 0.0, "scoring": scoring, "random_state": 0}
    model = BackpropClassifier(max_iter=20, tol=None, **options).fit(X, noise)
    display = LossCurveDisplay.from_estimator(model, ax=ax, learning_rate=False)
    losses, scores = model.validation_loss_curve_, model.validation_scores_
    best = losses.index(min(losses)) if scoring == "loss" else scores.index(max(scores))
    assert display.best_epoch == best + 1 < 20
    marker = ax.lines[-1]
    assert (marker.get_xdata()[0], marker.get_ydata()[0]) == (best + 1, losses[best])
    (span,) = ax.patches
    assert (span.get_x(), span.get_x() + span.get_width()) == (best + 1, 20)


def test_without_validation_and_rate_there_is_one_line(ax):
    display = LossCurveDisplay.from_estimator(fitted(), ax=ax, learning_rate=False, log_scale=True)
    assert (len(display.lines_), display.rate_ax_, display.best_epoch) == (1, None, None)
    assert ax.get_yscale() == "log"


def test_steps_of_newton_have_no_rate_to_draw(ax):
    display = LossCurveDisplay.from_estimator(fitted(solver="newton", max_iter=3), ax=ax)
    assert (len(display.lines_), display.rate_ax_) == (1, None)


def test_a_display_draws_in_a_figure_of_its_own_where_no_axes_are_given():
    first, second = (LossCurveDisplay.from_estimator(fitted()) for _ in range(2))
    assert first.figure_ is not second.figure_


def test_images_are_the_columns_of_the_first_weights_the_largest_first():
    model = fitted()
    display = WeightsDisplay.from_estimator(model, image_shape=(2, 2), n_units=5)
    W = model.coefs_[0]
    norms = np.linalg.norm(W, axis=0)
    assert norms[display.units_].tolist() == sorted(norms, reverse=True)[:5]
    for ax, unit in zip(display.axes_, display.units_, strict=True):
        (image,) = ax.get_images()
        np.testing.assert_array_equal(image.get_array(), W[:, unit].reshape(2, 2))
        assert image.norm.vmin == -image.norm.vmax
        assert image.norm.vmax >= np.abs(W[:, display.units_]).max()


def test_bars_bear_the_names_of_the_features():
    pytest.importorskip("pandas")
    data = load_wine(as_frame=True)
    model = plain((3,), max_iter=2, tol=None).fit(data.data, data.target)
    display = WeightsDisplay.from_estimator(model)
    ax = display.axes_[0]
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_array_equal(widths, model.coefs_[0][:, display.units_[0]])
    assert [label.get_text() for label in ax.get_yticklabels()] == list(data.feature_names)
    assert list(model.get_input_names()) == list(data.feature_names)
    assert ax.yaxis_inverted()


def test_of_many_features_those_with_the_largest_weights_have_bars_and_names():
    model = BackpropClassifier((6,), max_iter=5, tol=None, random_state=0).fit(*IRIS)
    display = WeightsDisplay.from_estimator(model, n_units=2)
    W, names = model.coefs_[0][:, display.units_], model.get_input_names()
    assert len(W) > len(display.features_) == 30
    sizes = np.linalg.norm(W, axis=1)
    assert sizes[display.features_].min() >= np.sort(sizes)[-30]
    ax = display.axes_[1]
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_array_equal(widths, W[display.features_, 1])
    labels = [label.get_text() for label in display.axes_[0].get_yticklabels()]
    assert labels == names[display.features_].tolist()


def test_an_image_shape_that_does_not_fit_is_an_error():
    with pytest.raises(ValueError, match=r"image_shape=\(3, 3\) must .* features, 4"):
        WeightsDisplay.from_estimator(fitted(), image_shape=(3, 3))


def test_the_gradient_check_has_a_bar_for_each_parameter(ax):
    model = fitted(activation="tanh")
    display = GradientCheckDisplay.from_estimator(model, *IRIS, ax=ax, epsilon=1e-4)
    errors = [p.max_relative_error for p in check_gradient(model, *IRIS, epsilon=1e-4).parameters]
    assert [bar.get_height() for bar in display.bars_] == errors
    assert [label.get_text() for label in ax.get_xticklabels()] == ["W1", "b1", "W2", "b2"]


def test_errors_above_the_tolerance_are_red(ax):
    check = check_gradient(fitted(activation="tanh"), *IRIS)
    errors = [p.max_relative_error for p in check.parameters]
    tolerance = sorted(errors)[1]
    display = GradientCheckDisplay(check).plot(ax, tolerance=tolerance)
    red = matplotlib.colors.to_rgba("C3")
    assert [bar.get_facecolor() == red for bar in display.bars_] == [e > tolerance for e in errors]


@pytest.mark.parametrize("display", [LossCurveDisplay, WeightsDisplay])
def test_only_a_fitted_classifier_is_drawn(display):
    with pytest.raises(NotFittedError):
        display.from_estimator(BackpropClassifier())


def test_without_matplotlib_the_package_works_and_a_display_says_what_to_install():
    script = """
import sys
sys.modules["matplotlib"] = None
from sklearn.datasets import load_iris
from skbackprop import BackpropClassifier, LossCurveDisplay
model = BackpropClassifier(max_iter=1, tol=None).fit(*load_iris(return_X_y=True))
try:
    LossCurveDisplay.from_estimator(model)
except ImportError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'skbackprop[plot]'" in run.stdout


def test_the_text_of_a_display_says_what_it_shows():
    check = check_gradient(fitted(), *IRIS)
    text = f"GradientCheckDisplay(largest relative error {check.max_relative_error:.1e})"
    assert repr(GradientCheckDisplay(check)) == text
    assert repr(LossCurveDisplay(loss_curve=[3, 2])) == "LossCurveDisplay(2 epochs)"
    best = LossCurveDisplay(loss_curve=[3, 2, 2.5], best_epoch=2)
    assert repr(best) == "LossCurveDisplay(3 epochs, the best is 2)"
    W = np.zeros((6, 4))
    assert repr(WeightsDisplay(W)) == "WeightsDisplay(4 units of 6 features)"
    images = WeightsDisplay(W, image_shape=(2, 3))
    assert repr(images) == "WeightsDisplay(4 units of 6 features, images of 2 x 3)"


def test_trainings_with_and_without_validation_data_have_curves_of_one_length(ax):
    X, y = IRIS
    model = fitted(early_stopping=True, max_iter=5)
    model.partial_fit(X, y)
    assert np.isnan(model.validation_loss_curve_).tolist() == 5 * [False] + [True]
    assert LossCurveDisplay.from_estimator(model, ax=ax).best_epoch is None  # trained on since
    warm = BackpropClassifier((8,), max_iter=3, tol=None, warm_start=True, random_state=0)
    warm.fit(X, y).fit(X, y, X_val=X, y_val=y).set_params(scoring="accuracy", early_stopping=True)
    warm.fit(X, y)
    assert np.isnan(warm.validation_loss_curve_).tolist() == 3 * [True] + 6 * [False]
    assert np.isnan(warm.validation_scores_).tolist() == 6 * [True] + 3 * [False]
    display = LossCurveDisplay.from_estimator(warm, ax=ax)
    assert display.best_epoch == 7 + int(np.argmax(warm.validation_scores_[6:]))


@pytest.mark.parametrize("n_units", [0, -1, 2.5, None])
def test_a_number_of_units_that_cannot_be_drawn_is_an_error(n_units):
    with pytest.raises(ValueError, match="n_units must be an int of at least 1"):
        WeightsDisplay(np.ones((4, 2))).plot(n_units=n_units)


@pytest.mark.parametrize("shape", [4, (4,), (2, 2, 1), (-2, -2), (2.0, 2.0)])
def test_an_image_has_a_height_and_a_width(shape):
    with pytest.raises(ValueError, match="image_shape="):
        WeightsDisplay(np.ones((4, 2)), image_shape=shape).plot()


def test_all_prints_where_there_is_but_ascii():
    code = """
from sklearn.datasets import load_iris
from skbackprop import BackpropClassifier, WeightsDisplay, check_gradient, show_versions
X, y = load_iris(return_X_y=True)
print(check_gradient(BackpropClassifier(3), X, y))
model = BackpropClassifier(3, max_iter=2, tol=None, verbose=True).fit(X, y)
print(WeightsDisplay(model.coefs_[0], image_shape=(2, 2)), model)
try:
    model.partial_fit(X, y + 1)
except ValueError as error:
    print(error)
show_versions()
"""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)


# Attributions


@pytest.fixture(scope="module")
def attribution():
    """Of a table with a column of text, a gap and a dollar."""
    pd = pytest.importorskip("pandas")
    X, y = IRIS
    frame = pd.DataFrame(X, columns=["a", "b", "$c", "d"])
    frame["kind"] = np.where(X[:, 0] > 6, "large", None)
    frame.loc[0, "a"] = np.nan
    return attribute(plain((5,), max_iter=3, tol=None, random_state=0).fit(frame, y), frame)


def test_a_row_has_bars_named_by_its_values_and_one_for_the_other_columns(attribution, ax):
    display = AttributionDisplay.from_attribution(
        attribution, row=0, target=1, max_columns=3, ax=ax
    )
    values = attribution.values[0, :, 1]
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths[:3], values[display.columns_])
    np.testing.assert_allclose(
        sum(widths), attribution.predictions[0, 1] - attribution.base_value[1]
    )
    assert [abs(w) for w in widths[:3]] == sorted(np.abs(values), reverse=True)[:3]
    labels = [label.get_text() for label in ax.get_yticklabels()]
    of = {0: "a = missing", 1: "b = 3.5", 2: r"\$c = 1.4", 3: "d = 0.2", 4: "kind = missing"}
    assert labels == [*(of[j] for j in display.columns_), "2 other columns"]
    assert ax.get_xlabel() == "adds to the log-odds of 1"


def test_the_mean_size_of_each_column_is_a_bar(attribution, ax):
    display = AttributionDisplay.from_attribution(attribution, kind="mean", ax=ax)
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, attribution.mean_absolute[display.columns_, 0])
    assert widths == sorted(widths, reverse=True)


def test_each_row_is_a_point_of_a_colour_by_rank_and_gray_where_it_has_none(attribution, ax):
    display = AttributionDisplay.from_attribution(attribution, ax=ax, max_columns=5)
    points = iter(ax.collections)
    for place, j in enumerate(display.columns_):
        gray, coloured = next(points), next(points)
        n_gray = {0: 1, 4: 150}.get(j, 0)
        assert (len(gray.get_offsets()), len(coloured.get_offsets())) == (n_gray, 150 - n_gray)
        x, y = np.concatenate([gray.get_offsets(), coloured.get_offsets()]).T
        np.testing.assert_allclose(np.sort(x), np.sort(attribution.values[:, j, 0]))
        assert np.abs(y - place).max() < 0.5
        if j == 1:
            numbers, ranks = IRIS[0][:, 1], coloured.get_array()
            assert (np.diff(ranks[np.argsort(numbers, kind="stable")]) >= 0).all()
            assert 0 < ranks.min() < ranks.max() < 1
    display.figure_.canvas.draw()


def test_attributions_of_an_estimator_are_drawn_by_default_as_points_or_one_row():
    model = fitted()
    many = AttributionDisplay.from_estimator(model, IRIS[0])
    one = AttributionDisplay.from_estimator(model, IRIS[0][:1], background=IRIS[0], target=2)
    assert (len(many.ax_.patches), len(one.ax_.patches)) == (0, 4)
    assert one.ax_.get_xlabel() == "adds to the log-odds of 2"
    assert repr(one) == "AttributionDisplay(1 rows x 4 columns)"


def test_what_adds_to_numbers_is_drawn_for_sparse_rows_as_well(ax):
    X = sparse.csr_matrix(np.eye(6))
    model = BackpropRegressor((3,), max_iter=2, tol=None).fit(X, np.arange(6.0))
    AttributionDisplay.from_estimator(model, X, ax=ax)
    assert ax.get_xlabel() == "adds to the prediction"
