"""Train, put into a Pipeline, and search the hyper-parameters of a network on handwritten digits.

    python examples/quickstart.py [FOLDER]

Prints the search, and the test accuracy, log-loss and time beside those of scikit-learn's
MLPClassifier, which gets scaled pixels; all compute with one thread. Saves the training and
validation loss as FOLDER/quickstart.png (by default in this folder), if matplotlib is there.
"""

import sys
import time
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skbackprop import (
    BackpropClassifier,
    BackpropEnsembleClassifier,
    LossCurveDisplay,
    check_gradient,
)

GRID = {
    "hidden_layer_sizes": [(50,), (100,)],
    "l2": [1e-4, 1e-3],
    "learning_rate_init": [0.03, 0.1],
    "momentum": [0.5, 0.9],
    "numeric_encoding": ["auto", None],
}


def main(folder):
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    # Alone: it standardises its inputs and needs no preparation.
    classifier = BackpropClassifier(random_state=0).fit(X_train, y_train)
    print(f"Alone, with its defaults:       {classifier.score(X_test, y_test):.4f} test accuracy")
    print(check_gradient(classifier, X_train[:200], y_train[:200], max_entries=50))

    # In a Pipeline, as any other classifier.
    pipeline = make_pipeline(PCA(30, random_state=0), BackpropClassifier(random_state=0))
    pipeline.fit(X_train, y_train)
    print(f"In a Pipeline after a PCA:      {pipeline.score(X_test, y_test):.4f} test accuracy\n")

    search, seconds = timed(search_hyper_parameters, X_train, y_train)
    print_search(search)
    mlp = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
    _, mlp_seconds = timed(mlp.fit, X_train, y_train)
    _, default_seconds = timed(BackpropClassifier(random_state=0).fit, X_train, y_train)
    ensemble = BackpropEnsembleClassifier(random_state=0)
    _, ensemble_seconds = timed(ensemble.fit, X_train, y_train)

    print(f"\n{'':32}{'test accuracy':>15}{'log-loss':>12}{'time':>10}")
    for name, model, time_taken in (
        ("BackpropClassifier, searched", search.best_estimator_, seconds),
        ("BackpropClassifier, defaults", classifier, default_seconds),
        ("BackpropEnsembleClassifier", ensemble, ensemble_seconds),
        ("MLPClassifier, scaled inputs", mlp, mlp_seconds),
    ):
        loss = log_loss(y_test, model.predict_proba(X_test))
        print(f"{name:32}{model.score(X_test, y_test):>15.4f}{loss:>12.4f}{time_taken:>8.2f} s")

    # Knowing when to stop: look 20 epochs ahead, then go back to the best.
    patient = {"early_stopping": True, "tol": 0.0, "n_iter_no_change": 20, "max_iter": 500}
    patient["learning_rate"] = "inverse"  # which needs no end that is known before
    stopped = BackpropClassifier(**search.best_estimator_.get_params()).set_params(**patient)
    plot_losses(stopped.fit(X_train, y_train), folder / "quickstart.png")


def timed(function, *arguments):
    """Return the result of a call, and the seconds it took."""
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def search_hyper_parameters(X, y):
    """Search the grid by cross-validated log-loss, within a budget of 20 epochs each."""
    classifier = BackpropClassifier(max_iter=20, tol=None, random_state=0)
    return GridSearchCV(classifier, GRID, scoring="neg_log_loss", cv=3, n_jobs=2).fit(X, y)


def print_search(search, n_shown=8):
    """Print the best candidates of a search, and the worst."""
    results = search.cv_results_
    order = results["rank_test_score"].argsort()
    print(
        f"{len(order)} candidates × {search.n_splits_} folds; the best {n_shown} and the worst:\n"
    )
    names = [*GRID, "log-loss"]
    widths = [max(len(name), 17 if name == "log-loss" else 6) + 3 for name in names]
    print("".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True)))
    for i in [*order[:n_shown], order[-1]]:
        values = [str(results["params"][i][name]) for name in GRID]
        values.append(f"{-results['mean_test_score'][i]:.4f} ± {results['std_test_score'][i]:.4f}")
        print("".join(f"{value:>{width}}" for value, width in zip(values, widths, strict=True)))


def plot_losses(classifier, path):
    """Save the training and validation loss of each epoch as a picture."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("\nNo picture of the losses: it needs matplotlib (pip install 'skbackprop[plot]').")
        return
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    LossCurveDisplay.from_estimator(classifier, ax=axes, learning_rate=False, log_scale=True)
    axes.set_title("Early stopping on digits")
    figure.savefig(path, dpi=120)
    print(f"\nThe losses are drawn in {path}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
