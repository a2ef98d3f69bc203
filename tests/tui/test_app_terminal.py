"""What the app makes of its terminal: the theme that suits it, advice, how pictures are drawn."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from app_helpers import until
from textual.widgets import Select, Static

from core.project import Project
from tui import advice
from tui.app import Pictoscope
from tui.display import Display
from tui.graphics.terminal import UNASKED, Protocol, Terminal
from tui.screens.settings.settings import SettingsScreen

LIGHT = Terminal(background=(255, 255, 255))
DARK = Terminal(background=(0, 0, 0))


@pytest.mark.parametrize(
    ("chosen", "terminal", "theme"),
    [
        ("", LIGHT, "pictoscope-light"),
        ("", DARK, "pictoscope"),
        ("", UNASKED, "pictoscope"),
        ("auto", LIGHT, "pictoscope-light"),
        ("pictoscope", LIGHT, "pictoscope"),
        ("nord", LIGHT, "nord"),
        ("no such theme", LIGHT, "pictoscope-light"),
    ],
)
async def test_the_theme_follows_the_background_unless_the_user_has_chosen_one(
    home: Path, chosen: str, terminal: Terminal, theme: str
) -> None:
    if chosen:
        (home / "settings.toml").write_text(f'theme = "{chosen}"\n')
    app = Pictoscope(None, terminal)
    async with app.run_test():
        assert app.theme == theme


async def test_the_way_of_drawing_is_chosen_in_settings_and_kept(project: Project, home: Path) -> None:
    app = Pictoscope(project, Terminal(Protocol.SIXEL, "foot says that it draws sixel"))
    async with app.run_test(size=(120, 32)) as pilot:
        app.action_settings("display")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        shown = str(app.screen.query_one("#display .help", Static).render())
        assert "now sixel: foot says that it draws sixel" in shown
        assert "pictoscope doctor" in shown
        choice = app.screen.query_one("#graphics", Select)
        assert choice.value == "auto"
        choice.value = "half"
        await until(pilot, lambda: app.look.graphics == "half")
        app.screen.query_one("#theme", Select).value = "auto"
    assert tomllib.loads((home / "settings.toml").read_text()) == {"graphics": "half"}
    assert Display.load() == Display(graphics="half")


def test_a_damaged_way_of_drawing_is_passed_over(home: Path) -> None:
    (home / "settings.toml").write_text('graphics = "lasers"\npictures_in_row = 3\n')
    assert Display.load() == Display(pictures_in_row=3)


async def test_advice_is_shown(project: Project) -> None:
    app = Pictoscope(project, advice="set -g allow-passthrough on [bold]")
    async with app.run_test() as pilot:
        await until(pilot, lambda: any("allow-passthrough on [bold]" in one.message for one in app._notifications))


def test_advice_is_given_once(home: Path) -> None:
    assert [advice.not_yet_given(text) for text in ("", "a", "a", "b", "a", "")] == ["", "a", "", "b", "", ""]
    (home / "advice.toml").write_text("given = 7")
    assert [advice.not_yet_given(text) for text in ("a", "a")] == ["a", ""]


def test_advice_is_given_again_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTOSCOPE_HOME", "/proc/none/here")
    assert [advice.not_yet_given(text) for text in ("a", "a")] == ["a", "a"]
