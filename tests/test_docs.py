"""The documentation: a site that has been built holds together, and needs no network."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import skbackprop

DOC = Path(__file__).parents[1] / "doc"
SITE = DOC / "_build" / "html"
LOADS = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}
NOT_LOADED = {"canonical", "next", "prev", "index", "search"}  # links of relation to other pages

needs_the_site = pytest.mark.skipif(
    not (SITE / "index.html").exists(), reason="the site has not been built"
)


class Page(HTMLParser):
    """What a page has to link to, where it links to, and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links, self.loads = set(), set(), set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors |= {attributes.get("id"), attributes.get("name")}
        if tag == "a" and "href" in attributes:
            self.links.add(attributes["href"])
        url = attributes.get(LOADS.get(tag))
        if url and attributes.get("rel") not in NOT_LOADED:
            self.loads.add(url)


@cache
def page(path):
    return Page(path)


def pages():
    return [path for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]


def missing(path, url):
    """Return whether a URL of a page leads to no file of the site, or to no place in it."""
    parts = urlsplit(url)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return True
    anchor = unquote(parts.fragment)
    return bool(anchor) and target.suffix == ".html" and anchor not in page(target).anchors


@needs_the_site
def test_every_internal_link_leads_somewhere():
    broken = [
        (str(path.relative_to(SITE)), url)
        for path in pages()
        for url in page(path).links | page(path).loads
        if not urlsplit(url).scheme and url != "#" and missing(path, url)
    ]
    assert not broken


@needs_the_site
def test_no_page_loads_anything_from_the_network():
    remote = [
        (str(path.relative_to(SITE)), url)
        for path in pages()
        for url in page(path).loads
        if urlsplit(url).netloc
    ]
    assert not remote


@needs_the_site
def test_every_public_name_has_its_page():
    for name in skbackprop.__all__:
        if not name.startswith("_"):
            assert f"skbackprop.{name}" in page(SITE / "api" / f"skbackprop.{name}.html").anchors


def test_the_links_of_the_readme_lead_to_files_of_the_checkout():
    readme = (DOC.parent / "README.md").read_text("utf-8")
    links = re.findall(r'(?:src="|\]\()([^)"#]+)', readme)
    assert len(links) >= 5
    assert all((DOC.parent / link).is_file() for link in links)


def test_every_constructor_on_the_cheat_sheet_takes_its_arguments():
    sheet = (DOC / "cheat_sheet.rst").read_text("utf-8")
    calls = re.findall(r"``(Backprop\w*Classifier\([^`]*\))``", sheet)
    assert calls
    for call in calls:
        eval(call, dict(vars(skbackprop)))._validate_params()
