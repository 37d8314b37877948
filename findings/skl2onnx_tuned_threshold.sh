#!/usr/bin/env bash
# skl2onnx 1.19.1: TunedThresholdClassifierCV is converted without its threshold; the ONNX model decides at 0.5.
#
# The meta-estimator exists to move the threshold, as for a rare class. The conversion succeeds without a warning, and
# the probabilities agree, so that a comparison of probabilities finds nothing; the labels are those of the classifier
# within, at 0.5. Deploy the classifier within, and apply `best_threshold_` to its probabilities.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install -q numpy==2.2.6 scipy==1.15.3 scikit-learn==1.7.2 onnx==1.18.0 onnxruntime==1.22.1 skl2onnx==1.19.1
cat > look.py <<'PY'
import numpy as np
import onnxruntime
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV
from skl2onnx import to_onnx

X, y = make_classification(2000, weights=[0.9], class_sep=0.5, random_state=0)
X = X.astype(np.float32)
model = TunedThresholdClassifierCV(LogisticRegression(), scoring="balanced_accuracy").fit(X, y)
graph = to_onnx(model, X[:1], options={"zipmap": False})
labels, probabilities = onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"X": X})
print("threshold below one half:", bool(model.best_threshold_ < 0.4))
print("probabilities agree:", np.allclose(probabilities, model.predict_proba(X), atol=1e-5))
print("labels are those of scikit-learn:", np.array_equal(labels, model.predict(X)))
print("labels are those at one half:", np.array_equal(labels, (model.predict_proba(X)[:, 1] > 0.5).astype(int)))
PY
env/bin/python look.py 2> errors | tee output
diff output - <<'SEEN'
threshold below one half: True
probabilities agree: True
labels are those of scikit-learn: False
labels are those at one half: True
SEEN
