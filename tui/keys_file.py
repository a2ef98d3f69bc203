"""``keys.toml`` in the user's configuration folder: other keys for what keys do.

::

    "tag" = "N"                            # one key
    "image-grid.page-down" = ["f", "pagedown"]  # several

Names are those of :mod:`tui.key_names`. A wrong line is reported and left out; the others hold.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from core.errors import PictoscopeError
from core.text import printable
from core.toml_reader import LONGEST, parse_toml
from core.user_folders import config_folder
from tui.key_names import NamedKey

FILE_NAME = "keys.toml"
_MODIFIERS = ("ctrl", "alt", "shift", "super", "meta", "hyper")
_KEYS = (
    {key.value for key in Keys}
    | {*KEY_NAME_REPLACEMENTS.values()}
    | {"space", "backspace", "enter", "tab", "escape", "delete"}
)
_SHORT = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "del": "delete", "return": "enter", " ": "space"}


@dataclass(frozen=True)
class KeyChoices:
    """What the file says.

    Attributes:
        keys: by name the keys that the user wants, as Textual names them.
        problems: lines that were left out, and conflicts, each with where and what to do.
    """

    keys: Mapping[str, tuple[str, ...]]
    problems: tuple[PictoscopeError, ...] = ()


def path() -> Path:
    """Where the file is, or would be."""
    return config_folder() / FILE_NAME


def read_keys_file() -> str:
    """The text of the file; empty if there is none.

    Raises:
        PictoscopeError: it cannot be read.
    """
    try:
        with path().open("rb") as stream:
            return stream.read(LONGEST + 1).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise PictoscopeError(f"{FILE_NAME} cannot be read: {error.strerror}", "the default keys are used") from error


def parse_keys(text: str, known: Mapping[str, NamedKey]) -> KeyChoices:
    """What a file says, with what is wrong in it."""
    try:
        content = parse_toml(text.encode())
    except tomllib.TOMLDecodeError as error:
        return KeyChoices({}, (PictoscopeError(f"{FILE_NAME}: {printable(str(error))}", _HINT),))
    keys: dict[str, tuple[str, ...]] = {}
    problems: list[PictoscopeError] = []
    for written, value in _flat(content):
        where = f"{FILE_NAME}, line {_line_of(text, written)}"
        name = FORMER.get(written, written)
        if name not in known:
            problems.append(PictoscopeError(f"{where}: no key does {printable(name)!r}", _nearest(name, known)))
            continue
        wanted = [value] if isinstance(value, str) else value
        if not isinstance(wanted, list) or not wanted or not all(isinstance(key, str) for key in wanted):
            problems.append(PictoscopeError(f"{where}: {name} needs a key, or a list of keys", 'such as "ctrl+t"'))
            continue
        wrong = [key for key in wanted if normalised(key) is None]
        for key in wrong:
            problems.append(PictoscopeError(f"{where}: there is no key {printable(key)!r}", _nearest(key, _KEYS)))
        if not wrong:
            keys[name] = tuple(key for key in map(normalised, wanted) if key)
    return KeyChoices(keys, (*problems, *_conflicts(text, keys, known)))


def normalised(key: str) -> str | None:
    """A key as Textual names it: ``?`` is ``question_mark``; None if there is none of that name."""
    from textual.keys import _character_to_key

    if len(key) > 1 and key.endswith("+"):
        *modifiers, name = [*key[:-2].split("+"), "+"]
    elif key == "+":
        modifiers, name = [], "+"
    else:
        *modifiers, name = key.split("+")
    name = _SHORT.get(name, name)
    if len(name) == 1:
        name = _character_to_key(name)
    elif name not in _KEYS and key_to_character(name) is None:
        return None
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    return "+".join([*modifiers, name])


def _conflicts(
    text: str, keys: Mapping[str, tuple[str, ...]], known: Mapping[str, NamedKey]
) -> Iterator[PictoscopeError]:
    """Keys that would do two things in one place: what the file says wins over what is there by default."""
    reported = set()
    for name, wanted in keys.items():
        for other, its in known.items():
            if other == name or not set(known[name].places) & set(its.places):
                continue
            for key in set(wanted) & set(keys.get(other, its.keys)):
                if frozenset((name, other)) in reported:
                    continue
                reported.add(frozenset((name, other)))
                line = _line_of(text, name)
                yield PictoscopeError(
                    f"{FILE_NAME}, line {line}: {key} for {name} is also the key for {other}",
                    f"give {other} another key, or it cannot be reached by one",
                )


FORMER = {  # what files of before call a key that has got another name since
    "duplicates.search-with-other-vectors": "duplicates.search-with-another-vec-type",
    "history.vectors": "history.vec-type",
    "map.vectors": "map.vec-type",
    "recommend.search-with-other-vectors": "recommend.search-with-another-vec-type",
    "results.vectors": "results.vec-type",
}
_HINT = "docs/settings.md lists what it may contain"


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Entries with their full names: ``[browse]`` with ``filter`` is ``browse.filter``."""
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _line_of(text: str, name: str) -> int:
    """The line on which a name is given a value; 1 if it is not found, such as one with escapes."""
    last = name.rpartition(".")[2]
    pattern = re.compile(rf"""^\s*(?:.*\.\s*)?["']?(?:{re.escape(name)}|{re.escape(last)})["']?\s*=""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def _nearest(word: str, known: Any) -> str:
    matches = get_close_matches(word[:100], list(known), 1, 0.5)
    return f"the nearest is {matches[0]!r}" if matches else _HINT
