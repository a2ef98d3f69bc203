"""What follows from answers, environment, tmux and the user's choice. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_terminals import CASES, MUTE, UNASKED

from tui.graphics.answers import IN_ORDER, NOTHING, Answers, parse
from tui.graphics.identify import CHOICES, TRUE_COLOUR, Choice, choose, colour_variables, identify, is_light
from tui.graphics.known import by_name, version_of
from tui.graphics.plan import plan
from tui.graphics.terminal import CellSize, Protocol, Terminal
from tui.graphics.tmux import Tmux

ALL = [*CASES, *MUTE, *UNASKED]


@pytest.mark.parametrize(
    ("said", "name", "version"),
    [
        ("kitty(0.42.1)", "kitty 0.42.1", (0, 42, 1)),
        ("ghostty 1.2.0", "Ghostty 1.2.0", (1, 2, 0)),
        ("Ghostty 1.3.0-dev+0000", "Ghostty 1.3.0", (1, 3, 0)),
        ("WezTerm 20240203-110809-5046fc22", "WezTerm 20240203", (20240203,)),
        ("iTerm2 3.5.0beta2", "iTerm2 3.5.0", (3, 5, 0)),
        ("foot(1.16.2)", "foot 1.16.2", (1, 16, 2)),
        ("XTerm(379)", "xterm 379", (379,)),
        ("xterm.js(6.0.0)", "xterm.js 6.0.0", (6, 0, 0)),
        ("Windows Terminal 1.23", "Windows Terminal 1.23", (1, 23)),
        ("VTE(7600)", "VTE 7600", (7600,)),
        ("Rio", "Rio", ()),
        ("Some Terminal 1.0", "Some Terminal 1.0", (1, 0)),
        ("1", "1", ()),
        ("", "", ()),
    ],
)
def test_names_are_read(said: str, name: str, version: tuple[int, ...]) -> None:
    found = by_name(said)
    assert (found.name, found.version) == (name, version)


def test_versions_are_read() -> None:
    assert [version_of(text) for text in ("3.3a", "next-3.4", "openbsd-7.5", "", "x")] == [
        (3, 3),
        (3, 4),
        (7, 5),
        (),
        (),
    ]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
@pytest.mark.parametrize("choice", Protocol)
def test_the_users_choice_overrules_everything(case: object, choice: Protocol) -> None:
    found = identify(NOTHING, case.environ, case.tmux, Choice(choice, "the user says so"))  # type: ignore[attr-defined]
    assert (found.protocol, found.reason) == (choice, "the user says so")
    assert found.passthrough == (choice is Protocol.KITTY and found.multiplexer.startswith("tmux"))


def test_the_option_goes_before_the_variable_and_this_before_the_setting() -> None:
    assert choose("kitty", "sixel", "half") == Choice(Protocol.KITTY, "--graphics kitty")
    assert choose(None, "sixel", "half") == Choice(Protocol.SIXEL, "PICTOSCOPE_GRAPHICS=sixel")
    assert choose(None, None, "half") == Choice(Protocol.HALF, "the setting says so")
    assert choose(None, "", "auto") == choose(None, None, "no such way") == Choice()
    assert choose("auto", "sixel", "half").protocol is None
    with pytest.raises(ValueError, match="PICTOSCOPE_GRAPHICS=sixels"):
        choose(None, "sixels", "auto")
    assert set(CHOICES) == {"auto", *Protocol}


def test_the_answer_goes_before_what_the_system_knows_of_the_cell() -> None:
    environ = {"TERM": "xterm"}
    asked = Answers(cell=CellSize(8, 16), attributes=((6,),))
    assert identify(asked, environ, window_cell=CellSize(9, 18)).cell == CellSize(8, 16)
    assert identify(NOTHING, environ, window_cell=CellSize(9, 18)).cell == CellSize(9, 18)
    assert identify(NOTHING, environ).cell == CellSize()


@pytest.mark.parametrize(
    ("environ", "answers", "colours"),
    [
        ({"TERM": "xterm-kitty"}, b"\x1bP>|kitty(0.42)\x1b\\", TRUE_COLOUR),
        ({"TERM": "xterm-256color"}, b"\x1bP>|Nobody 1\x1b\\", 256),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, b"", TRUE_COLOUR),
        ({"TERM": "xterm-direct"}, b"", TRUE_COLOUR),
        ({"TERM": "vt220"}, b"", 16),
        ({"TERM": "xterm-ghostty"}, b"", TRUE_COLOUR),
        ({"TERM": "screen-256color", "STY": "1", "COLORTERM": "truecolor"}, b"", 256),
        ({"TERM": "tmux-256color", "TMUX": "x", "COLORTERM": "truecolor"}, b"", TRUE_COLOUR),
        ({"TERM": "xterm-kitty", "TEXTUAL_COLOR_SYSTEM": "standard"}, b"", 16),
        ({"TERM": "xterm-kitty", "TEXTUAL_COLOR_SYSTEM": "no such"}, b"", TRUE_COLOUR),
    ],
)
def test_colours(environ: dict[str, str], answers: bytes, colours: int) -> None:
    assert identify(parse(answers).answers, environ).colours == colours


def test_within_tmux_the_client_decides_on_colours_whatever_colorterm_says() -> None:
    environ = {"TERM": "tmux-256color", "TMUX": "x", "COLORTERM": "truecolor"}
    assert identify(NOTHING, environ, Tmux("3.3a", "foot", rgb=False)).colours == 256
    assert identify(NOTHING, environ, Tmux("3.3a", "foot", rgb=True)).colours == TRUE_COLOUR


def test_textual_is_told_the_colours_unless_the_user_has_told_it() -> None:
    assert [colour_variables(Terminal(colours=one), {}) for one in (16, 256, TRUE_COLOUR)] == [
        {"TEXTUAL_COLOR_SYSTEM": name} for name in ("standard", "256", "truecolor")
    ]
    assert colour_variables(Terminal(), {"TEXTUAL_COLOR_SYSTEM": "256"}) == {}


def test_light_and_dark() -> None:
    assert [is_light(one) for one in (None, (0, 0, 0), (255, 255, 255), (0, 43, 54), (253, 246, 227))] == [
        False,
        False,
        True,
        False,
        True,
    ]


texts = st.text(max_size=20)
names = st.sampled_from(["TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LC_TERMINAL", "TMUX", "STY", "COLORTERM"])
tmuxes = st.none() | st.builds(
    Tmux, version=texts, term=texts, term_type=texts, passthrough=st.sampled_from([None, True, False])
)


@given(st.binary(max_size=200), st.dictionaries(names, texts), tmuxes)
def test_whatever_is_said_a_way_is_found(data: bytes, environ: dict[str, str], tmux: Tmux | None) -> None:
    found = identify(parse(data).answers, environ, tmux)
    assert found.protocol in Protocol and found.reason
    assert found.colours in (16, 256, TRUE_COLOUR)
    if found.protocol in (Protocol.KITTY, Protocol.SIXEL, Protocol.ITERM):
        assert parse(data).answers.attributes or parse(data).answers.kitty


@given(st.dictionaries(names, texts), tmuxes)
def test_every_query_ends_with_the_one_that_all_answer(environ: dict[str, str], tmux: Tmux | None) -> None:
    asking = plan(environ, tmux)
    assert bool(asking.query) != bool(asking.reason)
    if asking.query:
        assert asking.query.count(IN_ORDER[-1]) == asking.answers
