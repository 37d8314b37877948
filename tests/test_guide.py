"""The guide and the gallery lead to each other, and the guide's figures are described."""

import re
from pathlib import Path

import pytest
from test_examples import FIGURES, GALLERY

DOC = Path(__file__).parents[1] / "doc"
PAGES = sorted((DOC / "user_guide").glob("*.rst"))


def examples_of(page):
    """Return the examples in the mini-galleries of a page, by their names."""
    return re.findall(r"^   \.\./examples/(plot_\w+)\.py$", page.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_mini_gallery_of_a_page_shows_examples_that_are_there(page):
    assert set(examples_of(page)) <= {path.stem for path in GALLERY}


@pytest.mark.parametrize("example", GALLERY, ids=lambda path: path.stem)
def test_an_example_is_shown_by_a_page_of_the_guide_and_names_one(example):
    assert any(example.stem in examples_of(page) for page in PAGES)
    named = re.findall(r":doc:`(?:[^`<]*<)?/(\w+(?:/\w+)?)>?`", example.read_text("utf-8"))
    assert named
    assert all((DOC / f"{page}.rst").exists() for page in named)


@pytest.mark.parametrize("script", FIGURES, ids=lambda path: path.stem)
def test_a_figure_of_the_guide_is_on_a_page_with_a_description_and_a_caption(script):
    directive = rf"^\.\. plot:: figures/{script.name}\n   :alt: [^\"\n]{{40,}}\n\n   \S"
    assert any(re.search(directive, page.read_text("utf-8"), re.MULTILINE) for page in PAGES)
