"""Faults of textual-image that are worked round. When one of these fails, it has gone: drop what goes round it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios

import pytest

from tests.tui.graphics.drawn_pictures import gradient, quarters
from tests.tui.graphics.ghostty import Ghostty
from tests.tui.graphics.xterm import colours_defined_late


def written_at_import(module: str) -> bytes:
    """What importing a module writes to the terminal; nobody answers."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 800, 480))
    program = [sys.executable, "-c", f"import {module}"]
    with subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        complaints = process.stderr.read()
    written = b""
    while select.select([ours], [], [], 0)[0]:
        written += os.read(ours, 4096)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0, complaints
    return written


def test_its_import_asks_the_terminal() -> None:
    """Worked round in :mod:`tui.graphics.upstream`."""
    assert b"\x1b[c" in written_at_import("textual_image.renderable")


def test_ours_does_not() -> None:
    assert written_at_import("tui.graphics.upstream") == b""


def test_ours_leaves_stdout_as_it_was() -> None:
    program = (
        "import sys; kept = sys.__stdout__; import tui.graphics.upstream; assert sys.__stdout__ is kept is not None"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@colours_defined_late
def test_it_defines_colours_after_the_first_pixel() -> None:
    """Worked round in :func:`tui.graphics.sixel.palette_first`."""
    from textual_image._sixel import image_to_sixels

    body = image_to_sixels(gradient(40, 40)).split("40;40", 1)[1]
    first_pixel = re.search(r"(?<![#;\d])[?-~]|(?<=\d)[?-~]", body)
    assert first_pixel is not None
    assert re.search(r"#\d+;2;", body[first_pixel.end() :])


def test_it_ends_a_picture_with_a_new_line() -> None:
    """Worked round in :func:`tui.graphics.sixel.palette_first`."""
    from textual_image._sixel import image_to_sixels

    assert image_to_sixels(gradient(40, 40)).endswith("-\x1b\\")


def test_its_clean_up_frees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours is :func:`tui.graphics.kitty.free`."""
    from rich.console import Console

    from tui.graphics import upstream  # noqa: F401  # imports the package without asking the terminal
    from textual_image.renderable.tgp import Image  # isort: skip

    sent: list[str] = []
    monkeypatch.setattr(Image, "_image_id_counter", iter([7]))
    monkeypatch.setattr(
        "textual_image.renderable.tgp._send_tgp_message",
        lambda *, payload=None, **keys: sent.append(
            "\x1b_G" + ",".join(f"{key}={value}" for key, value in keys.items()) + f";{payload or ''}\x1b\\"
        ),
    )
    picture = Image(quarters(20, 20), 2, 1)
    Console(width=20).print(picture)
    terminal = Ghostty()
    terminal.feed("".join(sent))
    assert terminal.picture(7) is not None
    sent.clear()
    picture.cleanup()
    terminal.feed("".join(sent))
    assert terminal.picture(7) is not None
