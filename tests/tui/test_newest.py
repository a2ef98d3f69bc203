"""Reads in threads: of several of one thing the newest is shown in the end, in whatever order they end."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from app_helpers import until
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from core.errors import Cancelled, PictoscopeError
from tests.patience import PATIENCE
from tui import newest
from tui.messages import Failed
from tui.newest import Answers, read_newest

BROKEN = PictoscopeError("the disk does not answer")


@dataclass
class Answer(Message):
    """What was read."""

    text: str


class Shows(Widget):
    """Keeps what it is sent."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.shown: list[str] = []

    def on_answer(self, message: Answer) -> None:
        self.shown.append(message.text)

    def on_failed(self, message: Failed) -> None:
        message.stop()
        self.shown.append(message.error.message)


class Two(App[None]):
    """Two of them."""

    def compose(self) -> ComposeResult:
        yield Shows("one")
        yield Shows("other")


class Held:
    """A read that is held back in its thread, and says when its thread has left it and all that was posted of it."""

    def __init__(self, node: Widget, answers: Callable[[], Answers], **named: Any) -> None:
        self._begun, self._goes_on, self.is_over = threading.Event(), threading.Event(), threading.Event()
        run_worker = node.run_worker

        def read() -> Answers:
            self._begun.set()
            assert self._goes_on.wait(PATIENCE)
            return answers()

        def run(work: Callable[[], None], **how: Any) -> Any:
            def to_its_end() -> None:
                work()
                self.is_over.set()

            return run_worker(to_its_end, **how)

        node.run_worker = run  # type: ignore[method-assign, assignment]
        read_newest(node, read, **{"group": "rows", **named})
        node.run_worker = run_worker  # type: ignore[method-assign]

    async def begins(self, pilot: Pilot[Any]) -> None:
        await until(pilot, self._begun.is_set)

    async def ends(self, pilot: Pilot[Any]) -> None:
        self._goes_on.set()
        await until(pilot, self.is_over.is_set)


@asynccontextmanager
async def two() -> AsyncIterator[tuple[Pilot[None], Shows, Shows]]:
    app = Two()
    async with app.run_test() as pilot:
        yield pilot, app.query_one("#one", Shows), app.query_one("#other", Shows)


def fails() -> Answers:
    raise BROKEN


def gives(*texts: str) -> Callable[[], Answers]:
    """A read that posts these one after another."""

    def read() -> Iterator[Message]:
        for text in texts:
            yield Answer(text)

    return read


def drops_in_the_middle() -> Iterator[Message]:
    yield Answer("a part")
    raise BROKEN


@pytest.mark.parametrize("older", [lambda: Answer("old"), fails, gives("old", "older")])
@pytest.mark.parametrize("only_last", [False, True])
async def test_an_older_answer_or_error_that_comes_after_the_newer_one_is_not_posted(
    older: Callable[[], Answers], only_last: bool
) -> None:
    async with two() as (pilot, one, _):
        first = Held(one, older, only_last=only_last)
        await first.begins(pilot)
        read_newest(one, lambda: Answer("new"), group="rows", only_last=only_last)
        await until(pilot, lambda: one.shown == ["new"])
        await first.ends(pilot)
        assert one.shown == ["new"]


async def test_an_older_answer_that_comes_after_the_newer_error_is_not_posted() -> None:
    async with two() as (pilot, one, _):
        first = Held(one, lambda: Answer("old"))
        await first.begins(pilot)
        read_newest(one, fails, group="rows")
        await until(pilot, lambda: one.shown == [BROKEN.message])
        await first.ends(pilot)
        assert one.shown == [BROKEN.message]


@pytest.mark.parametrize(("only_last", "expected"), [(False, ["old", "new"]), (True, ["new"])])
async def test_what_is_read_again_before_it_has_come_is_shown_meanwhile_unless_only_the_last_may_be(
    only_last: bool, expected: list[str]
) -> None:
    async with two() as (pilot, one, _):
        first = Held(one, lambda: Answer("old"), only_last=only_last)
        await first.begins(pilot)
        second = Held(one, lambda: Answer("new"), only_last=only_last)
        await second.begins(pilot)
        await first.ends(pilot)
        assert one.shown == expected[:-1]
        await second.ends(pilot)
        assert one.shown == expected


async def test_the_rest_of_an_older_answer_is_not_posted_once_the_newer_one_has_come() -> None:
    async with two() as (pilot, one, _):
        goes_on = threading.Event()

        def read() -> Iterator[Message]:
            yield Answer("old")
            assert goes_on.wait(PATIENCE)
            yield Answer("its rest")

        first = Held(one, read)
        first._goes_on.set()
        await until(pilot, lambda: one.shown == ["old"])
        read_newest(one, gives("new", "and its rest"), group="rows")
        await until(pilot, lambda: one.shown == ["old", "new", "and its rest"])
        goes_on.set()
        await first.ends(pilot)
        assert one.shown == ["old", "new", "and its rest"]


async def test_other_things_and_other_parts_are_told_apart() -> None:
    async with two() as (pilot, one, other):
        first = Held(one, lambda: Answer("rows"))
        await first.begins(pilot)
        read_newest(one, lambda: Answer("a picture"), group="picture")
        read_newest(other, lambda: Answer("other rows"), group="rows")
        await until(pilot, lambda: one.shown == ["a picture"] and other.shown == ["other rows"])
        await first.ends(pilot)
        assert one.shown == ["a picture", "rows"]


async def test_an_error_after_a_part_is_posted_and_a_cancelled_read_says_nothing() -> None:
    def is_cancelled() -> Answers:
        raise Cancelled("something else was asked for")

    async with two() as (pilot, one, _):
        for read in (drops_in_the_middle, is_cancelled, lambda: None):
            held = Held(one, read)
            await held.begins(pilot)
            await held.ends(pilot)
        assert one.shown == ["a part", BROKEN.message]


async def test_an_answer_for_what_was_left_meanwhile_goes_nowhere() -> None:
    async with two() as (pilot, one, other):
        first, second = Held(one, lambda: Answer("old")), Held(one, fails, group="others")
        await first.begins(pilot)
        await second.begins(pilot)
        await one.remove()
        await first.ends(pilot)
        await second.ends(pilot)
        assert not one.shown
        assert other.is_attached


# Threads whose answers are not told apart by `read_newest`, and why none of an older one can stay.
BY_THEMSELVES = {
    "action_dialogs.py": "each form asks once, and gets its own answer",
    "app.py": "once",
    "label_keys.py": "changes labels",
    "measuring.py": "one at a time",
    "newest.py": "",
    "opening.py": "one at a time",
    "scanning.py": "one at a time: the one before is stopped",
    "screens/browse/order.py": "once",
    "screens/compare/measuring.py": "what is measured comes with the event that stops it",
    "screens/compare/side_by_side.py": "once",
    "screens/dialogs/export.py": "once; one at a time",
    "screens/dialogs/import_labels.py": "one at a time",
    "screens/results/duplicates.py": "one at a time; nothing is shown of what is prepared",
    "screens/results/history.py": "forgets",
    "screens/results/marked_files.py": "moves files, one at a time",
    "screens/results/recommend.py": "one at a time",
    "screens/results/search.py": "once",
    "screens/settings/folders_pane.py": "changes folders",
    "screens/settings/vectors_pane.py": "verifies or repairs, one at a time",
    "widgets/drawn_grid.py": "entries come with their source, drawings with what they are of",
    "widgets/drawn_map.py": "one at a time",
    "widgets/grid_mouse.py": "selects more, of the source that it comes with",
    "widgets/image_grid.py": "selects all, of the source that it comes with",
    "widgets/side_by_side.py": "drawings come with what they are of",
}


def test_every_file_that_starts_a_thread_by_itself_is_listed_here() -> None:
    top = Path(newest.__file__).parent
    files = {str(file.relative_to(top)) for file in top.rglob("*.py") if "thread=True" in file.read_text("utf-8")}
    assert files == BY_THEMSELVES.keys()
