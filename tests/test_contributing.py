"""The contributing guide says what an addition costs, and it is so."""

import io
import re
import tokenize
from pathlib import Path

import pytest

import skbackprop

ROOT = Path(skbackprop.__file__).parent
GUIDE = (Path(__file__).parents[1] / "doc" / "contributing.rst").read_text("utf-8")
SUFFIXES = ".py", ".pyx", ".pxd", ".h"
COMMENTS_OF_C = re.compile(r"/\*.*?\*/", re.S)
COMMENTS_OF_CYTHON = re.compile(r'"""[\s\S]*?"""|#.*')


def code_words(path):
    """Return the words of a file's code, without those of strings and comments."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return {token.string for token in tokens if token.type == tokenize.NAME}
    comments = COMMENTS_OF_C if path.suffix == ".h" else COMMENTS_OF_CYTHON
    return set(re.findall(r"\w+", comments.sub("", text)))


WORDS = {
    path.relative_to(ROOT).as_posix(): code_words(path)
    for path in ROOT.rglob("*")
    if path.suffix in SUFFIXES
}


def section(title):
    """Return the text of a section, to the next one of its rank."""
    rest = GUIDE.split(f"\n{title}\n---", 1)[1]
    return re.split(r"\n[^\n]+\n---", rest)[0]


def rows():
    """Yield the addition, the names of one such, and the files outside and inside of the kernel."""
    table = section("How far a change reaches").split("   * - ")[2:]
    for row in table:
        addition, *cells = re.split(r"\n     - ", row)
        names, files, kernel = (re.findall(r"``([^`]+)``", cell) for cell in cells)
        yield addition, names, {*files, *(f"_kernel/{file}" for file in kernel)}


ROWS = {addition: cells for addition, *cells in rows()}


def in_the_kernel(name):
    """Return a name as an enumeration of C has it: LogisticCrossEntropy is one of its capitals."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


@pytest.mark.parametrize("addition", ROWS)
def test_what_an_addition_costs_is_where_the_like_of_it_is_named(addition):
    names, files = ROWS[addition]
    assert files <= WORDS.keys()
    named = {
        file
        for file, words in WORDS.items()
        if words & {*names, *(map(in_the_kernel, names) if file.startswith("_kernel/") else ())}
    }
    assert named == files


def test_every_recipe_has_its_cost():
    recipes = re.findall(r"\n([A-Z][^\n]+)\n~~~", section("How to add something"))
    assert recipes
    assert {recipe.lower() for recipe in recipes} <= ROWS.keys()


@pytest.mark.parametrize("addition", ["an activation", "a loss", "targets", "a kind of columns"])
def test_an_addition_is_one_module_with_its_registry_and_two_files_of_the_kernel_at_most(addition):
    _, files = ROWS[addition]
    kernel = {file for file in files if file.startswith("_kernel/")}
    own = {file for file in files - kernel if not file.endswith("__init__.py")}
    assert len(own) <= 1 and len(kernel) <= 2
