"""The seams of the package, enforced on its source: who may import whom, and what nobody does."""

import ast
import sys
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.preprocessing import StandardScaler

import skbackprop

ROOT = Path(skbackprop.__file__).parent
TREES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}
PURE = {"numpy", "scipy", *sys.stdlib_module_names}
MAY_IMPORT = {  # of the package, by folder
    "network": {"network"},
    "inputs": {"inputs"},
    "objective": {"inputs", "network", "objective"},
    "solvers": {"solvers"},
    "tables": {"inputs", "tables"},
    "_kernel": {"_kernel", "inputs", "network", "objective", "solvers"},
    "estimator": {"_kernel", "estimator", "inputs", "network", "objective", "solvers", "tables"},
    "ensembles": {"ensembles", "estimator", "inputs", "network", "objective", "solvers", "tables"},
}
FRONT = {
    "attribution",
    "classifier",
    "ensemble",
    "gradient_check",
    "onnx",
    "plotting",
    "regressor",
    "regressor_ensemble",
    "search",
    "versions",
}
KNOWS_SKLEARN = {"ensembles", "estimator", "tables", *FRONT}
GLOBAL_SETTERS = {
    "basicConfig",
    "catch_warnings",
    "chdir",
    "filterwarnings",
    "putenv",
    "resetwarnings",
    "set_config",
    "set_printoptions",
    "seterr",
    "seterrcall",
    "setLevel",
    "setrecursionlimit",
    "simplefilter",
    "set_state",
}
DECLARED_TO_SKLEARN = {"_parameter_constraints"}  # by each estimator, for want of a public name
MUTATORS = {"add", "append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"}
each_module = pytest.mark.parametrize("module", TREES)


def room(module):
    """Return the folder of a module, or the module itself where it is in none."""
    return module.split(".")[0]


def imports(module):
    """Return (modules of the package, top-level names of other packages) that a module imports."""
    package = ["skbackprop", *module.split(".")[:-1]]
    inside, outside = set(), set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            full = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            source = [*above, *(node.module or "").split(".")]
            full = [".".join(filter(None, [*source, alias.name])) for alias in node.names]
        else:
            continue
        for name in full:
            head, *rest = name.split(".")
            if head != "skbackprop":
                outside.add(head)
            else:
                inside.add(longest_module(rest))
    return inside, outside


def longest_module(parts):
    """Return the module of the package that a dotted path leads to: the path, or a part of it."""
    while parts and ".".join(parts) not in TREES and ".".join([*parts, "__init__"]) not in TREES:
        parts = parts[:-1]
    return ".".join(parts) or "__init__"


def functions(module):
    return [
        node
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]


def names_bound_in(statements):
    return {
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def root_name(node):
    """Return x of x.a[0].b, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def test_the_import_reader_understands_every_form(monkeypatch):
    source = "import numpy.linalg as la\nfrom ..network import affine\n"
    source += "from ..objective.losses import LOSSES\n"
    source += (
        "from . import sgd\nfrom scipy.special import expit\nimport skbackprop.network.graph\n"
    )
    source += "def f():\n    from skbackprop import classifier\n"
    monkeypatch.setitem(TREES, "solvers.new", ast.parse(source))
    assert imports("solvers.new") == (
        {"network.affine", "objective.losses", "solvers.sgd", "network.graph", "classifier"},
        {"numpy", "scipy"},
    )


def test_every_module_is_in_a_room_or_at_the_front():
    for module in TREES:
        assert room(module) in MAY_IMPORT.keys() | FRONT | {"__init__", "_version"}, module


@each_module
def test_a_room_imports_from_those_below_it_only(module):
    allowed = MAY_IMPORT.get(room(module))
    used = {room(name) for name in imports(module)[0]}
    assert allowed is None or used <= allowed | {"__init__", "_version"}, used - allowed


@each_module
def test_the_front_is_imported_by_the_front_only(module):
    used = {room(name) for name in imports(module)[0]}
    assert not used & FRONT or room(module) in FRONT | {"__init__"}


@each_module
def test_maths_and_solvers_import_numpy_scipy_and_the_standard_library_only(module):
    if room(module) in ("inputs", "network", "objective", "solvers", "_kernel"):
        of_blas = {"solvers.buffers": {"threadpoolctl"}, "solvers.threads": {"joblib"}}
        allowed = PURE | of_blas.get(module, set())
        assert imports(module)[1] <= allowed


@each_module
def test_a_solver_sees_an_objective_and_never_a_box(module):
    if room(module) == "solvers":
        names = {n.attr for n in ast.walk(TREES[module]) if isinstance(n, ast.Attribute)}
        assert not names & {"activations", "graph", "layers", "loss", "parameters", "penalties"}


@each_module
def test_scikit_learn_is_met_on_its_side_of_the_package_only(module):
    assert "sklearn" not in imports(module)[1] or room(module) in KNOWS_SKLEARN


PRIVATE_SKLEARN = "estimator.sklearn_private"


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def names_made(tree):
    """Return what a module itself gives names to: functions, classes, variables, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.Dict):  # of fitted attributes
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant))


def names_met(tree):
    """Return what a module finds elsewhere: imports, attributes, and those asked for by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node) if root_name(node) == "sklearn" else node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("attr"):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))
        elif isinstance(node, ast.FunctionDef) and node.name in OF_SKLEARN:
            yield node.name  # which scikit-learn calls
        elif isinstance(node, ast.Name) and node.id in OF_SKLEARN - DECLARED_TO_SKLEARN:
            yield node.id


BASES = BaseEstimator, ClassifierMixin, MetaEstimatorMixin, StandardScaler
OF_SKLEARN = {name for base in BASES for name in dir(base) if is_private(name)}
OWN = {str(name) for m in TREES if m != PRIVATE_SKLEARN for name in names_made(TREES[m])}


def private_of_sklearn(tree):
    """Return what a module meets of scikit-learn that is private or experimental."""
    found = set()
    for name in map(str, names_met(tree)):
        *modules, last = name.split(".")
        if modules:
            is_special = any(is_private(part) or part == "callback" for part in name.split("."))
            is_foreign = modules[0] == "sklearn" and is_special
        else:
            is_foreign = is_private(last) and (last in OF_SKLEARN or last not in OWN)
        if is_foreign:
            found.add(name)
    return found


def test_the_reader_of_what_is_private_understands_every_form():
    source = """
import sklearn.utils._tags
import sklearn.callback
from sklearn.utils import _safe_indexing, check_array
from sklearn.utils._mask import indices_to_mask
from sklearn import callback
from .state import _own
sklearn.utils._param_validation.Interval
sklearn.utils.check_array
model._skl_callbacks
getattr(model, "_callback_fit_ctx", None)
model._parameter_constraints
super()._validate_params()
scaler._reset()
class Model:
    _parameter_constraints = {}
    _doc_link_module = ""
    def _get_doc_link(self): return self.__dict__, self._snapshot()
"""
    assert private_of_sklearn(ast.parse(source)) == {
        *("sklearn.utils._tags", "sklearn.callback", "sklearn.utils._safe_indexing"),
        *("sklearn.utils._mask.indices_to_mask", "sklearn.utils._param_validation"),
        *("sklearn.utils._param_validation.Interval", "_skl_callbacks", "_callback_fit_ctx"),
        *("_parameter_constraints", "_doc_link_module"),
        *("_validate_params", "_reset", "_get_doc_link"),
    }


@each_module
def test_what_of_scikit_learn_is_private_or_experimental_is_met_in_one_module(module):
    met = private_of_sklearn(TREES[module])
    assert bool(met) == (module == PRIVATE_SKLEARN), met


@each_module
def test_assembly_and_what_it_assembles_know_no_model(module):
    if module in ("estimator.assembly", "estimator.problem", "estimator.training"):
        names = {node.id for node in ast.walk(TREES[module]) if isinstance(node, ast.Name)}
        assert not names & {"model", "estimator", "classifier"}


def test_fitted_attributes_are_set_in_one_place():
    for module in TREES:
        for node in ast.walk(TREES[module]):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                fitted = node.attr.endswith("_") and not node.attr.startswith("_")
                on_a_model = isinstance(node.value, ast.Name) and node.value.id in (
                    "model",
                    "estimator",
                    "classifier",
                )
                assert not (fitted and on_a_model), (module, node.lineno)


@each_module
def test_no_module_imports_more_than_it_depends_on_and_only_displays_know_matplotlib(module):
    allowed = {"numpy", "scipy", "sklearn", "threadpoolctl", *sys.stdlib_module_names}
    if module == "plotting.axes":
        allowed.add("matplotlib")
    if module in ("ensembles.workers", "solvers.threads"):
        allowed.add("joblib")  # which scikit-learn needs itself
    if module == "ensembles.workers":
        allowed.add("dask")  # within a function, once joblib has a client of it
    if module in ("tables.opening", "tables.libraries"):
        allowed.add("pyarrow")  # within a function, for what offers itself by its interface
    if module == "tables.description":
        allowed.add("pandas")  # within a function, where it is installed
    if room(module) == "onnx":
        allowed |= {"onnx", "skl2onnx"}
    assert imports(module)[1] <= allowed


@pytest.mark.parametrize("module", ["onnx.convert", "onnx.feeds", "onnx.inputs", "onnx.register"])
def test_the_converter_imports_what_is_not_required_only_when_called(module):
    at_the_top = [node for node in TREES[module].body if isinstance(node, ast.Import)]
    assert {alias.name for node in at_the_top for alias in node.names} <= PURE
    froms = [node for node in TREES[module].body if isinstance(node, ast.ImportFrom)]
    required = {"sklearn", *sys.stdlib_module_names}
    assert all(node.level or node.module.split(".")[0] in required for node in froms)


def test_no_import_goes_round_in_a_circle():
    waiting = {module: imports(module)[0] & set(TREES) - {module} for module in TREES}
    while free := [module for module, needed in waiting.items() if not needed & waiting.keys()]:
        for module in free:
            del waiting[module]
    assert not waiting


def test_the_rooms_stand_one_above_the_other():
    waiting = {name: below - {name} for name, below in MAY_IMPORT.items()}
    while free := [name for name, needed in waiting.items() if not needed & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert not waiting


@pytest.mark.parametrize(
    ("step", "others"),
    [
        ("state", {"prepare", "problem", "assembly", "training"}),
        ("prepare", {"problem", "assembly", "training"}),
        ("problem", {"assembly", "training"}),
        ("training", {"prepare", "problem", "assembly"}),
    ],
)
def test_a_fit_is_a_straight_line_whose_steps_do_not_look_ahead_and_training_not_back(step, others):
    known = {name.removeprefix("estimator.") for name in imports(f"estimator.{step}")[0]}
    assert not known & others


def test_no_line_of_the_kernel_is_longer_than_those_of_the_rest():
    for path in (ROOT / "_kernel").iterdir():
        if path.suffix in (".h", ".pxd", ".pyx"):
            assert max(map(len, path.read_text("utf-8").splitlines())) <= 100, path.name


def test_the_kernel_knows_no_schedule():
    for path in (ROOT / "_kernel").iterdir():
        if path.suffix in (".py", ".pyx", ".h"):
            assert "schedule" not in path.read_text("utf-8").lower(), path.name


@each_module
def test_no_module_sets_a_global_state_of_others(module):
    for node in ast.walk(TREES[module]):
        assert not isinstance(node, ast.Global), node.lineno
        if isinstance(node, ast.Attribute):
            assert node.attr not in GLOBAL_SETTERS, node.lineno
            dotted = ast.unparse(node)
            assert dotted != "os.environ", node.lineno
            assert dotted not in ("np.random.seed", "np.random.set_state"), node.lineno


@each_module
def test_random_numbers_come_from_no_global_generator(module):
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
            assert node.attr in ("default_rng", "Generator", "Philox"), node.lineno
    assert "random" not in imports(module)[1]


@each_module
def test_no_function_changes_what_belongs_to_the_module(module):
    assignments = ast.Assign | ast.AnnAssign | ast.AugAssign
    owned = names_bound_in(s for s in TREES[module].body if isinstance(s, assignments))
    for function in functions(module):
        body = function.body if isinstance(function.body, list) else [function.body]
        parameters = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
        foreign = owned - names_bound_in(body) - parameters
        for node in ast.walk(ast.Module(body, [])):
            stored = isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(
                node.ctx, ast.Load
            )
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if stored or (called and node.func.attr in MUTATORS):
                target = node if stored else node.func
                assert root_name(target) not in foreign, node.lineno


def test_the_kernel_is_bound_in_one_place_and_knows_arrays_only():
    for module in TREES:
        if "_kernel.bind" in imports(module)[0]:
            assert module in ("estimator.assembly", "versions")
        if room(module) == "_kernel" and module != "_kernel.bind":
            assert {room(name) for name in imports(module)[0]} <= {"_kernel", "__init__"}
    source = (ROOT / "_kernel" / "epoch.pyx").read_text("utf-8")
    lines = [line.strip() for line in source.splitlines()]
    imported = [line.split()[1] for line in lines if line.startswith(("import ", "from "))]
    assert {name.split(".")[0] for name in imported} <= {"", "cpython", "libc", "numpy", "scipy"}
