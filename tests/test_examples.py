"""The examples, and the figures of the guide, run without a warning and draw what they promise."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

FOLDER = Path(__file__).parents[1] / "examples"
GALLERY = sorted(FOLDER.glob("plot_*.py"))
FIGURES = sorted((FOLDER.parent / "doc" / "figures").glob("*.py"))
NO_WINDOW = "ignore:FigureCanvasAgg is non-interactive"  # what plt.show() may say

DRAW = """
import runpy, sys
import matplotlib.pyplot as plt
import numpy as np

for path in sys.argv[1:]:
    kept = runpy.run_path(path)
    assert plt.get_fignums(), path
    for number in plt.get_fignums():
        figure = plt.figure(number)
        assert figure.axes, path
        assert all(ax.has_data() for ax in figure.axes), path
        figure.canvas.draw()
        assert np.ptp(figure.canvas.buffer_rgba(), axis=(0, 1)).any(), path
    plt.close("all")
"""


def run(*arguments):
    """Run Python: warnings are errors, and pictures need no window."""
    command = [sys.executable, "-W", "error", "-W", NO_WINDOW, *arguments]
    subprocess.run(command, check=True, timeout=120, env=os.environ | {"MPLBACKEND": "agg"})


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_page_of_the_gallery_runs_and_draws_into_all_axes(path):
    text = path.read_text("utf-8")
    for needed in re.findall(r"needs scikit-learn (\d[\d.]*\d)", text):
        if parse_version(sklearn.__version__) < parse_version(needed):
            pytest.skip(f"needs scikit-learn {needed}")
    if "import pyarrow" in text:  # which may be too new for the oldest numpy
        pytest.importorskip("pyarrow", exc_type=ImportError)
    run("-c", DRAW, path)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_page_of_the_gallery_has_a_title_and_ends_in_what_its_picture_shows(path):
    text = path.read_text("utf-8")
    title = re.match(r'r?"""\n(=+)\n(.+)\n(=+)\n\n', text)
    assert title
    assert len(title[1]) == len(title[2]) == len(title[3])
    *_, before, last = re.split(r"^# %%\n", text, flags=re.MULTILINE)
    assert before.endswith("\nplt.show()\n\n")
    assert all(line.startswith("# ") for line in last.splitlines())


def test_the_figures_of_the_guide_are_drawn():
    run("-c", DRAW, *FIGURES)


def test_the_quickstart_runs_and_draws_its_picture(tmp_path):
    run(FOLDER / "quickstart.py", tmp_path)
    picture = (tmp_path / "quickstart.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
