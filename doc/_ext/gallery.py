"""The gallery of examples: its order, and animations that need no network."""

import re

REMOTE_STYLE = re.compile(r'<link rel="stylesheet"\s+href="https:[^>]*>')
LECTURE = (
    "lecture_to_code",
    "gradient_checking",
    "l1_and_l2",
    "bias_variance",
    "ensemble",
    "initialization",
    "model_selection",
    "early_stopping",
    "local_optima",
    "learning_animated",
    "learning_rate_schedules",
    "mini_batches",
    "momentum",
    "newton_and_lbfgs",
    "sparse_text",
    "class_imbalance",
    "callbacks",
    "replacing_mlpclassifier",
)


def setup(app):
    app.connect("html-page-context", without_remote_styles)
    return {"parallel_read_safe": True}


def without_remote_styles(app, page, template, context, doctree):
    """Drop the icon font that matplotlib's player asks a server for: the theme brings one."""
    if "body" in context:
        context["body"] = REMOTE_STYLE.sub("", context["body"])


class LectureOrder:
    """Sorts the files of a folder by the order of the lecture, and others after them by name."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, name):
        topic = name.removeprefix("plot_").removesuffix(".py")
        return (LECTURE.index(topic) if topic in LECTURE else len(LECTURE), name)
