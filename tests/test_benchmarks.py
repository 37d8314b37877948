"""The scripts behind the published figures: each starts, and says how it is used."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
ASK = """
import runpy, sys

folder, *paths = sys.argv[1:]
sys.path.insert(0, folder)
for path in paths:
    sys.argv = [path, "--help"]
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        assert end.code == 0, path
"""


def test_every_benchmark_starts_and_says_how_it_is_used():
    command = [sys.executable, "-c", ASK, FOLDER, *SCRIPTS]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    used = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("usage:")]
    assert used == [path.name for path in SCRIPTS]


def test_the_tables_of_accuracy_are_those_that_the_published_results_give():
    pytest.importorskip("pandas")
    page = (ROOT / "doc" / "evidence.md").read_text()
    lines = page.replace("\\\n", "")  # joined where a command goes on in the next
    commands = re.findall(r"^    python (.* doc/accuracy\.csv .*)$", lines, flags=re.MULTILINE)
    assert commands
    for command in commands:
        done = subprocess.run(
            [sys.executable, *command.split()], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
        assert [row for row in rows if row not in page] == [], command
