"""Formulas in docstrings are Unicode, for the reader of the source: pages show them as they are."""

import re


def setup(app):
    app.connect("autodoc-process-docstring", as_they_are, priority=400)  # before numpydoc
    return {"parallel_read_safe": True}


def as_they_are(app, what, name, obj, options, lines):
    """Mark indented paragraphs as literal; escape what is markup by accident, but not in code."""
    shown, above, in_block, in_code = [], 0, False, False
    for line in lines:
        depth = len(line) - len(line.lstrip())
        in_code = line.lstrip().startswith(">>>") or (in_code and bool(line))
        if line and depth <= above:
            in_block = False
        elif line and shown and not shown[-1] and not in_block:
            in_block = True
            shown += [" " * above + "::", ""]
        if line and not in_block and not in_code:
            above = depth
            line = re.sub(r"(`+.*?`+)|\||(?<=\w)_(?=[,)])", escape, line)
        shown.append(line)
    lines[:] = shown


def escape(found):
    """Escape the bar of an absolute value, or the end of a name like t_; leave literals alone."""
    return found[1] or "\\" + found[0]
