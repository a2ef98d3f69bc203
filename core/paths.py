"""Containment: of paths by name, of folders by what they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def is_inside(path: bytes, folder: bytes) -> bool:
    """Whether ``path`` is ``folder`` or is inside it, by name only. Both absolute, or both relative to the same folder.

    An empty ``folder`` is that folder itself, ``/`` the root: both contain everything.
    """
    return path == folder or not folder or path.startswith(folder.rstrip(b"/") + b"/")


def is_same_folder(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder: by links, by a second mount, or in other case where case does not count.

    Two paths of which one does not exist are compared by name only.
    """
    if one == other:
        return True
    try:
        return os.path.samestat(os.stat(one), os.stat(other))
    except OSError:
        return False


def is_below(inner: Path, outer: Path) -> bool:
    """Whether ``inner`` is in ``outer`` or below it, by name or through links; False for the same folder.

    A second mount of a folder below ``outer`` cannot be seen.
    """
    if is_same_folder(inner, outer):
        return False
    if inner.is_relative_to(outer):
        return True
    try:
        wanted = os.stat(outer)
    except OSError:
        return False
    return any(os.path.samestat(status, wanted) for status in _folders_above(inner))


def _folders_above(folder: Path) -> Iterator[os.stat_result]:
    for parent in dict.fromkeys((*folder.parents, *Path(os.path.realpath(folder)).parents)):
        try:
            yield os.stat(parent)
        except OSError:
            continue
