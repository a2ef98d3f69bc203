"""Paths as people type them."""

from __future__ import annotations

from pathlib import Path


def typed_path(text: str) -> Path:
    """A path as somebody typed it. ``~`` is home; ``~somebody`` who is not there is a file's name like any other."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:
        return path.absolute()
