#!/usr/bin/env bash
# skl2onnx 1.20.0: three classifiers whose graph answers something else than scikit-learn, without a warning.
#
# * LinearDiscriminantAnalysis with two classes: the label is right, but the probability of the graph is the softmax of
#   two scores that are each other's negatives, the sigmoid of *twice* the score: too certain.
# * KNeighborsClassifier(weights="distance"): the graph counts the neighbours, and the weights are forgotten.
# * SGDClassifier(loss="modified_huber") with three classes: the probabilities are right, but the label of the graph is
#   not the class of the highest score.
# A check of labels alone passes the first, a check of probabilities alone the last: compare both, on new rows.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install -q numpy==2.4.6 scikit-learn==1.8.0 skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0
cat > look.py <<'PY'
import numpy as np
from onnxruntime import InferenceSession
from skl2onnx import to_onnx
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier

random = np.random.default_rng(0)
X, X_new = random.normal(size=(2, 300, 2)).astype(np.float32)
score = X[:, 0] + random.normal(size=300)
two, three = (score > 0).astype(int), np.digitize(score, [-0.5, 0.5])
for model, y in (
    (LinearDiscriminantAnalysis(), two),
    (KNeighborsClassifier(weights="distance"), two),
    (SGDClassifier(loss="modified_huber", random_state=0), three),
    (LogisticRegression(), three),
):
    graph = to_onnx(model.fit(X, y), X[:1], options={"zipmap": False})
    labels, probabilities = InferenceSession(graph.SerializeToString()).run(None, {"X": X_new})
    other = (labels != model.predict(X_new)).mean()
    off = np.abs(probabilities - model.predict_proba(X_new)).max()
    print(f"{type(model).__name__}: {other:.0%} other labels, probabilities off by at most {off:.2f}")
PY
env/bin/python look.py | tee output
diff output - <<'SEEN'
LinearDiscriminantAnalysis: 0% other labels, probabilities off by at most 0.15
KNeighborsClassifier: 8% other labels, probabilities off by at most 0.63
SGDClassifier: 11% other labels, probabilities off by at most 0.00
LogisticRegression: 0% other labels, probabilities off by at most 0.00
SEEN
