"""A round of 24 actions as a person does them all day, and what of the app lives on after it."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections import Counter

from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets._toast import Toast, ToastHolder
from textual.worker import Worker

from core.actions.answer import Answer
from tests.tui.app_helpers import grid_of, type_text, until
from tui.app import Pictoscope
from tui.screens.browse.browse import BrowseScreen
from tui.screens.browse.picture import PictureScreen
from tui.screens.results.duplicates import DuplicatesScreen
from tui.screens.results.recommend import RecommendScreen
from tui.screens.results.results import ResultsScreen
from tui.widgets.picture_source import CatalogSource, MatchSource
from tui.widgets.vec_type_select import VecTypeSelect

COUNTED: tuple[type, ...] = (Widget, Screen, CatalogSource, MatchSource, Answer, Worker, Timer, sqlite3.Connection)
ACTIONS = 24


class _Nothing(Message, bubble=False):
    """Asks for nothing."""


def let_go(app: Pictoscope) -> None:
    """Each widget holds what it was told last, and with it who told it, until it is told something else."""
    for screen in app.screen_stack:
        for widget in screen.walk_children(with_self=True):
            widget.post_message(_Nothing())


def living(app: Pictoscope) -> Counter[str]:
    """How many of each kind there are, after the garbage has been collected; and of threads. None of notifications.

    ``looks``: workers that look at the jobs, apart from the others. They come with time, not with what a person does,
    and timers that were set within one hold it.
    """
    app.clear_notifications()
    gc.collect()
    found = Counter({kind.__name__: 0 for kind in COUNTED})
    # By their types: there are millions of things and a few thousand types, and lazy modules would be imported if asked
    # what they are an instance of.
    for of_type, number in Counter(map(type, gc.get_objects())).items():
        for kind in COUNTED:
            if issubclass(of_type, kind) and not issubclass(of_type, Toast | ToastHolder):
                found[kind.__name__] += number
    found["looks"] = sum(type(thing) is Worker and thing.group == "jobs" for thing in gc.get_objects())
    found["Worker"] -= found["looks"]
    found["threads"] = threading.active_count()
    return found


async def round_of_actions(app: Pictoscope, pilot: Pilot[int]) -> int:
    """Do them; begins and ends in Browse. Returns how many actions it was."""
    await until(pilot, lambda: isinstance(app.screen, BrowseScreen) and grid_of(app).current is not None)
    await pilot.press("home", "right", "end", "pageup")  # 4
    await _large(app, pilot)  # 5
    await _similar(app, pilot)  # 6 to 11
    await pilot.press("c")
    await until(pilot, lambda: _has_statuses(app))
    app.screen.query_one("#k", Input).value = "2"  # by itself it may find that all belong together
    await pilot.press("enter")  # 12: clusters
    await _settled(app, pilot)
    await pilot.press("right", "i")  # 13, 14: a cluster of the cluster
    await until(pilot, lambda: len([s for s in app.screen_stack if isinstance(s, ResultsScreen)]) == 2)
    await _settled(app, pilot)
    await pilot.press("q", "q")
    await _home(app, pilot)
    await _form(app, pilot, "d")  # 15
    await until(pilot, lambda: isinstance(app.screen, DuplicatesScreen))
    await until(pilot, lambda: "searching" not in str(app.screen.query_one("#header").visual))
    await pilot.press("down", "q")  # 16
    await _home(app, pilot)
    await pilot.press("space", "space")
    await _form(app, pilot, "r")  # 17
    await until(pilot, lambda: isinstance(app.screen, RecommendScreen) and grid_of(app).current is not None)
    await pilot.press("q")
    await until(pilot, lambda: not isinstance(app.screen, RecommendScreen))
    if not isinstance(app.screen, BrowseScreen):
        await pilot.press("n")
    await _home(app, pilot)
    await pilot.press("escape")
    await _tag_and_back(app, pilot)  # 18, 19
    await _filter(app, pilot)  # 20
    for key in ("g", "J", "L", "H"):  # 21 to 24
        await pilot.press(key)
        await until(pilot, lambda: not isinstance(app.screen, BrowseScreen))
        await pilot.press("q")
        await _home(app, pilot)
    return ACTIONS


async def _home(app: Pictoscope, pilot: Pilot[int]) -> None:
    await until(pilot, lambda: isinstance(app.screen, BrowseScreen))


async def _large(app: Pictoscope, pilot: Pilot[int]) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, PictureScreen))
    await pilot.press("right", "q")
    await _home(app, pilot)


async def _similar(app: Pictoscope, pilot: Pilot[int]) -> None:
    await _answered(app, pilot, "s")
    await pilot.press("right", "plus")
    await _settled(app, pilot)
    await pilot.press("o", "u")
    await _settled(app, pilot)
    await pilot.press("v")
    await until(pilot, lambda: _has_statuses(app))
    await pilot.press("enter")
    await _settled(app, pilot)
    await pilot.press("e", "escape", "q")
    await _home(app, pilot)


async def _form(app: Pictoscope, pilot: Pilot[int], key: str) -> None:
    await pilot.press(key)
    await until(pilot, lambda: _has_statuses(app))
    await pilot.press("enter")


def _has_statuses(app: Pictoscope) -> bool:
    return app.screen.query_one(VecTypeSelect).value is not None and not app.screen.query_one(VecTypeSelect).disabled


async def _answered(app: Pictoscope, pilot: Pilot[int], key: str) -> None:
    await _form(app, pilot, key)
    await _settled(app, pilot)


async def _settled(app: Pictoscope, pilot: Pilot[int]) -> None:
    await until(pilot, lambda: isinstance(app.screen, ResultsScreen) and app.screen._answer and not app.screen._doing)


async def _tag_and_back(app: Pictoscope, pilot: Pilot[int]) -> None:
    await pilot.press("t")
    await until(pilot, lambda: app.screen.query_one(Input).has_focus)
    await type_text(pilot, "of today")
    await pilot.press("enter")
    await _home(app, pilot)
    await until(pilot, lambda: any("of today" in note.message for note in app._notifications))
    await pilot.press("u")


async def _filter(app: Pictoscope, pilot: Pilot[int]) -> None:
    await pilot.press("f")
    await until(pilot, lambda: app.screen.query_one(Input).has_focus)
    await type_text(pilot, "width>10")
    await pilot.press("enter")
    await _home(app, pilot)
    await pilot.press("escape")
