"""Models that lie in folders of the user's: a short name for each path, kept for as long as vectors bear the name."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import tomli_w

from core.errors import UsageError
from core.files import write_whole
from core.toml_reader import parse_toml
from core.user_folders import state_folder


def name_of(path: Path) -> str:
    """As in ``my-model-1a2b3c``: the folder's name and a piece of its path's hash. Writes nothing."""
    name = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-") or "model"
    return f"{name}-{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:6]}"


def remember(path: Path) -> str:
    """Keep a folder under its name, which is returned.

    Raises:
        DiskFull, OSError: it cannot be written.
    """
    name = name_of(path)
    write_whole(_file(), tomli_w.dumps({"folders": _known() | {name: str(path)}}).encode("utf-8"))
    return name


def path_of(name: str) -> Path:
    """The folder that was remembered under a name.

    Raises:
        UsageError: none was.
    """
    try:
        return Path(_known()[name])
    except KeyError:
        raise UsageError(
            f"the model folder {name!r} is not known on this machine", "name the folder by its path"
        ) from None


def _known() -> dict[str, str]:
    try:
        folders = parse_toml(_file().read_bytes())["folders"]
    except (OSError, tomllib.TOMLDecodeError, KeyError):
        return {}
    return {str(name): str(path) for name, path in folders.items()} if isinstance(folders, dict) else {}


def _file() -> Path:
    return state_folder() / "model-folders.toml"
