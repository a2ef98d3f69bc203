"""The whole app in a real tmux, by kitty's protocol through it: what the terminal around it holds and shows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyghostty", reason="Ghostty's engine is not installed")

from app_helpers import collection

from tests.tui.graphics.app_in_tmux import AppInTmux, app_in_tmux


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 2,000 pictures."""
    folder = tmp_path_factory.mktemp("many")
    collection(folder, [f"{number:04}.png" for number in range(2000)]).close()
    return folder


@pytest.fixture
def app(pictures: Path) -> Iterator[AppInTmux]:
    with app_in_tmux(pictures) as running:
        yield running


def test_grid_and_preview_stand_whole_under_a_dialog_too(app: AppInTmux) -> None:
    before = app.shown
    assert set(app.screen.composed()) == before <= app.held  # each whole
    app.press("t")
    app.until(lambda: "Tag" in app.screen.terminal.text())
    app.until_quiet()
    assert app.shown and app.shown <= before
    app.press("\x1b")
    app.until(lambda: app.shown == before)
    assert set(app.screen.composed()) == before <= app.held


def test_one_picture_fills_the_screen_and_gives_it_back(app: AppInTmux) -> None:
    grid = app.shown
    app.press("\r")
    app.until(lambda: len(app.shown) == 1)
    (large,) = app.screen.composed().values()
    assert large[3] > 20  # rows
    app.press("q")
    app.until(lambda: len(app.shown) == len(grid))
    assert app.shown <= app.held


def test_scrolling_over_all_pictures_leaves_few_behind_and_quitting_none(app: AppInTmux) -> None:
    for _ in range(8):
        app.press("\x1b[6~" * 6)
        app.until(lambda: app.shown <= app.held)
    app.press("G")
    app.until(lambda: "1999" in app.screen.terminal.text() and bool(app.shown) and app.shown <= app.held)
    sent = app.written.count(b"a=T")
    assert len(app.held) < 300 and sent > 60
    os.write(app._ours, b"\x11")
    app.until(lambda: "THE-END" in app.screen.terminal.text())
    app.until(lambda: app.held == set())


def test_a_terminal_that_is_attached_anew_gets_the_pictures(app: AppInTmux) -> None:
    before = len(app.shown)
    app.detach()
    app.attach()
    assert app.held == set()
    app.until(lambda: len(app.shown) >= before and app.shown <= app.held)
