"""The scripts behind the published figures: each starts, and says how it is used."""

import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).parent / "benchmarks"
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
