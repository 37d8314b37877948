#!/usr/bin/env bash
# scipy 1.16.3: calls on a CSR matrix that look like reading sort its indices and add up its duplicates, in place.
#
# `max`, `sum`, `count_nonzero` and comparisons need no other order, so one expects them to leave the three arrays of a matrix
# alone. They do not: each first brings the matrix itself into its canonical form. Arrays that someone else shares with
# it (another matrix made with copy=False, a view that a C extension reads) change under their feet, and a function that
# is handed a matrix to look at has changed the caller's. Code that keeps the arrays of a CSR matrix over a call into
# foreign code, a scorer or a callback, must copy indices and data together.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install -q numpy==2.2.6 scipy==1.16.3
cat > look.py <<'PY'
import numpy as np
from scipy import sparse

LOOKS = {
    "X.max()": lambda X: X.max(),
    "X.count_nonzero()": lambda X: X.count_nonzero(),
    "X != 0": lambda X: X != 0,
    "abs(X)": lambda X: abs(X),
    "X.sum()": lambda X: X.sum(),
    "X @ v": lambda X: X @ np.ones(3),
    "X.toarray()": lambda X: X.toarray(),
}
for name, look in LOOKS.items():
    indices, data = np.array([2, 0, 0]), np.array([1.0, 2.0, 4.0])  # out of order, and one entry in two parts
    X = sparse.csr_array((data, indices, np.array([0, 3])), shape=(1, 3), copy=False)
    look(X)
    print(f"{name:18} indices {indices.tolist()}, data {data.tolist()}, entries {X.nnz}")
PY
env/bin/python look.py | tee output
diff output - <<'SEEN'
X.max()            indices [0, 2, 2], data [6.0, 1.0, 1.0], entries 2
X.count_nonzero()  indices [0, 2, 2], data [6.0, 1.0, 1.0], entries 2
X != 0             indices [0, 2, 2], data [6.0, 1.0, 1.0], entries 2
abs(X)             indices [0, 2, 2], data [6.0, 1.0, 1.0], entries 2
X.sum()            indices [0, 2, 2], data [6.0, 1.0, 1.0], entries 2
X @ v              indices [2, 0, 0], data [1.0, 2.0, 4.0], entries 3
X.toarray()        indices [2, 0, 0], data [1.0, 2.0, 4.0], entries 3
SEEN
