"""What a screen looks like, as text: for comparing, and for asking whether people can read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, Static

from tests.tui.frames import strips_of

_DIM = 0.66  # what Textual leaves of a dim colour
_NO_WORDS = re.compile(r"[\s─-╿▀-▟⠀-⣿·…●▪]*")  # frames, bars, dots of a map and signs beside words
_LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3


# -- as text ---------------------------------------------------------------------------------------------------------


Cells = list[list[tuple[str, Style]]]


def cells_of(app: Any) -> Cells:
    """Each line of the terminal as it is drawn now: characters with their styles."""
    lines = []
    for strip in strips_of(app):
        lines.append([(character, part.style or Style()) for part in strip for character in part.text])
    return lines


def as_text(app: Any) -> str:
    """The characters of the terminal."""
    return text_in(cells_of(app))


def text_in(cells: Cells) -> str:
    """The characters of a terminal's cells."""
    return "\n".join("".join(character for character, _ in line).rstrip() for line in cells)


def styles_as_text(cells: Cells) -> str:
    """The styles of the terminal: for each line, how many cells have which."""
    names: dict[str, str] = {}
    lines = []
    for line in cells:
        runs = ((style, len(list(run))) for style, run in groupby(_described(style) for _, style in line))
        lines.append(" ".join(f"{length}{names.setdefault(style, _letters(len(names)))}" for style, length in runs))
    return "\n".join([*lines, "", *(f"{letters}: {style}" for style, letters in names.items())])


def _letters(number: int) -> str:
    return ("" if number < 26 else _letters(number // 26 - 1)) + chr(ord("a") + number % 26)


def _described(style: Style) -> str:
    flags = [name for name in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, name)]
    return " ".join([*flags, _name(style.color), "on", _name(style.bgcolor)])


def _name(colour: RichColor | None) -> str:
    return "default" if colour is None else colour.name


# -- contrast --------------------------------------------------------------------------------------------------------


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG defines it, 0 to 1."""
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """Contrast of two colours as WCAG defines it, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def hard_to_read(app: Any, lines: Cells) -> list[str]:
    """Words on top whose contrast is too low; those of controls that cannot be used now may be."""
    region = _on_top(app)
    excused = [widget.region for widget in app.screen.query("*") if widget.display and widget.disabled]
    found = []
    for y in range(region.y, region.bottom):
        for style, run in groupby(enumerate(lines[y][: region.right]), key=lambda cell: cell[1][1]):
            cells = [(x, character) for x, (character, _) in run if x >= region.x]
            text = "".join(character for _, character in cells)
            if _NO_WORDS.fullmatch(text) or any(area.contains(cells[0][0], y) for area in excused):
                continue
            if (ratio := _contrast_of(style)) < _LEAST_CONTRAST:
                found.append(f"{text.strip()!r}: {ratio:.1f} ({_described(style)})")
    return found


def _on_top(app: Any) -> Region:
    """The dialog on top, or the whole screen."""
    screen = app.screen
    if isinstance(screen, ModalScreen) and screen.displayed_children:
        region: Region = screen.displayed_children[0].region
        return region.intersection(screen.region)
    whole: Region = screen.region
    return whole


def _contrast_of(style: Style) -> float:
    if style.color is None or style.bgcolor is None:
        return 21.0  # the terminal's own
    text, behind = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
    if style.reverse:
        text, behind = behind, text
    if style.dim:
        text = behind.blend(text, _DIM)
    return contrast(text, behind)


# -- room ------------------------------------------------------------------------------------------------------------


def cut_off(app: Any) -> list[str]:
    """What has no room on the screen on top: keys of the footer, texts, buttons, the widget that has the keys."""
    return [*_cut_keys(app), *_cut_texts(app), *_hidden_focus(app)]


def _cut_keys(app: Any) -> Iterator[str]:
    for footer in app.screen.query(Footer):
        for child in footer.displayed_children:
            if not footer.region.contains_region(child.region):
                yield f"key {child} at {child.region}"


def _cut_texts(app: Any) -> Iterator[str]:
    for widget in app.screen.query("Static, Label, Button"):
        if not widget.region.area or _is_within_footer(widget):
            continue
        if not _scrolls(widget) and not widget.parent.region.contains_region(widget.region):
            yield f"{widget} at {widget.region} in {widget.parent} at {widget.parent.region}"
        wide, high = widget.content_size
        if isinstance(widget, Button):
            if widget.label.cell_length > wide:
                yield f"button {widget.label.plain!r} in {wide} cells"
        elif isinstance(widget, Static) and not _scrolls(widget):
            needed = widget.visual.get_height(widget.styles, wide) if wide else 0
            if needed > high and not widget.shrink:
                yield f"{needed} lines of {widget} in {high}: {str(widget.visual)!r}"


def _is_within_footer(widget: Widget) -> bool:
    return any(isinstance(above, Footer) for above in widget.ancestors)


def _scrolls(widget: Widget) -> bool:
    """Whether it can be brought into sight."""
    return any(
        isinstance(above, Widget) and above.is_scrollable and above.allow_vertical_scroll for above in widget.ancestors
    )


def _hidden_focus(app: Any) -> Iterator[str]:
    focused = app.focused
    if focused is None:
        return
    geometry = app.screen.find_widget(focused)
    seen = geometry.region.intersection(geometry.clip)
    wanted = min(geometry.region.height, 1 if isinstance(focused, (Input, Button)) else 2)
    if not seen.width or seen.height < wanted:
        yield f"the keys are for {focused}, of which {seen} is seen"
