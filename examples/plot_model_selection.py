r"""
=======================================
Grid search, random search, then refine
=======================================

The lecture's recipe for hyper-parameters is: try all configurations of a grid, or sample
configurations from distributions; use the performance on a *validation* set to select the best;
"you can go back and refine the grid/distributions if needed". The *test* set waits until
everything is decided, and then estimates the generalisation error. See also
:doc:`/user_guide/model_selection`.
"""

# %%
# Training, validation and test set
# ---------------------------------
# A ``PredefinedSplit`` makes scikit-learn's searches use one validation set. The rows marked -1 are
# always in the training set.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import PredefinedSplit, train_test_split

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
_, validation = train_test_split(np.arange(len(X)), test_size=0.3, stratify=y, random_state=0)
split = PredefinedSplit(np.where(np.isin(np.arange(len(X)), validation), 0, -1))

# %%
# Sixteen configurations each
# ---------------------------
# Two hyper-parameters are searched within a budget of 15 epochs: the learning rate and the strength
# of the L2 penalty, each on a logarithmic scale. The refined search draws from a range around the
# best so far.
from scipy.stats import loguniform
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from skbackprop import BackpropClassifier

network = BackpropClassifier(
    50, learning_rate="constant", momentum=0.0, max_iter=15, tol=None, random_state=0
).set_params(numeric_encoding=None)
options = {"cv": split, "scoring": "neg_log_loss"}

grid = {"learning_rate_init": np.geomspace(3e-3, 0.3, 4), "l2": np.geomspace(1e-5, 1e-1, 4)}
grid_search = GridSearchCV(network, grid, **options).fit(X, y)

ranges = {"learning_rate_init": loguniform(3e-3, 0.3), "l2": loguniform(1e-5, 1e-1)}
random_search = RandomizedSearchCV(network, ranges, n_iter=16, random_state=0, **options)
random_search.fit(X, y)

best = max(grid_search, random_search, key=lambda search: search.best_score_).best_params_
ranges = {name: loguniform(value / 3, 3 * value) for name, value in best.items()}
refined_search = RandomizedSearchCV(network, ranges, n_iter=16, random_state=0, **options)
refined_search.fit(X, y)

searches = {"grid": grid_search, "random": random_search, "refined": refined_search}
for name, search in searches.items():
    found = ", ".join(f"{key} = {value:.2g}" for key, value in search.best_params_.items())
    print(f"{name:8} validation loss {-search.best_score_:.4f} with {found}")

# %%
# The test set
# ------------
# The best model of all has been trained again on the training and the validation set together. Now
# the test set is used, and only once.
winner = max(searches.values(), key=lambda search: search.best_score_)
error = 1 - winner.best_estimator_.score(X_test, y_test)
print(f"Error on the test set: {error:.1%}; log-loss: {-winner.score(X_test, y_test):.4f}")

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from matplotlib.colors import LogNorm

losses = {name: -search.cv_results_["mean_test_score"] for name, search in searches.items()}
norm = LogNorm(min(map(min, losses.values())), 1, clip=True)

_, (plane, course) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for (name, search), marker in zip(searches.items(), "so^", strict=True):
    results = search.cv_results_
    alpha = results["param_learning_rate_init"].astype(float)
    l2 = results["param_l2"].astype(float)
    style = {"norm": norm, "cmap": "viridis_r", "s": 45, "edgecolors": "k", "linewidths": 0.4}
    points = plane.scatter(alpha, l2, c=losses[name], marker=marker, label=name, **style)
    course.plot(np.minimum.accumulate(losses[name]), "-" + marker, markersize=4, label=name)
plane.set(xscale="log", yscale="log", xlabel=r"learning rate $\alpha$", ylabel=r"$\lambda$ (l2)")
plane.set_title("Where the searches looked")
bar = plane.figure.colorbar(points, ax=plane, label="validation loss", extend="max")
bar.set_ticks([0.15, 0.2, 0.3, 0.5, 1], labels=["0.15", "0.2", "0.3", "0.5", "1"], minor=False)
bar.minorticks_off()
course.set(xticks=range(0, 16, 5), xticklabels=range(1, 17, 5), ylim=(0.1, 0.5))
course.set(xlabel="configurations tried", ylabel="lowest validation loss", title="What they found")
course.legend(title="search")
plt.show()

# %%
# Both searches find that the penalty matters little as long as it is small, and that the learning
# rate matters a lot. The grid spends sixteen trainings on four values of each, while the random
# search tries sixteen values of each. The best result of these two lies at the edge of the range
# of learning rates, which is a reason to go back and refine. The refined search goes beyond that
# edge and finds the lowest loss. As the smallest of 48, this validation loss is too optimistic.
# Only the test set says what to expect for new digits. (Here the loss on it is even lower,
# because the last network has learned from the validation set as well.)
