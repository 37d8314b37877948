r"""
===================================
A churn model, from start to finish
===================================

Which customers are going to cancel? This page goes all the way from a raw table to a model in
use: score, calibration, threshold, explanation, ONNX, and the log-loss month by month. See also
:doc:`/user_guide/imbalanced`, :doc:`/user_guide/explaining` and :doc:`/user_guide/deployment`.

The table is synthetic, so nothing has to be downloaded. Replace ``customers``, ``churned`` and
``month`` by data of your own, and the rest stays as it is.
"""

# %%
# The table
# ---------
# A row is a customer in a month. Some values are missing, and about 15 % of the customers cancel.
# In the last three months, a competitor lures away those with the cheap plan.
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 6000
customers = pd.DataFrame(
    {
        "months": rng.geometric(0.04, n),
        "plan": rng.choice(["basic", "family", "business"], n, p=[0.5, 0.3, 0.2]),
        "price": rng.gamma(9, 5, n).round(2),
        "calls": rng.poisson(1.2, n),
        "region": rng.choice(["north", "south", "west"], n),
    }
)
month = np.sort(rng.integers(1, 13, n))
log_odds = -3 + 0.9 * customers["calls"] - 0.04 * customers["months"] + 0.02 * customers["price"]
log_odds += np.where(customers["plan"] == "business", -1.5, 0)
log_odds += np.where((month > 9) & (customers["plan"] == "basic"), 1.5, 0)
churned = np.where(rng.random(n) < 1 / (1 + np.exp(-log_odds)), "leaves", "stays")
customers.loc[rng.random(n) < 0.1, "price"] = np.nan
customers.loc[rng.random(n) < 0.1, "region"] = None
print(customers.head())

# %%
# Split by time
# -------------
# The model will predict months to come, so it is judged by later months: it learns from the first
# six and is tested on the next three. The frame goes in as it is.
from sklearn.metrics import classification_report, log_loss

from skbackprop import AttributionDisplay, BackpropClassifier, attribute

train, test = month <= 6, (month > 6) & (month <= 9)
model = BackpropClassifier(random_state=0).fit(customers[train], churned[train])
print(model.describe_columns()[["kind", "missing", "inputs", "example"]])

share = np.mean(churned[train] == "leaves")
of_the_model = log_loss(churned[test], model.predict_proba(customers[test]))
of_the_share = log_loss(churned[test], np.full((test.sum(), 2), [share, 1 - share]))
print(f"log-loss {of_the_model:.3f}, and {of_the_share:.3f} if all had the same probability")

# %%
# A threshold by what errors cost
# -------------------------------
# A call to a customer costs 5 euros. It keeps one in four of those who would leave, and each of
# them is worth 80 euros. So a call pays if P(leaves) · 80 / 4 > 5, that is, above 0.25, provided
# that the probabilities are right. ``TunedThresholdClassifierCV`` finds the threshold that earns
# most in a cross-validation of the training months. The probabilities stay as they are.
from sklearn.metrics import confusion_matrix, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV


def earned(y, predicted):
    """Return the euros that calling those who are predicted to leave earns."""
    (kept, _), (in_vain, _) = confusion_matrix(y, predicted, labels=["leaves", "stays"])
    return (80 / 4 - 5) * kept - 5 * in_vain


tuned = TunedThresholdClassifierCV(
    BackpropClassifier(random_state=0),
    scoring=make_scorer(earned),
    cv=3,
    random_state=0,
)
tuned.fit(customers[train], churned[train])
called = tuned.predict(customers[test])
print(f"call above P(leaves) = {1 - tuned.best_threshold_:.2f}")  # 'stays' is the second class
print(f"earned: {earned(churned[test], called):.0f} euros,")
print(f"at 0.5: {earned(churned[test], model.predict(customers[test])):.0f} euros")
print(classification_report(churned[test], called))

# %%
# Why this customer?
# ------------------
# ``attribute`` computes what each column adds to the log-odds of leaving, compared with the
# average customer of training.
result = attribute(model, customers[test], background=customers[train], target="leaves")
riskiest = int(np.argmax(model.predict_proba(customers[test])[:, 0]))
print(customers[test].iloc[riskiest])
for name, value in zip(result.feature_names, result.values[riskiest], strict=True):
    print(f"{name:8} {value:+.2f}")

# %%
# In use, without Python
# ----------------------
# The network is converted to ONNX. The threshold is a number with which the other program
# compares the probability.
try:
    import onnxruntime
    from skl2onnx import to_onnx
except ImportError:
    print("ONNX is not installed: pip install skl2onnx onnxruntime")
else:
    from skbackprop import onnx_feeds, onnx_types, register_onnx_converter

    register_onnx_converter()
    types = onnx_types(customers[train])
    converted = to_onnx(model, initial_types=types, options={"zipmap": False})
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    _, probabilities = session.run(None, onnx_feeds(converted, customers[test]))
    difference = np.abs(probabilities - model.predict_proba(customers[test])).max()
    print(f"ONNX gives the same probabilities to {difference:.0e}")

# %%
# A model card
# ------------
# Store these lines next to the model, so that everybody who finds it knows what it is for.
import skbackprop

print(
    f"""Churn within a month
Use:        whom to call; not for prices or for decisions about a person's rights
Data:       synthetic, months 1 to 6, {train.sum()} rows, {share:.0%} leave
Columns:    {", ".join(customers)}
Model:      {model}, skbackprop {skbackprop.__version__}
Log-loss:   {of_the_model:.3f} in months 7 to 9 ({of_the_share:.3f} for equal probabilities)
Threshold:  P(leaves) > {1 - tuned.best_threshold_:.2f}, at 5 euros a call and 80 a customer
Limits:     knows nothing of competitors; check the log-loss each month"""
)

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

months = range(7, 13)
monthly = [
    log_loss(churned[month == m], model.predict_proba(customers[month == m])) for m in months
]
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
CalibrationDisplay.from_estimator(
    model,
    customers[test],
    churned[test],
    n_bins=8,
    strategy="quantile",
    pos_label="leaves",
    name="network",
    ax=axes[0],
)
axes[0].set(title="Calibration", xlabel="predicted P(leaves)", ylabel="share that leaves")
AttributionDisplay.from_attribution(result, row=riskiest, ax=axes[1])
axes[1].set_title("The riskiest customer")
axes[2].plot(months, monthly, marker="o")
axes[2].axhline(of_the_model, color="k", linestyle="--", label="when it was tested")
axes[2].set(title="Log-loss by month", xlabel="month", ylim=(0, None))
axes[2].legend(loc="lower left")
plt.show()

# %%
# Left: the predicted probabilities are close to the shares of customers who leave, so it is right
# to multiply them by euros. Middle: what each column adds to one prediction. Right: the log-loss
# rises when the competitor appears in month 10. It is time to train again, on recent months.
