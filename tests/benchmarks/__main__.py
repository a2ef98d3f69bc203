"""All benchmarks by one command. What is measured is printed, and appended to a table of all runs.

python -m tests.benchmarks                                  the benchmarks, a line each
python -m tests.benchmarks nearest --rows 1000000           one of them, with its own options (--help says which)
python -m tests.benchmarks nearest scan fill --to mine.csv  several, each with its defaults

The table has a line for each figure: when, on what, of which commit and versions, with which options.
"""

from __future__ import annotations

import ast
import csv
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.hardware import hardware

_FOLDER = Path(__file__).parent
_SUFFIX = "_benchmark"
_RUNS = Path("benchmarks.csv")
_PACKAGES = ("numpy", "torch", "pillow", "scikit-learn", "textual")


@dataclass(frozen=True)
class Figure:
    """A number that was measured.

    Attributes:
        row: the first cell of its line: what was measured.
        column: the name of its column, with the unit.
        value: as printed.
    """

    row: str
    column: str
    value: str


@dataclass(frozen=True)
class Run:
    """What a figure depends on.

    Attributes:
        when: UTC, to the second.
        commit: of the code; with ``+`` where files had been changed since.
        hardware: see :func:`tests.benchmarks.hardware.hardware`.
        versions: of the packages that do the work.
        benchmark: its name.
        options: as they were given.
    """

    when: str
    commit: str
    hardware: str
    versions: str
    benchmark: str
    options: str


def names() -> dict[str, str]:
    """Each benchmark with what it measures, in a line."""
    found = sorted(_FOLDER.glob(f"*{_SUFFIX}.py"))
    return {path.stem.removesuffix(_SUFFIX): _about(path) for path in found}


def figures(lines: Sequence[str]) -> Iterator[Figure]:
    """The figures among the lines that a benchmark prints: tables with commas; other lines are remarks.

    A table begins with the names of its columns, and ends where a line has another number of cells.
    """
    columns: list[str] = []
    for cells in csv.reader(lines):
        if len(cells) < 2:
            columns = []
        elif len(cells) != len(columns):
            columns = cells
        else:
            for column, value in zip(columns[1:], cells[1:], strict=True):
                if value:
                    yield Figure(cells[0], column, value)


def append(target: Path, run: Run, found: Sequence[Figure]) -> None:
    """Add lines to the table of all runs, which begins with the names of its columns."""
    new = not target.exists()
    with target.open("a", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        if new:
            table.writerow([field.name for field in (*fields(Run), *fields(Figure))])
        table.writerows([*astuple(run), *astuple(figure)] for figure in found)


def main() -> None:
    """List the benchmarks, or run some."""
    known, given = names(), sys.argv[1:]
    target = _RUNS
    if "--to" in given:
        place = given.index("--to")
        target, given = Path(given[place + 1]), [*given[:place], *given[place + 2 :]]
    wanted = [word for word in given if word in known]
    if not wanted or wanted != given[: len(wanted)]:
        print(__doc__)
        print("\n".join(f"{name:12} {about}" for name, about in known.items()))
        raise SystemExit(2 if given and given != ["--help"] else 0)
    options = given[len(wanted) :]
    for name in wanted:
        run = _run_now(name, options)
        lines = _printed([sys.executable, "-m", f"tests.benchmarks.{name}{_SUFFIX}", *options])
        append(target, run, list(figures(lines)))
    if target.exists():
        print(f"\nadded to {target}")


def _printed(command: Sequence[str]) -> list[str]:
    """The lines that a program prints, shown as they come. Ends this program where that one fails."""
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as program:
        assert program.stdout
        for line in program.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if program.returncode:
        raise SystemExit(program.returncode)
    return lines


def _run_now(name: str, options: Sequence[str]) -> Run:
    return Run(
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        _commit(),
        hardware(),
        " ".join(filter(None, map(_version, _PACKAGES))),
        name,
        shlex.join(options),
    )


def _commit() -> str:
    try:
        described = ["git", "-C", str(_FOLDER), "describe", "--always", "--dirty=+", "--exclude=*"]
        return subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # a copy without its history
        return ""


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def _about(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]


if __name__ == "__main__":
    main()
