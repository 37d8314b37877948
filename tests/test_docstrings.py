"""The public names have docstrings that numpydoc accepts, and the README's code runs."""

import importlib.util
import inspect
import operator
import re
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, NumpyDocString
from numpydoc.validate import validate

import skbackprop

README = Path(__file__).parents[1] / "README.md"
COMPARISON = README.parent / "doc" / "comparison.md"
ACCEPTED = {
    "EX01",  # the examples of a method stand in its class
    "SA01",  # likewise what to see also
    "ES01",  # an extended summary is not always needed
    "GL08",  # of attributes that a dataclass documents itself
}


def public_names():
    for name in skbackprop.__all__:
        item = getattr(skbackprop, name)
        if not (inspect.isclass(item) or inspect.isfunction(item)):
            continue
        yield f"skbackprop.{name}"
        for method, member in inspect.getmembers(item, inspect.isfunction):
            if not method.startswith("_") and member.__module__.startswith("skbackprop"):
                yield f"skbackprop.{name}.{method}"


@pytest.mark.parametrize("name", list(public_names()))
def test_the_docstring_passes_numpydocs_validation(name):
    errors = [error for error in validate(name)["errors"] if error[0] not in ACCEPTED]
    assert not errors


@pytest.mark.parametrize("name", list(public_names()))
def test_a_parameter_is_described_in_at_most_four_lines(name):
    item = operator.attrgetter(name.removeprefix("skbackprop."))(skbackprop)
    parameters = NumpyDocString(inspect.getdoc(item))["Parameters"]
    assert [p.name for p in parameters if len(p.desc) > 4] == []


def test_docstrings_lead_with_a_noun_or_a_verb():
    for path in sorted(Path(skbackprop.__file__).parent.rglob("*.py")):
        assert '"""What ' not in path.read_text("utf-8"), path


@pytest.mark.parametrize("name", list(public_names()))
def test_the_signature_is_annotated(name):
    item = skbackprop
    for part in name.split(".")[1:]:
        item = getattr(item, part)
    signature = inspect.signature(item)
    given = [p for p in signature.parameters.values() if p.name != "self"]
    assert all(p.annotation is not p.empty for p in given)
    assert inspect.isclass(item) or signature.return_annotation is not signature.empty


@pytest.mark.parametrize(
    "name", [n for n in skbackprop.__all__ if n.endswith(("Classifier", "Display"))]
)
def test_every_attribute_of_the_docstring_is_annotated(name):
    documented = {p.name for p in ClassDoc(getattr(skbackprop, name))["Attributes"]}
    annotated = inspect.get_annotations(getattr(skbackprop, name))
    assert documented == {attribute for attribute in annotated if not attribute.startswith("_")}


def test_every_parameter_is_documented_with_its_default():
    doc = inspect.getdoc(skbackprop.BackpropClassifier)
    for name, parameter in inspect.signature(skbackprop.BackpropClassifier).parameters.items():
        (documented,) = re.findall(rf"^{name} : .*default=(.*)$", doc, re.MULTILINE)
        assert parameter.default == eval(documented)


def test_the_code_in_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    if importlib.util.find_spec("skl2onnx") is None:
        blocks = [block for block in blocks if "skl2onnx" not in block]
    assert blocks
    for block in blocks:
        exec(block, {})


def test_every_test_that_the_comparison_with_peers_names_exists():
    named = set(re.findall(r"`(test_\w+)`", COMPARISON.read_text(encoding="utf-8")))
    sources = [
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("test_*.py")
    ]
    there = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}
    assert named
    assert named <= there
