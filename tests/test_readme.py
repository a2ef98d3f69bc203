"""What the README says can be done, and that what it shows is there."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from core.actions.definition import reference
from core.actions.registry import actions
from core.models.catalogue import catalogue
from core.text import byte_size
from tui import cli
from tui.commands import models, vectors

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
LINKS = sorted({link for link in re.findall(r"\]\(([^)\s]+)\)", README) if "://" not in link})
HEADINGS = {"#" + title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}


def section(title: str) -> str:
    """The text under a heading, up to the next one of its level."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


EXAMPLES = [
    shlex.split(line.removeprefix(".venv/bin/"), comments=True)
    for block in blocks("sh")
    for line in block.replace(" && ", "\n").splitlines()
    if line.removeprefix(".venv/bin/").startswith("pictoscope")
]


def test_the_reference_of_the_actions_is_the_generated_one() -> None:
    assert section("Actions").startswith(f"\n{reference(actions())}\n")


def test_the_models_are_those_of_the_catalogue() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in section("Models").splitlines() if "| `" in line]
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
    listed = re.findall(r"`([^`]+)`", section("Command line").partition(". ")[0])
    commands = {words.split()[0] for words in listed}
    assert sorted(commands) == sorted(
        [command.name for command in cli.COMMANDS] + [action.command for action in actions()]
    )
    for command in (vectors, models):
        name = command.__name__.rpartition(".")[2]
        (named,) = [words.split()[1] for words in listed if words.startswith(f"{name} ")]
        assert sorted(named.split("|")) == sorted(sub_commands(command))


def test_the_options_of_create_and_restart_are_all_named() -> None:
    text = section("Command line")
    for name in ("create", "restart"):
        options = {flag for action in sub_commands(vectors)[name]._actions for flag in action.option_strings}
        own = options - {"-h", "--help", "--project", "--json"}
        assert own
        assert {flag for flag in own if f"`{flag}`" not in text} == set()


def sub_commands(command: ModuleType) -> dict[str, ArgumentParser]:
    """The parsers of a command's sub-commands, by name."""
    parser = cli.Parser(prog="pictoscope")
    command.configure(parser)
    (choices,) = [action.choices for action in parser._actions if action.dest == "command"]
    assert isinstance(choices, dict)
    return choices


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_the_examples_are_commands_that_are_understood(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    for name in ("demo", "add", "models", "vectors", "jobs", "doctor", "app"):
        monkeypatch.setattr(f"tui.commands.{name}.run", lambda parsed: ran.append(parsed) or 0)
    monkeypatch.setattr("tui.commands.action.run", lambda action, parsed: ran.append(parsed) or 0)
    assert cli.main(words[1:]) == 0
    assert len(ran) == 1


def test_the_script_runs_as_it_stands(filled_template: Path, tmp_path: Path) -> None:
    pictures, programs = tmp_path / "pictures", tmp_path / "bin"
    shutil.copytree(filled_template, pictures)
    programs.mkdir()
    (programs / "pictoscope").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tui.cli "$@"\n')
    (programs / "pictoscope").chmod(0o755)
    (pictures / "holiday").mkdir()
    (pictures / "round" / "05.jpg").rename(pictures / "holiday" / "beach.jpg")
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def script(text: str) -> str:
        command = ["bash", "-euo", "pipefail", "-c", text]
        done = subprocess.run(command, cwd=pictures, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    script("pictoscope add")
    (block,) = blocks("bash")
    said = script(block)
    assert said.splitlines()[-24:] == script("pictoscope again 1").splitlines()  # all other pictures
    assert (tmp_path / "both.html").read_text("utf-8").count("<img") >= 25
    assert script("pictoscope tag list --json").count('"name"') == 14


def test_the_snippet_reads_the_vectors_of_a_project(filled_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(filled_template)
    (snippet,) = blocks("python")
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


@pytest.mark.parametrize("link", LINKS)
def test_what_is_linked_is_there(link: str) -> None:
    assert link in HEADINGS or (ROOT / link).exists()
