"""No command ends in a traceback, whatever its process lacks: every command in a table of surroundings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.actions.registry import actions
from tests.attacks.surroundings import SURROUNDINGS, CommandServer
from tests.attacks.tally import count
from tests.tui.app_helpers import copy_with_random_vectors
from tui import cli

KIND = "commands in poor surroundings"
PICTURE = "square/00.jpg"
# The least that each command needs; what would load a model or go on for minutes is asked for its help.
COMMANDS = (
    "--help",
    "--version",
    "",
    "nosuchcommand",
    "demo --help",
    "add .",
    "add --json",
    "models",
    "models --json",
    "models fetch mobilenet",
    "models trust mobilenet",
    "judgements list",
    "judgements export -",
    "judgements import nowhere.csv",
    "judgements forget --all",
    "folders",
    "folders list --json",
    "folders add ../more",
    "folders move . ../more",
    "folders remove .",
    "vectors list",
    "vectors create mobilenet --detach",
    "vectors restart effnet-lite0 --detach",
    "vectors import ../rows.npy --as own",
    "vectors create mobilenet --engine dask://127.0.0.1:9 --detach",
    "vectors create mobilenet --shard 1/3 --out ../part",
    "vectors merge ../part",
    "vectors delete conse",
    "vectors delete conse --yes",
    "vectors verify effnet-lite0",
    "vectors compact effnet-lite0",
    "vectors index effnet-lite0",
    "vectors failures",
    "vectors default",
    "vectors default conse",
    "compare effnet-lite0 conse --by none --measure labels",
    "compare effnet-lite0 conse --by none --measure labels --report ../report.html --replace",
    "chart --by folder",
    "chart --by format --to ../chart.png --replace",
    f"difference {PICTURE} {PICTURE}",
    f"explain {PICTURE} {PICTURE}",
    "map conse --out ../map.csv --replace",
    "jobs",
    "jobs --json",
    "measure",
    f"tag add cat {PICTURE}",
    f"tag remove cat {PICTURE}",
    "tag list",
    "tag create dog",
    "tag rename cat dog",
    "tag merge cat dog",
    "tag colour cat red",
    "tag parent cat dog",
    "tag delete cat",
    f"set place=Paris {PICTURE}",
    "property list",
    "property define year number",
    "property rename year when",
    "property choices kind a b",
    "property delete year",
    f"stack add {PICTURE}",
    "stack list",
    f"stack remove {PICTURE}",
    f"group save few {PICTURE}",
    "group list",
    "group show few",
    "group combine all union few few",
    "group order few name",
    "group rename few more",
    "group delete few",
    "filter save wide width>10",
    "filter list",
    "filter rename wide broad",
    "filter delete wide",
    "export --as csv --where width>10",
    "export --as csv --where width>10 --to ../table.csv --replace",
    "export --as links --where width>10 --to ../links",
    "import ../labels.csv --by path",
    "undo",
    "redo",
    "history",
    "history --actions",
    "again 1",
    "doctor",
    f"similar {PICTURE} --vec-type effnet-lite0 --top 3",
    f"search {PICTURE} --vec-type conse --json",
    "cluster --vec-type effnet-lite0 --method k-means --k 2 --no-words",
    "cluster-by --by tags --vec-type effnet-lite0",
    "duplicates --vec-type effnet-lite0",
    f"recommend --like {PICTURE} --vec-type effnet-lite0",
)
_NEIGHBOURS = 3  # surroundings of each command in a bounded run
_HEAVY = frozenset({"doctor"})  # imports torch: one surrounding in a bounded run


@pytest.fixture(scope="module")
def server() -> Iterator[CommandServer]:
    with CommandServer() as running:
        yield running


@pytest.fixture(scope="module")
def template(small_pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with vectors that no model has computed: what is tried here asks none."""
    return copy_with_random_vectors(small_pictures, tmp_path_factory.mktemp("surroundings") / "pictures")


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    copy = shutil.copytree(template, tmp_path / "pictures")
    (tmp_path / "more").mkdir()
    (tmp_path / "labels.csv").write_text(f"path,tags\n{copy}/{PICTURE},cat\n")
    np.save(tmp_path / "rows.npy", np.ones((1, 4), np.float32))
    (tmp_path / "rows.txt").write_text(f"{copy}/{PICTURE}\n")
    return copy


def test_every_command_and_sub_command_is_in_the_table() -> None:
    wanted = {command.name for command in cli.COMMANDS} | {action.command for action in actions()}
    for command in cli.COMMANDS:
        if names := cli.command_parser(command).sub_commands:
            wanted |= {f"{command.name} {name}" for name in names.choices}
    tried = {" ".join(line.split()[:length]) for line in COMMANDS for length in (1, 2)}
    assert wanted <= tried


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=COMMANDS)
def test_a_command_ends_in_order(server: CommandServer, folder: Path, home: Path, number: int) -> None:
    names = list(SURROUNDINGS)
    many = 1 if COMMANDS[number] in _HEAVY else _NEIGHBOURS
    chosen = [names[(number * _NEIGHBOURS + place) % len(names)] for place in range(many)]
    _try(server, folder, home, COMMANDS[number], chosen)


@pytest.mark.long
@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_every_command_ends_in_order_everywhere(
    server: CommandServer, folder: Path, home: Path, surrounding: str
) -> None:
    for line in COMMANDS:
        _try(server, folder, home, line, [surrounding])


@pytest.mark.long
def test_a_fetch_that_may_use_the_network_ends_in_order_everywhere(
    server: CommandServer, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    _try(server, folder, home, "models fetch mobilenet", list(SURROUNDINGS))


def _try(server: CommandServer, folder: Path, home: Path, line: str, surroundings: list[str]) -> None:
    for surrounding in surroundings:
        code, out, err, escaped = server.run(line.split(), surrounding, folder)
        what = f"`{line}`, {surrounding}: {code}\n{out[-2000:]}\n{err[-2000:]}\n{escaped}"
        assert code in (0, 1, 2), what
        assert not escaped, what
        assert not (home / "crash.log").exists(), (home / "crash.log").read_text()
        assert "Traceback" not in err and "unexpected" not in err, what
        count(KIND)
