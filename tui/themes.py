"""The app's own themes, and which of them suits a terminal."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.theme import Theme

from tui.graphics.identify import is_light
from tui.graphics.terminal import AUTO, NO_COLOURS, Terminal

DARK = Theme(
    name="pictoscope",
    primary="#d9a05b",
    secondary="#8fa3b0",
    accent="#d9a05b",
    foreground="#e6e2d9",
    background="#16171a",
    surface="#1c1e22",
    panel="#24272c",
    success="#8fb573",
    warning="#d9a05b",
    error="#e08272",
    dark=True,
    variables={"footer-key-foreground": "#d9a05b", "border": "#3a3e45", "border-blurred": "#3a3e45"},
)
LIGHT = Theme(
    name="pictoscope-light",
    primary="#854c0c",
    secondary="#4f6470",
    accent="#854c0c",
    foreground="#15130f",
    background="#f6f4ef",
    surface="#eeebe4",
    panel="#e4e0d7",
    success="#3d6623",
    warning="#854c0c",
    error="#9c3524",
    dark=False,
    variables={"footer-key-foreground": "#854c0c", "border": "#b9b3a6", "border-blurred": "#b9b3a6"},
)
# The colours that the user gave the terminal. Magenta is the one of them that is read on black and on white; what is
# said by shades elsewhere is said by bold, dim, underlined and reversed text (``:ansi`` in pictoscope.tcss).
ANSI = Theme(
    name="pictoscope-ansi",
    primary="ansi_magenta",
    secondary="ansi_default",
    accent="ansi_magenta",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_magenta",
    error="ansi_red",
    dark=True,
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "footer-key-foreground": "ansi_magenta",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "bold reverse",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-text-style": "underline",
        "block-hover-background": "ansi_default",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_default",
        "input-selection-foreground": "ansi_magenta",
        "screen-selection-background": "ansi_magenta",
        "screen-selection-foreground": "ansi_default",
    },
    ansi=True,
)
THEMES = (DARK, LIGHT, ANSI)
_FEW_COLOURS = 16


def begin_with_theme(app: App[Any], chosen: str, terminal: Terminal) -> None:
    """Give an app our themes, and its first one before it runs.

    Textual's way, setting ``App.theme``, parses every style sheet a second time: a tenth of the time until the first
    paint.

    Args:
        app: not running yet.
        chosen: the user's theme, or ``auto``.
        terminal: whose colours and background an automatic theme follows.
    """
    for theme in THEMES:
        app.register_theme(theme)
    app.set_reactive(App.theme, suited_theme(app, chosen, terminal))
    app.stylesheet.set_variables(app.get_css_variables())
    app._refresh_truecolor_filter(app.ansi_theme)
    app.set_class(app.current_theme.dark, "-dark-mode", update=False)
    app.set_class(not app.current_theme.dark, "-light-mode", update=False)
    app.set_class(True, f"-theme-{app.theme}", update=False)


def suited_theme(app: App[Any], chosen: str, terminal: Terminal) -> str:
    """The name of the user's theme; for ``auto`` and for one that is not there, of ours that suits the terminal.

    Without colours it is always the one that needs none.
    """
    if terminal.colours == NO_COLOURS:
        return ANSI.name
    if chosen != AUTO and chosen in app.available_themes:
        return chosen
    if terminal.colours <= _FEW_COLOURS:
        return ANSI.name
    return (LIGHT if is_light(terminal.background) else DARK).name
