"""The app on a terminal of kitty's protocol: pictures come, follow the font, and go with the app."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pyghostty", reason="Ghostty's engine is not installed")

from app_helpers import collection

from tests.tui.graphics import app_on_terminal as terminals
from tests.tui.graphics.app_on_terminal import AppOnTerminal, app_on_terminal, warm_app


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with warm_app():
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of many pictures; one has a name that looks like a picture of the terminal's."""
    folder = tmp_path_factory.mktemp("many")
    names = ["000 \U0010eeee\u0305\u0305\u0305\u030d.png", *(f"{number:04}.png" for number in range(1, 2000))]
    collection(folder, names).close()
    return folder


@pytest.fixture
def app(pictures: Path) -> Iterator[AppOnTerminal]:
    with app_on_terminal("kitty", pictures) as running:
        running.until(lambda: bool(running.shown))
        running.until_quiet()
        yield running


def test_pictures_come_and_those_that_are_shown_are_held(app: AppOnTerminal) -> None:
    app.until(lambda: len(app.shown) >= 5)  # a page and the preview
    app.until_quiet()
    assert set(app.screen.composed()) == app.shown <= app.held  # each whole


def test_a_cursor_in_the_grid_sends_only_the_preview(app: AppOnTerminal) -> None:
    app.press("l")
    app.press("h")
    written = app.press("l")
    assert written.count(b"a=T") <= 1


def test_the_terminal_holds_few_however_far_one_scrolls(app: AppOnTerminal) -> None:
    most = 0
    for _ in range(12):
        app.press("\x1b[6~" * 8)
        assert app.shown <= app.held
        most = max(most, len(app.held))
    app.press("G")
    assert app.shown <= app.held
    assert most < 300  # of 2,000: four screens of small pictures
    assert app.written.count(b"a=T") > most


def test_a_dialog_over_pictures_leaves_their_ids(app: AppOnTerminal) -> None:
    before, held = app.shown, app.held
    written = app.press("t")
    assert "Tag" in app.screen.terminal.text()
    assert b"a=T" not in written
    assert app.shown
    assert app.shown <= before
    assert app.held == held
    assert b"a=T" not in app.press("\x1b")
    assert app.shown == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, None], ids=["SIGTERM", "SIGHUP", "key"])
def test_nothing_stays_in_the_terminal(app: AppOnTerminal, number: signal.Signals | None) -> None:
    assert app.held
    if number is None:
        os.write(app._ours, b"\x11")
    else:
        app.send_signal(number)
    assert app.to_the_end() == (0 if number is None else 128 + number)
    assert app.held == set()


def test_nothing_stays_after_an_error_in_the_app(pictures: Path) -> None:
    broken = "def broken(self): raise RuntimeError('out of cheese')\nPictoscope.action_jobs = broken"
    with app_on_terminal("kitty", pictures, broken) as app:
        app.until(lambda: bool(app.held))
        os.write(app._ours, b"J")
        assert app.to_the_end() == 1
        assert app.held == set()


def test_after_ctrl_z_and_fg_the_pictures_are_there_again(app: AppOnTerminal) -> None:
    before = len(app.shown)
    os.write(app._ours, b"\x1a")
    app.until(lambda: "T" in _state(app))
    while app.read(0.1) and app.held:
        pass
    assert app.held == set()
    app.send_signal(signal.SIGCONT)
    app.until(lambda: len(app.shown) >= before)
    app.until_quiet()
    assert app.shown <= app.held


def test_another_font_has_other_pictures(app: AppOnTerminal) -> None:
    sent = len(app.written)
    app.resize(terminals.COLUMNS, terminals.ROWS, (20, 20))
    app.send_signal(signal.SIGWINCH)
    app.until(lambda: app.written.count(b"a=T", sent) >= 3)
    app.until_quiet()
    assert app.shown <= app.held
    assert all(wide <= 2 * high for _, _, wide, high in app.screen.composed().values())  # a cell is a square now


def test_where_only_the_terminal_knows_its_font_it_is_asked_again(pictures: Path) -> None:
    """No pixels in the size of the window, as over some connections and in older VS Code."""
    says = """
from dataclasses import replace
from textual.drivers.linux_driver import LinuxDriver
terminal = replace(terminal, says_cell=True)
LinuxDriver._query_in_band_window_resize = lambda driver: None
"""
    with app_on_terminal("kitty", pictures, says) as app:
        app.resize(terminals.COLUMNS, terminals.ROWS, (0, 0))
        app.screen.terminal.on_reply(lambda answer: None)
        sent = len(app.written)
        app.send_signal(signal.SIGWINCH)
        app.until(lambda: b"\x1b[16t" in app.written[sent:])  # once more if the new size comes only now
        os.write(app._ours, b"\x1b[6;20")  # in pieces, and a key behind it
        os.write(app._ours, b";20t?")
        app.until(lambda: app.written.count(b"a=T", sent) >= 3)
        app.until(lambda: "esc closes" in app.screen.terminal.text())
        os.write(app._ours, b"\x1b")
        app.until(lambda: len(app.shown) >= 5 and app.shown <= app.held)
        app.until_quiet()
        assert all(wide <= 2 * high for _, _, wide, high in app.screen.composed().values())


def test_a_terminal_that_tells_its_size_in_band_tells_its_font(app: AppOnTerminal) -> None:
    sent = len(app.written)
    os.write(app._ours, b"\x1b[?2048;2$y")
    app.until(lambda: app.written.count(b"\x1b[?2048h", sent) >= 1)
    columns, rows = terminals.COLUMNS, terminals.ROWS
    os.write(app._ours, f"\x1b[48;{rows};{columns};{rows * 20};{columns * 20}t".encode())
    app.until(lambda: app.written.count(b"a=T", sent) >= 3)
    app.until_quiet()
    assert app.shown <= app.held
    assert all(wide <= 2 * high for _, _, wide, high in app.screen.composed().values())


def test_after_draw_again_the_pictures_are_sent_again(app: AppOnTerminal) -> None:
    """For a screen that another program has cleared."""
    before, sent = app.shown, len(app.written)
    app.press("\x10")
    os.write(app._ours, b"Draw again")
    app.until(lambda: "the whole screen" in app.screen.terminal.text())
    app.press("\r")
    app.until(lambda: app.written.count(b"a=T", sent) >= len(before))
    app.until(lambda: app.shown == before and app.shown <= app.held)


def test_a_name_that_looks_like_a_picture_is_none(app: AppOnTerminal) -> None:
    assert "000 " in app.screen.terminal.text()
    assert 0 not in app.shown


def _state(app: AppOnTerminal) -> str:
    time.sleep(0.05)
    return Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
