"""Text for display: strings made safe for a terminal, sizes, durations, counts."""

from __future__ import annotations

import json
import os
import re
import time
import unicodedata
from typing import Any

# Cc control, Cf format (bidirectional overrides, zero width), Cs surrogates, Co private use, Zl/Zp line separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

_SURROGATE = re.compile("[\ud800-\udfff]")


def is_unicode(text: str) -> bool:
    """Whether a text can be written in UTF-8: bytes of another encoding come as half surrogates (PEP 383)."""
    return text.isascii() or not _SURROGATE.search(text)


def printable(text: str | bytes | os.PathLike[str]) -> str:
    """``text`` made safe for display: one line, no control or format characters, bytes that are not UTF-8 as ``\\xNN``.

    Every string from a file name, EXIF field or model card passes through here before it reaches a terminal.
    It does not escape markup: display the result with markup off.
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


def display_path(path: str | bytes | os.PathLike[str]) -> str:
    """A path for display, with ``~`` for the home folder."""
    name, home = os.fsdecode(os.fspath(path)), os.path.expanduser("~").rstrip("/")
    inside = home and (name == home or name.startswith(home + "/"))
    return printable("~" + name[len(home) :] if inside else name)


def error_text(error: BaseException) -> str:
    """An error's message on one line; empty if it has none, or raises (errors of foreign code may).

    It is not made printable.
    """
    try:
        return " ".join(str(error).split())
    except Exception:  # noqa: BLE001  an error in an error
        return ""


def json_line(value: Any, indent: int | None = None) -> str:
    """JSON of printable ASCII only: DEL is escaped too, which JSON does not require."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def byte_size(size: int) -> str:
    """``size`` bytes in a suitable unit: ``98 MB``, ``1.2 GB`` (powers of 1000)."""
    amount = float(size)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 999.5:  # what rounds to 1000 uses the next unit, and what rounds to 10.0 has no decimal
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
    """Pictures per second, with a decimal below 10, two digits below 1: ``41/s``, ``3.2/s``, ``0.041/s``."""
    if 0 < per_second < 1:
        return f"{per_second:.2g}/s"
    return f"{per_second:.1f}/s" if per_second < 10 else f"{per_second:,.0f}/s"


def moment(seconds: float) -> str:
    """A local date and time, ``2026-01-02 03:04``; a dash if unknown (0) or invalid."""
    return _local(seconds, "%Y-%m-%d %H:%M") if seconds else "–"


def clock(seconds: float) -> str:
    """A local time of day, ``03:04:05``; a dash if invalid."""
    return _local(seconds, "%H:%M:%S")


def _local(seconds: float, form: str) -> str:
    try:
        return time.strftime(form, time.localtime(seconds))
    except (ValueError, OverflowError, OSError):  # not written by Pictoscope
        return "–"
