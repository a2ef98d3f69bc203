"""Small TOML files that several programs change: choices, recent projects, measured rates."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import UnsafeFile
from core.files import Lock, write_atomic
from core.project_files import read_start
from core.toml_reader import LONGEST, parse_toml

_LONGEST_WAIT = 5.0  # seconds; a change takes milliseconds


def read_or_empty(path: Path, *, of_project: bool = False) -> dict[str, Any]:
    """The content of the file; empty if it is missing, unreadable or damaged.

    Args:
        path: of the file.
        of_project: whether it is in a project, which may come from a stranger; the user's own files may be links.
    """
    try:
        return parse_toml(read_start(path, LONGEST + 1) if of_project else path.read_bytes())
    except (OSError, UnsafeFile, tomllib.TOMLDecodeError):
        return {}


def update(
    path: Path, change: Callable[[dict[str, Any]], dict[str, Any]], *, of_project: bool = False
) -> dict[str, Any]:
    """Read, change and write the file under a lock, so that no other program's change is lost.

    Args:
        path: of the file, which need not exist.
        change: receives the content and returns the new one.
        of_project: as for :func:`read_or_empty`.

    Returns the new content.

    Raises:
        StoreBusy: another program holds its lock for too long. DiskFull, OSError: it cannot be written.
    """
    with Lock.take(path.with_name(path.name + ".lock"), f"process {os.getpid()}", wait=_LONGEST_WAIT):
        content = change(read_or_empty(path, of_project=of_project))
        write_atomic(path, tomli_w.dumps(content).encode("utf-8", "replace"))
        return content
