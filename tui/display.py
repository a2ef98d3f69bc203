"""How the app looks: the user's choice, for all projects."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import tomli_w

from core.files import write_whole
from core.user_folders import state_folder

THEMES = ("pictoscope", "pictoscope-light")
PICTURE_SIZES = ("small", "medium", "large")


@dataclass(frozen=True)
class Display:
    """The user's choice.

    Attributes:
        theme: name of a Textual theme.
        picture_size: of the grid.
    """

    theme: str = THEMES[0]
    picture_size: str = "medium"


def load() -> Display:
    """What was chosen last; the defaults where nothing was, or the file is damaged."""
    try:
        content = tomllib.loads(_file().read_text("utf-8"))
        display = Display(**{name: str(content[name]) for name in ("theme", "picture_size") if name in content})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return Display()
    return display if display.picture_size in PICTURE_SIZES else Display(theme=display.theme)


def save(display: Display) -> None:
    """Keep the choice.

    Raises:
        DiskFull, OSError: it cannot be written.
    """
    write_whole(_file(), tomli_w.dumps(asdict(display)).encode("utf-8"))


def _file() -> Path:
    return state_folder() / "display.toml"
