"""Pictoscope beside other programs on the same pictures: rows, a search, near-duplicates; seconds, processor, memory.

python -m tests.benchmarks.peers_benchmark [--count 400] [--keep FOLDER] --peer NAME=PYTHON …

Peers: rclip, panoptic (with panopticml), clip-retrieval, fiftyone, imagededup, czkawka (its library's bindings). PYTHON
is the interpreter of an environment in which one is installed; the others are skipped, and named. Each program runs in
its own process with its defaults, and is timed until its rows are on the disk: once with a few pictures, which gives
`start`, and once with all, which gives `further`, the processor time of each further picture.
Weights are random, but for the models
that are built in: that changes what rows mean, not what they cost. rclip's are written only if the package onnx can be
imported here. The pictures are the demo's, enlarged, as JPEG of quality 90; for near-duplicates the demo's with planted
copies. Linux only.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.enlarged_pictures import make_pictures
from tests.benchmarks.hardware import hardware
from tests.benchmarks.peers.fillings import LIKE_RCLIP, convert, fillings, project_of, rclip_folder
from tests.benchmarks.peers.finders import finders
from tests.benchmarks.peers.planted import KINDS, judge, plant
from tests.benchmarks.peers.program import OURS, PEERS, Filling, Place, environment, interpreters, version
from tests.benchmarks.peers.weights import write_weights
from tests.benchmarks.process_tree import CommandFailed, Cost, measure

_PHRASES = ("a red car", "two dogs on a beach", "an old tower at night")
_LOG = "errors.log"


def main() -> None:
    """Print the tables, each line as soon as it is known."""
    options = _options()
    pythons = interpreters(options.peer)
    versions = {name: version(name, python) for name, python in pythons.items()}
    here = [name for name in versions if versions[name]]
    print(hardware(), "·", _load())
    print("left out:", ", ".join(name for name in PEERS if name not in here) or "none")
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.keep or Path(temporary)).absolute()
        home = work / "home"
        home.mkdir(parents=True, exist_ok=True)
        (work / "runs").mkdir(exist_ok=True)
        places = {name: Place(pythons[name], work, work / "runs", work / "weights", home) for name in here}
        if not options.duplicates_only:
            _fill(places, versions, options)
        if not options.rows_only:
            _find_duplicates(places, versions, options.originals)
        if not options.keep_runs:
            shutil.rmtree(work / "runs")
    print(_load())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON", help="may be repeated")
    parser.add_argument("--only", default="", help="only rows by programs and models that contain this text")
    parser.add_argument("--rows-only", action="store_true", help="rows and the search")
    parser.add_argument("--duplicates-only", action="store_true", help="near-duplicates")
    parser.add_argument("--count", type=int, default=400, help="pictures")
    parser.add_argument("--few", type=int, default=8, help="pictures of the run that measures the start")
    parser.add_argument("--width", type=int, default=1_600)
    parser.add_argument("--height", type=int, default=1_200)
    parser.add_argument("--originals", type=int, default=20, help="pictures of the demo of which copies are planted")
    parser.add_argument("--keep", type=Path, help="folder for pictures and weights, or in which they are already")
    parser.add_argument("--keep-runs", action="store_true", help="what the programs wrote stays in FOLDER/runs")
    return parser.parse_args()


def _fill(places: Mapping[str, Place], versions: Mapping[str, str], options: argparse.Namespace) -> None:
    work = places[OURS].pictures
    size = (options.width, options.height)
    few, all_pictures = (work / f"{number}-{size[0]}x{size[1]}" for number in (options.few, options.count))
    for folder, number in ((few, options.few), (all_pictures, options.count)):
        make_pictures(folder, number, size)
    write_weights(places[OURS].weights)
    table = csv.writer(sys.stdout)
    table.writerow(
        [
            "program",
            "version",
            "pictures",
            "pictures_per_s",
            "processor_ms",
            "start_processor_s",
            "further_ms",
            "MB",
            "load",
        ]
    )
    filled = {}
    for filling in fillings():
        if filling.program not in places or options.only not in f"{filling.program} {filling.what}":
            continue
        place = replace(places[filling.program], pictures=all_pictures)
        title = f"{filling.program}: {filling.what}"
        try:
            start, _ = _run(filling, replace(place, pictures=few), options.few)
            cost, filled[title] = _run(filling, place, options.count)
        except CommandFailed as error:
            print(f"{title}: {error}")
            continue
        further = (cost.processor - start.processor) / (options.count - options.few)
        table.writerow(
            [
                title,
                versions[filling.program],
                options.count,
                f"{options.count / cost.seconds:.1f}",
                f"{1e3 * cost.processor / options.count:.0f}",
                f"{start.processor:.1f}",
                f"{1e3 * further:.0f}",
                f"{cost.megabytes:.0f}",
                f"{os.getloadavg()[0]:.1f}",
            ]
        )
        sys.stdout.flush()
    _search(filled)


def _run(filling: Filling, place: Place, count: int) -> tuple[Cost, Place]:
    """Compute the rows of ``count`` pictures in a new folder."""
    place = replace(place, run=Path(tempfile.mkdtemp(dir=place.run)))
    if filling.convertible:
        _use_once(place, filling.what)
    command = filling.command(place)
    cost = _measure(command, place, filling.environment(place))
    if (rows := filling.count(place, cost.lines)) != count:
        raise CommandFailed(f"{rows} rows of {count} pictures: {place.run / _LOG}")
    return cost, place


def _use_once(place: Place, model: str) -> None:
    """A model that was used before is in the user's cache in its converted form."""
    mark = place.home / f"used-{model.replace('/', '-')}"
    if not mark.exists():
        before = replace(place, run=Path(tempfile.mkdtemp(dir=place.run.parent)))
        _measure(convert(before, model), before, {})
        mark.touch()


def _measure(command: list[str], place: Place, more: Mapping[str, str]) -> Cost:
    return measure(command, cwd=place.run, environment=environment(place, more), log=place.run / _LOG)


def _search(filled: Mapping[str, Place]) -> None:
    """Phrases that were not asked before, each in a new process: the least that one took."""
    questions: dict[str, tuple[str, list[str], dict[str, str]]] = {}
    for title, place in filled.items():
        if title.startswith("rclip"):
            enter = f"cd {shlex.quote(str(place.pictures))} && {shlex.quote(place.command('rclip'))}"
            questions["rclip"] = title, ["sh", "-c", f'{enter} "$0"'], rclip_folder(place)
            questions["rclip --no-indexing"] = title, ["sh", "-c", f'{enter} --no-indexing "$0"'], rclip_folder(place)
        elif title in (f"{OURS}: clip", f"{OURS}: {LIKE_RCLIP}"):
            asked = [place.command("pictoscope"), "search", "--project", str(project_of(place))]
            questions[f"search by {title}"] = title, asked, {}
    table = csv.writer(sys.stdout)
    if questions:
        table.writerow(["search", "seconds", "first_line_s", "processor_s", "MB"])
    for name, (title, command, more) in questions.items():
        costs = [_measure([*command, phrase], filled[title], more) for phrase in _PHRASES]
        least = [min(costs, key=lambda cost: cost.seconds).seconds, min(cost.first_line for cost in costs)]
        least += [min(cost.processor for cost in costs)]
        peak = max(cost.megabytes for cost in costs)
        table.writerow([name, *(f"{number:.2f}" for number in least), f"{peak:.0f}"])
        sys.stdout.flush()


def _find_duplicates(places: Mapping[str, Place], versions: Mapping[str, str], originals: int) -> None:
    planted = Path(tempfile.mkdtemp(dir=places[OURS].run)) / "planted"
    print(f"{plant(planted, originals)} pictures, copies of {originals} of them in every way")
    table = csv.writer(sys.stdout)
    table.writerow(
        [
            "finder",
            "version",
            "seconds",
            "processor_s",
            "MB",
            *KINDS,
            *(f"{kind}_listed" for kind in KINDS),
            "wrong_pairs",
        ]
    )
    for finder in finders():
        if finder.program not in places:
            continue
        place = replace(places[finder.program], pictures=planted)
        place = replace(place, run=Path(tempfile.mkdtemp(dir=place.run)))
        title = f"{finder.program}: {finder.what}"
        try:
            cost = _measure(finder.command(place), place, {})
        except CommandFailed as error:
            print(f"{title}: {error}")
            continue
        found = judge(planted, finder.pairs(json.loads(cost.lines[-1])))
        spent = [f"{cost.seconds:.1f}", f"{cost.processor:.1f}", f"{cost.megabytes:.0f}"]
        shares = [f"{shares[kind]:.3f}" for shares in (found.share, found.listed) for kind in KINDS]
        table.writerow([title, versions[finder.program], *spent, *shares, len(found.wrong)])
        sys.stdout.flush()


def _load() -> str:
    return "load " + " ".join(f"{one:.1f}" for one in os.getloadavg())


if __name__ == "__main__":
    main()
