"""A project in a folder whose name would break lines, colour the terminal, and is not UTF-8: no command is harmed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cli_helpers import Run, command_line

NAME = b"odd\n\x1b[31m\xff[b]"
SHOWN = "odd\\n\\x1b[31m\\xff[b]"


@pytest.fixture
def hostile(fresh: Path, open_gate: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The current folder, with a project and vectors."""
    folder = os.path.join(os.path.dirname(os.fsencode(fresh)), NAME)
    os.rename(fresh, folder)
    monkeypatch.chdir(os.fsdecode(folder))
    assert run("add", ".").code == 0
    assert run("vectors", "create", "effnet-lite0").code == 0
    return folder


def told(*words: str) -> tuple[int, str]:
    """Exit code and everything a command prints, which must hold nothing but printable lines.

    Output is UTF-8 and strict, as in most locales.
    """
    environment = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command_line(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    text = done.stdout.decode("utf-8")
    assert "Traceback" not in text
    assert all(line.isprintable() for line in text.split("\n")), text
    return done.returncode, text


def test_it_is_shown_in_one_line_and_is_the_same_folder_in_json(hostile: bytes, run: Run) -> None:
    code, text = told("add")
    assert (code, f"/{SHOWN}/.pictoscope\n" in text) == (0, True)
    code, text = told("doctor")
    assert (code, f"/{SHOWN}/.pictoscope\n" in text) == (0, True)
    assert os.fsencode(run("add", "--json").json["project"]) == os.path.join(hostile, b".pictoscope")
    code, text = told("add", "--rebuild-catalog")
    assert (code, f"/{SHOWN}/.pictoscope/catalog.sqlite.damaged\n" in text) == (0, True)


def test_what_is_damaged_in_it_is_named_in_one_line(hostile: bytes, run: Run) -> None:
    Path(".pictoscope/vectors/effnet-lite0/manifest.toml").write_text("= =")
    named = f"/{SHOWN}/.pictoscope/vectors/effnet-lite0/manifest.toml is damaged"
    code, text = told("vectors", "list")
    assert (code, text.count("\n"), text.count(named)) == (0, 2, 1)
    code, text = told("vectors", "restart")
    assert (code, named in text.splitlines()[-1]) == (1, True)
    code, text = told("jobs")
    assert (code, text.count("\n"), text.count(named)) == (0, 3, 1)
    assert [job["state"] for job in run("jobs", "--json").json] == ["failed", "done"]
    code, text = told("similar", "00.png")
    assert (code, text.count("\n"), text.count(named)) == (1, 1, 1)


def test_a_default_that_somebody_wrote_by_hand_does_no_harm(hostile: bytes) -> None:
    file = Path(".pictoscope/project.toml")
    file.write_text(file.read_text().replace('"effnet-lite0"', '"\\u001b[31m"'))
    assert told("vectors", "default") == (0, "\\x1b[31m\n")
