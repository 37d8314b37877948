"""The documentation in a browser: nothing sticks out, is cut, is broken or goes wrong."""

from pathlib import Path

import pytest
from browser import Browser, find_chromium

SITE = Path(__file__).parents[1] / "doc" / "_build" / "html"
WIDTHS = {"a computer": 1280, "a phone": 390}
READY = """
(async () => {
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map(image => image.decode().catch(() => null)));
  if (window.MathJax) await MathJax.startup.promise;
  await document.fonts.ready;
})()
"""
LOOK = r"""
width => {
  const all = selector => [...document.querySelectorAll(selector)];
  const words = e => e.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  const name = e => `${e.tagName.toLowerCase()}.${e.className}: ${words(e)}`;
  const wide = e => e.clientWidth && e.scrollWidth > e.clientWidth + 1;
  const cuts = e => getComputedStyle(e).overflowX !== "visible";
  const isBox = e => e.matches(":not(pre, span.math, mjx-container *)");
  const text = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const raw = [];
  while (text.nextNode()) {
    const {data, parentElement} = text.currentNode;
    const isShown = !parentElement.closest("pre, code, script, style");
    if (isShown && /\\[([]|\\[a-z]+\{/.test(data)) raw.push(data);
  }
  const page = document.scrollingElement.scrollWidth > width || all(":has(article)").some(wide);
  const beyond = e => e.getBoundingClientRect().right > width + 1;
  return {
    sideways: page ? ["the page", ...all("article *").filter(beyond).map(name).slice(0, 5)] : [],
    code: all("pre").filter(wide).map(name),
    boxes: all("article *").filter(e => isBox(e) && wide(e) && cuts(e)).map(name),
    images: all("img").filter(e => !e.naturalWidth).map(e => e.src),
    formulas: raw.concat(all("mjx-merror, .math:not(:has(mjx-container))").map(name)),
  };
}
"""
FOUND = """
new Promise(resolve => {
  const found = () => document.querySelectorAll("#search-results ul.search li").length;
  const wait = () => found() || waited++ > 50 ? resolve(found()) : setTimeout(wait, 20);
  let waited = 0;
  wait();
})
"""
SOUGHT = (
    "imbalanced",
    "dropout",
    "GPU",
    "incremental",
    "troubleshooting",
    "multilabel",
    "skorch",
    "regression",
    "calibration",
    "tuning",
    "warm-up",
    "memory",
    "threshold",
    "overfitting",
    "eval_set",
    "shap",
    "progress",
)

needs_a_browser = pytest.mark.skipif(
    find_chromium() is None, reason="neither Chromium nor Chrome is installed"
)
needs_the_site = pytest.mark.skipif(
    not (SITE / "index.html").exists(), reason="the site has not been built"
)
BAD_PAGE = """<!DOCTYPE html><title>Bad</title><article>
<p style="width: 3000px">wide</p> <pre style="width: 90px; overflow: auto">{code}</pre>
<div style="width: 90px; overflow: auto"><table><tr><td>{code}</table></div>
<img src="missing.png"> <span class="math">\\(x\\)</span>
</article><script>console.error("wrong")</script>"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(find_chromium(), tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def look_at(browser, path, width):
    """Return the faults of a page, a list for each kind."""
    browser.resize(width)
    browser.open(path.as_uri())
    browser.evaluate(READY)
    return browser.evaluate(f"({LOOK})({width})") | {"errors": browser.errors()}


@pytest.fixture(scope="module")
def faults(browser):
    """Return what is wrong as a dict of kind to list of page, device and fault."""
    found = {}
    for path in sorted(SITE.rglob("*.html")):
        if "_static" not in path.parts:
            for device, width in WIDTHS.items():
                for kind, all_of_it in look_at(browser, path, width).items():
                    page = str(path.relative_to(SITE))
                    found.setdefault(kind, []).extend((page, device, fault) for fault in all_of_it)
    return found


@needs_a_browser
def test_a_page_with_every_fault_is_found_out(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(BAD_PAGE.format(code="x" * 100), "utf-8")
    assert {kind for kind, found in look_at(browser, page, 1280).items() if found} == {
        "sideways",
        "code",
        "boxes",
        "images",
        "formulas",
        "errors",
    }


@needs_a_browser
@needs_the_site
@pytest.mark.parametrize("kind", ["sideways", "code", "images", "formulas", "errors"])
def test_no_page_has_a_fault(faults, kind):
    assert not faults[kind]


@needs_a_browser
@needs_the_site
def test_no_table_or_formula_is_cut_on_a_computer(faults):
    assert not [fault for fault in faults["boxes"] if fault[1] == "a computer"]


@needs_a_browser
@needs_the_site
@pytest.mark.parametrize("word", SOUGHT)
def test_what_people_search_for_is_found(browser, word):
    browser.open(f"{(SITE / 'search.html').as_uri()}?q={word}")
    assert browser.evaluate(FOUND) > 0
