#!/usr/bin/env bash
# scikit-learn 1.9.1: no regressor of several positive columns passes check_estimator, the forests of scikit-learn included.
#
# `check_regressor_multioutput` makes y by make_regression, with negative numbers, and hands it on as it is. The other
# checks shift y for an estimator whose tags say `positive_only`; this one does not look. An estimator that takes
# several columns and refuses negative ones, as a Poisson loss must, can therefore only list the check as an expected
# failure, or say in its tags that it takes one column, which would be wrong.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv env
env/bin/pip install -q numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
cat > look.py <<'PY'
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.utils.estimator_checks import check_regressor_multioutput


class Counts(RandomForestRegressor):
    """A forest that says what its criterion needs."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags


X, y = np.random.default_rng(0).random((2, 11, 5))
for model in (RandomForestRegressor(criterion="squared_error"), Counts(criterion="poisson")):
    print(type(model).__name__, "predicts several positive columns:", model.fit(X, y).predict(X).shape == y.shape)
    try:
        check_regressor_multioutput(type(model).__name__, model)
        print("  the check passes")
    except ValueError as error:
        print(f"  the check fails: {error}")
PY
env/bin/python look.py | tee output
diff output - <<'SEEN'
RandomForestRegressor predicts several positive columns: True
  the check passes
Counts predicts several positive columns: True
  the check fails: Some value(s) of y are negative which is not allowed for Poisson regression.
SEEN
