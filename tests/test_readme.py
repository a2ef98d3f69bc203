"""What the README and the documents it leads to say can be done: it is done here, by a shell where they show one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core.actions.definition import reference
from core.actions.registry import OURS
from core.models.backend import Model
from core.models.catalogue import catalogue
from core.project import Project
from core.text import byte_size
from core.vectors.encoder import LocalEncoder
from core.vectors.store import Reader
from core.vectors.text_cache import text_rows
from core.vectors.vec_type import VecType
from tests.filled_projects import fill_vectors
from tests.warm_commands import warm_commands
from tests.warm_start import write_program
from tui import cli
from tui.commands import models, vectors
from tui.commands.parser import Parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text("utf-8")


def section(title: str, text: str = README) -> str:
    """What stands under a heading, up to the next one of its level."""
    level = title.split()[0]
    return text.split(f"\n{title}\n")[1].split(f"\n{level} ")[0]


def document(name: str) -> str:
    """The text of one of the documents."""
    return (ROOT / "docs" / name).read_text("utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


EXAMPLES = [
    shlex.split(line.removeprefix(".venv/bin/"), comments=True)
    for block in blocks("sh")
    for line in block.replace(" && ", "\n").splitlines()
    if line.removeprefix(".venv/bin/").startswith("pictoscope")
]


def test_the_reference_of_the_actions_is_the_generated_one() -> None:
    assert f"\n\n{reference(OURS)}\n\n" in document("actions.md")


def test_the_models_are_those_of_the_catalogue() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")]
        for line in section("## Choosing your model").splitlines()
        if "| `" in line
    ]
    assert [[*row[1:4], row[6]] for row in rows] == [
        [
            f"`{spec.key}`",
            str(spec.dim or "–"),
            "yes" if spec.text else "no",
            byte_size(spec.size) if spec.size else "–",
        ]
        for spec in catalogue()
    ]


def test_the_list_of_commands_is_that_of_the_parser() -> None:
    listed = re.findall(r"^## `pictoscope (\S+)`$", COMMANDS, re.MULTILINE)
    assert listed == [command.name for command in cli.COMMANDS] + [action.command for action in OURS]
    for command in (vectors, models):
        name = command.__name__.rpartition(".")[2]
        named = re.findall(rf"^### `pictoscope {name} (\S+)`$", COMMANDS, re.MULTILINE)
        assert sorted(named) == sorted(sub_commands(command))


def test_the_options_of_create_and_restart_are_all_named() -> None:
    for name in ("create", "restart"):
        text = section(f"### `pictoscope vectors {name}`", COMMANDS)
        options = {flag for action in sub_commands(vectors)[name]._actions for flag in action.option_strings}
        own = options - {"-h", "--help", "--project", "--json"}
        assert own
        assert {flag for flag in own if f"`{flag}" not in text} == set()


def sub_commands(command: ModuleType) -> dict[str, ArgumentParser]:
    """The parsers of a command's sub-commands, by name."""
    parser = Parser(prog="pictoscope")
    command.configure(parser)
    (choices,) = [action.choices for action in parser._actions if action.dest == "command"]
    assert isinstance(choices, dict)
    return choices


@pytest.fixture(scope="module")
def warm() -> Iterator[None]:
    """What the shell starts."""
    with warm_commands():
        yield


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_the_examples_are_commands_that_are_understood(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    for name in ("demo", "add", "models", "vectors", "jobs", "doctor", "app", "compare"):
        monkeypatch.setattr(f"tui.commands.{name}.run", lambda parsed: ran.append(parsed) or 0)
    monkeypatch.setattr("tui.commands.action.run", lambda action, parsed: ran.append(parsed) or 0)
    assert cli.main(words[1:]) == 0
    assert len(ran) == 1


@pytest.mark.usefixtures("warm")
def test_the_script_runs_as_it_stands(filled_template: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    shutil.copytree(filled_template, pictures)
    (pictures / "holiday").mkdir()
    (pictures / "round" / "05.jpg").rename(pictures / "holiday" / "beach.jpg")

    def script(text: str) -> str:
        return by_bash(text, tmp_path)

    script("pictoscope add")
    (block,) = blocks("bash", document("scripting.md"))
    said = script(block)
    assert said.splitlines()[-24:] == script("pictoscope again 1").splitlines()  # all other pictures
    assert (tmp_path / "both.html").read_text("utf-8").count("<img") >= 25
    assert script("pictoscope tag list --json").count('"name"') == 14


# What is shown and not run here, and why. Each other line is.
NOT_RUN = {
    "pictoscope demo": "it installs the package first",
    "pictoscope vectors create clip dinov2": "they would have to be downloaded",
    "pictoscope vectors create": "the tests of the command create vectors; here they are there",
    "pictoscope compare clip dinov2 --sample 2000": "they would have to be downloaded",
    "pictoscope compare --by folders": "tests/tui/commands/test_compare_command.py runs it",
    "pictoscope compare effnet-lite0 conse --judge": "the app needs a terminal; its tests have one",
    "pictoscope": "the app needs a terminal; its tests have one",
}
SHOWN = [
    line.split("#")[0].strip()
    for block in blocks("sh")
    for line in block.replace(" && ", "\n").replace(".venv/bin/", "").splitlines()
    if line.startswith(("pictoscope", ".venv/bin/pictoscope"))
]
RUN = [line for line in SHOWN if line not in NOT_RUN and not line.startswith("pictoscope vectors create")]
PHRASES = sorted(
    {f"pictoscope search {line}" for line in re.findall(r'`("[^`]*\^[^`]*)`', README + document("actions.md"))}
)


@pytest.mark.usefixtures("warm")
def test_what_is_shown_is_done_by_a_shell(
    filled_template: Path, conse: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that the model would have to read are known already, so that no process loads it."""
    assert len(RUN) == 3
    assert len(PHRASES) == 2
    shutil.copytree(filled_template, tmp_path / "pictures")
    monkeypatch.chdir(tmp_path / "pictures")
    (tmp_path / "pictures" / "holiday").mkdir()
    (tmp_path / "pictures" / "round" / "05.jpg").rename(tmp_path / "pictures" / "holiday" / "beach.jpg")
    encoder = LocalEncoder()
    encoder._models["conse", "float32"] = conse
    with Project.open_or_create(tmp_path / "pictures") as project:
        project.scan()  # a picture has moved
        fill_vectors(project, conse, [VecType("conse", greyscale=True)])
        manifest = Reader(project.vectors_folder / "conse").snapshot().manifest
        text_rows(encoder, manifest, ["a sailing boat", "red car", "blue sky", "truck"])
    script = [*RUN, *(f"{line} --json" for line in PHRASES)]
    said = by_bash("\n".join(script), tmp_path)
    answers = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert len(answers) == len(PHRASES)
    assert len(said.splitlines()) == 10 + 25 + len(PHRASES)
    # One that pushes trucks away counts red cars twice: neither is silently left out.
    scores = [{one["key"]: one["score"] for one in answer["groups"][0]["pictures"]} for answer in answers]
    rows = text_rows(encoder, manifest, ["red car", "blue sky", "truck"]).rows
    directions = {
        'pictoscope search "red car"^2 "blue sky" -truck': 2 * rows[0] + rows[1] - rows[2],
        'pictoscope search "red car"^2 -truck': 2 * rows[0] - rows[2],
    }
    snapshot = Reader(tmp_path / "pictures" / ".pictoscope" / "vectors" / "conse").snapshot()
    for line, found in zip(PHRASES, scores, strict=True):
        direction = directions[line] / np.linalg.norm(directions[line])
        for key, score in found.items():
            row = snapshot.row_of(bytes.fromhex(key))
            assert row is not None
            assert score == pytest.approx(float(snapshot.rows[row] @ direction), abs=1e-5)


def by_bash(text: str, folder: Path) -> str:
    """What a script prints that runs in ``pictures`` under a folder."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    write_program(programs / "pictoscope", "tui.cli")
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=folder / "pictures", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_snippet_reads_the_vectors_of_a_project(filled_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(filled_template)
    (snippet,) = blocks("python", document("format.md"))
    found: dict[str, Any] = {}
    exec(snippet, found)
    pictures = [path for path in filled_template.rglob("*.*") if path.is_file() and ".pictoscope" not in path.parts]
    assert len(pictures) == 25
    assert sorted(found["keys"]) == sorted(hashlib.sha1(path.read_bytes()).hexdigest() for path in pictures)
    assert found["rows"].shape == (25, 1280)
    assert np.linalg.norm(found["rows"], axis=1) == pytest.approx(np.ones(25), abs=1e-5)
    copy, original = (
        found["rows"][found["keys"].index(hashlib.sha1((filled_template / name).read_bytes()).hexdigest())]
        for name in ("copies/05-grey.png", "round/05.jpg")
    )
    assert copy @ original > np.median(found["rows"] @ original)
