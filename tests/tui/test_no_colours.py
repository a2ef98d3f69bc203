"""The terminal's own 16 colours, and none (``NO_COLOR``): attributes of the text say what tints say elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from app_helpers import at_rest, until
from rich.style import Style
from screen_looks import cells_of
from test_looks import MORE, Steps, app_of
from test_snapshots import SCREENS, project
from textual.app import App
from textual.color import Color
from textual.geometry import Region

from core.project import Project
from tests.tui.frames import strips_of
from tui.app import Pictoscope
from tui.graphics.answers import Answers
from tui.graphics.identify import Choice, identify
from tui.graphics.terminal import AUTO, NO_COLOURS, Protocol, Terminal
from tui.themes import ANSI, DARK, THEMES, suited_theme

__all__ = ["project"]  # the fixture

NONE_AT_ALL = Terminal(protocol=Protocol.NONE, colours=NO_COLOURS)
SIXTEEN = Terminal(protocol=Protocol.NONE, colours=16)
WITH_KEYS: dict[str, Steps] = {
    **{name: SCREENS[name] for name in ("browse", "vectors", "similar-form", "create", "order", "filter", "labels")},
    **{name: SCREENS[name] for name in ("compare", "compare-form", "judge", "side-by-side", "chart")},
    **{name: MORE[name] for name in ("palette", "search", "settings-display", "settings-folders")},
}


def sent(app: Pictoscope) -> Iterator[list[Style]]:
    """The styles of each line as they leave the app."""
    for strip in strips_of(app):
        parts = list(strip)
        for one in app.get_line_filters():
            parts = one.apply(parts, Color(0, 0, 0))
        yield [part.style or Style() for part in parts for _ in part.text]


def _is_another(text: str, style: Style) -> bool:
    """Whether a character is seen in a colour that is not one of the terminal's 16."""
    seen = (style.color if text.strip() else None, style.bgcolor)
    return any(one and not one.is_default and one.number not in range(16) for one in seen)


def styles_within(app: Pictoscope, region: Region) -> set[Style]:
    lines = list(sent(app))
    return {style for line in lines[region.y : region.bottom] for style in line[region.x : region.right]}


@pytest.mark.parametrize("screen", WITH_KEYS)
async def test_without_colours_none_is_sent_and_what_has_the_keys_is_seen(
    project: Project, screen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of(project, NONE_AT_ALL)
    async with app.run_test(size=(80, 24)) as pilot:
        await WITH_KEYS[screen](pilot, app)
        await at_rest(pilot, app)
        assert app.theme == ANSI.name
        colours = {colour for line in sent(app) for style in line for colour in (style.color, style.bgcolor) if colour}
        assert all(colour.is_default for colour in colours)
        await until(pilot, lambda: app.focused is not None)
        assert app.focused
        region = app.focused.region
        assert any(style.reverse or style.underline for style in styles_within(app, region))
    app.encoder.close()


@pytest.mark.parametrize("screen", [name for name in WITH_KEYS if name != "labels"])  # tags have the user's colours
async def test_with_16_colours_no_other_is_drawn(project: Project, screen: str) -> None:
    app = app_of(project, SIXTEEN)
    async with app.run_test(size=(80, 24)) as pilot:
        await WITH_KEYS[screen](pilot, app)
        await at_rest(pilot, app)
        assert app.theme == ANSI.name
        others = [(text, style) for line in cells_of(app) for text, style in line if _is_another(text, style)]
        assert not others
    app.encoder.close()


@pytest.mark.parametrize(
    ("answers", "choice", "protocol", "colours"),
    [
        (Answers(), Choice(), Protocol.NONE, NO_COLOURS),
        (Answers(attributes=((62, 4),)), Choice(), Protocol.SIXEL, NO_COLOURS),
        (Answers(), Choice(Protocol.NONE, "asked for"), Protocol.NONE, NO_COLOURS),
        (Answers(), Choice(Protocol.SYMBOLS, "asked for"), Protocol.SYMBOLS, 256),  # in greys
    ],
    ids=["characters", "pixels", "none", "characters asked for"],
)
def test_no_color_forbids_coloured_characters_unless_they_are_asked_for(
    answers: Answers, choice: Choice, protocol: Protocol, colours: int
) -> None:
    found = identify(answers, {"TERM": "xterm-256color", "NO_COLOR": "1"}, choice=choice)
    assert (found.protocol, found.colours) == (protocol, colours)
    assert not found.advice


def test_an_empty_no_color_forbids_nothing() -> None:
    found = identify(Answers(), {"TERM": "xterm-256color", "NO_COLOR": ""})
    assert (found.protocol, found.colours) == (Protocol.SYMBOLS, 256)


@pytest.mark.parametrize(
    ("chosen", "colours", "expected"),
    [
        (AUTO, 2**24, DARK.name),
        (AUTO, 256, DARK.name),
        (AUTO, 16, ANSI.name),
        ("nord", 16, "nord"),
        ("nord", NO_COLOURS, ANSI.name),
    ],
)
def test_the_theme_suits_the_colours_that_there_are(chosen: str, colours: int, expected: str) -> None:
    app: App[None] = App()
    for theme in THEMES:
        app.register_theme(theme)
    assert suited_theme(app, chosen, Terminal(colours=colours)) == expected
