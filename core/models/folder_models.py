"""Models in the user's folders: short names for their paths, stored as vec types refer to them by name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from core import toml_file
from core.errors import UsageError
from core.user_folders import state_folder


def name_of(path: Path) -> str:
    """As in ``my-model-1a2b3c``: the folder's name and a prefix of its path's hash. Writes nothing."""
    name = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-") or "model"
    return f"{name}-{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def remember(path: Path) -> str:
    """Store the path of a folder. Returns its name.

    Raises:
        DiskFull, OSError: it cannot be written. StoreBusy: another program holds the lock.
    """
    name = name_of(path)
    toml_file.update(_file(), lambda content: {"folders": _folders(content) | {name: str(path)}})
    return name


def path_of(name: str) -> Path:
    """The folder with this name.

    Raises:
        UsageError: the name is unknown.
    """
    try:
        return Path(_known()[name])
    except KeyError:
        raise UsageError(
            f"the model folder {name!r} is not known on this machine", "give the path of the folder"
        ) from None


def _known() -> dict[str, str]:
    return _folders(toml_file.read_or_empty(_file()))


def _folders(content: dict[str, Any]) -> dict[str, str]:
    folders = content.get("folders")
    return {str(name): str(path) for name, path in folders.items()} if isinstance(folders, dict) else {}


def _file() -> Path:
    return state_folder() / "model-folders.toml"
