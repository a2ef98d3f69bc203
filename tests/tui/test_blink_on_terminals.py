"""Blinking on real terminals: what a change sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyghostty", reason="Ghostty's engine is not installed")

from core.project import Project
from tests.tui.graphics.app_on_terminal import AppOnTerminal, app_on_terminal

_SIXELS = b"\x1bP0;1;0q"
_CAPTION = 12_000  # bytes: words that change, and empty cells; the picture as characters would be 100 KB


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of noise, of one size."""
    folder = tmp_path_factory.mktemp("two")
    for number in range(2):
        values = np.random.default_rng(number).integers(0, 255, (60, 80, 3), np.uint8)
        Image.fromarray(values).save(folder / f"{number}.png")
    with Project.open_or_create(folder) as project:
        project.scan()
    return folder


def wait_for(app: AppOnTerminal, words: str) -> None:
    app.until(lambda: words in app.screen.terminal.text())


def turned(app: AppOnTerminal, name: str, data: bytes = b"") -> bytes:
    """Show the other picture; what the app wrote, in which there is ``data``, until it was quiet."""
    before = len(app.written)
    app.press(" ")
    wait_for(app, name)
    app.until(lambda: data in app.written[before:])
    app.until_quiet()
    return app.written[before:]


@pytest.fixture
def blinking(pictures: Path, request: pytest.FixtureRequest) -> Iterator[AppOnTerminal]:
    """Blink by hand, the first picture on show."""
    with app_on_terminal(request.param, pictures) as app:
        wait_for(app, "80 x 60")  # the grid has its pictures
        for key, words in ((" ", "1 selected"), (" ", "2 selected"), ("W", "side by side"), (" ", "each change sends")):
            app.press(key)
            wait_for(app, words)
        app.until_quiet()
        yield app


@pytest.mark.parametrize("blinking", ["kitty"], indirect=True)
def test_kitty_gets_both_pictures_once(blinking: AppOnTerminal) -> None:
    assert turned(blinking, "1.png", b"a=T").count(b"a=T") == 1  # the second one, when it is shown first
    shown = []
    for name in ("0.png", "1.png") * 2:
        written = turned(blinking, name)
        assert b"a=T" not in written and b"a=d" not in written
        shown.append(frozenset(blinking.shown))
    assert shown[0] != shown[1]
    assert shown[:2] == shown[2:]
    assert all(len(ids) == 1 for ids in shown)


@pytest.mark.parametrize("blinking", ["sixel"], indirect=True)
def test_with_sixel_a_change_sends_one_picture_and_no_characters_in_between(blinking: AppOnTerminal) -> None:
    for name in ("1.png", "0.png", "1.png"):
        written = turned(blinking, name, _SIXELS)
        assert written.count(_SIXELS) == 1
        begin = written.index(_SIXELS)
        pixels = written[begin : written.index(b"\x1b\\", begin)]
        assert len(written) - len(pixels) < _CAPTION
