"""``project.toml``: a project's name, picture folders and settings. Text that a person may edit."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import ProjectError
from core.files import write_whole
from core.toml_reader import parse_toml

FORMAT = 1
FILE_NAME = "project.toml"


@dataclass(frozen=True)
class Settings:
    """What ``project.toml`` says.

    Attributes:
        name: shown in the list of recent projects.
        folders: picture folders; absolute, or relative to the project folder. Bytes that are not UTF-8 are surrogates.
        default_vec_type: taken by actions where none is given; empty for none.
        follow_links: whether the scan enters symbolic links.
    """

    name: str
    folders: tuple[str, ...]
    default_vec_type: str = ""
    follow_links: bool = False

    def with_folder(self, folder: str) -> Settings:
        """These settings and one more picture folder."""
        return self if folder in self.folders else replace(self, folders=(*self.folders, folder))


def load(path: Path) -> Settings:
    """Read ``project.toml``.

    Raises:
        ProjectError: absent, not TOML, wrong types, or of a newer format. The message names the file.
    """
    try:
        content = parse_toml(path.read_bytes())
    except FileNotFoundError:
        raise ProjectError(f"no project at {path.parent}", "`pictoscope add FOLDER` makes one") from None
    except OSError as error:
        raise ProjectError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
    except tomllib.TOMLDecodeError as error:
        raise _damaged(path, str(error)) from error
    found = content.get("format")
    if not isinstance(found, int) or found < 1:
        raise _damaged(path, "it has no format version")
    if found > FORMAT:
        raise ProjectError(
            f"{path} has format {found}, this Pictoscope reads up to {FORMAT}", "upgrade: pip install -U pictoscope"
        )
    return _parse(path, content)


def save(path: Path, settings: Settings) -> None:
    """Write ``project.toml`` whole, keeping keys that this version does not know.

    Raises:
        DiskFull, OSError: it cannot be written; the old file is untouched.
    """
    content = _existing(path)
    content["format"] = FORMAT
    content["name"] = settings.name.encode("utf-8", "backslashreplace").decode("utf-8")  # it is only shown
    content["folders"] = [_escape(folder) for folder in settings.folders]
    content["default_vec_type"] = settings.default_vec_type
    content["follow_links"] = settings.follow_links
    write_whole(path, tomli_w.dumps(content).encode("utf-8"))


def _existing(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_bytes())
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _parse(path: Path, content: dict[str, Any]) -> Settings:
    expected: dict[str, tuple[type, Any]] = {
        "name": (str, path.parent.parent.name),
        "folders": (list, []),
        "default_vec_type": (str, ""),
        "follow_links": (bool, False),
    }
    values = {}
    for key, (kind, default) in expected.items():
        values[key] = content.get(key, default)
        if not isinstance(values[key], kind):
            raise _damaged(path, f"{key} is not a {kind.__name__}")
    if not all(isinstance(folder, str) and folder for folder in values["folders"]):
        raise _damaged(path, "folders is not a list of paths")
    values["folders"] = tuple(_unescape(folder) for folder in values["folders"])
    return Settings(**values)


def _damaged(path: Path, why: str) -> ProjectError:
    return ProjectError(
        f"{path} is damaged: {why}",
        "mend it in an editor, or write it anew: `pictoscope add FOLDER --rebuild-settings`; vectors are kept",
    )


# TOML holds Unicode only. A folder whose name is not UTF-8 is kept as "bytes:" and its bytes in hexadecimal.
def _escape(folder: str) -> str:
    try:
        folder.encode("utf-8")
    except UnicodeEncodeError:
        return "bytes:" + os.fsencode(folder).hex()
    return folder


def _unescape(folder: str) -> str:
    if folder.startswith("bytes:"):
        try:
            return os.fsdecode(bytes.fromhex(folder.removeprefix("bytes:")))
        except ValueError:
            return folder
    return folder
