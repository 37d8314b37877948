"""What the README and the first pages of the site show runs where only the README has installed."""

import subprocess
import sys
from pathlib import Path

import pytest
from first_pages import PAGES, ROOT, Alone, blocks, required

SCRIPT = Path(__file__).parent / "first_pages.py"
QUICKSTART = f"""
import runpy, sys
sys.path.insert(0, {str(SCRIPT.parent)!r})
from first_pages import Alone, required
sys.meta_path.insert(0, Alone(required("plot")))
runpy.run_path({str(ROOT / "examples" / "quickstart.py")!r}, run_name="__main__")
"""


def run(*arguments):
    command = [sys.executable, "-W", "error", *map(str, arguments)]
    return subprocess.run(command, timeout=240, capture_output=True, text=True)


@pytest.mark.parametrize("page", PAGES)
def test_a_first_page_needs_no_other_package_than_the_readme_installs(page):
    done = run(SCRIPT, "--alone", page)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"{page} runs\n")


def test_the_quickstart_draws_with_no_other_package_than_its_command_installs(tmp_path):
    done = run("-c", QUICKSTART, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    picture = (tmp_path / "quickstart.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000


@pytest.mark.parametrize(
    "block",
    [
        "import pandas",
        "from sklearn.datasets import load_wine\nload_wine(as_frame=True)",
        "import matplotlib.pyplot",
        "1 / 0",
    ],
)
def test_a_block_that_needs_more_or_fails_is_found(tmp_path, block):
    page = tmp_path / "page.md"
    page.write_text(f"Some words.\n\n```python\n{block}\n```\n", "utf-8")
    assert run(SCRIPT, "--alone", page).returncode != 0
    page = tmp_path / "page.rst"
    page.write_text("".join(f">>> {line}\n" for line in block.splitlines()), "utf-8")
    assert run(SCRIPT, "--alone", page).returncode != 0


def test_what_is_hidden_is_all_that_is_not_required():
    finder = Alone(required())
    for name in ("pandas", "polars.dataframe", "matplotlib.pyplot", "pytest"):
        with pytest.raises(ModuleNotFoundError, match=name):
            finder.find_spec(name)
    for name in ("numpy.linalg", "scipy", "sklearn.base", "joblib", "skbackprop", "json"):
        assert finder.find_spec(name) is None
    assert Alone(required("plot")).find_spec("matplotlib.pyplot") is None


def test_every_block_of_the_readme_is_run():
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(blocks(text)) == text.count("```") / 2 == text.count("```python") > 0
    assert blocks("```python\na\n```\ntext\n```python\nb\nc\n```\n") == ["a\n", "b\nc\n"]
