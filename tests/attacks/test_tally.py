"""The table at the end of a run, run for real in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

_ROOT = Path(__file__).parents[2]
_TESTS = """
import pytest
from tests.attacks.tally import count

@pytest.mark.parametrize("number", range(4))
def test_that_counts(number):
    count("powers cut", n=2)
    count("bits flipped", rows_lost=number)
"""
_TABLE = """\
| what | cases | rows lost |
|---|---|---|
| bits flipped | 4 | 6 |
| powers cut | 8 | 0 |
| all | 12 | 6 |
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist.plugin", "-n", "2")], ids=["alone", "xdist"])
def test_the_counts_of_every_test_make_one_table(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.attacks.tally"]\n')
    (tmp_path / "test_counting.py").write_text(_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tally", "table.md", *workers]
    # Of all the plugins that are installed it needs none but that of the workers.
    environment = os.environ | {"PYTHONPATH": str(_ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 0, run.stdout + run.stderr
    _, table, after = run.stdout.partition(_TABLE)
    assert table and "4 passed" in after, run.stdout
    assert (tmp_path / "table.md").read_text() == _TABLE
