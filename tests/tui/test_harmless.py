"""The guards that stand behind: what is forgotten where it is shown, and what libraries print, steers no terminal."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from app_helpers import PATIENCE, running, text_of, until
from cli_helpers import on_terminal
from hostile import EVIL
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.widgets import Static

from core.project import Project
from tui import cli
from tui.graphics.placeholders import PICTURE
from tui.terminal import HarmlessStream, harmless_terminal
from tui.widgets.harmless import HarmlessLines

BLACK = Color(0, 0, 0)


@given(texts=st.lists(st.text(max_size=20), max_size=5))
def test_no_line_that_is_drawn_keeps_a_control_and_its_width_stays(texts: list[str]) -> None:
    segments = [Segment(text, Style(bold=True)) for text in texts]
    drawn = HarmlessLines().apply(segments, BLACK)
    assert [cell_len(segment.text) for segment in drawn] == [cell_len(text) for text in texts]
    assert not {character for segment in drawn for character in segment.text} & set("\x00\x1b\x07\x9b\u202e\u200d\r\n")
    "".join(segment.text for segment in drawn).encode("utf-8")  # nor what cannot be encoded
    assert all(segment.style == Style(bold=True) for segment in drawn)


def test_lines_without_any_are_left_as_they_are_and_so_is_what_draws_pictures() -> None:
    plain = [Segment("▀▀ 画 é"), Segment("\x1b_Gi=1;AAAA\x1b\\\\", None, ())]
    assert HarmlessLines().apply(plain[:1], BLACK) is not None
    assert HarmlessLines().apply([plain[0]], BLACK)[0] is plain[0]
    control = Segment("\x1b_G", None, [(0,)])  # type: ignore[list-item]
    assert HarmlessLines().apply([control, Segment("\x1b")], BLACK)[0] is control


PLACEHOLDERS = "\U0010eeee\u0305\u0305\u0305\u030d" * 3


def test_only_drawings_may_say_where_the_terminal_draws_pictures_or_keeps_what_stands() -> None:
    for text in (PLACEHOLDERS, "\U0010eeef" * 3):
        drawing, name = Segment(text, PICTURE + Style(bold=True)), Segment(f"a{text}b.png", Style(bold=True))
        kept, harmless = HarmlessLines().apply([drawing, name], BLACK)
        assert kept is drawing
        assert text[0] not in harmless.text
        assert cell_len(harmless.text) == cell_len(name.text)


async def test_a_text_that_nobody_made_harmless_is_so_in_the_app(project: Project) -> None:
    async with running(project) as (app, pilot):
        header = app.screen.query_one("#header", Static)

        def shown() -> bool:
            header.update(f"<{EVIL}>")  # the app writes there too
            return "PWNED" in text_of(app)

        await until(pilot, shown)
        assert not set("\x1b\x07\x9b\u202e\u200d") & set(text_of(app))


def test_what_libraries_print_is_shown_and_our_own_progress_goes_through() -> None:
    raw = io.StringIO()
    stream = HarmlessStream(raw)
    stream.write("\r 12 %\x1b[K\n")
    stream.writelines(["\x1b[A", f"warning: {EVIL}", "\x1b[1mbold"])
    assert raw.getvalue().startswith("\r 12 %\x1b[K\n\x1b[Awarning: \\x1b]0;PWNED\\x07\\x1b[31337m\\x9b31337m\\u202e")
    assert raw.getvalue().endswith("\\x1b[1mbold")
    assert not stream.isatty()


def test_on_a_terminal_a_library_that_warns_and_a_defect_of_ours_are_harmless_too() -> None:
    code = (
        "import sys, warnings\n"
        "from tui import cli\n"
        "def run(arguments):\n"
        f"    warnings.warn({EVIL!r}); print({EVIL!r}); print({EVIL!r}, file=sys.stderr); raise ValueError({EVIL!r})\n"
        "cli._dispatch = run\n"
        "sys.exit(cli.main(['x']))\n"
    )
    shown = on_terminal_code(code)
    assert shown.count("PWNED") >= 4
    assert "a bug in Pictoscope" in shown
    assert "Traceback" not in shown
    assert all(line.rstrip("\r").isprintable() or set(line) <= set("\t\r画") for line in shown.expandtabs().split("\n"))


def on_terminal_code(code: str) -> str:
    """What a Python program shows on a terminal."""
    script = f"import pty, sys; sys.exit(pty.spawn([sys.executable, '-c', {code!r}]) >> 8)"
    program = [sys.executable, "-c", script]
    done = subprocess.run(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=PATIENCE)
    assert done.returncode == 1
    return done.stdout.decode("utf-8")


def test_streams_that_are_no_terminal_stay_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    with harmless_terminal():
        assert sys.stdout is before
        print(EVIL)
    assert capsys.readouterr().out == f"{EVIL}\n"
    assert cli.main(["models", "--json"]) == 0


def test_help_is_shown_as_ever() -> None:
    code, shown = on_terminal("vectors", "--help")
    assert (code, "failures" in shown) == (0, True)
