"""Advice on the terminal, which the app gives once."""

from __future__ import annotations

from contextlib import suppress

from core import toml_file
from core.errors import PictoscopeError
from core.user_folders import state_folder

_MOST = 32  # pieces of advice that are remembered


def not_yet_given(advice: str) -> str:
    """The advice; empty if it was given before. From now on it was."""
    if not advice:
        return ""
    with suppress(PictoscopeError, OSError):  # then it is given again
        path = state_folder() / "advice.toml"
        given = toml_file.read_or_empty(path).get("given", [])
        before = [str(one) for one in given] if isinstance(given, list) else []
        if advice in before:
            return ""
        toml_file.update(path, lambda content: content | {"given": [*before[1 - _MOST :], advice]})
    return advice
