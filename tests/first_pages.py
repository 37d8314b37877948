"""Run the code of the README and of the first pages of the site, each as a reader does.

    python tests/first_pages.py            with all that is installed
    python tests/first_pages.py --alone    as if there were nothing but what the README installs

The names of other pages may follow.
"""

import argparse
import doctest
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = "README.md", "doc/index.rst", "doc/cheat_sheet.rst", "doc/install.rst"


def blocks(markdown):
    """Return the blocks of Python in a text of Markdown."""
    return re.findall(r"^```python\n(.*?)^```$", markdown, re.DOTALL | re.MULTILINE)


def run_page(path):
    """Run what a page shows: each block of Markdown by itself, the examples of a page together."""
    if path.suffix == ".md":
        for block in blocks(path.read_text("utf-8")):
            exec(compile(block, path, "exec"), {"__name__": "__main__"})
    elif doctest.testfile(str(path), module_relative=False, encoding="utf-8").failed:
        sys.exit(f"{path} shows something else")


def plain_name(requirement):
    """Return the name of the package in a requirement, as one that can be compared."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def required(*extras):
    """Return the packages that are installed with this one, and with extras of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    left = [*project["dependencies"], *(one for extra in extras for one in optional[extra])]
    packages = {"skbackprop"}
    while left:
        package = plain_name(left.pop())
        if package not in packages:
            packages.add(package)
            left += [r for r in requirements(package) if "extra ==" not in r]
    return packages


def requirements(package):
    """Return what a package requires; nothing where it is not installed."""
    try:
        return requires(package) or []
    except PackageNotFoundError:  # its marker is about another system
        return []


class Alone:
    """Finds no module of a package but of these; for `sys.meta_path`."""

    def __init__(self, packages):
        self._hidden = {
            module
            for module, owners in packages_distributions().items()
            if not packages & set(map(plain_name, owners))
        } - {"skbackprop"}

    def find_spec(self, name, path=None, target=None):
        """Raise as Python does where a module is missing; leave others to the next finder."""
        if name.partition(".")[0] in self._hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main():
    """Run the pages that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("pages", nargs="*", default=PAGES)
    given = parser.parse_args()
    if given.alone:
        sys.meta_path.insert(0, Alone(required()))
    for page in given.pages:
        run_page(ROOT / page)
        print(f"{page} runs")


if __name__ == "__main__":
    main()
