"""Every message that the package raises or warns is produced here, and tells what to do.

A message is known by its longest fixed part, which is looked for in all that the cases produce.
Whoever adds a message adds a case.
"""

import ast
import warnings
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from models import fast
from scipy import sparse
from sklearn.datasets import load_iris

import skbackprop
from skbackprop import AttributionDisplay, WeightsDisplay, attribute, check_gradient
from skbackprop.objective.penalties import L1

ROOT = Path(skbackprop.__file__).parent
X, Y = load_iris(return_X_y=True)
LABELS = np.eye(3, dtype=int)[Y]
ELSEWHERE = {  # the messages of these modules and functions, and the test that has them
    "_kernel/checks.py": "kernel/test_epoch.py",
    "tables/columns.py": "test_tables.py",
    "tables/checks.py": "tables/test_opening.py, test_tables.py and test_regressor.py",
    "tables/encoding.py": "test_tables.py",
    "solvers/buffers.py": "solvers/test_buffers.py",
    "tables/targets/reading.py": "tables/test_reading.py and test_regressor.py",
    "tables/targets/numbers.py": "test_regressor.py",
    "objective/losses/numbers.py": "test_regressor.py and objective/test_losses.py",
    "objective/losses/positive.py": "test_regressor.py",
    "tables/choice.py": "tables/test_kinds.py",
    "tables/values.py": "test_robustness.py",
    "tables/kinds/categories.py": "tables/test_kinds.py",
    "tables/kinds/numbers.py": "tables/test_kinds.py",
    "tables/kinds/refusals.py": "tables/test_kinds.py",
    "tables/kinds/text_numbers.py": "tables/test_text_numbers.py",
    "tables/kinds/times.py": "tables/test_times.py",
    "tables/opening.py": "tables/test_opening.py and test_robustness.py",
    "tables/libraries.py": "tables/test_opening.py",
    "tables/csr.py": "tables/test_csr.py",
    "tables/alike.py": "tables/test_alike.py",
    "ensembles/folds.py": "ensembles/test_folds.py",
    "ensembles/intervals.py": "ensembles/test_intervals.py",
    "ensembles/plan.py": "ensembles/test_plan.py",
    "regressor_ensemble.py": "test_regressor_ensemble.py",
    "ensembles/variants.py": "ensembles/test_variants.py",
    "inputs/onnx_places.py": "test_onnx_feeds.py and test_onnx_tables.py",
    "onnx/convert.py": "test_onnx_within.py and test_deployment.py",
    "onnx/feeds.py": "test_onnx_feeds.py",
    "onnx/inputs.py": "test_onnx_tables.py and test_recipes.py",
    "estimator/fitted_checks.py": "estimator/test_fitted_checks.py",
    "estimator/stored_form.py": "estimator/test_stored_form.py",
    "plotting/axes.py": "plotting/test_displays.py",
}
NOT_FOR_USERS = {"EndOfTraining", "Unresolved"}
PASSED_ON = {": ", "."}  # what is fixed of messages that pass another one on
# No data is known that brings this about: it is there for what nobody has thought of.
PASSED_ON |= {"The network that minimises the objective overflows in "}
PASSED_ON |= {", the dtype of X: rescale X, or set dtype='float64'."}


def fit(y=Y, X=X, more=None, **options):
    return lambda: fast(**{"hidden_layer_sizes": (5,)} | options).fit(X, y, **(more or {}))


def again(method="fit", options=None, y=Y, X=X, first=Y, **keywords):
    def call():
        model = fast(hidden_layer_sizes=(5,), warm_start=True).fit(X[:, :4], first)
        getattr(model.set_params(**(options or {})), method)(X, y, **keywords)

    return call


def with_attribute(name, value, method="predict", *more):
    def call():
        model = fast(hidden_layer_sizes=(5,)).fit(X, Y)
        setattr(model, name, value)
        getattr(model, method)(X, *more)

    return call


def gradient(**options):
    return lambda: check_gradient(fast(), X, Y, **options)


def beyond(classifier):
    """Return it fitted, with weights whose squares are no floats."""
    classifier.fit(X, Y)
    classifier.coefs_ = [np.full_like(W, 1e300, dtype=np.float64) for W in classifier.coefs_]
    return classifier


def attributions(X=X, y=Y, **options):
    return lambda: attribute(fast(hidden_layer_sizes=(5,)).fit(X, y), X, **options)


def drawn(**options):
    return lambda: AttributionDisplay(attributions()()).plot(**options)


def interrupted():
    calls = []

    def scorer(model, X, y):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return 0.5

    fast(hidden_layer_sizes=(5,), scoring=scorer).fit(X, Y)


def with_entry(value):
    S = sparse.csr_array(X)
    S.indices[5] = value
    return S


class Unregistered(L1):
    slope_of_parts = property()


def unsmooth():
    from skbackprop.solvers.lbfgs import LBFGS

    class Objective:
        proximal = (Unregistered(1.0),)

    LBFGS.check(Objective())


LONG_AGO = np.full(X.shape, np.datetime64("2020-01-01"))
FAR = np.full((5, 4), 1e308)
HUGE = X * np.array([1, 1e90, 1, 1])
WIDE = sparse.csr_array((np.ones(150), np.arange(150), np.arange(151)), shape=(150, 2**31 - 1))
DATES = pd.DataFrame({"t": pd.date_range("2020-01-01", periods=len(X))})
CASES = {
    "no dates later": lambda: fast().fit(DATES, Y).predict(DATES.assign(t="soon")),
    "no partial_fit": lambda: fast(solver="newton").partial_fit(X, Y),
    "sizes": fit(hidden_layer_sizes=(0,)),
    "sizes beyond BLAS": fit(hidden_layer_sizes=2**62),
    "sizes beyond memory": fit(hidden_layer_sizes=(2**20,) * 3),
    "columns beyond memory": fit(X=WIDE, hidden_layer_sizes=(10**5,)),
    "other sizes": again(options={"hidden_layer_sizes": (7,)}),
    "a number beyond floats": fit(l2=10**400),
    "a number of another library": fit(l2=Fraction(1, 2)),
    "activations": fit(activation=["relu", "relu"]),
    "activation": fit(activation="swish"),
    "validation beyond measure": fit(more={"X_val": FAR, "y_val": Y[:5]}),
    "score of NaN": fit(scoring=lambda *_: np.nan),
    "scorer that fails": fit(scoring=lambda *_: {}["a"]),
    "no hidden layers": lambda: fast(hidden_layer_sizes=()).fit(X, Y).hidden_activations(X),
    "no such layer": lambda: fast().fit(X, Y).hidden_activations(X, 7),
    "half of the validation data": fit(more={"X_val": X}),
    "weights of no validation data": fit(more={"sample_weight_val": np.ones(150)}),
    "masked weights": fit(more={"sample_weight": np.ma.masked_less(np.arange(150.0), 3)}),
    "validation data": fit(more={"X_val": X[:, :2], "y_val": Y}),
    "no row that counts": fit(
        class_weight={0: 0, 1: 1, 2: 1}, more={"X_val": X[:9], "y_val": Y[:9]}
    ),
    "a row more": with_attribute("coefs_", [np.ones((3, 5)), np.ones((5, 3))]),
    "divergence": fit(learning_rate_init=1e300),
    "divergence on the way": fit(learning_rate_init=80.0, l2=0.3, max_iter=30),
    "interrupt": interrupted,
    "max_iter": fit(tol=1e-9, max_iter=2),
    "stalled": fit(tol=0.0, solver="newton", activation="tanh", max_iter=500),
    "no classifier": lambda: check_gradient(3, X, Y),
    "epsilon": gradient(epsilon=0),
    "no differences": lambda: check_gradient(beyond(fast()), X, Y),
    "no model": lambda: attribute(3, X),
    "tolerance": attributions(tol=0),
    "average": attributions(average="mean"),
    "nothing to compare with": lambda: attribute(fast().fit(X, Y), X[:1]),
    "no such output": attributions(output="odds"),
    "no such target": attributions(target="iris"),
    "nothing to explain": attributions(y=np.zeros(150, int)),
    "no such kind": drawn(kind="pie"),
    "no such row": drawn(row=150),
    "no columns": drawn(max_columns=0),
    "not explained": drawn(target=7),
    "max_entries": gradient(max_entries=0),
    "weights of NaN": with_attribute("intercepts_", [np.ones(5) * np.nan, np.ones(3)]),
    "n_units": lambda: WeightsDisplay(np.ones((4, 2))).plot(n_units=0),
    "image_shape": lambda: WeightsDisplay(np.ones((4, 2)), image_shape=(3, 3)).plot(),
    "no start": fit(l2=1e200, solver="lbfgs"),
    "no curvature": fit(X=HUGE, solver="newton", standardize=False, hidden_layer_sizes=()),
    "lbfgs": unsmooth,
    "newton": fit(solver="newton", l1=0.1),
    "infinite objects": fit(X=[[Decimal("inf")] * 4] * 150),
    "dates": fit(X=LONG_AGO),
    "indices": fit(X=with_entry(99)),
    "huge integers": fit(X=[[10**400] * 4] * 150),
    "huge integers among objects": fit(X=np.array([[10**400] * 4] * 150, object)),
    "not to be standardised": fit(X=X * 1e307),
    "too large as it is": fit(X=X * 1e200, standardize=False),
    "no classes": lambda: fast().partial_fit(X, Y),
    "other classes": again("partial_fit", classes=[0, 1]),
    "labels after classes": again(y=LABELS),
    "classes after labels": again(first=LABELS),
    "weights of classes": fit(class_weight={0: -1}),
    "weights of other classes": fit(class_weight={"0": 1, "1": 5}),
    "weights of classes of no use": fit(class_weight={0: "a"}),
    "weights of labels": fit(y=LABELS, class_weight="balanced"),
    "classes of one row": fit(X=X[:9], y=np.arange(9), early_stopping=True),
    "one row of labels": fit(y=LABELS[:1], X=X[:1], early_stopping=True),
    "no indicators": fit(y=LABELS + 1),
    "columns of labels": again(first=LABELS, y=LABELS[:, :2]),
    "unheard-of labels": again(y=Y + 1),
    "strings among numbers": again(y=Y.astype(str)),
    "weights in a square": fit(more={"sample_weight": np.ones((150, 2))}),
    "few weights": fit(more={"sample_weight": np.ones(3)}),
    "negative weights": fit(more={"sample_weight": -np.ones(150)}),
    "weights of 0": fit(more={"sample_weight": np.zeros(150)}),
    "weights of no number": fit(more={"sample_weight": ["a"] * 150}),
}


def literals(node):
    """Return the fixed parts of a message, spaces between them trimmed."""
    parts = [
        constant.value
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    ]
    return [part for part in parts if part not in PASSED_ON]


def sites():
    """Yield (place, the longest fixed part) of each message that is raised or warned."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            call = node.exc if isinstance(node, ast.Raise) else node
            if not isinstance(call, ast.Call) or not call.args:
                continue
            called = getattr(call.func, "id", getattr(call.func, "attr", ""))
            is_message = isinstance(node, ast.Raise) or called == "warn"
            fixed = literals(call.args[0])
            is_own = name not in ELSEWHERE and called not in NOT_FOR_USERS
            if is_message and is_own and fixed:
                yield f"{name}:{node.lineno}", max(fixed, key=len)


@cache
def produced(case):
    """Return the texts of the error and the warnings of a case."""
    texts = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            CASES[case]()
        except (ValueError, TypeError, AttributeError) as error:
            while error is not None:
                texts.append(str(error))
                error = error.__cause__
    return [*texts, *(str(warning.message) for warning in warned)]


@pytest.mark.parametrize("case", CASES)
def test_each_case_is_an_error_or_a_warning(case):
    assert produced(case)


def test_every_message_is_produced():
    texts = [text for case in CASES for text in produced(case)]
    missing = [
        f"{place}: {fixed}" for place, fixed in sites() if not any(fixed in text for text in texts)
    ]
    assert not missing, "\n".join(missing)


READS_MORE = {ROOT / "tables" / "kinds" / "text_numbers.py"}  # than it prints: signs of currencies


def test_what_is_printed_needs_no_more_than_ascii():
    for path in sorted(set(ROOT.rglob("*.py")) - READS_MORE):
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value.isascii() or id(node) in docstrings, f"{path}:{node.lineno}"


def test_sparse_x_is_not_told_to_standardise():
    S = sparse.csr_array(X)
    for options in (
        {"learning_rate_init": 1e300},
        {"learning_rate_init": 1e250, "solver": "adam"},
        {"solver": "newton", "X": sparse.csr_array(HUGE), "hidden_layer_sizes": ()},
    ):
        with pytest.raises(ValueError, match="rescale X, or") as caught:
            fit(**{"X": S} | options)()
        assert "standardize" not in str(caught.value)
    with pytest.raises(ValueError, match=r"rescale X \(or set standardize=True\)"):
        fit(standardize=False, learning_rate_init=1e300)()


def test_validation_data_that_is_wrong_is_named():
    assert produced("no row that counts")[0].startswith("X_val, y_val: ")
