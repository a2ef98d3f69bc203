"""What is known of the terminal: how it shows pictures, its colours, the size of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Protocol(StrEnum):
    """Ways to show a picture, from the best to none."""

    KITTY = "kitty"  # kitty graphics protocol with Unicode placeholders
    SIXEL = "sixel"
    ITERM = "iterm"  # iTerm2's inline images
    SYMBOLS = "symbols"  # two colours a cell, the shape of whose border is one of many
    HALF = "half"  # half blocks: two pixels a cell
    NONE = "none"  # no pictures: names alone, for screen readers


AUTO = "auto"  # the best that the terminal can do
CHOICES = (AUTO, *(str(protocol) for protocol in Protocol))
WAYS = {
    Protocol.KITTY: "kitty: the kitty protocol, with placeholders",
    Protocol.SIXEL: "sixel",
    Protocol.ITERM: "iterm: iTerm2's inline images",
    Protocol.SYMBOLS: "symbols: block characters in two colours",
    Protocol.HALF: "half: half blocks",
    Protocol.NONE: "none: no pictures, for screen readers",
}


class Glyphs(StrEnum):
    """The block characters that the terminal draws without gaps; each kind includes those before it."""

    QUADRANTS = "quadrants"  # 2 x 2 parts of a cell; in nearly every font
    SEXTANTS = "sextants"  # 2 x 3, U+1FB00
    OCTANTS = "octants"  # 2 x 4, U+1CD00


class Quirk(StrEnum):
    """What a terminal does otherwise than those after which a protocol is written; seen in trials."""

    SMALL_SIXELS = "draws nothing of a picture of more than 1000 pixels in either direction"  # xterm
    INLINE_BY_WIDTH = "makes an inline picture as wide as its cells, however high it gets then"  # xterm.js
    KEEPS_COVERED = "keeps pixels beneath characters, and clears a column too many at their right"  # Konsole
    SHORT_STYLES = "reads no more than ten numbers of a style"  # mlterm


@dataclass(frozen=True, slots=True)
class CellSize:
    """Of a character cell, in pixels."""

    width: int = 10
    height: int = 20


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the probe found.

    Attributes:
        protocol: how pictures are shown.
        reason: why this way, for people: ``Ghostty 1.2 answered the kitty query``.
        name: of the terminal, with its version where it says one; empty if unknown.
        multiplexer: tmux or screen with its version, where we run in one; empty if not.
        glyphs: for ``SYMBOLS``.
        colours: 16, 256 or 2**24; 1 where there are to be none (``NO_COLOR``).
        cell: the size of a cell; a guess where the terminal does not say it.
        says_cell: whether the terminal answers when it is asked for that size.
        passthrough: whether image data must be wrapped for tmux.
        background: red, green, blue; None if unknown.
        advice: what the user can change for better pictures; empty if nothing.
        quirks: of the terminal, unless something stands between it and us.
    """

    protocol: Protocol = Protocol.HALF
    reason: str = "the terminal was not asked"
    name: str = ""
    multiplexer: str = ""
    glyphs: Glyphs = Glyphs.QUADRANTS
    colours: int = 2**24
    cell: CellSize = CellSize()
    says_cell: bool = False
    passthrough: bool = False
    background: tuple[int, int, int] | None = None
    advice: str = ""
    quirks: frozenset[Quirk] = frozenset()


NO_COLOURS = 1
USUAL_CELL = CellSize()  # twice as high as wide
UNASKED = Terminal()  # in tests, and where the terminal does not answer
