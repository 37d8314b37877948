r"""
================================
Several networks as one, and why
================================

A network depends on its training set, but also on chance: on its first weights and on the order
of its examples. An average of several networks depends less on chance. This page measures the
bias and the variance of one network and of an ensemble, as in :doc:`plot_bias_variance`, and
compares the error that the ensemble expects with the error that it makes. See also
:doc:`/user_guide/ensembles`.
"""

# %%
# Ten training sets
# -----------------
# Each training set has 200 handwritten digits, drawn from one half of the data. The other half is
# for tests. An ensemble is trained on each set. Its answer is the weighted mean of its networks'
# probabilities, made more or less confident by a temperature. Its last network, which is trained on
# all rows, stands for a single network. The ensemble also predicts every training example by
# networks that have not seen it. ``oof_loss_`` and ``oof_score_`` come from these out-of-fold
# predictions.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier, BackpropEnsembleClassifier

X, y = load_digits(return_X_y=True)
X_pool, X_test, y_pool, y_test = train_test_split(X, y, test_size=0.5, random_state=0)
rng = np.random.default_rng(0)
network = BackpropClassifier((32,), max_iter=30)

answers = {"one network": [], "their mean": [], "at temperature": []}
expected, true = [], []
for split in range(10):
    rows = rng.choice(len(X_pool), 200, replace=False)
    ensemble = BackpropEnsembleClassifier(network, random_state=split)
    ensemble.fit(X_pool[rows], y_pool[rows])
    members = [member.predict_proba(X_test) for member in ensemble.estimators_]
    final = ensemble.predict_proba(X_test)
    mean = np.average(members, axis=0, weights=ensemble.weights_)
    for kept, F in zip(answers.values(), (members[-1], mean, final), strict=True):
        kept.append(F)
    expected.append((ensemble.oof_loss_, 1 - ensemble.oof_score_))
    true.append((log_loss(y_test, final), 1 - accuracy_score(y_test, final.argmax(axis=1))))
expected, true = np.array(expected), np.array(true)

# %%
# Bias and variance
# -----------------
# The mean squared error of probabilities is the squared bias plus the variance:


def bias_and_variance(F):
    """Return the squared bias and the variance, each as a mean over the test examples."""
    mean = np.mean(F, axis=0)
    bias = ((mean - np.eye(10)[y_test]) ** 2).sum(axis=1).mean()
    return bias, ((np.array(F) - mean) ** 2).sum(axis=2).mean()


parts = {name: bias_and_variance(F) for name, F in answers.items()}
print("                 bias²   variance     sum")
for name, (bias, variance) in parts.items():
    print(f"{name:14s} {bias:6.4f} {variance:10.4f} {bias + variance:7.4f}")

print("\n                log-loss   wrong")
for name, numbers in {"out of fold": expected, "in truth": true}.items():
    loss, wrong = numbers.mean(axis=0)
    print(f"{name:14s} {loss:9.3f} {wrong:7.1%}")

# %%
# The picture
# -----------
import matplotlib.pyplot as plt

_, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
biases, variances = np.array(list(parts.values())).T
left.bar(list(parts), biases, width=0.5, label="bias²")
left.bar(list(parts), variances, width=0.5, bottom=biases, label="variance")
left.set(title="Where the error comes from", ylabel="mean squared error of probabilities")
left.set_ylim(0, 0.16)
left.legend(ncols=2)
for ax, k, name in ((middle, 0, "log-loss"), (right, 1, "wrong answers")):
    ax.scatter(expected[:, k], true[:, k], s=18)
    ends = [0, 1.1 * max(expected[:, k].max(), true[:, k].max())]
    ax.plot(ends, ends, "k--", linewidth=1)
    ax.set(title=f"Ten ensembles: {name}", xlabel="expected, out of fold", xlim=ends, ylim=ends)
middle.set_ylabel("true, on the test set")
plt.show()

# %%
# The mean has about a third less variance than one network. The variance that comes from the
# first weights and from the order of the examples is averaged away; the variance that comes from
# the training set stays. The bias is a little larger, as most of the networks have seen fewer
# examples. The temperature is below 1 here, because the penalty keeps the probabilities of these
# networks too close to each other. It lowers the bias again. In the other plots, each point is a
# training set. Out of fold, each example is predicted by one network of each variant, which has
# seen four fifths of the other examples. With 200 examples the estimates scatter, but on average
# they are near the truth.
