r"""
===================================
A churn model, from start to finish
===================================

Which customers are going to leave? This page goes all the way from raw orders to a model in use:
score, calibration, threshold, explanation, ONNX, and the log-loss month by month. See also
:doc:`/user_guide/imbalanced`, :doc:`/user_guide/explaining` and :doc:`/user_guide/deployment`.

The customers are real. CDNOW sold music on the web, and the table has what 23,570 people ordered
until June 1998, all of whom had their first order in the first three months of 1997 (`Fader and
Hardie <https://www.brucehardie.com/notes/026/>`_). The package ``lifetimes`` brings it along:
``pip install lifetimes``.
"""

# %%
# From orders to customers
# ------------------------
# A raw row is an order. For each day on which a customer ordered, note how long ago the order
# before was, how long that came after the one before it, and what the customer has bought so far.
# The first orders have no gap, and second orders have no gap before: these values are missing.
from importlib.metadata import distribution

import numpy as np
import pandas as pd

orders = pd.read_csv(
    distribution("lifetimes").locate_file("lifetimes/datasets/CDNOW_master.txt"),
    sep=r"\s+",
    skiprows=1,
    names=["customer", "date", "cds", "dollars"],
    parse_dates=["date"],
)
days = orders.groupby(["customer", "date"], as_index=False).sum()
by_customer = days.groupby("customer")
days["weekday"] = days["date"].dt.day_name()
days["orders"] = by_customer.cumcount() + 1
days["total_cds"] = by_customer["cds"].cumsum()
days["total_dollars"] = by_customer["dollars"].cumsum()
days["gap"] = by_customer["date"].diff().dt.days
days["gap_before"] = days.groupby("customer")["gap"].shift()

# %%
# A regular customer has ordered at least twice, and within the last half year. A customer leaves
# who orders nothing for the next three months, so that is known three months later. There is no
# date among the columns, only days before today: the model is going to be used on later dates.
A_QUARTER = pd.DateOffset(months=3)


def regulars(today):
    """Return the regular customers as of a day, and whether each stays or leaves after it."""
    latest = days[days["date"] <= today].groupby("customer").tail(1)
    latest = latest.assign(days_since=(today - latest["date"]).dt.days)
    latest = latest[(latest["orders"] > 1) & (latest["days_since"] <= 183)]
    later = days[(days["date"] > today) & (days["date"] <= today + A_QUARTER)]
    returns = latest["customer"].isin(later["customer"])
    return latest.drop(columns=["customer", "date"]), np.where(returns, "stays", "leaves")


X_train, y_train = regulars(pd.Timestamp("1997-06-30"))
X_test, y_test = regulars(pd.Timestamp("1997-09-30"))
print(X_train.head(3).T)

# %%
# Split by time
# -------------
# The model will predict months to come, so it is judged by later months. It learns from the end
# of June, as it could have done at the end of September, when it was known who had left. It is
# tested on the customers of that day. The frame goes in as it is.
from sklearn.metrics import classification_report, log_loss, roc_auc_score

from skbackprop import AttributionDisplay, BackpropClassifier, attribute

model = BackpropClassifier(random_state=0).fit(X_train, y_train)
print(model.describe_columns()[["kind", "missing", "inputs"]])

share = np.mean(y_train == "leaves")
p_leaves = model.predict_proba(X_test)[:, 0]
of_the_model = log_loss(y_test == "leaves", p_leaves)
of_the_share = log_loss(y_test == "leaves", np.full(len(y_test), share))
print(f"log-loss {of_the_model:.3f}, and {of_the_share:.3f} if all had the same probability")
print(f"area under the ROC curve {roc_auc_score(y_test == 'leaves', p_leaves):.3f}")

# %%
# A threshold by what errors cost
# -------------------------------
# Suppose a letter with a voucher costs 2 dollars. It keeps one in ten of those who would leave,
# each of them worth 30 dollars. So a letter pays if P(leaves) · 30 / 10 > 2, that is, above 0.67,
# provided that the probabilities are right. ``TunedThresholdClassifierCV`` finds the threshold that
# earns most in a cross-validation of the customers of training. The probabilities stay as they are.
from sklearn.metrics import confusion_matrix, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV


def earned(y, predicted):
    """Return the dollars that letters to those who are predicted to leave earn."""
    (leaving, _), (in_vain, _) = confusion_matrix(y, predicted, labels=["leaves", "stays"])
    return (30 / 10 - 2) * leaving - 2 * in_vain


tuned = TunedThresholdClassifierCV(
    BackpropClassifier(random_state=0),
    scoring=make_scorer(earned),
    cv=3,
    random_state=0,
)
tuned.fit(X_train, y_train)
written_to = tuned.predict(X_test)
print(f"write above P(leaves) = {1 - tuned.best_threshold_:.2f}")  # 'stays' is the second class
print(f"earned: {earned(y_test, written_to):.0f} dollars,")
print(f"at 0.5: {earned(y_test, model.predict(X_test)):.0f} dollars,")
print(f"by writing to all: {earned(y_test, np.full(len(y_test), 'leaves')):.0f} dollars")
print(classification_report(y_test, written_to))

# %%
# Why this customer?
# ------------------
# ``attribute`` computes what each column adds to the log-odds of leaving, compared with the
# average customer of training.
result = attribute(model, X_test, background=X_train, target="leaves")
riskiest = int(np.argmax(p_leaves))
print(X_test.iloc[riskiest])
for name, value in zip(result.feature_names, result.values[riskiest], strict=True):
    print(f"{name:14} {value:+.2f}")

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
    converted = to_onnx(model, initial_types=onnx_types(X_train), options={"zipmap": False})
    session = onnxruntime.InferenceSession(converted.SerializeToString())
    _, probabilities = session.run(None, onnx_feeds(converted, X_test))
    difference = np.abs(probabilities[:, 0] - p_leaves).max()
    print(f"ONNX gives the same probabilities to {difference:.0e}")

# %%
# Month by month
# --------------
# Three months after the end of each month, it is known who has left. Compare the log-loss with that
# of a constant, and the mean of the probabilities with the share that left.
todays = pd.date_range("1997-09-30", "1998-03-31", freq=pd.offsets.MonthEnd())
monitored = []
for today in todays:
    X, y = regulars(today)
    left, p, constant = y == "leaves", model.predict_proba(X)[:, 0], np.full(len(y), share)
    monitored.append([log_loss(left, p), log_loss(left, constant), p.mean(), left.mean()])
columns = ["log-loss", "of a constant", "mean P(leaves)", "left"]
monitored = pd.DataFrame(monitored, index=todays.strftime("%b"), columns=columns)
print(monitored.round(3))

X_new, y_new = regulars(pd.Timestamp("1997-12-31"))  # known at the end of March
again = BackpropClassifier(random_state=0).fit(X_new, y_new)
p_again = again.predict_proba(X)[:, 0]
print(f"trained again: log-loss {log_loss(left, p_again):.3f}, mean P(leaves) {p_again.mean():.3f}")

# %%
# A model card
# ------------
# Store these lines next to the model, so that everybody who finds it knows what it is for.
import skbackprop

print(
    f"""No order for three months
Use:        whom to write to; not for prices
Data:       CDNOW, regular customers on 30 June 1997, {len(X_train)} rows, {share:.0%} leave
Columns:    {", ".join(X_train)}
Model:      {model}, skbackprop {skbackprop.__version__}
Log-loss:   {of_the_model:.3f} on 30 September ({of_the_share:.3f} for equal probabilities)
Threshold:  P(leaves) > {1 - tuned.best_threshold_:.2f}, at 2 dollars a letter and 30 a customer
Limits:     customers of early 1997 only; totals grow with time, so compare the mean of P(leaves)
            with the share that leaves, and train again each quarter"""
)

# %%
# The picture
# -----------
import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

figure, axes = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
CalibrationDisplay.from_predictions(
    y_test,
    p_leaves,
    n_bins=10,
    strategy="quantile",
    pos_label="leaves",
    name="network",
    ax=axes[0, 0],
)
axes[0, 0].set(title="Calibration", xlabel="predicted P(leaves)", ylabel="share that leaves")
AttributionDisplay.from_attribution(result, row=riskiest, ax=axes[0, 1])
axes[0, 1].set_title("The riskiest customer")
monitored[["log-loss", "of a constant"]].plot(ax=axes[1, 0], marker="o", title="Log-loss")
monitored[["mean P(leaves)", "left"]].plot(
    ax=axes[1, 1], marker="o", title="Predicted and true share that leaves"
)
plt.show()

# %%
# Above, on the left: the predicted probabilities are close to the shares of customers who leave, so
# it is right to multiply them by dollars. On the right: what each column adds to one prediction.
# Below: the log-loss stays where it was in the test, but the mean prediction falls from month to
# month, because totals only grow, and by March it is too low. It is time to train again, on recent
# months.
