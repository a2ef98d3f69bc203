"""Short names of folders."""

from __future__ import annotations

import os
from collections.abc import Iterable


def common_folder(paths: Iterable[str | None]) -> str:
    """The deepest folder that holds all of these; empty if there are fewer than two, or one is no absolute path."""
    known = [path for path in paths if path is not None]
    if len(known) < 2 or not all(os.path.isabs(path) for path in known):
        return ""
    return os.path.commonpath(known)


def below(path: str, folder: str) -> str:
    """The path from this folder on; as it is where there is no folder."""
    return os.path.relpath(path, folder) if folder else path
