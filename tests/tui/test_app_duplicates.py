"""The review of duplicates: group by group, by keyboard alone, and nothing lost."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_helpers import PATIENCE, SMALL, flat, lines_of, running, said, text_of, type_text, until, words
from textual.pilot import Pilot
from textual.widgets import Input

from core.actions.duplicate_review import Review
from core.actions.duplicates import DUPLICATES
from core.actions.run import Question
from core.labels.decisions import DecisionKind, Decisions
from core.labels.undo import History
from core.project import Project
from tests.duplicates_project import make, paint
from tests.tui.frames import paint_frame
from tui.app import Pictoscope
from tui.screens.browse.picture import PictureScreen
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.dialogs.export import ExportDialog
from tui.screens.results.duplicates import DuplicatesScreen
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
        await app.push_screen(DuplicatesScreen(project, Question.of(DUPLICATES, values)))
        await until(pilot, lambda: words(app, "#standing"))
        yield app, pilot


def side(app: Pictoscope) -> SideBySide:
    return app.screen.query_one(SideBySide)


def shown(app: Pictoscope) -> list[str]:
    """Names of the copies of the group on show."""
    return [os.fsdecode(os.path.basename(copy.file.path)) for copy in side(app)._copies]


def export_is_open(app: Pictoscope) -> bool:
    """And knows its forms, which a thread finds: they change the ending of the path."""
    forms = [worker for worker in app.workers if worker.group == "form"]
    return (
        isinstance(app.screen, ExportDialog)
        and bool(app.screen.query("#to"))
        and not any(not worker.is_finished for worker in forms)
    )


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
        assert "0 marked, 0 B to free · 3 to decide" in words(app, "#standing")
        await go_to(pilot, app, "lion-small.png")
        await until(pilot, lambda: "▀" in text_of(app))
        text = text_of(app)
        assert "copy 3 of 3" in words(app, "#standing")
        assert "smaller: 20 x 15 of 80 x 60" in text
        await pilot.press("left", "left")
        text = text_of(app)
        assert "● keep?" in text and "✗ remove?" in text
        assert "kept: largest, 80 x 60" in text
        assert "80 x 60 · PNG" in text
        assert "cosine 0.980" in text


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
        assert "✗ remove" in text_of(app)
        assert "all groups decided" in said(app)[-1]
    assert len(Decisions(copies.catalog).remembered(DecisionKind.MARKED)) == 3  # and a file of the owl's
    async with reviewing(copies) as (app, _):
        assert "all decided" in words(app, "#standing")


async def test_space_keeps_and_marks_and_the_last_one_stays(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "owl.png")
        await pilot.press("right", "space")
        assert "● keep" in text_of(app) and "✗" not in text_of(app)
        await pilot.press("left", "space")
        assert "✗ remove" in text_of(app)
        await pilot.press("right", "space")
        await until(pilot, lambda: any("one copy must stay" in text for text in said(app)))
        await until(pilot, lambda: any("one copy must stay: keep another one first" in line for line in lines_of(app)))
        assert "1 marked" in words(app, "#standing")


async def test_what_holds_more_cannot_be_marked_and_says_why(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("space", "left", "space")
        await until(pilot, lambda: any("is kept: has no loss by compression" in text for text in said(app)))
        assert "0 marked" in words(app, "#standing")
        await pilot.press("right", "b")
        assert shown(app) == ["crab.jpg", "crab.png"]
        assert "0 marked" in words(app, "#standing")
        await pilot.press("right")
        assert "kept: has no loss by compression" in flat(app) or "as you decided" in flat(app)


async def test_b_makes_the_best_and_u_takes_everything_back(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "owl.png")
        before = [copy.file.path for copy in side(app)._copies]
        await pilot.press("right", "b")
        assert ([copy.file.path for copy in side(app)._copies], side(app).cursor) == (before[::-1], 0)
        assert "1 marked" in words(app, "#standing")
        await go_to(pilot, app, "lion-small.png")
        await pilot.press("enter", "u")
        assert "lion-small.png" in shown(app)
        assert "1 marked" in words(app, "#standing")
        await pilot.press("u")
        assert [copy.file.path for copy in side(app)._copies] == before
        assert "0 marked" in words(app, "#standing")
        await pilot.press("u")
        await until(pilot, lambda: said(app)[-1] == "nothing to undo")  # labels change in a thread
    assert Decisions(copies.catalog).remembered(DecisionKind.KEEP) == set()


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
        assert "● keep: reference" in text_of(app)
        await pilot.press("home")
        while "kept: in a reference folder" not in text_of(app):
            before = words(app, "#standing")
            await pilot.press("pagedown")
            assert words(app, "#standing") != before, "no group has a copy in the reference folder"
        side(app).cursor = 0
        await pilot.press("space")
        await until(pilot, lambda: any("reference folder" in text for text in said(app)))


async def test_the_marked_paths_are_written_where_asked_and_nothing_is_replaced_unasked(
    copies: Project, tmp_path: Path
) -> None:
    async with reviewing(copies) as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: export_is_open(app))
        await pilot.press("enter")
        await until(pilot, lambda: "nothing is marked yet" in words(app, "#explanation"))
        await pilot.press("escape")
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("enter", "e")
        await until(pilot, lambda: export_is_open(app))
        app.screen.query_one("#to", Input).value = ""
        await type_text(pilot, str(tmp_path / "list.txt"))
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "list.txt").exists())
        assert (tmp_path / "list.txt").read_bytes() == os.fsencode(copies.folders[0] / "web" / "crab.jpg") + b"\n"
        (tmp_path / "list.json").write_text("somebody's")
        for answer, content in (("n", "somebody's"), ("y", None)):
            await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen))
            await pilot.press("e")
            await until(pilot, lambda: export_is_open(app))
            app.screen.query_one("#to", Input).value = str(tmp_path / "list.json")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, Confirm))
            await pilot.press(answer)
            if content:
                await until(pilot, lambda: isinstance(app.screen, ExportDialog))
                assert (tmp_path / "list.json").read_text() == content
                await pilot.press("escape")
        await until(pilot, lambda: "somebody" not in (tmp_path / "list.json").read_text())
        (entry,) = json.loads((tmp_path / "list.json").read_text())
        assert entry["path"].endswith("web/crab.jpg")


async def test_marked_files_move_after_a_question_and_come_back(copies: Project, tmp_path: Path) -> None:
    root, aside = copies.folders[0], tmp_path / "aside"
    async with reviewing(copies) as (app, pilot):
        await pilot.press("M")
        assert "nothing is marked yet" in said(app)[-1]
        await pilot.press("enter", "enter", "enter", "M")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press("enter")
        await until(pilot, lambda: "the field is empty" in flat(app))
        await pilot.press("escape")
        await _ask_to_move(pilot, app, aside)
        await until(pilot, lambda: "Move 4 files" in flat(app))
        await pilot.press("n")
        assert not aside.exists()
        await pilot.press("M")  # who said no has not to type the folder again
        await until(pilot, lambda: isinstance(app.screen, AskLine) and app.screen.query("#answer"))
        assert app.screen.query_one("#answer", Input).value == str(aside)
        await pilot.press("escape")
        await _ask_to_move(pilot, app, aside)
        await pilot.press("y")
        await until(pilot, lambda: (aside / "web" / "crab.jpg").exists() and "no duplicates" in words(app, "#standing"))
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
        await until(pilot, lambda: "An earlier review moved 1 file aside" in flat(app))
        await pilot.press("y")
        await until(pilot, lambda: (copies.folders[0] / "web" / "crab.jpg").exists())


async def test_u_takes_back_decisions_of_an_earlier_review(copies: Project, tmp_path: Path) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("enter")
    decided = len(History(copies.catalog).steps())
    async with reviewing(copies) as (app, pilot):
        assert "2 to decide" in words(app, "#standing")
        await _ask_to_move(pilot, app, tmp_path / "aside")
        await pilot.press("y")
        await until(pilot, lambda: "all decided" not in words(app, "#standing") and "of 2" in words(app, "#standing"))
        await pilot.press("u")
        await until(pilot, lambda: "1 marked" in words(app, "#standing"))  # the move was undone: the decision stands
        await pilot.press("u")
        await until(pilot, lambda: "3 to decide" in words(app, "#standing"))
        assert "crab.jpg" in shown(app)  # the group that was changed is on show
        assert any(text.startswith("undone: ") for text in said(app))
        await pilot.press("U")
        await until(pilot, lambda: "2 to decide" in words(app, "#standing"))
        await pilot.press("u")
        await until(pilot, lambda: "3 to decide" in words(app, "#standing"))
        await pilot.press("u")
        await until(pilot, lambda: "nothing to undo" in said(app))
    assert sum(step.undone for step in History(copies.catalog).steps()) == decided


async def test_what_is_undone_while_groups_are_looked_for_is_shown_when_they_come(
    copies: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("enter")
    has_read, may_go_on = threading.Event(), threading.Event()

    def held_back(*of: Any) -> Review:
        review = Review(*of)
        has_read.set()
        may_go_on.wait(PATIENCE)
        return review

    async with reviewing(copies) as (app, pilot):
        monkeypatch.setattr("core.actions.duplicate_review.Review", held_back)
        try:
            await pilot.press("u")
            await until(pilot, has_read.is_set)
            await pilot.press("U")
            await until(pilot, lambda: any(text.startswith("redone: ") for text in said(app)))
        finally:
            may_go_on.set()
        await until(pilot, lambda: "2 to decide" in words(app, "#standing"))


async def test_u_asks_about_a_step_of_another_program(copies: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("core.labels.undo.PROGRAM", "another")
        async with reviewing(copies) as (app, pilot):
            await pilot.press("enter")
    async with reviewing(copies) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: "was done by another program" in flat(app))
        await pilot.press("n")
        await until(pilot, lambda: "2 to decide" in words(app, "#standing"))
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "3 to decide" in words(app, "#standing"))


async def test_u_takes_back_what_was_decided_after_a_move_before_the_move(copies: Project, tmp_path: Path) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        await pilot.press("enter")
        await _ask_to_move(pilot, app, tmp_path / "aside")
        await pilot.press("y")
        await until(pilot, lambda: "of 2" in words(app, "#standing"))
        await go_to(pilot, app, "owl.png")
        await pilot.press("enter")
    async with reviewing(copies) as (app, pilot):
        await pilot.press("u")
        await until(pilot, lambda: "2 to decide" in words(app, "#standing"))
        await pilot.press("u")
        await until(pilot, lambda: "An earlier review moved 1 file aside" in flat(app))


@pytest.mark.parametrize(
    ("folder", "wrong"),
    [
        ("{pictures}/rest", "is inside the picture folder"),
        ("/dev/null/x", "/dev/null is not a folder"),
        ("{there}/file.txt", "file.txt is not a folder"),
        ("{there}/gone/x", "gone is a link to nothing"),
    ],
)
async def test_a_folder_that_cannot_be_is_refused_where_it_is_typed(
    copies: Project, tmp_path: Path, folder: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("mine")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    typed = folder.format(pictures=copies.folders[0], there=tmp_path)
    async with reviewing(copies, LARGE) as (app, pilot):
        await pilot.press("enter", "M")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        line = app.screen.query_one("#answer", Input)
        line.value = typed
        await pilot.press("enter")
        await until(pilot, lambda: wrong in " ".join(words(app, "#explanation").split()))
        assert isinstance(app.screen, AskLine)
        assert line.value == typed
        line.value = str(tmp_path / "aside")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
    assert not (tmp_path / "aside").exists()


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
            await pilot.press("space", "b", "n", "u", "pagedown", "right", "end", "M", "e", "o")
            assert isinstance(app.screen, DuplicatesScreen)


async def test_what_cannot_be_done_leads_back_with_the_reason(copies: Project) -> None:
    async with running(copies) as (app, pilot):
        await app.push_screen(DuplicatesScreen(copies, Question.of(DUPLICATES, {"reference": "nowhere"})))
        await until(pilot, lambda: not isinstance(app.screen, DuplicatesScreen))
        assert "no folder nowhere" in said(app)[-1]


async def test_leaving_stops_the_search(copies: Project) -> None:
    async with running(copies) as (app, pilot):
        screen = DuplicatesScreen(copies, Question.of(DUPLICATES, {}))
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


async def test_what_may_not_go_any_more_is_neither_moved_nor_listed_and_says_why(
    copies: Project, tmp_path: Path
) -> None:
    root, listed = copies.folders[0], tmp_path / "list.txt"
    async with reviewing(copies) as (app, pilot):
        await pilot.press("enter", "enter", "enter")
        (root / "crab.png").unlink()
        await pilot.press("e")
        await until(pilot, lambda: export_is_open(app))
        app.screen.query_one("#to", Input).value = str(listed)
        await pilot.press("enter")
        await until(pilot, listed.exists)
        assert b"crab" not in listed.read_bytes()
        assert len(listed.read_bytes().splitlines()) == 3
        await until(
            pilot, lambda: any("1 marked file cannot be removed: crab.jpg: the only copy" in text for text in said(app))
        )
        await _ask_to_move(pilot, app, tmp_path / "aside")
        await until(pilot, lambda: "Move 3 files" in flat(app))
        # What happens while the question stands counts too.
        (root / "masters" / "lion.png").unlink()
        os.link(root / "web" / "lion.png", root / "masters" / "lion.png")
        await pilot.press("y")
        await until(pilot, lambda: any("left where it is" in text for text in said(app)))
        assert (root / "web" / "lion.png").exists() and (root / "web" / "crab.jpg").exists()
        assert [path.name for path in (tmp_path / "aside").rglob("*.*")] == ["owl.png"]


async def test_enter_keeps_what_may_not_go_and_says_why(copies: Project) -> None:
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "crab.jpg")
        (copies.folders[0] / "crab.png").unlink()
        await pilot.press("enter")
        await until(
            pilot,
            lambda: any("kept: crab.jpg: the only copy: the other is no longer" in text for text in said(app)),
        )
        assert "0 marked" in words(app, "#standing")
    assert Decisions(copies.catalog).remembered(DecisionKind.MARKED) == set()


async def test_a_link_is_shown_as_a_name_and_is_never_moved(copies: Project, tmp_path: Path) -> None:
    root = copies.folders[0]
    os.link(root / "owl.png", root / "web" / "owl-link.png")
    copies.scan()
    async with reviewing(copies) as (app, pilot):
        await go_to(pilot, app, "owl-link.png")
        assert "another name of the same" in flat(app)
        assert "● keep: not a copy" in text_of(app)
        await pilot.press("space")
        await until(pilot, lambda: any("it must be kept: another name of the same file" in text for text in said(app)))
        await pilot.press("enter")
        assert "1 marked" in words(app, "#standing")


@pytest.mark.parametrize("size", [SMALL, (120, 32), LARGE], ids=["80x24", "120x32", "200x60"])
async def test_every_copy_in_sight_is_drawn_and_stays_drawn(copies: Project, size: tuple[int, int]) -> None:
    async with reviewing(copies, size) as (app, pilot):
        for _ in range(3):
            await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
            await until(pilot, lambda: all(copy_drawn(side(app), number) for number in range(side(app).columns)))
            await pilot.press("pagedown")


def copy_drawn(pictures: SideBySide, number: int) -> bool:
    """Whether the picture of a copy in sight is on the screen."""
    paint_frame(pictures.app)
    left = number * pictures._width
    lines = (pictures.render_line(y).text[left : left + pictures._width] for y in range(pictures._rows))
    return any("▀" in line for line in lines)
