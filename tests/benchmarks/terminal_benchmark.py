"""How quickly the program answers in a terminal, what it sends, and what it takes when nothing happens.

    python -m tests.benchmarks.terminal_benchmark [--only first,keys,pages,idle] [--runs 9] [--keys 60] [--pages 12]
        [--seconds 30] [--large 1000000] [--pictures 6000] [--keep FOLDER]

The real program runs on a pseudo-terminal of 120 x 32 cells that answers as kitty, as one with sixel, or as one with
neither, and everything is measured from outside:

- first: from exec to the first frame that has Home's title, the header of a project, and the names of its pictures;
- keys: from a key in the grid to the frame that shows the cursor at its new place, while a job computes vectors;
- pages: from page down in a list of which nothing is drawn yet until the pictures of the page are sharp, and what was
  sent; the preview beside the grid follows later and is counted with the bytes;
- idle: the share of a core in some seconds in which nothing happens.

`processor` is of the program and what it started, not of the job: it hardly depends on what else the machine does.
Making a catalog of a million pictures takes minutes; --keep keeps it for the next time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageEnhance

import core.demo
from core.project import Project
from tests.benchmarks.hardware import hardware
from tests.benchmarks.program_on_terminal import COLUMNS, KINDS, PROGRAM, ProgramOnTerminal, environment
from tests.large_catalog import fill_catalog

PARTS = ("first", "keys", "pages", "idle")
SLOW = 1e6 / 8  # bytes a second: 1 Mbit/s
RIGHT, DOWN, PAGE_DOWN, HOME = b"\x1b[C", b"\x1b[B", b"\x1b[6~", b"\x1b[H"
_SHARP_BARS = {"kitty": 0.15, "sixel": 0.4}
# Of a terminal of 120 x 32: the grid is between the folders and the preview, above the line of the job.
_GRID_COLUMNS, _GRID_ROWS = range(20, round(COLUMNS * 0.72)), range(3, 29)
_STILL = 1.0  # seconds
_NAMES = b".jpg"  # of a caption
_HEADER = b"Pictoscope "
# At the left of the name of the picture under the cursor: bold and reversed, which no picture of block characters is.
_CURSOR = re.compile(rb"\x1b\[1;7;[0-9;]*m" + "▌".encode())

Row = tuple[str, float | None, str, list[float]]
"""What, its bar, its unit, what was measured."""


def main() -> None:
    """Print a table as CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=9, help="starts of each kind")
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--large", type=int, default=1_000_000, help="pictures of the large project")
    parser.add_argument("--pictures", type=int, default=6_000, help="that lie on the disk, for keys, pages and idle")
    parser.add_argument("--keep", type=Path, help="folder in which the projects are made, or are there already")
    options = parser.parse_args()
    only = options.only.split(",")
    print(hardware(), "· load", " ".join(f"{one:.1f}" for one in os.getloadavg()))
    table = csv.writer(sys.stdout)
    table.writerow(["what", "bar", "unit", "median", "95th percentile", "best", "worst", "count"])
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for part in only:
            for what, bar, unit, measured in _measure(part, folder, options):
                ordered = sorted(measured)
                found = (statistics.median(ordered), ordered[round(0.95 * (len(ordered) - 1))], ordered[0], ordered[-1])
                table.writerow([what, "" if bar is None else bar, unit, *(f"{one:.3g}" for one in found), len(ordered)])
                sys.stdout.flush()
    print("load", " ".join(f"{one:.1f}" for one in os.getloadavg()))


def _measure(part: str, folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    if part == "first":
        yield from _first(home, [_catalog(folder, 500), _catalog(folder, options.large)], options.runs)
        return
    project = _pictures(folder, options.pictures)
    if part == "keys":
        for kind in KINDS:
            with _job(project, home):
                yield from _keys(kind, project, home, options.keys)
    elif part == "pages":
        for kind in KINDS:
            yield from _pages(kind, project, home, options.pages)
    elif part == "idle":
        for kind in ("kitty", "sixel"):
            yield from _idle(kind, project, home, options.seconds)
    else:
        sys.exit(f"unknown part {part}: {', '.join(PARTS)}")


# -- what is measured ----------------------------------------------------------------------------------------------


def _first(home: Path, projects: Iterable[Path], runs: int) -> Iterator[Row]:
    yield "--help", 0.2, "s", [_help_seconds(home) for _ in range(runs + 1)][1:]
    starts: list[tuple[str, float | None, list[str], bytes]] = [("first paint, Home", 0.5, [], b"P I C T O")]
    for project in projects:
        arguments = ["--project", str(project)]
        starts.append((f"first paint, {project.parent.name} pictures", 0.5, arguments, _HEADER))
        starts.append((f"first names, {project.parent.name} pictures", None, arguments, _NAMES))
    for what, bar, arguments, wanted in starts:
        # The first run pays for files that are not in memory yet.
        found = [_start(home, arguments, wanted) for _ in range(runs + 1)][1:]
        yield what, bar, "s", [seconds for seconds, _ in found]
        yield f"{what}: processor", None, "s", [processor for _, processor in found]


def _help_seconds(home: Path) -> float:
    began = time.perf_counter()
    subprocess.run([PROGRAM, "--help"], check=True, stdout=subprocess.DEVNULL, env=environment(home))
    return time.perf_counter() - began


def _start(home: Path, arguments: list[str], wanted: bytes) -> tuple[float, float]:
    with ProgramOnTerminal("symbols", arguments, home) as program:
        seconds = program.until_shown(wanted) - program.began
        return seconds, program.processor_seconds


def _keys(kind: str, project: Path, home: Path, keys: int) -> Iterator[Row]:
    with ProgramOnTerminal(kind, ["--project", str(project)], home) as program:
        _at_the_first_picture(program)
        for name, pressed in (("arrows", [RIGHT, DOWN]), ("page down", [PAGE_DOWN])):
            seconds, processor = [], program.processor_seconds
            for number in range(keys):
                since = program.press(pressed[number % len(pressed)])
                began = time.perf_counter()
                seconds.append(program.until(lambda since=since: _cursor_drawn(program, since)) - began)
                program.rest(0.1)
            used = (program.processor_seconds - processor) / keys
            yield f"key to paint, {kind}, {name}, while a job runs", 50, "ms", [1000 * one for one in seconds]
            yield f"processor for a key, {kind}, {name}", None, "ms", [1000 * used]


def _pages(kind: str, project: Path, home: Path, pages: int) -> Iterator[Row]:
    with ProgramOnTerminal(kind, ["--project", str(project)], home) as program:
        _at_the_first_picture(program)
        seconds, sent = [], []
        for _ in range(pages):
            began = time.perf_counter()
            since = program.press(PAGE_DOWN)
            program.until(lambda since=since: _drawn(program, since))
            program.until_still(_STILL, _GRID_COLUMNS, _GRID_ROWS)
            come = program.parts[since:]
            seconds.append([part.at for part in come if part.draws(_GRID_COLUMNS, _GRID_ROWS)][-1] - began)
            sent.append(float(sum(len(part.data) for part in come)))
        bar = _SHARP_BARS.get(kind)
        yield f"page down to sharp pictures, {kind}", bar and 1000 * bar, "ms", [1000 * one for one in seconds]
        yield f"sent for a page, {kind}", None, "KB", [one / 1000 for one in sent]
        yield f"a page at 1 Mbit/s, {kind}", None, "s", [one / SLOW for one in sent]
        yield f"memory of the app after {pages} pages, {kind}", None, "MB", [program.resident_bytes / 1e6]


def _idle(kind: str, project: Path, home: Path, seconds: float) -> Iterator[Row]:
    for where, arguments, wanted in (("Home", [], b"P I C T O"), ("the grid", ["--project", str(project)], _NAMES)):
        with ProgramOnTerminal(kind, arguments, home) as program:
            program.until_shown(wanted)
            program.until_still(_STILL, range(1, COLUMNS + 1), _GRID_ROWS)
            program.rest(5)  # what is read in advance, and the scan
            before = program.processor_seconds
            sent = program.rest(seconds)
            used = program.processor_seconds - before
            yield f"idle on {where}, {kind}", 1, "% of a core", [100 * used / seconds]
            yield f"sent while idle on {where}, {kind}", None, "bytes/s", [sent / seconds]


def _at_the_first_picture(program: ProgramOnTerminal) -> None:
    """Wait for the grid, which opens where it was left, and go to its beginning."""
    program.until_shown(_NAMES)
    program.press(HOME)
    program.until_still(_STILL, _GRID_COLUMNS, _GRID_ROWS)


def _cursor_drawn(program: ProgramOnTerminal, since: int) -> bool:
    """Whether the cursor has been drawn: what comes late of an earlier key has none."""
    return _CURSOR.search(b"".join(part.data for part in program.parts[since:])) is not None


def _drawn(program: ProgramOnTerminal, since: int) -> bool:
    return any(part.draws(_GRID_COLUMNS, _GRID_ROWS) for part in program.parts[since:])


# -- what it is measured on ------------------------------------------------------------------------------------------


def _catalog(folder: Path, pictures: int) -> Path:
    """A project whose pictures lie on a disk that is not there; its folder is named after their number."""
    made = folder / str(pictures) / ".pictoscope"
    if not made.exists():
        away = folder / "away"
        away.mkdir(parents=True, exist_ok=True)
        with Project.create(made, [away]) as project:
            fill_catalog(project.catalog, pictures)
            with project.catalog.transaction() as database:
                database.execute("UPDATE roots SET location = ?", (os.fsencode(project.settings.folders[0]),))
        away.rmdir()
    return made


def _pictures(folder: Path, count: int) -> Path:
    """A project of pictures of 512 pixels that lie on the disk: the demo's, again and again, each time darker."""
    made = folder / f"pictures-{count}"
    if not made.exists():
        source = Path(core.demo.__file__).with_name("pictures")
        files = sorted(source.rglob("*.jpg"))
        for number in range(count):
            with Image.open(files[number % len(files)]) as opened:
                picture = opened.convert("RGB")
            picture.thumbnail((512, 512))
            target = made / f"{number // 250:02}" / f"picture-{number:05}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            ImageEnhance.Brightness(picture).enhance(1 - 0.01 * (number // len(files))).save(target, quality=90)
        with Project.open_or_create(made) as project:
            project.scan()
    return made / ".pictoscope"


@contextmanager
def _job(project: Path, home: Path) -> Iterator[None]:
    """A job that computes vectors for as long as something is measured; then it is stopped and its rows are deleted."""
    options = {"check": True, "env": environment(home), "stdout": subprocess.PIPE, "text": True}
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    where = ["--project", str(project), "--json"]
    run([PROGRAM, "vectors", "create", "effnet-lite0", "--detach", *where], **options)
    while not any(job["done"] for job in json.loads(run([PROGRAM, "jobs", *where], **options).stdout)):
        time.sleep(0.5)
    try:
        yield
    finally:
        (job, *_) = json.loads(run([PROGRAM, "jobs", *where], **options).stdout)
        if job["state"] != "running":
            print(f"the job was {job['state']} before all was measured: more --pictures are needed", file=sys.stderr)
        else:
            run([PROGRAM, "jobs", "--cancel", job["id"], *where], **options)  # it ends after its batch
            while json.loads(run([PROGRAM, "jobs", *where], **options).stdout)[0]["state"] == "running":
                time.sleep(0.5)
        shutil.rmtree(project / "vectors", ignore_errors=True)
        shutil.rmtree(project / "jobs", ignore_errors=True)


if __name__ == "__main__":
    main()
