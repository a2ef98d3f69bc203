"""Names that people give: to tags, groups, properties, filters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from core.errors import UsageError
from core.text import printable

LONGEST_NAME = 200
_LINE_ENDS = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*")
_SHOWN = 60


def clean_name(text: str, what: str) -> str:
    """``text`` as it is stored: NFC, one line, without blanks at its ends. Case stays: ``Cat`` and ``cat`` are two.

    Args:
        text: as typed or read. Control characters are kept (``printable`` shows them).
        what: it names, for the message: ``tag``.

    Raises:
        UsageError: empty, longer than 200 characters, or not Unicode (bytes of another encoding).
    """
    name = unicodedata.normalize("NFC", _LINE_ENDS.sub(" ", text)).strip()
    if not name:
        raise UsageError(f"a {what} needs a name", "give one that is not empty")
    if len(name) > LONGEST_NAME:
        raise UsageError(
            f"a {what} has a name of at most {LONGEST_NAME} characters, this one has {len(name):,}",
            f"choose a shorter one than {shown(name)}",
        )
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise UsageError(f"{shown(name)} is not Unicode text", f"type the {what}'s name in UTF-8")
    return name


def shown(name: str) -> str:
    """A name as it stands in a message: harmless, and cut where it is long."""
    return printable(name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "…")


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that is not there, with the nearest that is."""
    near = get_close_matches(name, list(known), 1)
    return UsageError(
        f"there is no {what} {shown(name)}", f"did you mean {shown(near[0])}?" if near else f"make the {what} first"
    )


def taken(what: str, name: str) -> UsageError:
    """The error for a name that another one has."""
    return UsageError(f"there is a {what} {shown(name)} already", "choose another name")
