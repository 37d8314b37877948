#!/usr/bin/env bash
# skl2onnx 1.20.0: CalibratedClassifierCV(method="isotonic") becomes a graph of steps, not of lines between the thresholds.
#
# Isotonic calibration stores a few scores with their probabilities, and scikit-learn interpolates linearly between
# them. The graph takes one of the two neighbours instead. Where the neighbours lie far apart, which is where few rows
# calibrated them, the probability of the graph is off by up to half of their distance, here by 0.08. With
# method="sigmoid", the graph agrees.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install -q numpy==2.4.6 scikit-learn==1.8.0 skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0
cat > look.py <<'PY'
import numpy as np
from onnxruntime import InferenceSession
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

x = np.linspace(-3, 3, 61, dtype=np.float32)[:, np.newaxis]
y = np.arange(61) % 4 < np.clip(x.ravel() + 2, 0, 4)  # True ever more often
for method in ("isotonic", "sigmoid"):
    model = CalibratedClassifierCV(LogisticRegression(), method=method, ensemble=False, cv=5).fit(x, y)
    graph = to_onnx(model, x[:1], options={"zipmap": False})
    _, got = InferenceSession(graph.SerializeToString()).run(None, {"X": x})
    expected = model.predict_proba(x)
    off = np.abs(expected - got).max(axis=1)
    print(f"{method}: largest difference {off.max():.2f}, above 0.001 in {(off > 1e-3).mean():.0%} of the rows")
    worst = slice(off.argmax() - 1, off.argmax() + 2)
    if off.max() > 1e-3:
        print("  scikit-learn", expected[worst, 1].round(3), "graph", got[worst, 1].round(3))
PY
env/bin/python look.py | tee output
diff output - <<'SEEN'
isotonic: largest difference 0.08, above 0.001 in 7% of the rows
  scikit-learn [0.504 0.623 0.7  ] graph [0.5 0.7 0.7]
sigmoid: largest difference 0.00, above 0.001 in 0% of the rows
SEEN
