"""The theme that the app begins with."""

from __future__ import annotations

import pytest
from app_helpers import until
from textual.css.stylesheet import Stylesheet

from tui.app import Pictoscope
from tui.display import Display
from tui.graphics.terminal import Terminal


@pytest.mark.parametrize(
    ("chosen", "terminal", "theme", "classes"),
    [
        ("auto", Terminal(), "pictoscope", {"-dark-mode"}),
        ("auto", Terminal(background=(255, 255, 255)), "pictoscope-light", {"-light-mode"}),
        ("nord", Terminal(background=(255, 255, 255)), "nord", {"-dark-mode"}),
        ("one of another version", Terminal(), "pictoscope", {"-dark-mode"}),
    ],
)
async def test_the_first_theme_is_there_without_parsing_the_style_sheets_twice(
    monkeypatch: pytest.MonkeyPatch, chosen: str, terminal: Terminal, theme: str, classes: set[str]
) -> None:
    again: list[Stylesheet] = []
    monkeypatch.setattr(Stylesheet, "reparse", again.append)
    Display(theme=chosen).save(Display())
    app = Pictoscope(None, terminal)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.screen.query("#home-title"))
        assert (app.theme, app.classes & {"-dark-mode", "-light-mode"}) == (theme, classes)
        assert f"-theme-{theme}" in app.classes
        background = app.get_theme(theme).to_color_system().generate()["background"]
        assert app.screen.styles.background.hex.lower() == background.lower()
    assert again == []


async def test_a_theme_that_is_chosen_later_takes_the_place_of_the_first() -> None:
    app = Pictoscope()
    async with app.run_test() as pilot:
        app.change_display(theme="pictoscope-light")
        await until(pilot, lambda: app.screen.styles.background.hex.lower() == "#f6f4ef")
        assert "-dark-mode" not in app.classes and "-theme-pictoscope" not in app.classes
