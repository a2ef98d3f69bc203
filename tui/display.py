"""The settings of the user, for all projects: which there are, and those the app follows. Read before Textual."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core import toml_file
from core.engines.choice import EngineChoice
from core.errors import PictoscopeError
from core.user_folders import state_folder
from tui import settings_file
from tui.graphics.terminal import AUTO, CHOICES
from tui.job_notice import NOTICES, OFF
from tui.settings_file import Setting

MOST_IN_ROW = 8  # pictures of a grid


def _check_maps(texts: Sequence[str]) -> None:
    from core.shards.picture_folders import parse_elsewhere  # only where the file has some

    parse_elsewhere(texts)


SETTINGS: Mapping[str, Setting] = {
    "theme": Setting(AUTO, "colours of the app: a theme of the command palette; `auto`: as the terminal's background"),
    "pictures_in_row": Setting(0, "pictures in a row of the grid; 0: as many as have room", (*range(MOST_IN_ROW + 1),)),
    "graphics": Setting(AUTO, "how pictures are drawn; `auto`: the best that the terminal can do", CHOICES),
    "notices": Setting(OFF, "what the terminal is sent when a job has ended", NOTICES),
    "restore": Setting(True, "whether a project opens as it was left; `pictoscope --fresh` does without once"),
    "viewer": Setting("", "the program behind `O`; `{}` stands for the path of the picture; empty: the desktop's"),
    "engine": Setting(
        "",
        "a cluster that Create offers to compute on, as in `dask://node1:8786`; empty: none",
        check=EngineChoice,
    ),
    "engine_map": Setting(
        (), "folders that have another path on its workers, each as in `/data=/mnt/data`", check=_check_maps
    ),
    "engine_send_pictures": Setting(
        False,
        "whether its workers are sent the pictures, for they see no files; `engine_map` does not count then",
    ),
}
_EARLIER = "display.toml"  # in the state folder: version 0.1 kept the look of the app there


@dataclass(frozen=True)
class Display:
    """The settings that the app itself follows.

    Attributes:
        theme: name of a Textual theme, or ``auto``: dark or light as the terminal's background is.
        pictures_in_row: of the grid; 0: as many as have room.
        notices: what the terminal is sent when a job has ended, one of :data:`tui.job_notice.NOTICES`.
        graphics: how pictures are shown: a :class:`tui.graphics.terminal.Protocol`, or ``auto`` for the best.
        restore: whether a project opens as it was left.
    """

    theme: str = AUTO
    pictures_in_row: int = 0
    graphics: str = AUTO
    notices: str = OFF
    restore: bool = True

    @classmethod
    def load(cls) -> Display:
        """Load the settings; the default for each that is missing or wrong: see :func:`problems`."""
        try:
            values = {**_earlier(), **settings_file.read(SETTINGS).values}
        except OSError:  # no folder to keep it in
            return cls()
        return cls(**{name: values[name] for name in asdict(cls()) if name in values})

    def save(self, before: Display) -> None:
        """Save what differs from ``before``; another program may have changed the rest.

        Raises:
            PictoscopeError: the file is damaged, or another program does not stop writing it. DiskFull, OSError: it
                cannot be written.
        """
        old = asdict(before)
        chosen = {name: value for name, value in asdict(self).items() if value != old[name]}
        settings_file.save(chosen, _earlier())
        with contextlib.suppress(OSError):
            _earlier_file().unlink(missing_ok=True)


def problems(themes: Sequence[str]) -> tuple[PictoscopeError, ...]:
    """What is wrong with the user's settings; ``themes``: the names that there are."""
    known = {**SETTINGS, "theme": replace(SETTINGS["theme"], choices=(AUTO, *themes))}
    try:
        return tuple(settings_file.read(known).problems.values())
    except OSError:  # no folder to keep it in
        return ()


def _earlier() -> dict[str, Any]:
    """What an earlier version has kept, as far as it holds."""
    content = toml_file.read_or_empty(_earlier_file())
    names = asdict(Display())
    return {name: content[name] for name in names if name in content and not SETTINGS[name].problem(content[name])}


def _earlier_file() -> Path:
    return state_folder() / _EARLIER
