"""What may be said of a folder before it is a project: whether it has pictures, and whether it is too much to take."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from core.images.formats import looks_like_picture

_LOOKED_AT = 2_000  # entries: a person waits for the answer
_SAMPLE = 5_000  # files that are looked at before a folder is called one that holds hardly any pictures
_SAMPLE_ENTRIES = 20_000  # with the folders among them: some 0.1 s
_OF_EACH = 500  # entries of one folder: beside a folder of pictures there may be one with as many texts about them
_FEW = 100  # of a folder of pictures one file in so many is one at least
_OF_THE_SYSTEM = ("bin", "boot", "dev", "etc", "lib", "opt", "proc", "run", "sbin", "sys", "usr", "var")
_OF_MACOS = ("Applications", "Library", "System", "private")


def has_pictures(folder: Path) -> bool:
    """Whether a picture is among the first entries in a folder and below it, nearest first.

    Hidden entries and links are left out, as in a scan. False for what cannot be listed.
    """
    return any(looks_like_picture(name) for name in _file_names(folder, _LOOKED_AT))


def _file_names(folder: Path, entries: int, of_each: int | None = None) -> Iterator[bytes]:
    """Names of the files among the first entries in a folder and below it, nearest first; ``of_each`` at most."""
    pending, left = deque([os.fsencode(folder)]), entries
    while pending and left > 0:
        try:
            with os.scandir(pending.popleft()) as there:
                for entry in islice(there, of_each):
                    left -= 1
                    if left < 0:
                        break
                    if entry.name.startswith(b"."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry.name
        except OSError:  # no permission, or removed meanwhile
            continue


def holds_home(folder: Path) -> bool:
    """Whether a folder is the user's home or contains it, as ``/`` does: too much to be scanned unasked."""
    home = Path(os.path.realpath(os.path.expanduser("~")))
    real = Path(os.path.realpath(folder))
    return real == home or real in home.parents


def too_much(folder: Path) -> str:
    """Why a folder is scanned only after a question, in a clause that follows its path; empty if it is as any other.

    It holds the user's home, belongs to the system, or holds very many files in many folders, hardly any a picture.
    """
    if holds_home(folder):
        return "holds your home folder: every picture of every program there is read"
    real = Path(os.path.realpath(folder))
    if len(real.parts) > 1 and real.parts[1] in _OF_THE_SYSTEM + _OF_MACOS and len(real.parts) == 2:
        return "belongs to the system: it holds the pictures of programs"
    names = list(islice(_file_names(folder, _SAMPLE_ENTRIES, _OF_EACH), _SAMPLE))
    pictures = sum(map(looks_like_picture, names))
    if len(names) == _SAMPLE and pictures * _FEW < _SAMPLE:
        some = pictures or "none"
        return f"holds very many files, and {some} of the first {_SAMPLE:,} may be pictures"
    return ""
