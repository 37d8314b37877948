"""The share of wrong answers against the log-loss, for one example and for a training set."""

import matplotlib.pyplot as plt
import numpy as np

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")

margin = np.linspace(-4, 4, 400)
left.plot(margin, margin < 0, color="C1", linestyle="--", linewidth=2, label="0/1 loss")
log_loss = np.logaddexp(0, -margin)
left.plot(margin, log_loss / np.log(2), color="C0", linewidth=2, label=r"$-\log_2 f(\mathbf{x})_y$")
left.set(title="One example of two classes", ylim=(0, 4), ylabel="loss")
left.set_xlabel("pre-activation of the true class − that of the other")
left.legend()

rng = np.random.default_rng(0)
x = np.r_[rng.normal(-1, 1, 12), rng.normal(1, 1, 12)]
sign = np.repeat([-1, 1], 12)
thresholds = np.linspace(-3.5, 3.5, 701)
margins = 2 * sign * (x - thresholds[:, np.newaxis])
wrong = (margins < 0).mean(axis=1)
mean_log_loss = np.logaddexp(0, -margins).mean(axis=1) / np.log(2)
right.plot(
    thresholds, wrong, color="C1", linestyle="--", linewidth=2, label="share of wrong answers"
)
right.plot(thresholds, mean_log_loss, color="C0", linewidth=2, label="mean log-loss, base 2")
right.set(title="A training set of 24 examples", ylim=(0, 4), ylabel="mean loss")
right.set_xlabel("where the model puts the boundary")
right.legend()
