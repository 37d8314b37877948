r"""
=======================
Learning-rate schedules
=======================

Stochastic gradient descent will converge, the lecture says, if the learning rates
:math:`\alpha_t` satisfy

.. math:: \sum_{t=1}^{\infty} \alpha_t = \infty \qquad \text{and} \qquad
          \sum_{t=1}^{\infty} \alpha_t^2 < \infty :

the steps together can then reach any point, however far away, and their noise dies out. This
example shows what happens if one of the two conditions fails. See also :doc:`/user_guide/sgd`.
"""

# %%
# A problem with a known minimum
# ------------------------------
# Softmax regression with an L2 penalty is convex, so scikit-learn's ``LogisticRegression`` can find
# its only minimum. With :math:`n` rows, ``l2 = 1 / (2 * n * C)``.
import numpy as np
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from skbackprop import BackpropClassifier

X, y = load_wine(return_X_y=True)
X, l2 = scale(X), 0.01


def objective(W, probabilities):
    """J, with the penalty."""
    return log_loss(y, probabilities) + l2 * (W**2).sum()


exact = LogisticRegression(C=1 / (2 * len(X) * l2), tol=1e-10, max_iter=1000).fit(X, y)
minimum = objective(exact.coef_, exact.predict_proba(X))
print(f"The minimum of J is {minimum:.6f}.")

# %%
# Six schedules without an end
# ----------------------------
# All start at :math:`\alpha = 0.1` and update after each example. With ``warm_start``, ``fit``
# continues where the last ``fit`` ended, with the same count of updates, so that the model can be
# judged on the way.
schedules = {
    r"constant, $\alpha$": {"learning_rate": "constant"},
    r"$\alpha / t^{0.3}$": {"learning_rate": "power", "delta": 0.3},
    r"$\alpha / t^{0.8}$": {"learning_rate": "power", "delta": 0.8},
    r"$\alpha / t^{2}$": {"learning_rate": "power", "delta": 2.0},
    r"$\alpha / (1 + 0.01\,t)$": {"learning_rate": "inverse", "delta": 0.01},
    r"the same, 2000 updates held": {
        "learning_rate": "inverse",
        "delta": 0.01,
        "learning_rate_hold": 2000,
    },
}
looked_at = np.unique(np.geomspace(1, 80, 20).astype(int))  # epochs
excess, rates = {}, {}
for name, schedule in schedules.items():
    model = BackpropClassifier(
        (), l2=l2, batch_size=1, momentum=0.0, learning_rate_init=0.1, random_state=0
    )
    model.set_params(standardize=False, tol=None, dtype="float64", warm_start=True, **schedule)
    excess[name] = []
    for n_epochs in np.diff(looked_at, prepend=0):
        model.set_params(max_iter=int(n_epochs)).fit(X, y)
        excess[name].append(objective(model.coefs_[0], model.predict_proba(X)) - minimum)
    rates[name] = model.learning_rate_curve_
    print(f"{name:28}  J is {excess[name][-1]:.1e} above the minimum after {model.t_} updates")

# %%
# A schedule with an end
# ----------------------
# The default, ``'linear'``, falls to 0 over the budget of ``max_iter`` epochs. So each point of its
# curve is a separate training, with a budget of that many epochs.
name = "linear, to 0 at the end"
excess[name] = []
for n_epochs in looked_at:
    model.set_params(warm_start=False, learning_rate="linear", max_iter=int(n_epochs)).fit(X, y)
    excess[name].append(objective(model.coefs_[0], model.predict_proba(X)) - minimum)
rates[name] = model.learning_rate_curve_
print(f"{name:28}  J is {excess[name][-1]:.1e} above the minimum after {model.t_} updates")

# %%
# The picture
# -----------
import matplotlib.pyplot as plt

plt.style.use("tableau-colorblind10")
_, (rate_ax, ax) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
colors, dashes = ("k", "C1", "C0", "C3", "C4", "C5", "C6"), ("-", "--", "-.", ":", "--", "-", "-")
for name, color, style in zip(excess, colors, dashes, strict=True):
    updates = len(X) * np.arange(1, len(rates[name]) + 1)
    rate_ax.plot(updates, rates[name], style, color=color, label=name)
    ax.plot(len(X) * looked_at, excess[name], style, color=color, label=name)
rate_ax.set(xscale="log", yscale="log", xlabel="updates t", ylabel=r"$\alpha_t$")
rate_ax.set_title("Learning rates")
ax.set(xscale="log", yscale="log", xlabel="updates t", ylabel="J − minimum")
ax.set_title("How far J is above its minimum")
rate_ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %%
# A *constant* rate violates the second condition: after a thousand updates, :math:`J` jumps up
# and down above its minimum for ever. With :math:`\alpha / t^2` the sum of all rates is finite,
# which violates the first condition: training stops far from the minimum. The other
# schedules come steadily closer to the minimum. But the conditions are about the end and not
# about the pace. The rate :math:`\alpha / t^{0.8}` satisfies both and is slow, while
# :math:`\alpha / t^{0.3}`, for which :math:`\sum \alpha_t^2` is infinite, does well here (the
# conditions are sufficient, not necessary). The best of the six follows the lecture's advice,
# "better to use a fixed learning rate for the first few updates", and decreases the rate when the
# noise begins to matter. For this, you have to know when that is. The linear schedule only needs
# to know the number of updates. It stays high for most of them and removes the noise at the
# end. From a few thousand updates on, it is about as good as the best of the others for every
# budget.
