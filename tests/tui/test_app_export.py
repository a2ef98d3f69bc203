"""The key ``e``: what is offered on each screen, where it goes, what is asked and said, and that it can be stopped."""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    fill_at_random,
    grid_of,
    lines_of,
    names_of,
    running,
    said,
    text_of,
    type_text,
    until,
    words,
)
from textual.events import Paste
from textual.widgets import Input, OptionList, Select

from core.actions.registry import find
from core.actions.run import Question
from core.labels.tags import Tags
from core.project import Project
from tests.duplicates_project import make
from tui.app import Pictoscope
from tui.exporting import CHOICES, suggested, with_ending
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.dialogs.export import ExportDialog
from tui.screens.results.duplicates import DuplicatesScreen
from tui.screens.results.recommend import RecommendScreen
from tui.screens.results.results import ResultsScreen
from tui.widgets.group_wall import GroupWall
from tui.widgets.vec_type_select import VecTypeSelect


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, apart from the pictures."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


async def opened(app: Pictoscope, pilot: Any, form: str = "", ending: str = "") -> ExportDialog:
    """The dialog, at a form."""
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, ExportDialog) and app.screen.query("#to"))
    dialog = app.screen
    assert isinstance(dialog, ExportDialog)
    if form:
        number = next(n for n, choice in enumerate(CHOICES) if choice.form == form and choice.ending == ending)
        dialog.query_one("#as", Select).value = number
        await pilot.pause()
    return dialog


def offered(dialog: ExportDialog) -> list[str]:
    return [offer.title for offer in dialog._offers]


def target(dialog: ExportDialog) -> str:
    return dialog.query_one("#to", Input).value


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def exported(app: Pictoscope) -> bool:
    return any(text.startswith("exported ") for text in said(app))


async def test_everything_on_show_is_exported_where_nothing_is_selected(project: Project, work: Path):
    Tags(project.catalog).add("[red]old", [project.catalog.pictures(project.catalog.picture_ids())[0].key])
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        assert (offered(dialog), target(dialog)) == (["all 12 pictures"], str(work / "all-pictures.csv"))
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
        assert said(app) == [f"exported 12 pictures in {work}/all-pictures.csv"]
    rows = rows_of(work / "all-pictures.csv")
    assert [os.path.basename(row["path"]) for row in rows] == names_of(project)
    assert rows[0]["tags"] == "[red]old"


async def test_typing_replaces_the_file_name_alone(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        await type_text(pilot, "mine")
        assert target(dialog) == str(work / "mine.csv")


@pytest.mark.parametrize("typed", ["/tmp/x.csv", "~/x.csv", "~"])
async def test_a_whole_path_replaces_the_suggested_one_not_its_name(project: Project, work: Path, typed: str):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        await type_text(pilot, typed)
        assert target(dialog) == typed


async def test_ctrl_u_clears_the_line_before_the_cursor_as_in_a_shell(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        await pilot.press("ctrl+u")
        await type_text(pilot, "/tmp/x.csv")
        assert target(dialog) == "/tmp/x.csv"
        await pilot.press("shift+left", "shift+left", "ctrl+u")
        assert target(dialog) == ""


async def test_a_whole_path_that_is_pasted_replaces_the_suggested_one(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        app.post_message(Paste("/tmp/x.csv"))
        await until(pilot, lambda: target(dialog) == "/tmp/x.csv")


async def test_a_slash_within_what_is_typed_is_a_folder_of_it(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        await type_text(pilot, "new/mine")
        assert target(dialog) == str(work / "new" / "mine.csv")
        await pilot.press("home")
        await type_text(pilot, "/")
        assert target(dialog) == f"/{work}/new/mine.csv"


async def test_vec_types_that_become_known_leave_a_typed_path_as_it_is(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        typed = str(work / "list.json")
        dialog.query_one("#to", Input).value = typed
        vec_types = dialog.query_one(VecTypeSelect)
        vec_types.post_message(Select.Changed(vec_types, vec_types.value))  # as when a thread has listed them
        await pilot.pause()
        assert target(dialog) == typed


async def test_the_selection_comes_first_and_a_filter_names_the_file(project: Project, work: Path):
    everything = names_of(project)
    keys = [picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())]
    Tags(project.catalog).add("some", keys[2:6])
    async with running(project) as (app, pilot):
        await pilot.press("f")
        await until(pilot, lambda: app.screen.query("#line"))
        await type_text(pilot, "tag:some")
        await pilot.press("enter")
        await until(pilot, lambda: len(grid_of(app).source or ()) == 4)
        await pilot.press("space", "space")
        dialog = await opened(app, pilot, "paths", ".txt")
        assert offered(dialog) == ["the selection (2)", "these 4 pictures"]
        assert target(dialog) == str(work / "tag-some.txt")
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
        dialog = await opened(app, pilot, "paths", ".txt")
        dialog.query_one("#what", Select).value = 1
        dialog.query_one("#to", Input).value = "other.txt"
        dialog.query_one("#to", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: (work / "other.txt").exists())
    assert [os.path.basename(line) for line in (work / "tag-some.txt").read_text().splitlines()] == everything[2:4]
    assert [os.path.basename(line) for line in (work / "other.txt").read_text().splitlines()] == everything[2:6]


async def test_a_file_that_is_there_is_replaced_only_when_that_was_said(project: Project, work: Path):
    (work / "all-pictures.csv").write_text("mine")
    async with running(project, SMALL) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: "all-pictures.csv already exists. Replace it?" in words(app, "Static"))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, ExportDialog))
        assert (work / "all-pictures.csv").read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: exported(app))
    assert len(rows_of(work / "all-pictures.csv")) == 12


async def test_what_is_wrong_is_said_in_place_and_what_was_typed_stays(project: Project, folder: Path, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot, "copies")
        line = dialog.query_one("#to", Input)
        for typed, says in (
            (str(folder), "is inside the picture folder"),
            (str(folder / ".pictoscope" / "x"), "is inside the picture folder"),
            (str(work / "absent" / "x"), "there is no folder"),
            ("   ", "where to?"),
        ):
            line.value = typed
            line.focus()
            await pilot.press("enter")
            await until(pilot, lambda says=says: says in words(app, "#explanation"))
            assert (app.screen, line.value, line.has_focus) == (dialog, typed, True)
            assert dialog.query_one("#explanation").has_class("wrong")
            line.value += "x"
            await until(pilot, lambda: not dialog.query_one("#explanation").has_class("wrong"))
        dialog.query_one("#as", Select).value = next(n for n, one in enumerate(CHOICES) if one.form == "vectors")
        await until(pilot, lambda: dialog.query_one("#vec_type-row").display)
        line.value = "v.npy"
        line.focus()
        await pilot.press("enter")
        await until(pilot, lambda: "there are no vectors yet" in words(app, "#explanation"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not dialog)
        assert (said(app), os.listdir(work)) == ([], [])


async def test_a_folder_takes_a_name_and_a_path_that_the_system_refuses_is_said(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot)
        line = dialog.query_one("#to", Input)
        for typed in ("x" * 300, "nul\0"):
            line.value = typed
            line.focus()
            before = words(app, "#explanation")
            await pilot.press("enter")
            await until(
                pilot,
                lambda before=before: (
                    dialog.query_one("#explanation").has_class("wrong") and words(app, "#explanation") != before
                ),
            )
            assert (app.screen, os.listdir(work)) == (dialog, [])
        line.value = str(work)
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
    assert len(rows_of(work / "all-pictures.csv")) == 12


async def test_vectors_ask_for_the_vec_type(project: Project, work: Path):
    fill_at_random(project, "effnet-lite0", only=5)
    fill_at_random(project, "mobilenet")
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot, "vectors", ".npy")
        await until(pilot, lambda: "vec type  " in text_of(app) and "5 / 12" in text_of(app))
        assert all(len(line) <= 80 for line in lines_of(app))
        assert "Export  enter" in text_of(app)
        dialog.query_one("#to", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
        assert "5 pictures in" in said(app)[0]
        assert said(app)[0].endswith("; 7 left out")
    assert np.load(work / "all-pictures.npy").shape == (5, 1280)
    assert len(rows_of(work / "all-pictures.csv")) == 5


class Slow:
    """Holds an export at its first picture until it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from core.export import folders

        self.began, self.may_go_on = threading.Event(), threading.Event()
        copy: Callable[..., Any] = folders.shutil.copy2
        monkeypatch.setattr("core.export.export.FEW", 1)
        monkeypatch.setattr("core.export.folders.shutil.copy2", self._copy(copy))

    def _copy(self, copy: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*paths: Any) -> Any:
            self.began.set()
            self.may_go_on.wait(PATIENCE)
            return copy(*paths)

        return slow


async def test_an_export_can_be_stopped(project: Project, work: Path, monkeypatch: pytest.MonkeyPatch):
    slow = Slow(monkeypatch)
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot, "copies")
        dialog.query_one("#to", Input).focus()
        await pilot.press("enter")
        await until(pilot, slow.began.is_set)
        await until(pilot, lambda: "0 of 12 pictures…" in words(app, "#explanation"))
        await pilot.press("escape")
        await until(pilot, lambda: words(app, "#explanation") == "stopping…")
        slow.may_go_on.set()
        await until(pilot, lambda: words(app, "#explanation") == "stopped: nothing was written")
        assert (app.screen, os.listdir(work)) == (dialog, [])
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
    assert sorted(os.listdir(work / "all-pictures")) == sorted(names_of(project))


async def test_the_interface_answers_while_it_writes(project: Project, work: Path, monkeypatch: pytest.MonkeyPatch):
    slow = Slow(monkeypatch)
    async with running(project, SMALL) as (app, pilot):
        dialog = await opened(app, pilot, "copies")
        dialog.query_one("#to", Input).focus()
        await pilot.press("enter", "enter")
        await until(pilot, slow.began.is_set)
        assert dialog.query_one("#fields").disabled
        await pilot.press("tab")
        await until(pilot, lambda: dialog.query_one("#cancel").has_focus)
        slow.may_go_on.set()
        await until(pilot, lambda: exported(app))


async def test_of_results_all_groups_or_the_one_on_show(project: Project, work: Path):
    fill_at_random(project, "effnet-lite0")
    async with running(project) as (app, pilot):
        app.show_answer(Question.of(find("cluster"), {"k": 3}))
        await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and app.screen._answer)
        screen = app.screen
        assert isinstance(screen, ResultsScreen)
        assert screen._answer
        groups = screen._answer.groups
        await until(pilot, lambda: screen.query_one(GroupWall).has_focus)
        await pilot.press("w")
        await until(pilot, lambda: screen.query_one(OptionList).has_focus)
        dialog = await opened(app, pilot)
        assert offered(dialog) == [f"all {len(groups)} groups", f"the group on show ({len(groups[0].matches)})"]
        dialog.query_one("#to", Input).value = "all.csv"
        await pilot.press("enter")
        await until(pilot, lambda: (work / "all.csv").exists())
        await until(pilot, lambda: app.screen is screen)
        screen.query_one(OptionList).highlighted = 1
        await until(pilot, lambda: screen._number == 1)
        dialog = await opened(app, pilot)
        dialog.query_one("#what", Select).value = 1
        dialog.query_one("#to", Input).value = "one.csv"
        dialog.query_one("#to", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: (work / "one.csv").exists())
    expected = [(match.key.hex(), group.name) for group in groups for match in group.matches]
    assert [(row["key"], row["group"]) for row in rows_of(work / "all.csv")] == expected
    one = rows_of(work / "one.csv")
    assert [row["key"] for row in one] == [match.key.hex() for match in groups[1].matches]
    assert "group" not in one[0]
    assert one[0]["score"]


async def test_one_picture_and_the_list_it_is_of(project: Project, work: Path):
    async with running(project, SMALL) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#picture"))
        dialog = await opened(app, pilot)
        assert offered(dialog) == ["this picture", "the list it is of (12 pictures)"]
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
    assert len(rows_of(next(work.iterdir()))) == 1


@pytest.mark.parametrize(
    ("path", "ending", "expected"),
    [
        ("/x/a.csv", ".parquet", "/x/a.parquet"),
        ("/x/a.CSV", "", "/x/a"),
        ("/x/v1.2", ".html", "/x/v1.2.html"),
        ("/x/a", ".csv", "/x/a.csv"),
        ("", ".csv", ".csv"),
    ],
)
def test_another_form_gives_another_ending(path: str, ending: str, expected: str):
    assert with_ending(path, ending) == expected


def test_where_to_write_is_never_the_picture_folder(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder / "birds")
    assert suggested(project, "tag:cat and width>2", ".csv") == "~/tag-cat-and-width-2.csv"
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder / "gone")
    (folder / "gone").rmdir()
    assert suggested(project, "?!", "") == "~/pictures"


def test_where_to_write_is_short_within_the_home_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "home" / "lists").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "home" / "lists")
    assert suggested(project, "cats", ".csv") == "~/lists/cats.csv"


async def test_of_recommendations_the_candidates_or_the_group(project: Project, work: Path):
    fill_at_random(project, "effnet-lite0")
    keys = [picture.key.hex() for picture in project.catalog.pictures(project.catalog.picture_ids())]
    async with running(project) as (app, pilot):
        app.show_answer(Question.of(find("recommend"), {"like": keys[:2]}))
        await until(pilot, lambda: isinstance(app.screen, RecommendScreen) and app.screen._suggestions)
        dialog = await opened(app, pilot)
        assert offered(dialog) == ["these 10 candidates", "the group (2)"]
        dialog.query_one("#what", Select).value = 1
        dialog.query_one("#to", Input).value = "group.csv"
        dialog.query_one("#to", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: exported(app))
    assert {row["key"] for row in rows_of(work / "group.csv")} == set(keys[:2])


async def test_of_duplicates_the_groups(tmp_path: Path, work: Path):
    with make(tmp_path / "copies") as project:
        async with running(project) as (app, pilot):
            app.show_answer(Question.of(find("duplicates"), {}))
            await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen) and app.screen._review)
            dialog = await opened(app, pilot)
            assert offered(dialog) == ["the marked files (0)", "all 3 groups, with the pictures to keep"]
            assert target(dialog) == str(work / "duplicates.txt")
            dialog.query_one("#what", Select).value = 1
            await until(pilot, lambda: target(dialog).endswith(".csv"))
            dialog.query_one("#to", Input).focus()
            await pilot.press("enter")
            await until(pilot, lambda: exported(app))
    rows = rows_of(next(work.iterdir()))
    assert {row["group"] for row in rows} == {"duplicates 1", "duplicates 2", "duplicates 3"}
    assert len({(row["key"], row["group"]) for row in rows}) == len(rows)
