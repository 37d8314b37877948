r"""
=================================
A table that comes piece by piece
=================================

A table that is larger than the memory is read in pieces. A Parquet file has such pieces, its row
groups, and ``partial_fit`` learns from one after the other. You need three things beforehand: the
classes, the number of pieces, and a sample of the rows, which decides where numbers are cut into
bins and which levels the categories have. pyarrow reads the file. See also :doc:`When one machine
is not enough </user_guide/one_machine>` and :doc:`/user_guide/continuing`.
"""

# %%
# A file in row groups
# --------------------
# A synthetic table of 60,000 rows in 30 row groups stands for a large one. Its rows are in the
# order of their dates, and the later rows differ from the first: they have a class and a level
# that the first pieces lack, the mean of a column drifts, and values are missing in later years.
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

rng = np.random.default_rng(0)
n = 60_000
age = np.linspace(0, 1, n)
shop = np.where(rng.random(n) < age, "web", rng.choice(["north", "south"], n))
size, price = rng.lognormal(size=n), 3 * age + rng.normal(size=n)
signal = np.log(size) * np.where(shop == "web", 1, -1) + np.sin(3 * (price - 3 * age))
kind = np.digitize(signal + 0.5 * rng.normal(size=n), [-1.0, 0.5]) + (rng.random(n) < age**3 / 3)
price[rng.random(n) < age / 3] = np.nan
frame = pd.DataFrame({"shop": shop, "size": size, "price": price, "kind": kind})
folder = tempfile.TemporaryDirectory()
frame.to_parquet(Path(folder.name) / "orders.parquet", row_group_size=2000)
file = pq.ParquetFile(Path(folder.name) / "orders.parquet")


def piece(group):
    """Read a row group: the inputs, and what is to be told."""
    rows = file.read_row_group(int(group)).to_pandas()
    return rows.drop(columns="kind"), rows["kind"]


groups = rng.permutation(file.num_row_groups)
held_out, groups = groups[:6], groups[6:]
X_test, y_test = map(pd.concat, zip(*map(piece, held_out), strict=True))
classes = np.unique(file.read(columns=["kind"])["kind"])  # a single column fits into the memory
print(f"{len(groups)} row groups to learn from, classes {classes}, of the first {set(piece(0)[1])}")

# %%
# Epochs over the pieces
# ----------------------
# The first call decides what cannot change later: bins, levels, and which columns have missing
# values. It therefore gets a sample of all pieces, a hundred rows of each, which takes one pass
# through the file. Each epoch then visits the pieces in an order of its own. Means and standard
# deviations are updated by every piece. They are those of all rows seen so far, in which the rows
# of the sample count once more than the others. ``max_iter`` is the number of calls, over which the
# learning rate falls to 0. ``l2`` is a number: no single piece could tell which is best for all.
from sklearn.metrics import log_loss

from skbackprop import BackpropClassifier

N_EPOCHS = 5


def learn(first, ordered):
    """Return the network, and its loss on the held-out pieces after each call."""
    network = BackpropClassifier(l2=1e-4, max_iter=1 + N_EPOCHS * len(groups), random_state=0)
    network.partial_fit(*first, classes=classes)
    losses = []
    for epoch in range(N_EPOCHS):
        pieces = sorted(groups) if ordered else np.random.default_rng(epoch).permutation(groups)
        for group in pieces:
            network.partial_fit(*piece(group))
            losses.append(log_loss(y_test, network.predict_proba(X_test), labels=classes))
    return network, losses


pairs = [[part.sample(100, random_state=0) for part in piece(group)] for group in groups]
sample = tuple(map(pd.concat, zip(*pairs, strict=True)))
network, losses = learn(sample, ordered=False)
_, ordered = learn(piece(min(groups)), ordered=True)

X_all, y_all = map(pd.concat, zip(*map(piece, groups), strict=True))
whole = BackpropClassifier(random_state=0).fit(X_all, y_all)
loss_of_fit = log_loss(y_test, whole.predict_proba(X_test))
print(
    f"pieces: {losses[-1]:.3f}; in the order of the file: {ordered[-1]:.3f}; fit: {loss_of_fit:.3f}"
)
print(
    f"mean of price by pieces {network.scaler_.mean_[1]:.6f}, of a fit {whole.scaler_.mean_[1]:.6f}"
)

# %%
# What the order does
# -------------------
import matplotlib.pyplot as plt

figure, ax = plt.subplots(layout="constrained")
epochs = (1 + np.arange(len(losses))) / len(groups)
ax.plot(epochs, ordered, color="C1", label="in the order of the file, without a sample")
ax.plot(epochs, losses, color="C0", label="in random order, after a sample of all pieces")
ax.axhline(loss_of_fit, color="k", linestyle=":", label="fit, on all rows at once")
ax.set(xlabel="epochs", ylabel="log-loss of held-out pieces", ylim=(0.95 * loss_of_fit, 1.3))
ax.legend()
folder.cleanup()
plt.show()

# %%
# In the order of the file, the network forgets the early rows while it learns from the late ones,
# and its bins suit only the early ones. In random order it comes close to a fit on all rows.
