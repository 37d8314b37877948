"""The gallery of examples: its order, and animations that need no network."""

import re

REMOTE_STYLE = re.compile(r'<link rel="stylesheet"\s+href="https:[^>]*>')
TOPICS = (  # of the lecture, and beyond; a file belongs to the first that its name contains
    "lecture",
    "gradient_check",
    "l1",
    "bias",
    "init",
    "learning_rate",
    "schedule",
    "batch",
    "momentum",
    "early",
    "optima",
    "search",
    "newton",
    "second_order",
    "solver",
    "anim",
    "decision",
    "sparse",
    "imbalance",
    "class_weight",
    "callback",
    "mlp",
)


def setup(app):
    app.connect("html-page-context", without_remote_styles)
    return {"parallel_read_safe": True}


def without_remote_styles(app, page, template, context, doctree):
    """Drop the icon font that matplotlib's player asks a server for: the theme brings one."""
    if "body" in context:
        context["body"] = REMOTE_STYLE.sub("", context["body"])


class LectureOrder:
    """Sorts the files of a folder by the order of the lecture, others after them by name."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, name):
        places = [place for place, topic in enumerate(TOPICS) if topic in name]
        return (min(places, default=len(TOPICS)), name)

    def __repr__(self):
        return "LectureOrder"
