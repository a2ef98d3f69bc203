"""The app on a terminal of sixels: by bytes, what a key sends; by a real xterm, what one sees then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyghostty", reason="Ghostty's engine is not installed")

from app_helpers import colour_of

from core.project import Project
from tests.tui.graphics import app_on_terminal as terminals
from tests.tui.graphics.app_on_terminal import AppOnTerminal, app_on_terminal, warm_app
from tests.tui.graphics.xterm import CELL, screen_after

_SIXELS = b"\x1bP0;1;0q"
_FRAME = 32_000  # bytes: what a screen of characters has, without pixels
_PREVIEW = 72_000  # the preview as characters and as pixels


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with warm_app():
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 60 pictures, each a gradient into a colour."""
    folder = tmp_path_factory.mktemp("gradients")
    for number in range(60):
        wide = np.linspace(0, 1, 320)[None, :, None] * np.ones((240, 1, 1)) * np.array(colour_of(number))
        Image.fromarray(wide.astype(np.uint8)).save(folder / f"{number:02}.png")
    with Project.open_or_create(folder) as project:
        project.scan()
        for picture in project.catalog.pictures(project.catalog.picture_ids()):
            project.thumbnails.get(picture.key, picture.path)
    return folder


@pytest.fixture
def app(pictures: Path) -> Iterator[AppOnTerminal]:
    with app_on_terminal("sixel", pictures, cell=CELL) as running:
        running.until(lambda: running.written.count(_SIXELS) >= 6)
        running.until_quiet()
        yield running


def test_a_cursor_that_moves_in_the_grid_sends_no_picture_of_the_grid(app: AppOnTerminal) -> None:
    for key in ("l", "h", "l"):
        written = app.press(key)
        assert written.count(_SIXELS) == 1, "more than the preview"
        assert len(written) < _PREVIEW


def test_a_repaint_of_the_grid_sends_no_picture(app: AppOnTerminal) -> None:
    for key in ("*", "\x1b"):
        written = app.press(key)
        assert _SIXELS not in written
        assert len(written) < _FRAME


def test_pictures_are_sent_when_a_page_is_still(app: AppOnTerminal) -> None:
    page = app.written.count(_SIXELS)
    written = app.press("\x1b[6~" * 4)
    assert 0 < written.count(_SIXELS) <= 2 * page  # not those of the pages between


def test_a_dialog_sends_none_and_what_it_covered_is_sent_again(app: AppOnTerminal) -> None:
    before = screen_after(app.written.decode(), terminals.COLUMNS, terminals.ROWS)
    assert _SIXELS not in app.press("?")
    assert _SIXELS in app.press("\x1b")
    after = screen_after(app.written.decode(), terminals.COLUMNS, terminals.ROWS)
    assert _difference(before, after) < 0.5


def test_xterm_shows_the_same_after_there_and_back(app: AppOnTerminal) -> None:
    before = screen_after(app.written.decode(), terminals.COLUMNS, terminals.ROWS)
    app.press("\x1b[6~")
    between = screen_after(app.written.decode(), terminals.COLUMNS, terminals.ROWS)
    app.press("\x1b[5~")
    after = screen_after(app.written.decode(), terminals.COLUMNS, terminals.ROWS)
    keep(before, "before"), keep(between, "between"), keep(after, "after")
    assert _difference(before, between) > 5
    assert _difference(before, after) < 0.5


def keep(screen: Image.Image, name: str) -> None:
    """For people to look at, where ``PICTURES_KEPT`` names a folder."""
    if folder := os.environ.get("PICTURES_KEPT"):
        screen.save(Path(folder) / f"{name}.png")


def _difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).mean())
