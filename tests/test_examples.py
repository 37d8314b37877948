"""The examples, and the figures of the guide, run without a warning and draw what they promise."""

import re
import runpy
from importlib.util import find_spec
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import sklearn
from sklearn.utils.fixes import parse_version

FOLDER = Path(__file__).parents[1] / "examples"
GALLERY = sorted(FOLDER.glob("plot_*.py"))
FIGURES = sorted((FOLDER.parent / "doc" / "figures").glob("*.py"))

pytestmark = pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")  # plt.show()


@pytest.fixture
def no_window():
    """Draw without a window; what a page sets of matplotlib and scikit-learn ends with it."""
    with plt.rc_context(), sklearn.config_context():
        plt.switch_backend("agg")
        yield
        plt.close("all")


def draw(path):
    """Run a page, and look at its figures."""
    runpy.run_path(str(path))
    assert plt.get_fignums()
    for number in plt.get_fignums():
        figure = plt.figure(number)
        assert figure.axes
        assert all(ax.has_data() for ax in figure.axes)
        figure.canvas.draw()
        assert np.ptp(figure.canvas.buffer_rgba(), axis=(0, 1)).any()
    plt.close("all")


@pytest.mark.usefixtures("no_window")
@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_page_of_the_gallery_runs_and_draws_into_all_axes(path):
    text = path.read_text("utf-8")
    for needed in re.findall(r"needs scikit-learn (\d[\d.]*\d)", text):
        if parse_version(sklearn.__version__) < parse_version(needed):
            pytest.skip(f"needs scikit-learn {needed}")
    for needed in re.findall(r'distribution\("(\w+)"\)', text):  # for the data it brings along
        if find_spec(needed) is None:
            pytest.skip(f"needs {needed}")
    if "import pyarrow" in text:  # which may be too new for the oldest numpy
        pytest.importorskip("pyarrow", exc_type=ImportError)
    draw(path)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_page_of_the_gallery_has_a_title_and_ends_in_what_its_picture_shows(path):
    text = path.read_text("utf-8")
    title = re.match(r'r?"""\n(=+)\n(.+)\n(=+)\n\n', text)
    assert title
    assert len(title[1]) == len(title[2]) == len(title[3])
    *_, before, last = re.split(r"^# %%\n", text, flags=re.MULTILINE)
    assert before.endswith("\nplt.show()\n\n")
    assert all(line.startswith("# ") for line in last.splitlines())


@pytest.mark.usefixtures("no_window")
@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_a_figure_of_the_guide_is_drawn(path):
    draw(path)
