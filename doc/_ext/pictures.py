"""A box around each picture, in which it scrolls where the page is narrower than its words need."""

import re

PICTURE = re.compile(r"<img (?![^>]*_thumb\.)[^>]*>")


def setup(app):
    app.connect("html-page-context", box_pictures)
    return {"parallel_read_safe": True}


def box_pictures(app, page, template, context, doctree):
    """Put each picture of a page but the thumbnails, which fit anywhere, into a box."""
    if "body" in context:
        context["body"] = PICTURE.sub(r'<span class="picture">\g<0></span>', context["body"])
