"""The command of all benchmarks: it finds them, and keeps every figure with what it depends on."""

from __future__ import annotations

import csv
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import Figure, Run, append, figures, names
from tests.benchmarks.peers.planted import KINDS, judge

ROOT = Path(__file__).parents[1]
RUN = Run("2026-11-29T10:00:00Z", "abc", "two cores", "numpy 2", "scan", "--files 3")


def test_every_benchmark_is_listed_with_what_it_measures() -> None:
    files = {path.stem.removesuffix("_benchmark") for path in (ROOT / "tests/benchmarks").glob("*_benchmark.py")}
    assert names().keys() == files and all(about.endswith((".", ":")) or about for about in names().values())


@pytest.mark.parametrize("name", names())
def test_every_benchmark_can_be_imported(name: str) -> None:
    assert callable(importlib.import_module(f"tests.benchmarks.{name}_benchmark").main)


def test_figures_are_read_from_tables_among_remarks() -> None:
    printed = ["AMD EPYC · 2 cores\n", "what,seconds,times\n", "scan,0.5,1.1\n", "again,,2\n", "peak memory 1 GB\n"]
    assert list(figures(printed)) == [
        Figure("scan", "seconds", "0.5"),
        Figure("scan", "times", "1.1"),
        Figure("again", "times", "2"),
    ]
    assert list(figures([*printed, "other,size\n", "rows,7\n"]))[-1] == Figure("rows", "size", "7")


def test_runs_are_appended_to_one_table(tmp_path: Path) -> None:
    for value in ("1", "2"):
        append(tmp_path / "runs.csv", RUN, [Figure("scan", "seconds", value)])
    lines = list(csv.DictReader((tmp_path / "runs.csv").open(encoding="utf-8")))
    assert [line["value"] for line in lines] == ["1", "2"]
    assert lines[0]["options"] == "--files 3" and lines[0]["hardware"] == "two cores"


def test_one_command_runs_a_benchmark_and_keeps_its_figures(tmp_path: Path) -> None:
    target = tmp_path / "runs.csv"
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks",
        "nearest",
        "--rows",
        "2000",
        "--dim",
        "16",
        "--to",
        str(target),
    ]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"added to {target}" in printed
    lines = list(csv.DictReader(target.open(encoding="utf-8")))
    assert {line["benchmark"] for line in lines} == {"nearest"} and all(float(line["value"]) >= 0 for line in lines)
    wrong = subprocess.run([*command[:3], "nearer"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "nearest" in wrong.stdout


_DETACHED = """
import subprocess, sys
busy = "import time\\nwhile time.process_time() < 1: pass"
subprocess.Popen([sys.executable, "-c", busy], start_new_session=True, stdout=subprocess.DEVNULL)
print("started")
"""
_MEASURED = """
import os, sys
from pathlib import Path
from tests.benchmarks.process_tree import measure
folder = Path(sys.argv[1])
cost = measure([sys.executable, "-c", sys.argv[2]], cwd=folder, environment=os.environ, log=folder / "log")
print(cost.processor, cost.lines)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to another process than the first one")
def test_the_time_of_a_detached_process_counts(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _MEASURED, str(tmp_path), _DETACHED]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    processor, _, lines = printed.partition(" ")
    assert float(processor) >= 1 and lines == "['started']\n"


def test_what_a_program_found_is_compared_with_what_was_planted(tmp_path: Path) -> None:
    for number, kinds in (("001", KINDS), ("002", ()), ("003", ())):
        for name in ("original", *kinds):
            (tmp_path / f"{number}-{name}-0.png").touch()
    (tmp_path / "001-edited-1.png").touch()
    found = judge(
        tmp_path,
        [
            ("001-copies-0.png", "001-original-0.png"),
            ("001-edited-0.png", "001-edited-1.png"),  # not with its original
            ("002-original-0.png", "001-original-0.png"),
            ("001-copies-0.png", "002-original-0.png"),  # the same two pictures
        ],
    )
    assert found.share == {kind: float(kind == "copies") for kind in KINDS}
    assert found.listed == {kind: float(kind in ("copies", "edited")) for kind in KINDS}
    assert found.wrong == {frozenset({"001", "002"})}
