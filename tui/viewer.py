"""Pictures for other programs: their paths in the terminal's clipboard, and the viewer of the desktop or of the user.

``settings.toml`` in the user's configuration folder names the viewer::

    viewer = "feh --fullscreen {}"     # {} stands for the path; without it the path is added at the end
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App

from core.errors import PictoscopeError
from core.key_hints import key_for, with_keys
from core.text import count, printable
from tui import settings_file
from tui.display import SETTINGS
from tui.settings_file import FILE_NAME

MOST = 1_000  # paths at once
_PATH = "{}"
_started: list[subprocess.Popen[bytes]] = []  # kept until they end: their exit codes are read then


def copy_paths(app: App[Any], paths: Sequence[bytes]) -> None:
    """Copy paths to the terminal's clipboard (OSC 52), one a line, unless pasting them could do harm."""
    texts = [path.decode("utf-8", "surrogateescape") for path in paths]
    unsafe = [text for text in texts if text != printable(text)]
    if unsafe:
        which = "its path has" if len(texts) == 1 else f"{count(len(unsafe))} of {count(len(texts), 'path')} have"
        app.notify(f"{which} characters that are not safe to paste: {key_for('export-list')} exports", markup=False)
    elif texts:
        app.copy_to_clipboard("\n".join(texts))
        what = "path" if len(texts) == 1 else count(len(texts), "path")
        app.notify(f"{what} copied, if the terminal allows it", markup=False)


def open_in_viewer(path: bytes) -> str:
    """Start the viewer on a picture; it goes on when the app ends. Returns the name of the program.

    Raises:
        PictoscopeError: the picture is gone, there is no viewer, or the settings are wrong.
    """
    if not os.path.isfile(path):
        raise PictoscopeError(f"{printable(path)} is not there any more", with_keys("{rescan} looks for new pictures"))
    command = viewer_command(_viewer_setting(), path)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C in the terminal is for the app
        )
    except OSError as error:
        raise PictoscopeError(f"{printable(command[0])} cannot be started: {error.strerror}", _HINT) from error
    _started[:] = [one for one in _started if one.poll() is None]
    _started.append(process)
    return printable(Path(os.fsdecode(command[0])).name)


def viewer_command(setting: str, path: bytes) -> list[bytes]:
    """The program and its arguments. ``setting``: as the user wrote it; empty for the viewer of the desktop.

    Raises:
        PictoscopeError: it is no command, its program is not installed, or there is no desktop.
    """
    try:
        words = [os.fsencode(word) for word in shlex.split(setting)] or [os.fsencode(_desktop_viewer())]
    except ValueError as error:
        raise PictoscopeError(f"{FILE_NAME}: viewer is not a command: {error}", _HINT) from error
    if shutil.which(os.fsdecode(words[0])) is None:
        raise PictoscopeError(f"{printable(words[0])} is not installed", _HINT)
    if not any(_PATH.encode() in word for word in words[1:]):
        words.append(_PATH.encode())
    return [words[0], *(word.replace(_PATH.encode(), path) for word in words[1:])]


def _desktop_viewer() -> str:
    if sys.platform == "darwin":
        return "open"
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise PictoscopeError("there is no desktop to open the picture in", _HINT)
    return "xdg-open"


def _viewer_setting() -> str:
    settings = settings_file.read(SETTINGS)
    if wrong := settings.problems.get("viewer") or settings.problems.get(""):
        raise PictoscopeError(wrong.message, _HINT)
    return str(settings.values.get("viewer", ""))


_HINT = f'set viewer = "PROGRAM {_PATH}" in {FILE_NAME} of the configuration folder'
