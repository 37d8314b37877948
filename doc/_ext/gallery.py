"""The gallery of examples: its order and sections, and animations that need no network."""

import re

from sphinx.util import logging

LACKS = re.compile(r"^ +(\w+) is not installed: pip", re.MULTILINE)  # what an example has printed
REMOTE_STYLE = re.compile(r'<link rel="stylesheet"\s+href="https:[^>]*>')
THUMBNAIL = re.compile(
    r"\.\. raw:: html\n\n    <div class=\"sphx-glr-thumbcontainer\".*?"
    r":doc:`/auto_examples/plot_(\w+)`.*?</div>\n    </div>\n",
    re.DOTALL,
)
SECTIONS = {
    "Tables, text, rare classes, several labels": (
        "churn",
        "tables",
        "sparse_text",
        "class_imbalance",
        "multilabel",
    ),
    "Choosing and combining models": (
        "early_stopping",
        "model_selection",
        "ensemble",
        "prediction_intervals",
    ),
    "Explaining predictions": ("explain_a_prediction",),
    "With other tools": (
        "replacing_mlpclassifier",
        "pipelines",
        "weights",
        "deployment",
    ),
    "When one machine is not enough": (
        "out_of_core",
        "halving_and_pruning",
        "cluster",
    ),
    "What a network computes, and how it learns": (
        "lecture_to_code",
        "gradient_checking",
        "l1_and_l2",
        "bias_variance",
        "initialization",
        "local_optima",
        "learning_animated",
    ),
    "Batches, learning rates and solvers": (
        "mini_batches",
        "learning_rate_schedules",
        "momentum",
        "newton_and_lbfgs",
        "callbacks",
    ),
}
ORDER = [topic for topics in SECTIONS.values() for topic in topics]


def setup(app):
    app.connect("source-read", in_sections)
    app.connect("source-read", warn_of_what_is_not_installed)
    app.connect("html-page-context", without_remote_styles)
    return {"parallel_read_safe": True}


def in_sections(app, docname, source):
    """Put the thumbnails of the gallery's page under the headings of their sections."""
    if docname != "auto_examples/index":
        return
    page = source[0]
    thumbnails = {found[1]: found[0] for found in THUMBNAIL.finditer(page)}
    if stray := thumbnails.keys() - set(ORDER):
        raise ValueError(f"doc/_ext/gallery.py has no section for {sorted(stray)}")
    begin, end = page.index('    <div class="sphx-glr-thumbnails">'), page.index(".. toctree::")
    begin = page.rindex(".. raw:: html", 0, begin)
    sections = []
    for title, topics in SECTIONS.items():
        shown = "\n".join(thumbnails[topic] for topic in topics if topic in thumbnails)
        if shown:
            sections.append(SECTION.format(title=title, line="-" * len(title), shown=shown))
    source[0] = page[:begin] + "".join(sections) + page[end:]


def warn_of_what_is_not_installed(app, docname, source):
    """Warn of a page of the gallery that was made without a package that it is about."""
    if docname.startswith("auto_examples/"):
        for package in LACKS.findall(source[0]):
            message = "made without %s: pip install -e '.[doc]'"
            logging.getLogger(__name__).warning(message, package, location=docname)


SECTION = """
{title}
{line}

.. raw:: html

    <div class="sphx-glr-thumbnails">

.. thumbnail-parent-div-open

{shown}

.. thumbnail-parent-div-close

.. raw:: html

    </div>

"""


def without_remote_styles(app, page, template, context, doctree):
    """Drop the icon font that matplotlib's player asks a server for: the theme brings one."""
    if "body" in context:
        context["body"] = REMOTE_STYLE.sub("", context["body"])


class LectureOrder:
    """Sorts the files of a folder by their sections."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, name):
        topic = name.removeprefix("plot_").removesuffix(".py")
        return (ORDER.index(topic) if topic in ORDER else len(ORDER), name)
