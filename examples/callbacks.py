"""Watch a network learn, and stop it, by callbacks of scikit-learn's own framework.

    python examples/callbacks.py [FOLDER]

A network with two units in its last hidden layer learns to tell five digits apart. One callback
looks at these two after some epochs, another ends training when 97 % of the validation data are
right. Prints the scores that scikit-learn's ScoringMonitor has kept, and saves what the hidden
layer made of the data as FOLDER/callbacks.png (by default in this folder), if matplotlib is there.

The example needs scikit-learn 1.9.
"""

import sys
from pathlib import Path

from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier


class Callback:
    """What every callback has to have; these two care for the end of an epoch only."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass


class HiddenLayer(Callback):
    """Keeps the activations of the last hidden layer after epochs 1, 2, 4, 8, … and the last."""

    def __init__(self):
        self.kept = {}

    def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
        epoch = fitted_estimator.n_iter_
        if context.task_name == "fit" or epoch.bit_count() == 1:
            self.kept[epoch] = fitted_estimator.hidden_activations(X)


class StopWhenGood(Callback):
    """Ends training by returning True, once the score on the validation data is good enough."""

    def __init__(self, score):
        self.score = score

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        return fitted_estimator.validation_scores_[-1] >= self.score


def main(folder):
    X, y = load_digits(n_class=5, return_X_y=True)
    X, X_val, y, y_val = train_test_split(X, y, stratify=y, random_state=0)
    hidden, monitor = HiddenLayer(), ScoringMonitor(scoring=["accuracy", "neg_log_loss"])

    network = BackpropClassifier(
        (30, 2), ["relu", "tanh"], scoring="accuracy", tol=None, random_state=0
    )
    network.set_callbacks(hidden, monitor, StopWhenGood(0.97))
    network.fit(X, y, X_val=X_val, y_val=y_val)

    print("epoch   accuracy   log-loss   validation accuracy")
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    for row, validated in zip(rows, network.validation_scores_, strict=True):
        scores = f"{row['accuracy']:10.4f} {-row['neg_log_loss']:10.4f} {validated:21.4f}"
        print(f"{row['task_id'] + 1:5d} {scores}")
    print(f"Training was to take {network.max_iter} epochs, and took {network.n_iter_}.")
    draw(hidden.kept, y, folder / "callbacks.png")


def draw(kept, y, path):
    """Save a picture of the two units for each of the epochs kept."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("\nNo picture: it needs matplotlib (pip install 'skbackprop[plot]').")
        return
    figure = Figure(figsize=(2.4 * len(kept), 3.4), layout="constrained")
    panels = figure.subplots(1, len(kept), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (epoch, H) in zip(panels, kept.items(), strict=True):
        for digit in range(5):
            axes.plot(*H[y == digit].T, ".", markersize=3, label=f"digit {digit}")
        axes.set(title=f"after epoch {epoch}", xlabel="$h_1$")
    panels[0].set_ylabel("$h_2$")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=120)
    print(f"\nWhat the hidden layer made of the data is drawn in {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
