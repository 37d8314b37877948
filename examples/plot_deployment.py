"""
================================
From training to another program
================================

A trained network can be stored as a file that Python reads again, or as an ONNX model that other
programs run. This example compares the sizes of the files and the predictions. See also
:doc:`/user_guide/deployment`.

Pickle and joblib are always available. The other two parts need further packages: ``skops``, and
``skl2onnx`` with ``onnxruntime``. If these are not installed, the example says so and goes on
without them.
"""

# %%
# A model to store
# ----------------
# The model is a network that learns from a table with numbers and text.
import numpy as np
import pandas as pd

from skbackprop import BackpropClassifier

rng = np.random.default_rng(0)
n_rows = 2000
X = pd.DataFrame(
    {
        "age": rng.normal(45, 15, n_rows).round(),
        "income": rng.lognormal(10, 0.5, n_rows).round(),
        "town": rng.choice(["Bonn", "Graz", "Lyon", "Oslo"], n_rows),
    }
)
X.loc[rng.random(n_rows) < 0.1, "income"] = np.nan
y = np.where((X["age"] > 50) ^ X["town"].isin(["Graz", "Oslo"]), "yes", "no")
model = BackpropClassifier(random_state=0).fit(X, y)
print(f"{model.score(X, y):.1%} of the training rows are right")

# %%
# Pickle and joblib
# -----------------
# This is the shortest way, if Python and the packages have the same versions on both sides.
# ``joblib`` comes with scikit-learn and can compress the file. A pickle may run any code when it
# is loaded, so load only files that you trust.
import io
import pickle

import joblib

stored, answers = {}, {}
stored["pickle"] = pickle.dumps(model)
answers["pickle"] = pickle.loads(stored["pickle"]).predict_proba(X)

file = io.BytesIO()
joblib.dump(model, file, compress=3)
stored["joblib"] = file.getvalue()
answers["joblib"] = joblib.load(io.BytesIO(stored["joblib"])).predict_proba(X)

# %%
# skops
# -----
# A file of `skops <https://skops.readthedocs.io>`__ lists the types that it contains. You can look
# at them before you load anything.
try:
    import skops.io
except ImportError:
    print("skops is not installed: pip install skops")
else:
    stored["skops"] = skops.io.dumps(model)
    types = skops.io.get_untrusted_types(data=stored["skops"])
    print("The file has these types to trust:", *types, sep="\n    ")
    answers["skops"] = skops.io.loads(stored["skops"], trusted=types).predict_proba(X)

# %%
# ONNX
# ----
# The conversion includes the preparation of the table, so the model takes the columns as they
# are: text as strings, and numbers as floats, with NaN for missing ones. To run it, a program
# needs an ONNX runtime, but neither Python nor this package. In Python, ``onnx_feeds`` turns a
# table into the inputs of the model.
try:
    import onnxruntime
    from skl2onnx import to_onnx
except ImportError:
    print("ONNX is not installed: pip install skl2onnx onnxruntime")
else:
    from skbackprop import onnx_feeds, onnx_types, register_onnx_converter

    register_onnx_converter()
    converted = to_onnx(model, initial_types=onnx_types(X), options={"zipmap": False})
    stored["ONNX"] = converted.SerializeToString()
    session = onnxruntime.InferenceSession(stored["ONNX"], providers=["CPUExecutionProvider"])
    labels, answers["ONNX"] = session.run(None, onnx_feeds(converted, X))
    print("The model's inputs:", [(column.name, column.type) for column in session.get_inputs()])

# %%
# The picture
# -----------
import matplotlib.pyplot as plt

expected = model.predict_proba(X)
differences = {name: np.abs(answer - expected).max() for name, answer in answers.items()}
n_weights = sum(array.nbytes for array in [*model.coefs_, *model.intercepts_])
_, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
left.bar(list(stored), [len(data) / 1024 for data in stored.values()], width=0.5)
left.axhline(n_weights / 1024, color="k", linestyle="--", label="weights and biases alone")
left.set(title="Size", ylabel="kB")
left.legend(loc="lower right")
bars = right.bar(list(differences), [max(d, 1e-17) for d in differences.values()], width=0.5)
right.bar_label(bars, [f"{d:.0e}" if d else "0" for d in differences.values()])
right.set(title="Largest difference of a probability", yscale="log", ylim=(1e-17, 1))
right.set_yticks([1e-17, 1e-12, 1e-7, 1e-2], ["0", "$10^{-12}$", "$10^{-7}$", "$10^{-2}$"])
plt.show()

# %%
# A pickle is hardly larger than the weights, and compression makes it a little smaller. A file of
# skops also describes its contents in words, and an ONNX model holds the computation itself.
# Pickle, joblib and skops bring back the very same model. An ONNX model adds numbers up in another
# order, so its probabilities differ after the seventh digit.
