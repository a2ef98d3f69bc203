"""While a thread still reads what is to be shown, and when it could not, nothing is said to be absent or at its end.

In the project nothing is empty. Each reader is held back, the keys that need what it reads are pressed, then it may go
on; and once more it fails. A new screen is a line of ``PARTS``; a file that starts a thread and is in neither list
fails a test.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from app_helpers import (
    flat,
    grid_of,
    paint,
    press_then,
    running,
    said,
    until,
)
from textual.widgets import Select

from core.actions.action_history import ActionHistory
from core.actions.registry import find
from core.actions.run import Question
from core.catalog.catalog import Catalog
from core.catalog.scan_report import ScanReport
from core.comparison.judging_session import JudgingSession
from core.errors import PictoscopeError
from core.export.forms import VECTOR_FORMS
from core.filters.saved import SavedFilters
from core.jobs.monitor import Monitor
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tests.patience import PATIENCE
from tui import app as app_module
from tui.app import Pictoscope
from tui.messages import Busy, LabelsChanged, Scanned, VectorsChanged
from tui.scanning import Scanning
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.filter_line import FilterLine
from tui.screens.browse.home import HomeScreen
from tui.screens.compare.judge import JudgeScreen
from tui.screens.dialogs.dialogs import Confirm, KeysHelp
from tui.screens.dialogs.export import ExportDialog
from tui.screens.labels.label_form import LabelForm
from tui.screens.results.recommend_work import RecommendWork
from tui.tour.steps import Need
from tui.tour.tour import missing
from tui.widgets.folder_tree import FolderTree
from tui.widgets.progress import JobLine

# What a person would take for: there is none, or it is over. "nothing is compared yet" says that it goes on.
CLAIM = re.compile(
    r"\bno [\w ]{1,20}yet\b|\bnone yet\b|\bnothing (was|here|to|found|has|left|reaches)\b"
    r"|\bthere (is|are) (no|nothing)\b|\b0 \w+|every picture could be read"
    r"|\bno (pictures?|duplicates|stack|groups|jobs|saved|question is left)\b",
    re.IGNORECASE,
)
BROKEN = PictoscopeError("the disk does not answer", "look at its cable")
WORDS = "the disk does not answer"
Opens = Callable[[Pictoscope, Any], Awaitable[None]]


def keys(*pressed: str) -> Opens:
    """Keys that lead there from Browse."""

    async def opens(app: Pictoscope, pilot: Any) -> None:
        await pilot.press(*pressed)

    return opens


def asking(action: str, **values: str) -> Opens:
    """The answer of an action."""

    async def opens(app: Pictoscope, pilot: Any) -> None:
        given = {name: (_key(app),) if value == "KEY" else value for name, value in values.items()}
        app.show_answer(Question.of(find(action), given))

    return opens


async def exporting_vectors(app: Pictoscope, pilot: Any) -> None:
    """Export, of a form that asks for a vec type."""
    await press_then(pilot, "e", screen=ExportDialog)
    dialog = app.screen
    assert isinstance(dialog, ExportDialog)
    number = next(number for number, choice in enumerate(dialog._forms) if choice.form in VECTOR_FORMS)
    dialog.query_one("#as", Select).value = number


async def judging(app: Pictoscope, pilot: Any) -> None:
    """Judge, of two vec types."""
    assert app.project
    app.push_screen(JudgeScreen(app.project, ("conse", "effnet-lite0")))


def _key(app: Pictoscope) -> str:
    assert app.project
    catalog = app.project.catalog
    return catalog.pictures(catalog.picture_ids())[0].key.hex()


@dataclass(frozen=True)
class Part:
    """A part of the interface that shows what a thread reads.

    Attributes:
        file: of the thread, below ``tui/``.
        owner: of the reader: a class, or the name of a module.
        reader: its name there.
        opens: leads there from Browse; None: it is Browse itself.
        meanwhile: what is said until it has come; empty for nothing.
        pressed: keys that are pressed meanwhile; none of them may open anything.
        then: what is said when it has come.
        failed: what is said in the place of what could not be read; empty where the screen is left.
        from_start: whether the reader is held back before the app begins.
    """

    file: str
    owner: Any
    reader: str
    opens: Opens | None
    meanwhile: str
    pressed: tuple[str, ...]
    then: str
    failed: str = WORDS
    from_start: bool = False
    opens_then: tuple[str, ...] = ()  # keys that lead on once it has failed, as is said there


_PANE, _UNREADABLE = "screens/labels/labels_pane.py", "cannot be read"
_VECTORS, _HISTORY = "screens/settings/vectors_pane.py", "screens/results/history.py"
_WHICH, _ROW = "reading which vectors there are…", ("enter", "r", "X")
# fmt: off
PARTS = {
    "browse": Part("screens/browse/browse.py", Catalog, "picture_ids", None, "looking for pictures…",
                   ("enter", "space", "e", "K", "z", "t", "p"), "6 pictures", from_start=True),
    "tags": Part(_PANE, Tags, "all", keys("L", "1"), "reading…", (*_ROW, "m", "c", "b"), "tree: on"),
    "properties": Part(_PANE, Properties, "counts", keys("L", "2"), "reading…", (*_ROW, "e"), "year: 0 pictures"),
    "groups": Part(_PANE, Groups, "all", keys("L", "3"), "reading…", (*_ROW, "space", "C", "o", "t"), "best: 1"),
    "filters": Part(_PANE, SavedFilters, "all", keys("L", "4"), "reading…", (*_ROW, "e"), "wide: width>9"),
    "properties of a picture": Part("screens/labels/properties.py", "tui.screens.labels.properties", "shared_values",
                                    keys("p"), "reading…", ("enter", "ctrl+l"), "year"),
    "saved filters": Part("screens/browse/filter_line.py", SavedFilters, "all", keys("f"), "", ("down",), "wide", ""),
    "order": Part("screens/browse/order.py", Project, "statuses", keys("o", "down", "down", "enter"), "…", (), "conse",
                  _UNREADABLE),
    "export": Part("screens/dialogs/export.py", Project, "statuses", exporting_vectors, "…", (), "conse", _UNREADABLE),
    "form": Part("action_dialogs.py", Project, "statuses", keys("s"), "…", (), "conse", _UNREADABLE),
    "search": Part("screens/results/search.py", Project, "statuses", keys("slash"), "type what", ("enter",),
                   "type what", ""),
    "actions": Part(_HISTORY, ActionHistory, "all", keys("H"), "reading what", ("enter", "v", "x", "X"), "one phrase"),
    "changes": Part(_HISTORY, History, "steps", keys("H", "2"), "reading the changes…", ("enter",), "tree"),
    "vectors": Part(_VECTORS, Project, "statuses", keys("g"), _WHICH, ("enter", "R", "D", "V", "X"), "conse lacks"),
    "failures": Part("screens/settings/failures.py", "tui.screens.settings.failures", "read_ledger", keys("g", "F"),
                     "reading what failed…", ("enter", "R", "e", "y"), "every picture could be read"),
    "folders": Part("screens/settings/folders_pane.py", "core.folders", "picture_folders", keys("g", "2"),
                    "1 picture folder", (), "6 pictures", "1 picture folder"),
    "jobs": Part("watching.py", Monitor, "jobs", keys("J"), "looking for jobs…", ("enter", "x", "R"), "log of conse",
                 "", from_start=True),
    "compare": Part("screens/compare/measuring.py", "tui.screens.compare.measuring", "compare", keys("equals_sign"),
                    "reading vectors…", ("enter", "s", "m", "D", "b", "e"), "Ten nearest", opens_then=("enter",)),
    "side by side": Part("screens/compare/side_by_side.py", "tui.screens.compare.side_by_side", "ask_side_by_side",
                         keys("space", "equals_sign"), "asking…", ("enter", "e", "t", "b", "space"), "compared"),
    "judge": Part("screens/compare/judge.py", JudgingSession, "open", judging, "choosing questions…",
                  ("enter", "n", "u", "space"), "vec types hidden|conse", ""),
    "results": Part("screens/results/asking.py", Question, "ask", asking("similar", like="KEY"), "searching…",
                    ("enter", "o", "w", "B", "plus", "e", "t", "K"), "vec type", ""),
    "duplicates": Part("screens/results/duplicates.py", "core.actions.duplicates", "find_groups", asking("duplicates"),
                       "looking for duplicates…", ("enter", "space", "b", "M", "e", "u"), "no duplicates", ""),
    "recommend": Part("screens/results/recommend.py", RecommendWork, "rank", asking("recommend", for_="tag:tree"),
                      "ranking…", ("enter", "a", "x", "A", "S", "e", "space"), "accepted", ""),
    "map": Part("screens/map/map_screen.py", "tui.screens.map.reading", "read_maps", keys("m"), "placing the pictures",
                ("enter", "2", "e", "t"), "of the spread"),
    "difference": Part("widgets/pair_pane.py", "tui.widgets.pair_pane", "draw_part", keys("space", "space", "W", "d"),
                       "comparing all pixels…", (), "pixels"),
    "preview": Part("widgets/preview.py", "tui.widgets.preview", "source", keys("right"), "", (), "birch.png"),
}
# fmt: on
BESIDES = {  # files that start a thread and list nothing of what it reads, or nothing until it has come
    "app.py": "reports broken plug-ins",
    "label_keys.py": "changes labels, then says what was done",
    "measuring.py": "see the tests of the job line below",
    "newest.py": "is called by the others",
    "opening.py": "opens the demo",
    "scanning.py": "see the tests of the job line below",
    "tour/tour.py": "see the test of the tour below",
    "screens/browse/home.py": "a job that runs is shown when it was found",
    "screens/compare/judge_question.py": "draws a picture",
    "screens/dialogs/import_labels.py": "says `reading` until the plan or the error has come",
    "screens/results/marked_files.py": "asks when the files were looked at",
    "widgets/drawn_grid.py": "draws pictures",
    "widgets/drawn_map.py": "draws dots",
    "widgets/grid_mouse.py": "selects when the keys were read",
    "widgets/image_grid.py": "selects when the keys were read",
    "widgets/side_by_side.py": "draws pictures",
}


class Gate:
    """Holds a reader back, in threads that are not the interface's, or lets it fail there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self.is_open = threading.Event()
        self.is_open.set()
        self.fails = False
        self.came = threading.Event()  # somebody reads
        inside = owner if isinstance(owner, type) else __import__(owner, fromlist=[name])
        read = inside.__dict__[name]
        of_class = isinstance(read, classmethod)
        plain = read.__func__ if of_class else read

        def held(*given: Any, **named: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                self.came.set()
                self.is_open.wait(PATIENCE)
                if self.fails:
                    raise BROKEN
            return plain(*given, **named)

        monkeypatch.setattr(inside, name, classmethod(held) if of_class else held)


def claims(app: Pictoscope) -> list[str]:
    """What is said to be absent, on the screen and in notifications."""
    return [found[0] for text in (flat(app), *said(app)) for found in CLAIM.finditer(text)]


def shows(app: Pictoscope, words: str) -> bool:
    """Whether one of these words, with ``|`` between them, is on the screen itself."""
    return any(word in flat(app) for word in words.split("|"))


def without_notifications(app: Pictoscope) -> None:
    app.clear_notifications()


@pytest.mark.parametrize("name", PARTS)
async def test_nothing_is_said_to_be_absent_before_it_was_read(
    full: Project, monkeypatch: pytest.MonkeyPatch, name: str
):
    part, browse_only = PARTS[name], PARTS[name].opens is None
    gate = Gate(monkeypatch, part.owner, part.reader)
    if part.from_start:
        gate.is_open.clear()
    try:
        async with running(full, listed=not part.from_start or not browse_only) as (app, pilot):
            gate.is_open.clear()
            if part.opens:
                gate.came.clear()
                await part.opens(app, pilot)
                await until(pilot, lambda: gate.came.is_set() or part.from_start)
            await until(pilot, lambda: shows(app, part.meanwhile))
            assert not claims(app)
            screen = app.screen
            for key in part.pressed:
                await pilot.press(key)
                assert app.screen is screen, key
                assert not claims(app), key
            await press_then(pilot, "f1", screen=KeysHelp)  # keys are answered
            await press_then(pilot, "escape", screen=type(screen))
            without_notifications(app)
            gate.is_open.set()
            await until(pilot, lambda: shows(app, part.then))
    finally:
        gate.is_open.set()


@pytest.mark.parametrize("name", [name for name, part in PARTS.items() if part.failed])
async def test_what_could_not_be_read_is_said_in_its_place(full: Project, monkeypatch: pytest.MonkeyPatch, name: str):
    part = PARTS[name]
    gate = Gate(monkeypatch, part.owner, part.reader)
    gate.fails = part.from_start
    async with running(full, listed=not part.from_start) as (app, pilot):
        gate.fails = True
        if part.opens:
            await part.opens(app, pilot)
        await until(pilot, lambda: WORDS in flat(app) or any(WORDS in text for text in said(app)))
        without_notifications(app)
        await until(pilot, lambda: shows(app, part.failed))
        if part.meanwhile and part.meanwhile not in ("…", part.failed):
            assert part.meanwhile not in flat(app)
        screen = app.screen
        for key in (key for key in part.pressed if key not in part.opens_then):
            await pilot.press(key)
            assert app.screen is screen, key
            assert not claims(app), key
        gate.fails = False
        without_notifications(app)
        if name in AGAIN:
            app.broadcast(AGAIN[name])
            await until(pilot, lambda: shows(app, part.then) and WORDS not in flat(app))


AGAIN = {  # what has the rows read again
    **dict.fromkeys(("browse", "tags", "groups", "properties", "filters", "actions", "changes"), LabelsChanged),
    "properties of a picture": LabelsChanged,
    "vectors": VectorsChanged,
}


def test_every_file_that_starts_a_thread_is_listed_here():
    top = Path(app_module.__file__).parent
    starts = re.compile(r"thread=True|\bread_newest\(")
    files = {str(file.relative_to(top)) for file in top.rglob("*.py") if starts.search(file.read_text("utf-8"))}
    assert files == {part.file for part in PARTS.values()} | BESIDES.keys()
    assert not {part.file for part in PARTS.values()} & BESIDES.keys()


# -- the line of what runs, Home, the tour, a scan that fails ---------------------------------------------------------


async def test_a_scan_that_fails_is_not_said_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def begins_and_fails(self: Project, progress: Any, stop: Any, **named: Any) -> None:
        said_before[0](ScanReport(files=300))
        raise BROKEN

    said_before: list[Any] = []

    def works(self: Any, project: Project, stop: Any, **named: Any) -> None:
        said_before.append(lambda report: self._app.post_message(Scanned(report, finished=False)))
        work(self, project, stop, **named)
        said_before.clear()

    work = Scanning._work
    monkeypatch.setattr(Scanning, "_work", works)
    with Project.open_or_create(_empty(tmp_path)) as project, monkeypatch.context() as broken:
        broken.setattr(Project, "scan", begins_and_fails)
        async with running(project, listed=False) as (app, pilot):
            await until(pilot, lambda: said(app))
            without_notifications(app)
            await until(pilot, lambda: WORDS in flat(app))
            assert "looking for pictures" not in flat(app) and not claims_of_pictures(app)
            assert not app.screen.query_one(JobLine).display
            await pilot.press("enter", "e")
            assert isinstance(app.screen, BrowseScreen)
            assert not claims_of_pictures(app)
            broken.undo()
            monkeypatch.setattr(Scanning, "_work", work)
            without_notifications(app)
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "no pictures yet" in flat(app) and WORDS not in flat(app))
            assert "0 pictures" in flat(app)


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def claims_of_pictures(app: Pictoscope) -> list[str]:
    """As :func:`claims`; there are no vectors, indeed."""
    return [claim for claim in claims(app) if claim != "none yet"]


async def test_before_the_first_scan_ends_no_number_of_pictures_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gate = Gate(monkeypatch, Project, "scan")
    gate.is_open.clear()
    folder = _empty(tmp_path)
    paint(folder / "a.png")
    try:
        with Project.open_or_create(folder) as project:
            async with running(project, listed=False) as (app, pilot):
                await until(pilot, lambda: grid_of(app).source is not None)
                assert "looking for pictures…" in flat(app) and not claims_of_pictures(app)
                browse = app.screen
                assert isinstance(browse, BrowseScreen)
                browse.show_only(filter="width>9")
                await until(pilot, lambda: "width>9" in flat(app))
                await pilot.press("enter", "space", "e", "K")
                assert app.screen is browse and not claims_of_pictures(app)
                gate.is_open.set()
                await until(pilot, lambda: "a.png" in flat(app))
                assert browse.query_one(FolderTree).root.label.plain == "all pictures 1"
    finally:
        gate.is_open.set()


async def test_who_leaves_during_a_scan_finds_no_scan_at_home(full: Project):
    async with running(None) as (app, pilot):
        app.open_project(Project(full.path))
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and grid_of(app).source)
        await until(pilot, lambda: not [worker for worker in app.workers if worker.group == "scan"])
        app.post_message(Scanned(ScanReport(files=300), finished=False))
        app.post_message(Busy("measuring: 3 of 6 pictures"))
        await until(pilot, lambda: "measuring: 3" in flat(app))
        await press_then(pilot, "q", screen=HomeScreen)
        assert not app.screen.query_one(JobLine).display


async def test_a_measurement_that_fails_is_not_said_to_go_on(full: Project, monkeypatch: pytest.MonkeyPatch):
    def begins_and_fails(catalog: Catalog, progress: Callable[[int, int], None], stop: threading.Event) -> None:
        progress(3, 6)
        raise BROKEN

    monkeypatch.setattr("core.catalog.appearances.measure", begins_and_fails)
    async with running(full) as (app, pilot):
        app.action_measure()
        await until(pilot, lambda: WORDS in "".join(said(app)))
        assert "measuring" not in flat(app)


def test_the_tour_asks_for_no_vectors_before_it_is_known_which_there_are():
    assert missing(Need.TWO, None, []) == ""
    assert "this needs" in missing(Need.TWO, (), [])


async def test_a_filter_is_not_replaced_unasked_while_the_saved_ones_are_still_being_read(
    full: Project, monkeypatch: pytest.MonkeyPatch
):
    gate = Gate(monkeypatch, FilterLine, "_read_saved")
    gate.is_open.clear()
    try:
        async with running(full) as (app, pilot):
            await press_then(pilot, "f", screen=FilterLine)
            await pilot.press(*"untagged")
            await press_then(pilot, "ctrl+s", screen=LabelForm)
            await pilot.press(*"wide")
            await press_then(pilot, "enter", screen=Confirm)
            assert "width>9. Replace it?" in flat(app)
            assert SavedFilters(full.catalog).all() == {"wide": "width>9"}
    finally:
        gate.is_open.set()
