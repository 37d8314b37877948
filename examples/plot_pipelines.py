"""
=============================
Validation data in a pipeline
=============================

Early stopping needs validation data. In a pipeline they have to pass through the earlier steps,
just as the training data do. Otherwise the network would be validated on different inputs from
those that it learns from. This example shows how to set up the pipeline, and what happens if you
forget it. See also :doc:`/user_guide/pipelines`.
"""

# %%
# Rows in their order
# -------------------
# Use validation data of your own if rows should not be held out at random, for instance because
# the model will be used on later rows than those it was trained on. Here, the last 597 digits are
# for tests, the 300 before them for validation, and the first 900 for training.
import numpy as np
from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
X, X_val, X_test = np.split(X, [900, 1200])
y, y_val, y_test = np.split(y, [900, 1200])

# %%
# The pipeline
# ------------
# ``set_fit_request`` says that the network takes ``X_val`` and ``y_val``. ``transform_input``
# says that the earlier steps transform ``X_val`` as well. Both are part of scikit-learn's
# metadata routing, which has to be turned on.
import sklearn
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline

from skbackprop import BackpropClassifier, LossCurveDisplay

sklearn.set_config(enable_metadata_routing=True)

network = BackpropClassifier(
    early_stopping=True,
    learning_rate="inverse",
    numeric_encoding=None,
    l2=0.0,
    max_iter=200,
    tol=0.0,
    random_state=0,
).set_fit_request(X_val=True, y_val=True)
pipeline = Pipeline(
    [("pca", PCA(20, whiten=True, random_state=0)), ("network", network)],
    transform_input=["X_val"],
)
pipeline.fit(X, y, X_val=X_val, y_val=y_val)
fitted = pipeline["network"]
print(f"{fitted.n_iter_} epochs, lowest validation loss {fitted.best_loss_:.3f}")
print(f"{pipeline.score(X_test, y_test):.1%} of the test set are right")

# %%
# What happens without
# --------------------
# Without ``transform_input``, the network gets validation data of 64 pixels, while it learns from
# 20 components. This is an error. With 64 components, nobody would notice.
try:
    Pipeline(pipeline.steps).fit(X, y, X_val=X_val, y_val=y_val)
except ValueError as error:
    print(error)

# %%
# A search over the pipeline
# --------------------------
# Every candidate of a search uses the same validation data, transformed by its own earlier steps.
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(pipeline, {"pca__n_components": [5, 10, 20, 40]}, cv=3)
search.fit(X, y, X_val=X_val, y_val=y_val)
sizes = search.cv_results_["param_pca__n_components"].astype(int)
scores = search.cv_results_["mean_test_score"]
for n_components, score in zip(sizes, scores, strict=True):
    print(f"{n_components:2d} components: {score:.3f}")
sklearn.set_config(enable_metadata_routing=False)

# %%
# The picture
# -----------
import matplotlib.pyplot as plt

_, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
LossCurveDisplay.from_estimator(fitted, ax=left, learning_rate=False, log_scale=True)
left.set_title("Early stopping after a PCA")
right.plot(sizes, scores, "o-")
right.set(
    title="Search over the pipeline", xlabel="components", ylabel="accuracy by cross-validation"
)
right.set_xticks(sizes)
plt.show()

# %%
# The validation loss is lowest after a few epochs and then stays level, while the training loss
# goes on falling. Training looks ahead for ten more epochs and goes back to the best one. In the
# search, more components help, but hardly beyond 20. Each of its trainings stops by the same
# validation data, seen through the PCA of its own fold.
