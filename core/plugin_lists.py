"""Whether an installed package may have plug-ins: a look at the lists of all packages, without reading them.

Most machines have none, and ``importlib.metadata`` with the parser of e-mail that it needs takes a tenth of the time
until the app is there: it is imported only where a list names us.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder

_LIST = "entry_points.txt"
_PACKAGES = (".dist-info", ".egg-info")


def may_be_announced(group: str, path: Iterable[str] | None = None, finders: Iterable[object] | None = None) -> bool:
    """False if surely no package has an entry point of a group. True also where only Python itself can tell.

    Args:
        group: of entry points.
        path: folders and archives in which packages are looked for; ``sys.path`` if left out.
        finders: what else knows of packages; ``sys.meta_path`` if left out.
    """
    others = (finder for finder in (sys.meta_path if finders is None else finders) if finder is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in others):
        return True
    name = group.encode()
    try:
        return any(_is_named(name, place or os.curdir) for place in (sys.path if path is None else path))
    except OSError:  # what is wrong with that list, who reads it says
        return True


def _is_named(name: bytes, place: str) -> bool:
    if place.endswith(".egg") or os.path.isfile(place):  # an archive, or another layout
        return True
    return any(name in text for text in _lists(place))


def _lists(folder: str) -> Iterator[bytes]:
    """The lists of the packages in a folder.

    Raises:
        OSError: one of them cannot be read.
    """
    try:
        packages = [entry for entry in os.listdir(folder) if entry.endswith(_PACKAGES)]
    except OSError:  # missing, as Python's zip of its library mostly is; or unreadable: nothing is imported from it
        return
    for package in packages:
        try:
            with open(os.path.join(folder, package, _LIST), "rb") as stream:
                yield stream.read()
        except (FileNotFoundError, NotADirectoryError):  # most have no list
            pass
