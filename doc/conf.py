"""The documentation site: ``python -m sphinx -W --keep-going -b html doc doc/_build/html``."""

import shutil
import sys
from pathlib import Path

from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (the gallery looks it up)

import skbackprop

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "skbackprop"
author = "The skbackprop developers"
project_copyright = author
version = release = skbackprop.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",  # pages of wide tables
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",  # a copy of MathJax, so that the pages need no network
    "formulas",
    "gallery",
    "shown",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
highlight_language = "none"  # of literal blocks; doctests are Python in any case
default_role = "literal"  # docstrings name parameters in single backticks

autodoc_default_options = {"member-order": "bysource"}
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "plot_",
    "ignore_pattern": r"(^|[\\/])(?!plot_)\w+\.py$",
    "within_subsection_order": "gallery.LectureOrder",
    "matplotlib_animations": (True, "jshtml"),
    "reset_modules": ("matplotlib",),
    "doc_module": ("skbackprop",),
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skbackprop"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "skbackprop"},
    "header_links_before_dropdown": 4,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
single_pages = ["index", "install", "migration", "faq", "evidence", "comparison"]
single_pages += ["contributing", "changelog", "citing"]
html_sidebars = {page: [] for page in single_pages}


def list_public_names(app, config):
    """Write the page of the API reference: a line, and a page of its own, for each public name."""
    names = [name for name in skbackprop.__all__ if not name.startswith("_")]
    page = (HERE / "api.txt").read_text("utf-8") + "".join(f"   {name}\n" for name in names)
    (HERE / "api").mkdir(exist_ok=True)
    (HERE / "api" / "index.rst").write_text(page, "utf-8")


def renew_source_pages(app):
    """Drop the pages of an earlier build: viewcode would not renew the links in them."""
    shutil.rmtree(app.outdir / "_modules", ignore_errors=True)


def setup(app):
    app.connect("config-inited", list_public_names)
    app.connect("builder-inited", renew_source_pages)
