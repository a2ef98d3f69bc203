"""The ways to paint that take long, by name: for a process that paints for the app."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from tui.graphics.painted import Options, Painted

Painter = Callable[[Image.Image, Options], Painted]


def painter(way: str) -> Painter:
    """Paints in this way. What it needs is imported now.

    Raises:
        KeyError: there is no such way.
    """
    return {"sixels": _sixels, "palette_png": _palette_png, "symbols": _symbols}[way]()


def _sixels() -> Painter:
    from tui.graphics.sixel import sixels

    return lambda picture, _: Painted(sixels(picture).encode("ascii"))


def _palette_png() -> Painter:
    from tui.graphics.kitty import palette_png

    return lambda picture, _: Painted(palette_png(picture))


def _symbols() -> Painter:
    from tui.graphics.symbols import painted_symbols

    return painted_symbols
