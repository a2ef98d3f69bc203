"""What is read again while it is being read: the newer answer stays, though the older one, or its error, comes later.

The first read has its answer and is held back until the second has been shown. A new part is a line of ``PARTS``.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from app_helpers import at_rest, fill_at_random, flat, paint, running, said, until
from test_app_still_reading import BROKEN, WORDS, Opens, keys
from textual.dom import DOMNode
from textual.message import Message
from textual.widgets import OptionList, Static

from core.actions.action_history import ActionHistory
from core.actions.answer import Answer
from core.actions.run import Question
from core.actions.text_search import TEXT_SEARCH
from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.errors import PictoscopeError
from core.filters.saved import SavedFilters
from core.keys import whole_key
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from tests.patience import PATIENCE
from tui.app import Pictoscope
from tui.messages import LabelsChanged, VectorsChanged
from tui.screens.browse.browse import BrowseScreen
from tui.screens.map.map_screen import MapScreen
from tui.screens.settings.failures import FailuresScreen
from tui.screens.settings.folders_pane import FoldersPane
from tui.widgets.picture_facts import PictureFacts

Asks = Callable[[Pictoscope, Any], Any]


def told(message: type[Message]) -> Asks:
    """All screens are told that something has changed."""
    return lambda app, pilot: app.broadcast(message)


def pressed(key: str) -> Asks:
    return lambda app, pilot: pilot.press(key)


def folders_again(app: Pictoscope, pilot: Any) -> None:
    app.screen.query_one(FoldersPane).reload()


def failures_again(app: Pictoscope, pilot: Any) -> None:
    assert isinstance(app.screen, FailuresScreen)
    app.screen.reload()


def saved_filters(app: Pictoscope) -> str:
    """Below the line of a filter."""
    listed = app.screen.query_one("#saved", OptionList)
    return " ".join(str(option.prompt) for option in listed.options)


def facts(app: Pictoscope) -> str:
    """Below the picture of Browse."""
    return str(app.screen.query_one("#preview-facts", Static).visual)


def colours(app: Pictoscope) -> str:
    """What the map on show is coloured by."""
    assert isinstance(app.screen, MapScreen)
    return app.screen._maps.colouring.source if app.screen._maps and not app.screen._doing else ""


def nearest(app: Pictoscope) -> str:
    """Whether the picture beside the map is the one that is meant on it."""
    screen = app.screen
    assert isinstance(screen, MapScreen)
    number, placed = screen._map.nearest, screen._active.placed
    if number is None or placed is None or screen._picture is None:
        return ""
    return "the same" if whole_key(placed.keys[number]) == screen._picture.key else "another"


def nothing(project: Project) -> None:
    """What asks again asks for something else, or the answer is the same."""


def some(project: Project) -> list[bytes]:
    return [picture.key for picture in project.catalog.pictures(project.catalog.picture_ids())][:1]


def another_picture(project: Project) -> None:
    paint(project.folders[0] / "dogwood.png", 7)
    project.scan()


def another_question(project: Project) -> None:
    question = Question.of(TEXT_SEARCH, {"text": "another phrase"})
    assert ActionHistory(project).remember(
        TEXT_SEARCH, question.parameters, Answer("text_search", "conse", "another phrase", ()), 0.1
    )


@dataclass(frozen=True)
class Part:
    """A part of the interface that shows what a thread reads.

    Attributes:
        owner: of the reader: a class, or the name of a module.
        reader: its name there.
        opens: leads there from Browse.
        before: is shown then.
        changes: what the project has, between the two reads.
        after: is shown by the second.
        asks: has it read again.
        shown: what is on show, in words.
        caller: module that calls the reader, where others do so as well.
    """

    owner: Any
    reader: str
    opens: Opens
    before: str
    changes: Callable[[Project], object]
    after: str
    asks: Asks = field(default=told(LabelsChanged))
    shown: Callable[[Pictoscope], str] = flat
    caller: str = ""


PARTS = {
    "browse": Part(Catalog, "picture_ids", keys(), "6 pictures", another_picture, "7 pictures"),
    "tags": Part(Tags, "all", keys("L", "1"), "tree", lambda of: Tags(of.catalog).create("shrub"), "shrub"),
    "properties": Part(
        Properties,
        "all",
        keys("L", "2"),
        "year",
        lambda of: Properties(of.catalog).define("maker", PropertyType.NUMBER),
        "maker",
        caller="tui.screens.labels.labels_properties",
    ),
    "groups": Part(
        Groups,
        "all",
        keys("L", "3"),
        "best",
        lambda of: Groups(of.catalog).save("worst", [(key, None) for key in some(of)]),
        "worst",
    ),
    "filters": Part(
        SavedFilters,
        "all",
        keys("L", "4"),
        "wide",
        lambda of: SavedFilters(of.catalog).save("narrow", "width<9"),
        "narrow",
    ),
    "properties of a picture": Part(
        "tui.screens.labels.properties",
        "shared_values",
        keys("p"),
        "year",
        lambda of: Properties(of.catalog).define("maker", PropertyType.NUMBER),
        "maker",
    ),
    "saved filters": Part(
        SavedFilters,
        "all",
        keys("f"),
        "wide",
        lambda of: SavedFilters(of.catalog).save("narrow", "width<9"),
        "narrow",
        shown=saved_filters,
        caller="tui.screens.browse.filter_line",
    ),
    "actions": Part(ActionHistory, "all", keys("H"), "one phrase", another_question, "another phrase"),
    "changes": Part(History, "steps", keys("H", "2"), "tree", lambda of: Tags(of.catalog).create("shrub"), "shrub"),
    "vectors": Part(
        Project,
        "statuses",
        keys("g"),
        "conse lacks",
        lambda of: fill_at_random(of, "dinov2"),
        "dinov2",
        told(VectorsChanged),
        caller="tui.screens.settings.vectors_pane",
    ),
    "failures": Part(
        "tui.screens.settings.failures",
        "read_ledger",
        keys("g", "F"),
        "every picture could be read",
        nothing,
        "every picture could be read",
        failures_again,
    ),
    "folders": Part(
        "core.folders",
        "picture_folders",
        keys("g", "2"),
        "6 pictures",
        another_picture,
        "7 pictures",
        folders_again,
    ),
    "preview": Part(
        PictureFacts,
        "lines",
        keys(),
        "alder.png",
        lambda of: Tags(of.catalog).add("shrub", some(of)),
        "shrub",
        shown=facts,
    ),
    "map": Part(
        "tui.screens.map.reading",
        "read_maps",
        keys("m"),
        "folder",
        nothing,
        "cluster",
        pressed("o"),
        colours,
    ),
    "picture beside the map": Part(
        Catalog,
        "by_keys",
        keys("m"),
        "the same",
        nothing,
        "the same",
        pressed("n"),
        nearest,
        "tui.screens.map.map_screen",
    ),
}


class FirstHeld:
    """Holds the answer of a reader back the first time that a thread asks for it, and tells when that thread is over.

    Attributes:
        came: a thread has read, and is held.
        goes_on: it is not held any more.
        is_over: what it was started for is done: what it posts is posted.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, part: Part, error: PictoscopeError | None) -> None:
        self.came, self.goes_on, self.is_over = threading.Event(), threading.Event(), threading.Event()
        self._begins = False
        self._thread: threading.Thread | None = None
        inside = part.owner if isinstance(part.owner, type) else __import__(part.owner, fromlist=[part.reader])
        read, run_worker = inside.__dict__[part.reader], DOMNode.run_worker

        def held(*given: Any, **named: Any) -> Any:
            answer = read(*given, **named)
            if self._is_first(sys._getframe(1).f_globals["__name__"], part.caller):
                self.came.set()
                assert self.goes_on.wait(PATIENCE)
                if error:
                    raise error
            return answer

        def run(node: DOMNode, work: Any, **how: Any) -> Any:
            def to_its_end() -> Any:
                try:
                    return work()
                finally:
                    if threading.current_thread() is self._thread and self.goes_on.is_set():
                        self._thread = None
                        self.is_over.set()

            return run_worker(node, to_its_end if how.get("thread") else work, **how)

        monkeypatch.setattr(inside, part.reader, held)
        monkeypatch.setattr(DOMNode, "run_worker", run)

    def begin(self) -> None:
        """Hold the next one."""
        self._begins = True

    def _is_first(self, caller: str, wanted: str) -> bool:
        thread = threading.current_thread()
        if not self._begins or thread is threading.main_thread() or (wanted and caller != wanted):
            return False
        self._begins, self._thread = False, thread
        return True


@pytest.mark.parametrize("error", [None, BROKEN], ids=["answers", "fails"])
@pytest.mark.parametrize("name", PARTS)
async def test_what_was_read_last_stays_when_an_older_read_ends_after_it(
    full: Project, monkeypatch: pytest.MonkeyPatch, name: str, error: PictoscopeError | None
):
    part = PARTS[name]
    first = FirstHeld(monkeypatch, part, error)
    try:
        async with running(full) as (app, pilot):
            await part.opens(app, pilot)
            await until(pilot, lambda: part.before in part.shown(app))
            first.begin()
            await ask(part, app, pilot)
            await until(pilot, first.came.is_set)
            part.changes(full)
            await ask(part, app, pilot)
            await until(pilot, lambda: part.after in part.shown(app))
            await at_rest(pilot, app)
            first.goes_on.set()
            await until(pilot, first.is_over.is_set)
            assert part.after in part.shown(app)
            assert WORDS not in flat(app) and not any(WORDS in text for text in said(app))
    finally:
        first.goes_on.set()


async def ask(part: Part, app: Pictoscope, pilot: Any) -> None:
    asked = part.asks(app, pilot)
    if inspect.isawaitable(asked):
        await asked


@pytest.mark.parametrize("name", [name for name in PARTS if name not in ("browse", "preview")])
async def test_an_answer_that_comes_when_the_screen_was_left_harms_nothing(
    full: Project, monkeypatch: pytest.MonkeyPatch, name: str
):
    part = PARTS[name]
    first = FirstHeld(monkeypatch, part, None)
    try:
        async with running(full) as (app, pilot):
            browse = app.screen
            await part.opens(app, pilot)
            await until(pilot, lambda: part.before in part.shown(app))
            first.begin()
            await ask(part, app, pilot)
            await until(pilot, first.came.is_set)
            before = said(app)
            while app.screen is not browse:
                await app.pop_screen()
            first.goes_on.set()
            await until(pilot, first.is_over.is_set)
            assert app.screen is browse and said(app) == before
    finally:
        first.goes_on.set()


async def test_what_the_first_scan_of_a_folder_found_is_said_once_though_it_is_read_again_meanwhile(
    full: Project, monkeypatch: pytest.MonkeyPatch
):
    part = PARTS["folders"]
    first = FirstHeld(monkeypatch, part, None)
    try:
        async with running(full) as (app, pilot):
            await part.opens(app, pilot)
            await until(pilot, lambda: part.before in part.shown(app))
            pane = app.screen.query_one(FoldersPane)
            pane._added.append(full.folders[0])
            first.begin()
            pane.reload(scanned=True)
            await until(pilot, first.came.is_set)
            pane.reload()
            await until(pilot, lambda: [text for text in said(app) if "6 pictures" in text])
            first.goes_on.set()
            await until(pilot, first.is_over.is_set)
            assert len([text for text in said(app) if "6 pictures" in text]) == 1
    finally:
        first.goes_on.set()


async def test_of_a_list_that_is_not_asked_for_any_more_no_error_is_said(full: Project):
    async with running(full) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, BrowseScreen)
        wanted = screen._wanted
        screen.show_only(filter="width>9")
        screen.post_message(BrowseScreen._NotListed(BROKEN, wanted))
        await until(pilot, lambda: screen._listed.filter == "width>9")
        await at_rest(pilot, app)
        assert not said(app)
