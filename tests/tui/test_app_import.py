"""Import of labels in the app: look first, then import, in one step, without waiting."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from app_helpers import PATIENCE, SMALL, WIDE, flat, names_of, running, said, text_of, type_text, until, words
from textual.widgets import Button

from core.importing import plan as plan_module
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tui.app import Pictoscope
from tui.label_prompts import ask_import
from tui.screens.browse.browse import BrowseScreen
from tui.screens.dialogs.import_labels import ImportLabels


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    """Write a table outside of the picture folder, under a name that is quickly typed."""

    def write(content: str) -> Path:
        path = tmp_path / "l.csv"
        path.write_text(content, "utf-8")
        return path

    return write


async def look(app: Pictoscope, pilot: object, path: Path) -> None:
    """Open the dialog and give a path."""
    ask_import(app)
    await until(pilot, lambda: isinstance(app.screen, ImportLabels))  # type: ignore[arg-type]
    app.screen.query_one("#file").value = os.fspath(path)  # type: ignore[attr-defined]
    await pilot.press("enter")  # type: ignore[attr-defined]


def tagged(project: Project) -> dict[str, int]:
    return {tag.name: tag.pictures for tag in Tags(project.catalog).all()}


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_the_report_comes_first_and_enter_imports(
    project: Project, table: Callable[[str], Path], size: tuple[int, int]
) -> None:
    name = names_of(project)[0]
    path = table(f"path,tags,width\n{name},cat,1\nnone.png,dog,1\n")
    async with running(project, size) as (app, pilot):
        await look(app, pilot, path)
        await until(pilot, lambda: "1 tag will be imported" in words(app, "#explanation"))
        shown = flat(app)
        assert "matched 1 line of 1 picture" in shown
        assert "line 3: none.png: no picture is at this path" in shown
        assert "new tags 1: cat" in shown
        assert "Import enter" in shown
        assert tagged(project) == {}
        await pilot.press("enter")
        await until(pilot, lambda: said(app) == ["imported 1 tag from l.csv · u undoes"])
        assert isinstance(app.screen, BrowseScreen)
        assert tagged(project) == {"cat": 1}
        await until(pilot, lambda: "cat" in text_of(app))  # Browse shows its tags
        await pilot.press("u")
        await until(pilot, lambda: tagged(project) == {})


async def test_columns_that_are_left_out_are_named_with_the_way_to_take_them(
    project: Project, table: Callable[[str], Path]
) -> None:
    path = table(f"path,Label[text]\n{names_of(project)[0]},007\n")
    async with running(project, SMALL) as (app, pilot):
        await look(app, pilot, path)
        await until(pilot, lambda: "nothing would change. For skipped columns: Back, then" in flat(app))
        assert "“new names”" in flat(app)


async def test_the_palette_has_it(project: Project) -> None:
    async with running(project) as (app, pilot):
        await pilot.press("ctrl+p")
        await type_text(pilot, "Import labels")
        await until(pilot, lambda: "from a table" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ImportLabels))
        await pilot.press("enter")
        await until(pilot, lambda: "type the path of a file" in words(app, "#explanation"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no file"),
        ("a,b\n1,2\n", "has no column path or key, but a, b"),
        ('path,tags\n"x\n', "line 2: a quote is opened and never closed"),
        ("", "is empty"),
    ],
)
async def test_what_cannot_be_read_is_said_in_place(
    project: Project, table: Callable[[str], Path], tmp_path: Path, content: str | None, says: str
) -> None:
    path = tmp_path / "nosuch.csv" if content is None else table(content)
    async with running(project, SMALL) as (app, pilot):
        await look(app, pilot, path)
        await until(pilot, lambda: says in words(app, "#explanation"))
        assert app.screen.query_one("#explanation").has_class("wrong")
        assert app.focused is app.screen.query_one("#file")
        assert said(app) == []


async def test_what_was_refused_keeps_it_back_until_it_may_be_left_out(
    project: Project, table: Callable[[str], Path]
) -> None:
    name = names_of(project)[0]
    path = table(f'path,tags\n{name},cat\n{name},"""open"\n')
    async with running(project, SMALL) as (app, pilot):
        await look(app, pilot, path)
        await until(pilot, lambda: "1 cell or line cannot be imported" in words(app, "#explanation"))
        assert "line 3, tags" in flat(app)
        assert app.screen.query_one("#import-it", Button).disabled
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, ImportLabels)
        app.screen.query_one("#back", Button).press()
        await until(pilot, lambda: app.focused is app.screen.query_one("#file"))
        app.screen.query_one("#skip").focus()
        await pilot.press("space", "enter")
        await until(pilot, lambda: "1 tag will be imported" in words(app, "#explanation"))
        await pilot.press("enter")
        await until(pilot, lambda: tagged(project) == {"cat": 1})


async def test_nothing_waits_for_a_table_that_is_read_and_escape_ends_it(
    project: Project, table: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, ended = threading.Event(), threading.Event()
    real = plan_module.open_table

    def slow(*arguments: object) -> object:
        assert gate.wait(PATIENCE)
        ended.set()
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(plan_module, "open_table", slow)
    async with running(project) as (app, pilot):
        await look(app, pilot, table(f"path,tags\n{names_of(project)[0]},cat\n"))
        await until(pilot, lambda: "reading" in words(app, "#explanation"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        gate.set()
        await until(pilot, ended.is_set)
        await until(pilot, lambda: not any(worker.group == "import" and worker.is_running for worker in app.workers))
        assert (tagged(project), History(project.catalog).steps()) == ({}, [])


@pytest.mark.parametrize("size", [SMALL, (200, 60)])
async def test_a_long_report_scrolls_and_leaves_the_buttons_in_sight(
    project: Project, table: Callable[[str], Path], size: tuple[int, int]
) -> None:
    path = table(f"path,tags\n{names_of(project)[0]},cat\n" + "none.png,x\n" * 90)
    async with running(project, size) as (app, pilot):
        await look(app, pilot, path)
        await until(pilot, lambda: "1 tag will be imported" in words(app, "#explanation"))
        assert "1 tag will be imported in one step" in flat(app)
        assert "Import enter" in flat(app)
        assert "new tags 1: cat" in flat(app)
        assert "and 40 more" not in flat(app)
        await pilot.press("end")
        await until(pilot, lambda: "and 40 more" in flat(app))


async def test_what_a_table_holds_does_no_harm(project: Project, table: Callable[[str], Path]) -> None:
    name = names_of(project)[0]
    evil = "\x1b]0;PWNED\x07[bold red]\u202e"
    path = table(f"path,tags,{evil}\n{name},{evil},\n{evil},x,\n")
    async with running(project, WIDE) as (app, pilot):
        await look(app, pilot, path)
        await until(pilot, lambda: "1 tag will be imported" in words(app, "#explanation"))
        shown = words(app, "#report-text")
        assert shown.count("\\x1b]0;PWNED\\x07[bold red]\\u202e") == 4  # twice as a tag: its name has a ;
        assert "\x1b" not in shown
