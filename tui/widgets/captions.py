"""Captions of file names that show what differs: names alike at both ends are not cut in the middle."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len

from tui.widgets.cells import shorten, shorten_left, shorten_name, shorten_right, stem_of, whole_character

_DIGIT = re.compile(r"\d")


def captions(names: Iterable[str], width: int) -> dict[str, str]:
    """A caption of at most ``width`` cells for each of the names that are seen together.

    A name that fits is whole. Others are cut in the middle, unless their ends are alike but for digits: these are cut
    where they do not differ, so that ``photo_2023_001_final.png`` becomes ``photo_2023_001…`` or ``…_001…``. Where
    there is no room for the whole difference it is cut in its middle, and what is still alike is told apart again.
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(_DIGIT.sub("0", shorten_name(name, width)), []).append(name)
    return {name: caption for group in groups.values() for name, caption in _told_apart(group, width).items()}


def _told_apart(names: list[str], width: int) -> dict[str, str]:
    if len(names) == 1:
        return {names[0]: shorten_name(names[0], width)}
    whole = dict(zip(_without_ending(names), names, strict=True))
    before = _alike_at_the_beginning(list(whole))
    after = _alike_at_the_beginning([name[before:][::-1] for name in whole])
    groups: dict[str, list[str]] = {}
    for short, name in whole.items():
        caption = name if cell_len(name) <= width else _around(short, before, len(short) - after, width)
        groups.setdefault(caption, []).append(name)
    captions: dict[str, str] = {}
    for caption, group in groups.items():
        # A smaller group differs in fewer places. Where there is no room for any it is no smaller, and stays alike.
        captions |= _told_apart(group, width) if 1 < len(group) < len(names) else dict.fromkeys(group, caption)
    return captions


def _without_ending(names: list[str]) -> list[str]:
    """The stems of file names, where these are as different as the names."""
    stems = [stem_of(name) for name in names]
    return stems if len(set(stems)) == len(names) else names


def _alike_at_the_beginning(names: list[str]) -> int:
    """How many characters all names have in common at their beginning."""
    first, last = min(names), max(names)  # by the order of characters: all others are between them
    return next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))


def _around(name: str, begin: int, end: int, width: int) -> str:
    """``name`` with all from ``begin`` to ``end``, or all of the numbers there, as near its beginning as has room."""
    if cell_len(name) <= width:
        return name
    first, last = _whole_number(name, begin, end)
    if cell_len(name[first:last]) + 2 <= width:
        begin, end = first, last
    begin = whole_character(name, begin)
    end = next(at for at in range(end, len(name) + 1) if whole_character(name, at) == at)
    if cell_len(name[:end]) < width:
        return shorten_right(name, width)
    if cell_len(name[begin:]) < width:
        return shorten_left(name, width)
    room = width - 1 - (end < len(name))
    while begin and cell_len(name[(before := whole_character(name, begin - 1)) : end]) <= room:
        begin = before  # what is alike before it says what it is part of
    part = shorten(name[begin:end], room if begin else room + 1)
    return ("…" if begin else "") + part + ("…" if end < len(name) else "")


def _whole_number(name: str, begin: int, end: int) -> tuple[int, int]:
    """The part from ``begin`` to ``end``, and the rest of a number that it begins or ends within."""
    while begin and name[begin - 1 : begin + 1].isdigit():
        begin -= 1
    while end < len(name) and name[end - 1 : end + 1].isdigit():
        end += 1
    return begin, end
