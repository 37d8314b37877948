"""MathJax from a package: of its 24 MB, the two parts that show formulas without a network."""

from importlib.util import find_spec
from pathlib import Path

from sphinx.util.fileutil import copy_asset

PACKAGE = "sphinx-mathjax-offline"
PROGRAM = "tex-chtml-full.js"  # with all extensions of TeX, none of which is then loaded by itself
FONTS = "output/chtml/fonts/woff-v2"


def setup(app):
    app.config.mathjax_path = f"mathjax/{PROGRAM}"
    app.config.mathjax3_config = {
        "options": {"enableMenu": False},  # which offers what is not there
        "tex": {"packages": {"[-]": ["textmacros"]}},  # so that \\text takes an underscore
    }
    app.connect("build-finished", copy_parts)
    return {"parallel_read_safe": True}


def copy_parts(app, exception):
    """Copy the program and its fonts, in place of whatever an earlier build has left there."""
    if exception is None and app.builder.format == "html":
        source = Path(find_spec(PACKAGE).origin).parent / "static" / "mathjax"
        target = Path(app.outdir) / "_static" / "mathjax"
        copy_asset(source / PROGRAM, target)
        copy_asset(source / FONTS, target / FONTS)
