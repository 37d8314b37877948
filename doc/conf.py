"""The documentation site: ``python -m sphinx -W --keep-going -b html doc doc/_build/html``."""

import os
import shutil
import sys
import tomllib
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
    "matplotlib.sphinxext.plot_directive",  # the figures of the guide, from figures/*.py
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",  # pages of wide tables
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "formulas",
    "gallery",
    "offline_formulas",
    "pictures",
    "shown",
]
is_published = bool(os.environ.get("READTHEDOCS"))
if is_published:  # names of other packages link to their sites; needs a network
    extensions.append("sphinx.ext.intersphinx")
sites = {
    "python": "https://docs.python.org/3",
    "numpy": "https://numpy.org/doc/stable",
    "scipy": "https://docs.scipy.org/doc/scipy",
    "sklearn": "https://scikit-learn.org/stable",
    "matplotlib": "https://matplotlib.org/stable",
    "pandas": "https://pandas.pydata.org/docs",
}
without = str(HERE / "unreachable.inv")  # where a site is down, the names stand without a link
intersphinx_mapping = {name: (url, (None, without)) for name, url in sites.items()}
intersphinx_timeout = 10  # seconds
exclude_patterns = ["_build"]
templates_path = ["_templates"]
highlight_language = "none"  # of literal blocks; doctests are Python in any case
toc_object_entries_show_parents = "hide"  # a narrow column has no room for the class
default_role = "literal"  # docstrings name parameters in single backticks

autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings have the types
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

plot_formats = ["svg"]
plot_html_show_formats = plot_html_show_source_link = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "plot_",
    "ignore_pattern": r"(^|[\\/])(?!plot_)\w+\.py$",
    "within_subsection_order": "gallery.LectureOrder",
    "matplotlib_animations": (True, "jshtml"),
    "reset_modules": ("matplotlib",),
    "doc_module": ("skbackprop",),
    "backreferences_dir": "auto_examples/backreferences",  # the mini-galleries of the API's pages
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
}

copybutton_selector = "div:not(.sphx-glr-script-out) > div.highlight > pre"
copybutton_prompt_text = r">>> |\.\.\. "  # only what follows these is copied
copybutton_prompt_is_regexp = True

with (HERE.parent / "pyproject.toml").open("rb") as file:
    ADDRESSES = tomllib.load(file)["project"]["urls"]
SOURCE = {"name": "Source", "url": ADDRESSES["Source"], "icon": "fa-brands fa-github"}
html_theme = "pydata_sphinx_theme"
html_title = "skbackprop"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "logo": {"text": "skbackprop"},
    "header_links_before_dropdown": 6,
    "icon_links": [SOURCE] if is_published else [],
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
single_pages = ["index", "install", "migration", "faq", "evidence", "comparison"]
single_pages += ["cheat_sheet", "choosing", "contributing", "changelog", "citing"]
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


def stand_without_link(app, env, node, contnode):
    """Leave words of scikit-learn's docstrings as they are where its site cannot be asked."""
    return contnode if node["reftarget"] in ("meta-estimator", "metadata_routing") else None


def setup(app):
    app.connect("missing-reference", stand_without_link, priority=900)  # after intersphinx
    app.connect("config-inited", list_public_names)
    app.connect("builder-inited", renew_source_pages)
