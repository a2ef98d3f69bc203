"""Words for people: names made harmless for a terminal, sizes, durations, counts."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from typing import Any

# Cc control, Cf format (bidirectional overrides, zero width), Cs surrogates, Co private use, Zl/Zp line separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str | bytes | os.PathLike[str]) -> str:
    """``text`` as it may be shown: one line, no control or format characters, bytes that are not UTF-8 as ``\\xNN``.

    Anything that a file name, EXIF field or model card brings goes through here before it reaches a terminal.
    It does not escape markup: show its result where markup is off.
    """
    name = os.fsdecode(os.fspath(text)) if not isinstance(text, str) else text
    return name if name.isprintable() else "".join(_visible(character) for character in name)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8 (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def place(path: str | bytes | os.PathLike[str]) -> str:
    """A path as it may be shown, the home folder as ``~``."""
    name, home = os.fsdecode(os.fspath(path)), os.path.expanduser("~").rstrip("/")
    inside = home and (name == home or name.startswith(home + "/"))
    return printable("~" + name[len(home) :] if inside else name)


def json_line(value: Any, indent: int | None = None) -> str:
    """JSON of printable ASCII alone: DEL is escaped too, which JSON itself lets through."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def byte_size(size: int) -> str:
    """``size`` bytes in the unit a person would choose: ``98 MB``, ``1.2 GB`` (powers of 1000)."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 999.5:  # what rounds to 1000 is said in the next unit, and what rounds to 10.0 without a decimal
            return f"{amount:.0f} {unit}" if amount >= 9.95 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def duration(seconds: float) -> str:
    """``seconds`` as ``40 s``, ``8 min`` or ``2 h 05``."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    if whole < 90 * 60:
        return f"{round(whole / 60)} min"
    hours, rest = divmod(whole, 3600)
    return f"{hours} h {rest // 60:02d}"


def count(number: int, noun: str = "", plural: str | None = None) -> str:
    """``number`` with thousands separators, and its noun: ``48,210 pictures``, ``1 picture``."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else (plural or noun + 's')}"


def rate(per_second: float) -> str:
    """Pictures a second, with a decimal only where it tells something: ``41/s``, ``3.2/s``."""
    return f"{per_second:.1f}/s" if per_second < 10 else f"{per_second:,.0f}/s"


def moment(seconds: float) -> str:
    """A day and time in the local time zone, ``2026-01-02 03:04``; a dash where unknown (0) or no time at all."""
    return _local(seconds, "%Y-%m-%d %H:%M") if seconds else "–"


def clock(seconds: float) -> str:
    """A time of day in the local time zone, ``03:04:05``; a dash where it is no time at all."""
    return _local(seconds, "%H:%M:%S")


def _local(seconds: float, form: str) -> str:
    try:
        return time.strftime(form, time.localtime(seconds))
    except (ValueError, OverflowError, OSError):  # what no worker of ours wrote
        return "–"
