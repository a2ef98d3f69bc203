"""The review of duplicates: group by group, by keyboard alone, and nothing lost."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_helpers import SMALL, flat, lines_of, running, said, text_of, type_text, until, words
from textual.pilot import Pilot

from core.actions.duplicates import DUPLICATES
from core.catalog.decisions import Decisions, Kind
from core.project import Project
from tests.duplicates_project import make, paint
from tui.app import Pictoscope
from tui.screens.ask_line import AskLine
from tui.screens.dialogs import Confirm
from tui.screens.duplicates import DuplicatesScreen
from tui.screens.picture import PictureScreen
from tui.widgets.side_by_side import SideBySide

LARGE = (200, 60)


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[Project]:
    """Eight files of which four are one too many, in three groups."""
    with make(tmp_path / "pictures") as opened:
        yield opened


@asynccontextmanager
async def reviewing(
    project: Project, size: tuple[int, int] = SMALL, **values: Any
) -> AsyncIterator[tuple[Pictoscope, Pilot[int]]]:
    async with running(project, size) as (app, pilot):
        await app.push_screen(DuplicatesScreen(project, DUPLICATES, values))
        await until(pilot, lambda: words(app, "#standing"))
        yield app, pilot


def side(app: Pictoscope) -> SideBySide:
    return app.screen.query_one(SideBySide)


def shown(app: Pictoscope) -> list[str]:
    """Names of the copies of the group on show."""
    return [os.fsdecode(os.path.basename(copy.file.path)) for copy in side(app)._copies]


async def go_to(pilot: Pilot[int], app: Pictoscope, name: str) -> None:
    """To the group that holds this file, the cursor on it."""
    await pilot.press("home")
    while name not in shown(app):
        before = words(app, "#standing")
        await pilot.press("pagedown")
        assert words(app, "#standing") != before, f"no group holds {name}"
    side(app).cursor = shown(app).index(name)
    await pilot.pause()


async def test_groups_are_shown_side_by_side_with_what_is_proposed_and_why(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        assert "0 marked, 0 B to win · 3 to decide" in words(app, "#standing")
        await go_to(pilot, app, "lion-small.png")
        await until(pilot, lambda: "▀" in text_of(app))
        text = text_of(app)
        assert "copy 3 of 3" in words(app, "#standing")
        assert "smaller: 20 x 15 of 80 x 60" in text
        await pilot.press("left", "left")
        text = text_of(app)
        assert "● stays?" in text and "✗ may go?" in text
        assert "kept: largest, 80 x 60" in text
        assert "80 x 60 · PNG" in text
        assert "0.980" in text


async def test_as_many_stand_side_by_side_as_there_is_room_for(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "lion-small.png")
        assert side(app).columns == 2
    async with reviewing(copies, LARGE) as (app, pilot):
        await go_to(pilot, app, "lion-small.png")
        assert side(app).columns == 3
        assert "copy" not in words(app, "#standing")


async def test_enter_accepts_and_goes_on_until_all_is_decided(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        for left in (2, 1):
            await pilot.press("enter")
            assert f"{left} to decide" in words(app, "#standing")
        await pilot.press("enter")
        assert "all decided" in words(app, "#standing")
        assert "4 marked" in words(app, "#standing")
        assert "✗ marked" in text_of(app)
        assert "all groups are decided" in said(app)[-1]
    assert len(Decisions(copies.catalog).remembered(Kind.MARKED)) == 3  # and a file of the owl's
    async with reviewing(copies) as (app, _):
        assert "all decided" in words(app, "#standing")


async def test_space_keeps_and_marks_and_the_last_one_stays(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("space")
        assert "● stays" in text_of(app) and "✗" not in text_of(app)
        await pilot.press("left", "space")
        assert "✗ marked" in text_of(app)
        await pilot.press("right", "space")
        await until(pilot, lambda: any("one of them stays" in text for text in said(app)))
        assert "1 marked" in words(app, "#standing")


async def test_b_makes_the_best_and_u_takes_everything_back(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("b")
        assert (shown(app), side(app).cursor) == (["crab.jpg", "crab.png"], 0)
        assert "1 marked" in words(app, "#standing")
        await go_to(pilot, app, "lion-small.png")
        await pilot.press("enter", "u")
        assert "lion-small.png" in shown(app)
        assert "1 marked" in words(app, "#standing")
        await pilot.press("u")
        assert shown(app) == ["crab.png", "crab.jpg"]
        assert "0 marked" in words(app, "#standing")
        await pilot.press("u")
        assert said(app)[-1] == "nothing to undo"
    assert Decisions(copies.catalog).remembered(Kind.KEEP) == set()


async def test_n_takes_a_picture_out_of_its_group_for_ever(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("n")
        assert "of 2" in words(app, "#standing")
        await go_to(pilot, app, "owl.png")
        await pilot.press("n")
        await until(pilot, lambda: any("same bytes" in text for text in said(app)))
        await pilot.press("u")
        assert "of 3" in words(app, "#standing")
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("n")
    async with reviewing(copies) as (app, pilot):
        assert "of 2" in words(app, "#standing")


async def test_a_reference_folder_is_shown_and_stays(copies: Project) -> None:
    async with reviewing(copies, reference="backup") as (app, pilot):
        await go_to(pilot, app, "owl.png")
        assert "● stays: reference" in text_of(app)
        await pilot.press("home")
        while "stays: reference" not in text_of(app):
            await pilot.press("pagedown")
        side(app).cursor = 0
        await pilot.press("space")
        await until(pilot, lambda: any("reference folder" in text for text in said(app)))


async def test_the_marked_paths_are_written_where_asked_and_nothing_is_replaced_unasked(
    copies: Project, tmp_path: Path
) -> None:
    async with reviewing(copies) as (app, pilot):
        await pilot.press("e")
        assert "nothing is marked yet" in said(app)[-1]
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("enter", "x")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        app.screen.query_one("#answer").value = ""  # type: ignore[attr-defined]
        await type_text(pilot, str(tmp_path / "list.txt"))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "list.txt").exists())
        assert (tmp_path / "list.txt").read_bytes() == os.fsencode(copies.folders[0] / "web" / "crab.jpg") + b"\n"
        (tmp_path / "list.json").write_text("somebody's")
        for answer, content in (("n", "somebody's"), ("y", None)):
            await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen))
            await pilot.press("e")
            app.screen.query_one("#answer").value = str(tmp_path / "list.json")  # type: ignore[attr-defined]
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, Confirm))
            await pilot.press(answer)
            if content:
                assert (tmp_path / "list.json").read_text() == content
        await until(pilot, lambda: "somebody" not in (tmp_path / "list.json").read_text())
        (entry,) = json.loads((tmp_path / "list.json").read_text())
        assert entry["path"].endswith("web/crab.jpg")


async def test_marked_files_move_after_a_question_and_come_back(copies: Project, tmp_path: Path) -> None:
    root, aside = copies.folders[0], tmp_path / "aside"
    async with reviewing(copies) as (app, pilot):
        await pilot.press("M")
        assert "nothing is marked yet" in said(app)[-1]
        await pilot.press("enter", "enter", "enter")
        await _ask_to_move(pilot, app, aside)
        await until(pilot, lambda: "Move 4 files" in flat(app))
        await pilot.press("n")
        assert not aside.exists()
        await _ask_to_move(pilot, app, aside)
        await pilot.press("y")
        await until(pilot, lambda: (aside / "web" / "crab.jpg").exists() and "twice" in words(app, "#standing"))
        assert not (root / "web" / "crab.jpg").exists()
        await until(pilot, lambda: copies.catalog.by_path(root / "web" / "crab.jpg") is None)
        await pilot.press("u")
        await until(pilot, lambda: "4 marked" in words(app, "#standing"))
        assert (root / "web" / "crab.jpg").exists()
        await until(pilot, lambda: copies.catalog.by_path(root / "web" / "crab.jpg") is not None)


async def test_what_an_earlier_review_moved_can_be_moved_back(copies: Project, tmp_path: Path) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("enter")
        await _ask_to_move(pilot, app, tmp_path / "aside")
        await pilot.press("y")
        await until(pilot, lambda: (tmp_path / "aside" / "web" / "crab.jpg").exists())
        await until(pilot, lambda: "of 2" in words(app, "#standing"))
    async with reviewing(copies) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: "An earlier review put 1 file aside" in flat(app))
        await pilot.press("y")
        await until(pilot, lambda: (copies.folders[0] / "web" / "crab.jpg").exists())


async def test_a_folder_within_the_collection_is_refused(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await pilot.press("enter")
        await _ask_to_move(pilot, app, copies.folders[0] / "rest")
        await pilot.press("y")
        await until(pilot, lambda: any("lies in the picture folder" in text for text in said(app)))
        assert "1 marked" in words(app, "#standing") or "2 marked" in words(app, "#standing")


async def _ask_to_move(pilot: Pilot[int], app: Pictoscope, folder: Path) -> None:
    await pilot.press("M")
    await until(pilot, lambda: isinstance(app.screen, AskLine))
    app.screen.query_one("#answer").value = str(folder)  # type: ignore[attr-defined]
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Confirm))


async def test_no_duplicates_is_an_answer_too(tmp_path: Path) -> None:
    paint(tmp_path / "one" / "a.png", 1, (5, 5))
    with Project.open_or_create(tmp_path / "one") as project:
        project.scan()
        async with reviewing(project) as (app, pilot):
            assert "no duplicates" in text_of(app)
            await pilot.press("enter", "space", "b", "n", "u", "pagedown", "right", "end", "M", "e", "o")
            assert isinstance(app.screen, DuplicatesScreen)


async def test_what_cannot_be_done_leads_back_with_the_reason(copies: Project) -> None:
    async with running(copies) as (app, pilot):
        await app.push_screen(DuplicatesScreen(copies, DUPLICATES, {"reference": "nowhere"}))
        await until(pilot, lambda: not isinstance(app.screen, DuplicatesScreen))
        assert "no folder nowhere" in said(app)[-1]


async def test_leaving_stops_the_search(copies: Project) -> None:
    async with running(copies) as (app, pilot):
        screen = DuplicatesScreen(copies, DUPLICATES, {})
        await app.push_screen(screen)
        await pilot.press("q")
        assert screen._stop.is_set()
        assert app.screen is not screen


async def test_o_shows_a_copy_large(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await pilot.press("q")
        assert isinstance(app.screen, DuplicatesScreen)


async def test_files_that_are_no_pictures_are_said_so_and_can_be_decided(tmp_path: Path) -> None:
    (tmp_path / "torn").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "torn" / name).write_bytes(b"no picture")
    with Project.open_or_create(tmp_path / "torn") as project:
        project.scan()
        async with reviewing(project) as (app, pilot):
            await until(pilot, lambda: "cannot be read" in text_of(app))
            await pilot.press("enter")
            assert "1 marked" in words(app, "#standing")


async def test_hostile_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    paint(tmp_path / "odd" / "a.png", 1, (5, 5))
    for name in (b"\x1b[31mred.png", b"[bold]\xff.png"):
        with open(os.path.join(os.fsencode(tmp_path / "odd"), name), "wb") as stream:
            stream.write((tmp_path / "odd" / "a.png").read_bytes())
    with Project.open_or_create(tmp_path / "odd") as project:
        project.scan()
        async with reviewing(project, LARGE) as (app, pilot):
            text = "\n".join(lines_of(app))
            assert "\\x1b[31mred.png" in text
            assert "[bold]\\xff.png" in text
            await pilot.press("enter")
            assert "2 marked" in words(app, "#standing")
