"""Lists of paths for other programs: finds paths that would be read as those of other files.

A list of lines splits a path at a line break; ``xargs`` also splits it at whitespace, and removes quotes and
backslashes. If the rest is the path of another existing file, ``rm`` would delete that file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace

from core.actions.answer import Answer
from core.text import count

_SPECIAL = re.compile(rb"[\s'\"\\]")
_PART = re.compile(rb"""'[^'\n]*'|"[^"\n]*"|\\.|(?P<blank>[ \t\n\v\f\r]+)|.""", re.DOTALL)
AMBIGUOUS = "in a list of lines its path would be read as the path of another file"


def reads_as_another(path: bytes) -> bool:
    """Whether a program that reads lines, or ``xargs`` without ``-0``, would read ``path`` as another existing file."""
    if not _SPECIAL.search(path):
        return False
    return any(piece != path and _is_file(piece) for piece in _readings(path))


def _readings(path: bytes) -> Iterator[bytes]:
    for line in (path, *path.split(b"\n")):
        yield line
        yield line.strip(b" \t")
        words = _words(line)
        yield from words
        yield b" ".join(words)
        yield b"".join(_unquoted(part) for part in _PART.finditer(line))


def _words(line: bytes) -> list[bytes]:
    """Split like ``xargs``."""
    words = [b""]
    for part in _PART.finditer(line):
        if part["blank"]:
            words.append(b"")
        else:
            words[-1] += _unquoted(part)
    return [word for word in words if word]


def _unquoted(part: re.Match[bytes]) -> bytes:
    text = part[0]
    if len(text) > 1 and text[:1] in (b"'", b'"'):
        return text[1:-1]
    return text[1:] if len(text) > 1 and text[:1] == b"\\" else text


def _is_file(path: bytes) -> bool:
    try:
        return not stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def without_ambiguous(answer: Answer) -> Answer:
    """An answer without the paths that would be read as other files, for printing in lines."""
    groups = tuple(
        replace(group, matches=tuple(match for match in group.matches if not reads_as_another(match.path)))
        for group in answer.groups
    )
    left = sum(len(before.matches) - len(after.matches) for before, after in zip(answer.groups, groups, strict=True))
    if not left:
        return answer
    note = f"{count(left, 'file')} left out: as lines their paths read as the paths of other files; -0 lists them too"
    return replace(answer, groups=groups).with_note(note)
