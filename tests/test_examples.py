"""The examples run to their end, and leave what they promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs_and_draws_its_picture(path, tmp_path):
    for needed in re.findall(r"needs scikit-learn (\d[\d.]*\d)", path.read_text("utf-8")):
        if parse_version(sklearn.__version__) < parse_version(needed):
            pytest.skip(f"needs scikit-learn {needed}")
    subprocess.run([sys.executable, "-W", "error", path, tmp_path], check=True, timeout=120)
    picture = (tmp_path / f"{path.stem}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
