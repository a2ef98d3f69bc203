"""What a terminal is asked, and what its answers say. Pure: bytes in, bytes out.

The queries are those of xterm's control sequences and of the kitty graphics protocol. Every terminal answers the last
one, the primary device attributes, so its answer ends the wait. Whatever comes between the answers was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui.graphics.terminal import CellSize

VERSION = b"\x1b[>0q"  # XTVERSION: name and version
KITTY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"  # would you show a picture of one pixel? It is not kept.
CELL = b"\x1b[16t"  # the size of a cell in pixels
BACKGROUND = b"\x1b]11;?\x1b\\"
SECONDARY = b"\x1b[>c"  # DA2: a number of the version
ATTRIBUTES = b"\x1b[c"  # DA1: what it can do, 4 is sixel
IN_ORDER = (VERSION, KITTY, CELL, BACKGROUND, SECONDARY, ATTRIBUTES)

_LONGEST_NAME = 64  # characters
_STRING = r"[^\x1b\x07]*(?:\x1b\\|\x07|(?=\x1b))"  # to its terminator, or to the next sequence
_ANSWER = re.compile(
    rf"\x1bP>\|(?P<version>{_STRING})"
    rf"|\x1b_G(?P<kitty>{_STRING})"
    r"|\x1b\[6;(?P<height>[0-9]{1,9});(?P<width>[0-9]{1,9})t"
    rf"|\x1b\]11;(?P<background>{_STRING})"
    r"|\x1b\[>(?P<secondary>[0-9;]*)c"
    r"|\x1b\[\?(?P<attributes>[0-9;]*)c"
)
# The beginning of an answer whose rest has not come; also of keys that begin in the same way.
_BEGUN = re.compile(
    r"\x1b(?:P(?:>(?:\|[^\x1b\x07]*\x1b?)?)?"
    r"|_(?:G[^\x1b\x07]*\x1b?)?"
    r"|\](?:1(?:1(?:;[^\x1b\x07]*\x1b?)?)?)?"
    r"|\[(?:6(?:;[0-9]{0,9}(?:;[0-9]{0,9})?)?|>[0-9;]*|\?[0-9;]*)?)?\Z"
)
_COLOUR = re.compile(r"rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?")
_CELL_SIZES = range(2, 513)  # pixels; anything else is a mistake of the terminal


@dataclass(frozen=True, slots=True)
class Answers:
    """What a terminal said of itself. Within tmux tmux answers first, then the terminal around it.

    Attributes:
        names: with versions, as XTVERSION gives them; printable, in the order of the answers.
        kitty: whether it would show a picture sent by the kitty protocol.
        cell: the last size of a cell that was given.
        background: red, green, blue.
        secondary: the numbers of DA2, in the order of the answers.
        attributes: the numbers of DA1, in the order of the answers.
    """

    names: tuple[str, ...] = ()
    kitty: bool = False
    cell: CellSize | None = None
    background: tuple[int, int, int] | None = None
    secondary: tuple[tuple[int, ...], ...] = ()
    attributes: tuple[tuple[int, ...], ...] = ()


NOTHING = Answers()


@dataclass(frozen=True, slots=True)
class Received:
    """What came from a terminal, taken apart.

    Attributes:
        answers: the answers in it.
        typed: everything else: the keys.
        unfinished: its end, where that may be the beginning of an answer.
    """

    answers: Answers
    typed: bytes
    unfinished: bytes


def parse(data: bytes) -> Received:
    """Take apart what came after a query. Any bytes will do."""
    answers, typed, unfinished = split(data.decode("latin-1"))
    return Received(_answers(answers), typed.encode("latin-1"), unfinished.encode("latin-1"))


def split(text: str) -> tuple[list[re.Match[str]], str, str]:
    """The answers in a text, what stands between them, and its end if an answer may have begun there."""
    begun = _BEGUN.search(text)
    end = begun.start() if begun else len(text)
    matches = list(_ANSWER.finditer(text, 0, end))
    typed, at = "", 0
    for answer in matches:
        typed += text[at : answer.start()]
        at = answer.end()
    return matches, typed + text[at:end], text[end:]


def is_unmistakable(unfinished: str) -> bool:
    """Whether the beginning of an answer is longer than that of any key."""
    return unfinished.startswith(("\x1bP>|", "\x1b_G", "\x1b]11;"))


def _answers(found: list[re.Match[str]]) -> Answers:
    by_kind: dict[str, list[str]] = {name: [] for name in _ANSWER.groupindex}
    for answer in found:
        for kind, said in answer.groupdict().items():
            if said is not None:
                by_kind[kind].append(said)
    sizes = zip(by_kind["width"], by_kind["height"], strict=True)
    cells = [cell for width, height in sizes if (cell := cell_size(int(width), int(height)))]
    colours = [colour for said in by_kind["background"] if (colour := _colour(said))]
    return Answers(
        names=tuple(name for said in by_kind["version"] if (name := _name(said))),
        kitty=any(_says_yes(said) for said in by_kind["kitty"]),
        cell=cells[-1] if cells else None,
        background=colours[-1] if colours else None,
        secondary=tuple(_numbers(said) for said in by_kind["secondary"]),
        attributes=tuple(_numbers(said) for said in by_kind["attributes"]),
    )


def cell_size(width: int, height: int) -> CellSize | None:
    """The size of a cell in pixels; None if it cannot be true."""
    return CellSize(width, height) if width in _CELL_SIZES and height in _CELL_SIZES else None


def _name(said: str) -> str:
    return re.sub(r"[^ -~]", "", said.removesuffix("\x1b\\"))[:_LONGEST_NAME].strip()


def _says_yes(said: str) -> bool:
    """``i=31;OK``; a refusal has the name of an error there."""
    keys, _, status = said.removesuffix("\x1b\\").partition(";")
    return status == "OK" and "i=31" in keys.split(",")


def _numbers(said: str) -> tuple[int, ...]:
    return tuple(int(part) for part in said.split(";") if 0 < len(part) < 7)


def _colour(said: str) -> tuple[int, int, int] | None:
    """``rgb:RRRR/GGGG/BBBB``, one to four digits each, as 0 to 255."""
    match = _COLOUR.match(said)
    if not match:
        return None
    red, green, blue = (round(255 * int(part, 16) / (16 ** len(part) - 1)) for part in match.groups())
    return red, green, blue
