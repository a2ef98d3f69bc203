"""A package with broken plug-ins costs itself only: it is named once in each command and in the app; the rest works."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_helpers import running, said, until
from cli_helpers import Run

from core import plugins
from core.actions.registry import OURS, actions, find
from core.actions.run import Question
from core.models.catalogue import BUILT_IN, KNOWN, catalogue
from core.project import Project

ENTRY_POINTS = """[pictoscope.actions]
broken-action = broken_plugin.raises:ACTION
odd-action = broken_plugin.odd:ACTION
[pictoscope.models]
broken-model = broken_plugin.raises:MODEL
leaving-model = broken_plugin.leaves:MODEL
good-model = broken_plugin.good:MODEL
"""
GOOD = """
from core.models.catalogue import ModelSpec
MODEL = ModelSpec("mine", "Mine", "package mine", "mine.backend", 8)
"""
MODULES = {
    "raises": "raise RuntimeError('out of cheese \\x1b[31m')",
    "leaves": "raise SystemExit(3)",
    "odd": "ACTION = 3",
    "good": GOOD,
}


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Installed, as far as Python knows: the folder that it lies in."""
    site = tmp_path / "site"
    about = site / "broken-1.2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    (site / "broken_plugin").mkdir()
    for name, text in MODULES.items():
        (site / "broken_plugin" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(site)
    _forget()
    yield site
    _forget()


def _forget() -> None:
    actions.cache_clear()
    catalogue.cache_clear()
    plugins.forget()
    for name in [name for name in sys.modules if name.partition(".")[0] == "broken_plugin"]:
        del sys.modules[name]


@pytest.mark.parametrize("words", ["--help", "--version", "vectors --help", "vectors list", "jobs --json", "tag list"])
def test_every_command_works_and_names_the_package_once(
    run: Run, project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(folder)
    told = run(*words.split())
    assert told.code == 0
    assert "Traceback" not in told.err
    lines = [line for line in told.err.splitlines() if "broken-action" in line]
    assert len(lines) == 1
    assert "pictoscope: the plug-in broken-action (broken 1.2) is left out: broken_plugin.raises:ACTION" in lines[0]
    assert "RuntimeError: out of cheese" in lines[0]
    assert "\x1b" not in told.err
    assert "uninstall broken 1.2" in lines[0]


def test_an_error_is_still_the_last_line(run: Run) -> None:
    told = run("similar", "--json")
    assert (told.code, set(told.error)) == (2, {"error", "hint"})
    assert "broken-action" in told.err.splitlines()[0]


def test_models_that_are_broken_are_named_and_the_others_are_there(run: Run) -> None:
    told = run("models", "--json")
    assert told.code == 0
    assert [model["key"] for model in told.json] == [spec.key for spec in (*BUILT_IN, *KNOWN)] + ["mine"]
    for name, why in (("broken-model", "out of cheese"), ("leaving-model", "SystemExit: 3")):
        (line,) = [line for line in told.err.splitlines() if f"the plug-in {name} " in line]
        assert why in line


def test_doctor_lists_the_plug_ins_and_their_state(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.commands import doctor

    monkeypatch.setattr(doctor, "_compute", dict)  # not what is asked here, and seconds
    told = run("doctor", "--json")
    listed = told.json["plug-ins"]
    assert list(listed) == [
        f"{name} (broken 1.2)"
        for name in ("broken-action", "odd-action", "broken-model", "leaving-model", "good-model")
    ]
    assert listed["good-model (broken 1.2)"] == "works (models)"
    assert listed["odd-action (broken 1.2)"] == "left out: it is not an action but int"
    assert listed["broken-model (broken 1.2)"].startswith("left out: broken_plugin.raises:MODEL cannot be loaded")


async def test_the_app_opens_and_names_them(project: Project) -> None:
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: sum("is left out" in text for text in said(app)) == 4)
        assert any("leaving-model (broken 1.2)" in text for text in said(app))
    assert len(actions()) == len(OURS)


# What a package may do to whoever imports it, and how it is named then.
DEEDS = {
    "print('HELLO')": "it is not an action but int",
    "import sys; sys.stdout.close()": "it is not an action but int",
    "import os; os.chdir('/')": "it is not an action but int",
    "class E(Exception):\n    def __str__(self): raise ValueError\nraise E": "cannot be loaded: E",
    "class E(BaseException): pass\nraise E('of its own')": "cannot be loaded: E: of its own",
    "raise GeneratorExit": "cannot be loaded: GeneratorExit",
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_package_does_while_it_is_imported_costs_itself_only(
    run: Run, project: Project, package: Path, deed: str
) -> None:
    (package / "broken_plugin" / "odd.py").write_text(f"ACTION = 3\n{deed}\n")
    before = os.getcwd()
    told = run("tag", "list", "--json", "--project", str(project.path))
    assert (told.code, told.out, os.getcwd()) == (0, "[]\n", before)
    (line,) = [line for line in told.err.splitlines() if "the plug-in odd-action (broken 1.2) is left out: " in line]
    assert DEEDS[deed] in line and "Traceback" not in told.err


@pytest.mark.parametrize("listed", [b"[pictoscope.actions]\nx\n", b"\xff\xfe[pictoscope.actions]\nx = y:z\n"])
def test_a_package_whose_list_cannot_be_read_is_named_and_others_are_used(
    run: Run, project: Project, package: Path, listed: bytes
) -> None:
    other = package / "torn-2.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: torn\nVersion: 2.0\n")
    (other / "entry_points.txt").write_bytes(listed)
    told = run("models", "--json", "--project", str(project.path))
    assert told.code == 0 and '"mine"' in told.out
    assert "(torn) is left out: its list of plug-ins cannot be read" in told.err and "(broken 1.2)" in told.err


# What an action may do when it is asked, and what is said of it.
RAISES = {
    "raise ValueError('out of cheese')": "ValueError: out of cheese",
    "raise SystemExit(3)": "SystemExit: 3",
    "raise GeneratorExit": "GeneratorExit",
    "return None": "TypeError: it gave no answer but NoneType",
}
FAILING = """
from core.actions.definition import Action
from dataclasses import dataclass
@dataclass(frozen=True, kw_only=True)
class Parameters: pass
def fail(context, parameters):
    DEED
ACTION = Action("failing", "failing", "Failing", "fails", "f12", Parameters, fail)
"""


@pytest.mark.parametrize("deed", RAISES)
def test_what_an_action_does_wrong_ends_its_question_with_one_line_that_names_it(
    run: Run, project: Project, package: Path, deed: str
) -> None:
    (package / "broken_plugin" / "odd.py").write_text(FAILING.replace("DEED", deed))
    told = run("failing", "--json", "--project", str(project.path))
    assert (told.code, told.out) == (1, "")
    assert told.error["error"] == f"Failing (plug-in broken_plugin.odd) failed: {RAISES[deed]}"
    assert "a defect of that plug-in" in told.error["hint"]
    assert "Traceback" not in told.err


@pytest.mark.parametrize("deed", RAISES)
async def test_in_the_app_it_leads_back_to_where_the_person_was(project: Project, package: Path, deed: str) -> None:
    (package / "broken_plugin" / "odd.py").write_text(FAILING.replace("DEED", deed))
    async with running(project, listed=False) as (app, pilot):
        await until(pilot, lambda: len(actions()) > len(OURS))
        browse = app.screen
        app.show_answer(Question.of(find("failing"), {}))
        await until(pilot, lambda: any(f"failed: {RAISES[deed]}" in text for text in said(app)))
        await until(pilot, lambda: app.screen is browse)
