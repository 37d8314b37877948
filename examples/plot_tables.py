"""
================================================
Text, gaps and numbers: a table goes in as it is
================================================

Tables often have columns of text, numbers of very different size, and empty cells. The classifier
takes them as they are. This page trains on such a table, shows the code that would otherwise be
needed, and shows what the columns become. See also :doc:`/user_guide/tables`.
"""

# %%
# Flats to let
# ------------
# Will a flat be let within a week? The data are generated, so that we know what matters. The rent
# should be low for the size and the district. A balcony makes it more likely; coal heating, or a
# building from between 1955 and 1980, make it less likely. Some landlords of small flats leave
# out the size.
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n_rows = 3000
districts = ["harbour", "old town", "hill", "station", "park"]
price = dict(zip(districts, [9, 16, 12, 7, 14], strict=True))
flats = pd.DataFrame(
    {
        "district": rng.choice(districts, n_rows, p=[0.3, 0.25, 0.2, 0.15, 0.1]),
        "heating": rng.choice(["gas", "heat pump", "coal"], n_rows, p=[0.6, 0.3, 0.1]),
        "size": rng.gamma(9, 8, n_rows).round(),
        "built": rng.integers(1880, 2020, n_rows),
        "floor": rng.integers(0, 7, n_rows),
        "balcony": rng.random(n_rows) < 0.4,
    }
)
fair = flats["district"].map(price) * flats["size"]
flats["rent"] = (fair * rng.lognormal(0, 0.3, n_rows)).round(-1)
appeal = 6 * np.log(fair / flats["rent"]) + 2 * flats["balcony"] - 2 * (flats["heating"] == "coal")
appeal -= 3 * flats["built"].between(1955, 1980)
let = np.where(appeal + rng.logistic(size=n_rows) > 0, "let", "vacant")
small = (flats["size"] < 45) & (rng.random(n_rows) < 0.5)
flats.loc[small, "size"] = np.nan
flats.loc[rng.random(n_rows) < 0.1, "heating"] = None
flats.head()

# %%
# The table as it is
# ------------------
# The data frame goes into ``fit``.
from sklearn.model_selection import train_test_split

from skbackprop import BackpropClassifier

X, X_test, y, y_test = train_test_split(flats, let, test_size=0.4, stratify=let, random_state=0)
model = BackpropClassifier(random_state=0).fit(X, y)
print(f"right on {model.score(X_test, y_test):.1%} of the test rows")

# %%
# The same by hand
# ----------------
# Without this, you would have to list each column with its preparation. This model also has no
# bins, since ``standardize=False`` leaves numbers alone, and it is right a little less often.
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
categories = OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist")
columns = [
    (numbers, ["size", "built", "floor", "rent"]),
    (categories, ["district", "heating", "balcony"]),
]
encoder = make_column_transformer(*columns, sparse_threshold=0)
before = make_pipeline(encoder, BackpropClassifier(standardize=False, random_state=0))
print(f"right on {before.fit(X, y).score(X_test, y_test):.1%} of the test rows")

# %%
# The inputs of the network
# -------------------------
# Every input has a name. Each column of numbers is an input, and is also cut into bins (which are
# not printed here). If numbers are missing, one more input says so. Each level of a category is
# an input.
names = model.get_input_names()
print(*[name for name in names if " from " not in name], sep="\n")

# %%
# A level that training has not seen
# ----------------------------------
# An unknown level is no error. If training had rare levels, it counts as one of them; otherwise
# it contributes nothing.
new = X_test.head(3).assign(district="new quarter")
print(model.predict_proba(new).round(2))

# %%
# What matters
# ------------
# To see how much the network relies on a column, of text or of numbers, permute it.
import matplotlib.pyplot as plt
from sklearn.inspection import permutation_importance

importance = permutation_importance(model, X_test, y_test, n_repeats=5, random_state=0)
order = np.argsort(importance.importances_mean)
fig, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
ax.barh(flats.columns[order], importance.importances_mean[order])
ax.set(xlabel="accuracy lost when the column is permuted", title="What tells whether a flat is let")
plt.show()

# %%
# Rent, size and district matter most. Each of them is informative only together with the others, as
# a rent is low only for a size and a district. The floor, which played no part when the table was
# generated, does not matter.
