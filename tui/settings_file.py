"""``settings.toml`` in the user's configuration folder: what the user has set for all projects.

People write it, and the app: when it changes a setting, it changes that line alone, so that comments and order stay.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from core.errors import PictoscopeError, UsageError
from core.files import Lock, write_atomic
from core.text import printable
from core.toml_reader import LONGEST, parse_toml
from core.user_folders import config_folder

FILE_NAME = "settings.toml"
_HINT = "docs/settings.md lists what it may contain"
_LONGEST_WAIT = 5.0  # seconds for another program that writes it
_CHOICES_NAMED = 8  # of more, such as all themes, the first are named
_TABLE = re.compile(r"^\s*\[")


@dataclass(frozen=True)
class Setting:
    """What the file may say under a name.

    Attributes:
        default: without a line for it; also its type.
        help: what it does, in a few words.
        choices: the values there are; empty for any of its type.
        check: raises UsageError for a value of its type that cannot be. It is not asked about what is empty.
    """

    default: str | int | bool | tuple[str, ...]
    help: str
    choices: tuple[str | int, ...] = ()
    check: Callable[[Any], object] | None = None

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty for nothing."""
        kind = type(self.default)
        if not _is_of_type(kind, value):
            return f"needs {_KINDS[kind]}"
        if refusal := self.refusal(value):
            return f"is wrong: {refusal.message}"
        return "" if not self.choices or value in self.choices else f"cannot be {_shown(value)}"

    def refusal(self, value: object) -> UsageError | None:
        """What :attr:`check` says against a value of the right type."""
        if self.check is not None and value and _is_of_type(type(self.default), value):
            try:
                self.check(value)
            except UsageError as error:
                return error
        return None


@dataclass(frozen=True)
class SettingsFile:
    """What the file says.

    Attributes:
        values: by name, those that hold.
        problems: lines that were left out, by name, each with where and what to do; by ``""`` why nothing was read.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, PictoscopeError]


def path() -> Path:
    """Where the file is, or would be."""
    return config_folder() / FILE_NAME


def read(known: Mapping[str, Setting]) -> SettingsFile:
    """What the file says; nothing where there is none. A file that cannot be read is a problem, never an error."""
    try:
        return parse(_text(path()), known)
    except OSError as error:
        why = f"{FILE_NAME} cannot be read: {error.strerror}"
        return SettingsFile({}, {"": PictoscopeError(why, "the settings by default are used")})


def parse(text: str, known: Mapping[str, Setting]) -> SettingsFile:
    """What a text says. A line with a mistake is left out and named, with what is nearest; the others hold."""
    try:
        content = parse_toml(text.encode("utf-8", "surrogateescape"))
    except tomllib.TOMLDecodeError as error:
        return SettingsFile({}, {"": PictoscopeError(f"{FILE_NAME}: {printable(str(error))}", _HINT)})
    problems = dict(_problems(text, content, known))
    values = {name: content[name] for name in known if name in content and not known[name].problem(content[name])}
    return SettingsFile(values, problems)


def _problems(
    text: str, content: Mapping[str, Any], known: Mapping[str, Setting]
) -> Iterator[tuple[str, PictoscopeError]]:
    for name, value in content.items():
        where = f"{FILE_NAME}, line {_line_of(text, name)}"
        if name not in known:
            yield name, PictoscopeError(f"{where}: there is no setting {printable(name)!r}", _nearest(name, known))
        elif wrong := known[name].problem(value):
            yield name, PictoscopeError(f"{where}: {name} {wrong}", _advice(known[name], value))


def save(changes: Mapping[str, str | int | bool], inherited: Mapping[str, str | int | bool]) -> None:
    """Write settings into the file, made if there is none; all other lines stay as they are.

    Args:
        changes: by name.
        inherited: of an earlier version's file, written along where the file does not name them.

    Raises:
        PictoscopeError: the file is no TOML, or another program does not stop writing it. DiskFull, OSError: it
            cannot be written; the old file is untouched.
    """
    file = Path(os.path.realpath(path()))  # a link, as people who keep such files elsewhere have, stays one
    with Lock.take(file.with_name(f"{file.name}.lock"), f"process {os.getpid()}", wait=_LONGEST_WAIT):
        text = _text(file)
        lines = text.splitlines()
        given = {name: value for name, value in inherited.items() if _place_of(lines, name) is None}
        write_atomic(file, changed(text, given | dict(changes)).encode("utf-8", "surrogateescape"))


def changed(text: str, changes: Mapping[str, str | int | bool]) -> str:
    """A text with these settings: each in its line, a new one after the others; comments stay.

    Raises:
        PictoscopeError: it is no TOML, or so written that a line cannot be replaced.
    """
    try:
        wanted = parse_toml(text.encode("utf-8", "surrogateescape")) | dict(changes)
    except tomllib.TOMLDecodeError as error:
        raise PictoscopeError(f"{FILE_NAME}: {printable(str(error))}", "mend it in an editor first") from error
    lines = text.splitlines()
    for name, value in changes.items():
        line = tomli_w.dumps({name: value}).rstrip("\n")
        at = _place_of(lines, name)
        if at is None:
            end = next((number for number, one in enumerate(lines) if _TABLE.match(one)), len(lines))
            lines.insert(end, line)
        else:
            lines[at] = line + _comment(lines[at])
    new = "\n".join(lines) + "\n"
    try:
        same = parse_toml(new.encode("utf-8", "surrogateescape")) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:  # such as a value over several lines
        raise PictoscopeError(f"{FILE_NAME} cannot be changed here", f"set {', '.join(changes)} in an editor")
    return new


def _comment(line: str) -> str:
    """The comment at the end of a line whose value is a word, a number or a plain text; empty for none."""
    parts = re.fullmatch(r"""[^=]*=\s*(?:"[^"\\]*"|'[^']*'|[^"'#\s]+)(\s*#.*)""", line)
    return parts[1] if parts else ""


def _place_of(lines: list[str], name: str) -> int | None:
    """Index of the line on which a name is given a value, outside of tables; None for none."""
    pattern = re.compile(rf"""^\s*["']?{re.escape(name)}["']?\s*=""")
    for number, line in enumerate(lines):
        if _TABLE.match(line) and not re.match(rf"""^\s*\[+\s*["']?{re.escape(name)}\b""", line):
            return None
        if pattern.match(line):
            return number
    return None


def _line_of(text: str, name: str) -> int:
    """The line of a name or of a table with this name; 1 if it is not found, such as one with escapes."""
    pattern = re.compile(rf"""^\s*(?:\[+\s*)?["']?{re.escape(name)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(LONGEST + 1).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


_KINDS: Mapping[type, str] = {str: "a text", int: "a whole number", bool: "true or false", tuple: "a list of texts"}


def _is_of_type(kind: type, value: object) -> bool:
    """Whether a value of a file is of the type of a default; lists stand for tuples."""
    if kind is tuple:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return type(value) is kind


def _shown(value: object) -> str:
    return printable(tomli_w.dumps({"a": value}).partition(" = ")[2].strip())


def _advice(setting: Setting, value: object) -> str:
    if refusal := setting.refusal(value):
        return refusal.hint
    if not setting.choices:
        return f"such as {_shown(setting.default)}" if setting.default not in ("", ()) else _HINT
    nearest = _close(str(value), [str(choice) for choice in setting.choices])
    if nearest is not None:
        return f"the nearest is {_shown(next(one for one in setting.choices if str(one) == nearest))}"
    more = len(setting.choices) - _CHOICES_NAMED
    named = [_shown(choice) for choice in setting.choices[:_CHOICES_NAMED]]
    return f"one of {', '.join(named)}" + (f" and {more} more: see docs/settings.md" if more > 0 else "")


def _nearest(word: str, known: Mapping[str, Setting]) -> str:
    nearest = _close(word, list(known))
    return f"the nearest is {nearest!r}" if nearest else f"there are {', '.join(known)}"


def _close(word: str, known: Sequence[str]) -> str | None:
    from difflib import get_close_matches  # only where there is a mistake

    return next(iter(get_close_matches(word[:100], known, 1, 0.5)), None)
