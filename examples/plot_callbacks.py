"""
======================
Callbacks and progress
======================

Callbacks of scikit-learn can watch a network learn, and stop it. Here, a network with two units in
its last hidden layer learns to tell five digits apart. One callback looks at these two units after
some epochs, another ends training when 93 % of the validation data are right. See also
:doc:`/user_guide/callbacks`.

This example needs scikit-learn 1.9.
"""

# %%
# Two callbacks of your own
# -------------------------
# A callback has four methods. ``on_fit_task_end`` is called at the end of each epoch. It gets what
# its signature names: here, the data, and the model as it is at that moment.
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier


class Callback:
    """The methods that a callback needs; the two below use the end of an epoch only."""

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


# %%
# Training with callbacks
# -----------------------
# A third callback comes with scikit-learn: ``ScoringMonitor`` keeps scores on the training data.
# There is a ``ProgressBar`` as well, which draws in the terminal and so cannot be shown on this
# page.
X, y = load_digits(n_class=5, return_X_y=True)
X, X_val, y, y_val = train_test_split(X, y, stratify=y, random_state=0)
hidden, monitor = HiddenLayer(), ScoringMonitor(scoring=["accuracy", "neg_log_loss"])

network = BackpropClassifier(
    (30, 2),
    ["relu", "tanh"],
    learning_rate="constant",
    learning_rate_init=0.01,
    l2=1e-3,
    numeric_encoding=None,
    max_iter=200,
    scoring="accuracy",
    tol=None,
    random_state=0,
)
network.set_callbacks(hidden, monitor, StopWhenGood(0.93))
network.fit(X, y, X_val=X_val, y_val=y_val)

print("epoch   accuracy   log-loss   validation accuracy")
rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
for epoch in hidden.kept:
    row, validated = rows[epoch - 1], network.validation_scores_[epoch - 1]
    print(f"{epoch:5d} {row['accuracy']:10.4f} {-row['neg_log_loss']:10.4f} {validated:21.4f}")
print(f"Training took {network.n_iter_} of at most {network.max_iter} epochs.")

# %%
# The last hidden layer while it learns
# -------------------------------------
import matplotlib.pyplot as plt

figure, panels = plt.subplots(
    1,
    len(hidden.kept),
    figsize=(2.4 * len(hidden.kept), 3.2),
    sharex=True,
    sharey=True,
    layout="constrained",
)
for ax, (epoch, H) in zip(panels, hidden.kept.items(), strict=True):
    for digit, (color, marker) in enumerate(
        zip(("C0", "C1", "k", "C8", "C9"), "osv^x", strict=True)
    ):
        style = {"color": color, "markersize": 3, "label": f"digit {digit}", "markeredgewidth": 0.7}
        ax.plot(*H[y == digit].T, marker, **style)
    ax.set(title=f"after epoch {epoch}", xlabel="$h_1$", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
panels[0].set_ylabel("$h_2$")
handles = panels[0].get_legend_handles_labels()
figure.legend(*handles, loc="outside lower center", ncols=5, markerscale=2)
plt.show()

# %%
# After the first epoch, most zeros are in a corner of the square of the two units, and the other
# digits overlap. Then the digits move apart, into the corners and to the middle of the upper edge,
# where softmax can tell them from each other by straight lines. Training ends as soon as the score
# on the validation data is good enough, long before ``max_iter``.
