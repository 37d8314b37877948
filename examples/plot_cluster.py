r"""
===================
Search on a cluster
===================

A search over more candidates than one machine can train can run on a cluster: scikit-learn leaves
its jobs to joblib, and joblib can pass them on to `Dask <https://distributed.dask.org>`_. The
code of the search and its result stay the same. Here, a cluster of two processes on this machine
stands for a cluster of many machines. If Dask is not installed (``pip install distributed``), the
processes of joblib itself do the work. See also :doc:`When one machine is not enough
</user_guide/one_machine>`.
"""

# %%
# One search, two places
# ----------------------
# ``scatter`` sends the data to each worker once. Each worker has one thread, so that their matrix
# products do not compete for the cores. (A script needs the line with ``__name__``: the processes
# import the script again, and must not start a search themselves.)
import time

import joblib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import RandomizedSearchCV

from skbackprop import BackpropClassifier, search_space

try:
    from distributed import Client, LocalCluster
except ImportError:
    LocalCluster = None
    print("distributed is not installed: pip install distributed")

X, y = load_digits(return_X_y=True)
classifier = BackpropClassifier(max_iter=8, l2=3e-4, random_state=0)
search = RandomizedSearchCV(
    classifier, search_space(), n_iter=6, cv=3, scoring="neg_log_loss", random_state=0, refit=False
)
scores, seconds = {}, {}


def run(place):
    """Search; keep the scores of the candidates, and the time."""
    begin = time.perf_counter()
    scores[place] = search.fit(X, y).cv_results_["mean_test_score"]
    seconds[place] = time.perf_counter() - begin


def compare():
    """Search in processes of joblib's, and on a cluster where there is one."""
    with joblib.parallel_config("loky", n_jobs=2):
        run("loky (the first time)")
        run("loky")
    if LocalCluster is None:
        return
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        LocalCluster(host="127.0.0.1", **options) as cluster,
        Client(cluster) as client,
        joblib.parallel_config("dask", client=client, scatter=[X, y]),
    ):
        run("Dask (the first time)")
        run("Dask")


if __name__ != "__mp_main__":
    compare()
    for place in seconds:
        same = np.array_equal(scores[place], scores["loky"])
        print(f"{place:22s} {seconds[place]:6.2f} s   the same scores: {same}")

# %%
# The cost of the scheduler
# -------------------------
import matplotlib.pyplot as plt

if __name__ != "__mp_main__":
    figure, ax = plt.subplots(figsize=(7, 2.5), layout="constrained")
    ax.barh(list(seconds), list(seconds.values()))
    ax.set_xlabel("seconds")
plt.show()

# %%
# The scores are the same bit for bit. The first search in new processes waits for their imports.
# The rest of the additional time is what Dask's scheduler needs for each task.
