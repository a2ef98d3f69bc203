"""Names that people give: to tags, groups, properties, filters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from core.errors import UsageError
from core.text import is_unicode, printable

LONGEST_NAME = 200
_LINE_ENDS = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*")
_SHOWN = 60
_LISTED = 5  # known names in a hint


def clean_name(text: str, what: str) -> str:
    """``text`` as it is stored: NFC, one line, stripped. Case is kept: ``Cat`` and ``cat`` differ.

    Args:
        text: as typed or read. Control characters are kept (``printable`` shows them).
        what: the kind of thing, for the message: ``tag``.

    Raises:
        UsageError: empty, longer than 200 characters, or not Unicode (bytes of another encoding).
    """
    name = unicodedata.normalize("NFC", _LINE_ENDS.sub(" ", text)).strip()
    if not name:
        raise UsageError(f"a {what} needs a name", "give one that is not empty")
    if len(name) > LONGEST_NAME:
        raise UsageError(
            f"a {what} has a name of at most {LONGEST_NAME} characters, this one has {len(name):,}",
            f"choose a shorter one than {short_name(name)}",
        )
    if not is_unicode(name):
        raise UsageError(f"{short_name(name)} is not Unicode text", f"type the {what}'s name in UTF-8")
    return name


def short_name(name: str) -> str:
    """A name for messages: printable, and shortened if it is long."""
    return printable(name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "…")


def no_such_error(what: str, name: str, known: Iterable[str], words: Iterable[str] = ()) -> UsageError:
    """The error for an unknown name. Its hint suggests the nearest known name, else lists the first known ones.

    Args:
        what: the kind of thing: ``tag``.
        name: as given.
        known: the names that there are.
        words: others that may have been meant, such as ``width`` by ``wdth``.
    """
    names = sorted(known)
    near = get_close_matches(name, [*names, *words], 1)
    if near:
        hint = f"did you mean {short_name(near[0])}?"
    else:
        more = ", …" if len(names) > _LISTED else ""
        listed = ", ".join(short_name(known_name) for known_name in names[:_LISTED])
        hint = f"there are: {listed}{more}" if names else "there are none yet"
    return UsageError(f"there is no {what} {short_name(name)}", hint)


def name_taken_error(what: str, name: str) -> UsageError:
    """The error for a name that is already used."""
    return UsageError(f"there is a {what} {short_name(name)} already", "choose another name")
