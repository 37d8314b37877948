"""A directive that runs code and shows what a notebook would show of it."""

import ast

from docutils import nodes
from docutils.parsers.rst import Directive


def setup(app):
    app.add_directive("shown", Shown)
    return {"parallel_read_safe": True}


class Shown(Directive):
    """Runs Python; shows it, and the HTML of its last line."""

    has_content = True

    def run(self):
        """Return the code and its output."""
        source, namespace = "\n".join(self.content), {}
        *statements, last = ast.parse(source).body
        exec(compile(ast.Module(statements, []), "<page>", "exec"), namespace)
        result = eval(compile(ast.Expression(last.value), "<page>", "eval"), namespace)
        html = f'<div class="shown">{result._repr_html_()}</div>'
        code = nodes.literal_block(source, source, language="python")
        return [code, nodes.raw("", html, format="html")]
