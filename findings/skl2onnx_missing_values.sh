#!/usr/bin/env bash
# skl2onnx 1.20.0: two transformers lose what they do with missing values when they are converted, without a warning.
#
# `SimpleImputer(add_indicator=True)` adds a column of zeros and ones for each column with missing values: the graph has
# the imputed columns only, so whatever follows it in a pipeline gets another number of inputs. `PowerTransformer` hands
# NaN on as NaN, for an imputer behind it: the graph makes an ordinary number of it, far outside of the others, which no
# imputer will ever find. QuantileTransformer and StandardScaler keep NaN in both. So compare a graph with the pipeline
# on rows that have missing values, not only on complete ones.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install -q numpy==2.4.6 scikit-learn==1.8.0 skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0
cat > look.py <<'PY'
import numpy as np
from onnxruntime import InferenceSession
from skl2onnx import to_onnx
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import PowerTransformer, QuantileTransformer, StandardScaler

X = np.array([[1], [2], [5], [np.nan]], dtype=np.float32)
for model in (
    SimpleImputer(add_indicator=True),
    PowerTransformer(),
    QuantileTransformer(n_quantiles=3),
    StandardScaler(),
):
    expected = model.fit_transform(X)
    session = InferenceSession(to_onnx(model, X[:1]).SerializeToString())
    (got,) = session.run(None, {"X": X})
    print(type(model).__name__)
    print("  shape", expected.shape, "graph", got.shape)
    print("  last row", expected[-1].round(2), "graph", got[-1].round(2))
PY
env/bin/python look.py | tee output
diff output - <<'SEEN'
SimpleImputer
  shape (4, 2) graph (4, 1)
  last row [2.67 1.  ] graph [2.67]
PowerTransformer
  shape (4, 1) graph (4, 1)
  last row [nan] graph [-3.74]
QuantileTransformer
  shape (4, 1) graph (4, 1)
  last row [nan] graph [nan]
StandardScaler
  shape (4, 1) graph (4, 1)
  last row [nan] graph [nan]
SEEN
