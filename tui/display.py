"""How the app looks: the user's choice, for all projects."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import tomli_w
from textual.theme import Theme

from core.files import write_whole
from core.toml_reader import parse_toml
from core.user_folders import state_folder

DARK = Theme(
    name="pictoscope",
    primary="#d9a05b",
    secondary="#8fa3b0",
    accent="#d9a05b",
    foreground="#d8d4cc",
    background="#16171a",
    surface="#1c1e22",
    panel="#24272c",
    success="#8fb573",
    warning="#d9a05b",
    error="#d06c5a",
    dark=True,
    variables={"footer-key-foreground": "#d9a05b", "border": "#3a3e45", "border-blurred": "#3a3e45"},
)
LIGHT = Theme(
    name="pictoscope-light",
    primary="#9a5b12",
    secondary="#4f6470",
    accent="#9a5b12",
    foreground="#26241f",
    background="#f6f4ef",
    surface="#eeebe4",
    panel="#e4e0d7",
    success="#4c7a2f",
    warning="#9a5b12",
    error="#a63d2a",
    dark=False,
    variables={"footer-key-foreground": "#9a5b12", "border": "#b9b3a6", "border-blurred": "#b9b3a6"},
)
PICTURE_SIZES = ("small", "medium", "large")


@dataclass(frozen=True)
class Display:
    """The user's choice.

    Attributes:
        theme: name of a Textual theme.
        picture_size: of the grid.
    """

    theme: str = DARK.name
    picture_size: str = "medium"


def load() -> Display:
    """What was chosen last; the defaults where nothing was, or the file is damaged."""
    try:
        content = parse_toml(_file().read_bytes())
        display = Display(**{name: str(content[name]) for name in ("theme", "picture_size") if name in content})
    except (OSError, tomllib.TOMLDecodeError):
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
