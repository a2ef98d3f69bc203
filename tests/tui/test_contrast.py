"""The colours of our themes: whatever is written in one of them can be read on whatever is behind it."""

from __future__ import annotations

import pytest
from screen_looks import contrast
from textual.color import Color
from textual.theme import Theme

from tui.themes import ANSI, DARK, LIGHT

LEAST = 4.5  # WCAG 2.2, 1.4.3
QUIET, DIM, TINTED = (
    0.75,
    0.66,
    0.18,
)  # pictoscope.tcss: quiet text and the tint of what has the keys; Textual: dim text


def grounds(theme: Theme) -> list[Color]:
    """What text stands on."""
    return [Color.parse(colour) for colour in (theme.background, theme.surface, theme.panel) if colour]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", ["foreground", "primary", "secondary", "accent", "success", "warning", "error"])
def test_each_colour_is_read_on_each_ground(theme: Theme, name: str) -> None:
    colour = Color.parse(getattr(theme, name))
    assert min(contrast(colour, ground) for ground in grounds(theme)) >= LEAST


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("share", [1.0, QUIET, DIM])
def test_loud_and_quiet_text_is_read_where_the_keys_are(theme: Theme, share: float) -> None:
    text, tint = Color.parse(theme.foreground or ""), Color.parse(theme.primary)
    for ground in grounds(theme):
        tinted = ground.blend(tint, TINTED)
        assert contrast(tinted.blend(text, share), tinted) >= LEAST


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_reversed_text_is_read(theme: Theme) -> None:
    assert contrast(Color.parse(theme.background or ""), Color.parse(theme.primary)) >= LEAST


def test_the_theme_of_the_terminals_colours_names_no_other_colour() -> None:
    named = [value for value in vars(ANSI).values() if isinstance(value, str) and value != ANSI.name]
    colours = [value for value in (*named, *ANSI.variables.values()) if value.startswith(("#", "rgb", "ansi_", "auto"))]
    assert len(colours) > 20
    assert all(colour.startswith("ansi_") for colour in colours)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, expected: float) -> None:
    assert contrast(Color.parse(one), Color.parse(other)) == pytest.approx(expected, abs=0.005)
