"""``project.toml``: a project's name, picture folders and settings. People may edit it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import ProjectError, StoreBusy, UnsafeFile
from core.files import Lock, write_atomic
from core.project_files import read_start
from core.toml_reader import LONGEST, parse_toml

FORMAT = 1
SETTINGS_NAME = "project.toml"
SETTINGS_LOCK_NAME = "project.toml.lock"
_LONGEST_WAIT = 20.0  # seconds; a change takes milliseconds


@dataclass(frozen=True)
class Settings:
    """The content of ``project.toml``.

    Attributes:
        name: shown in the list of recent projects.
        folders: picture folders; absolute, or relative to the project folder. Bytes that are not UTF-8 are surrogates.
        default_vec_type: used by actions by default; empty for none.
        follow_links: whether the scan follows symbolic links.
    """

    name: str
    folders: tuple[str, ...]
    default_vec_type: str = ""
    follow_links: bool = False

    def with_folder(self, folder: str) -> Settings:
        """These settings and one more picture folder."""
        return self if folder in self.folders else replace(self, folders=(*self.folders, folder))

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read ``project.toml``.

        Raises:
            ProjectError: absent, not TOML, wrong types, or of a newer format. The message names the file.
        """
        try:
            content = parse_toml(read_start(path, LONGEST + 1))
        except FileNotFoundError:
            raise ProjectError(f"no project at {path.parent}", "`pictoscope add FOLDER` creates one") from None
        except UnsafeFile as error:
            raise ProjectError(f"{error.message}: it cannot be read", error.hint) from error
        except OSError as error:
            raise ProjectError(f"{path} cannot be read ({error.strerror})", "check its permissions") from error
        except tomllib.TOMLDecodeError as error:
            raise _damaged(path, str(error)) from error
        version = content.get("format")
        if not isinstance(version, int) or version < 1:
            raise _damaged(path, "it has no format version")
        if version > FORMAT:
            raise ProjectError(
                f"{path} has format {version}, this Pictoscope reads up to {FORMAT}",
                "upgrade: pip install -U pictoscope",
            )
        return _parse(path, content)

    def save(self, path: Path) -> None:
        """Write ``project.toml`` atomically, keeping unknown keys.

        Raises:
            DiskFull, OSError: it cannot be written; the old file is untouched.
        """
        content = _existing(path)
        content["format"] = FORMAT
        content["name"] = self.name.encode("utf-8", "backslashreplace").decode("utf-8")  # it is only shown
        content["folders"] = [_escape(folder) for folder in self.folders]
        content["default_vec_type"] = self.default_vec_type
        content["follow_links"] = self.follow_links
        write_atomic(path, tomli_w.dumps(content).encode("utf-8"))

    @classmethod
    def update(cls, path: Path, change: Callable[[Settings | None], Settings]) -> Settings:
        """Read, change and write ``project.toml`` under a lock, so that no other program's change is lost.

        Args:
            path: of the file, in an existing folder.
            change: receives the settings, or None if there is no file. Its result is written if it
                differs.

        Returns the current settings.

        Raises:
            ProjectError: the file cannot be read, or another program holds the lock. DiskFull, OSError: it cannot be
                written; the old file is untouched. And whatever ``change`` raises.
        """
        if path.exists():
            # Without a change nothing is locked: the folder may be read-only.
            before = cls.load(path)
            if change(before) == before:
                return before
        with settings_lock(path):
            before_or_none = cls.load(path) if path.exists() else None
            after = change(before_or_none)
            if after != before_or_none:
                after.save(path)
            return after


def settings_lock(path: Path) -> Lock:
    """The lock for changing ``project.toml``. A separate file, as ``project.toml`` itself is replaced.

    Raises:
        ProjectError: another program has held it for too long. OSError: the folder cannot be written.
    """
    try:
        return Lock.take(path.with_name(SETTINGS_LOCK_NAME), f"process {os.getpid()}", wait=_LONGEST_WAIT)
    except StoreBusy as error:
        raise ProjectError(
            f"the settings of {path.parent} are being changed by another program ({error.message})",
            "try again when it has finished",
        ) from error


def _existing(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_start(path, LONGEST + 1))
    except (OSError, UnsafeFile, tomllib.TOMLDecodeError):
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
        "fix it in an editor, or rewrite it: `pictoscope add FOLDER --rebuild-settings`; vectors are kept",
    )


# TOML is Unicode only. A folder whose name is not UTF-8 is stored as "bytes:" and its bytes in hexadecimal.
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
