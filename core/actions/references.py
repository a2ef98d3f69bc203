"""User input that refers to pictures: distinguishes paths, URLs and words, and finds the picture it names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from core.actions.definition import Context
from core.catalog.catalog import Catalog, Picture
from core.catalog.lookup import no_picture_error, picture_now
from core.catalog.readable import files_with_first, readable_path
from core.errors import UnreadablePicture, UsageError
from core.images.formats import looks_like_picture
from core.key_hints import with_keys
from core.text import printable

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|data:[a-z]+/|www\.", re.IGNORECASE)
_BEGINNINGS = ("/", "./", "../", "~/")
RESCAN = "rescan with {rescan} or pictoscope add"
_QUOTES = "'\""
_LAST_PUNCTUATION = 0x206F  # higher Unicode code points are mostly symbols: arrows, emoji
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Example:
    """An example picture.

    Attributes:
        path: absolute, bytes.
        picture: of the project; None for other files.
    """

    path: bytes
    picture: Picture | None

    @property
    def name(self) -> str:
        """The file's name, printable."""
        return printable(os.path.basename(self.path))


def is_address(text: str) -> bool:
    """Whether a text is a web address or another URL."""
    return bool(_ADDRESS.match(text.strip()))


def is_path(text: str) -> bool:
    """Whether a text looks like a path: it starts like one, ends like a picture's name, or is a word with a slash."""
    text = text.strip()
    slashed = "/" in text and not any(character.isspace() for character in text.replace("\\ ", ""))
    return slashed or text.startswith(_BEGINNINGS) or looks_like_picture(os.fsencode(text.strip(_QUOTES)))


def as_path(text: str) -> str:
    """The path that was typed or dropped into a terminal: expands ``~``, removes quotes and backslashes.

    A text that is itself an existing path is returned unchanged.
    """
    if os.path.lexists(text):
        return text
    bare = text.strip()
    unquoted = bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in _QUOTES else bare
    tries = (unquoted, _ESCAPED.sub(r"\1", unquoted))
    expanded = [os.path.expanduser(path) for path in tries]
    return next((path for path in expanded if os.path.lexists(path)), expanded[0])


def check_no_address(text: str) -> None:
    """Refuse URLs: queries never download anything.

    Raises:
        UsageError: ``text`` is one.
    """
    if is_address(text):
        shown = printable(text.strip())
        local = re.match(r"file://(?:localhost)?(/.*)", text.strip())
        hint = f"give its path: {printable(local[1])}" if local else "download it first, then give the path of the file"
        raise UsageError(f"{shown} is a URL", hint)


def find_example(context: Context, reference: str) -> Example:
    """The example for a path or a 40-digit key.

    Raises:
        UsageError: there is no such picture, or it is a URL.
    """
    catalog = context.project.catalog
    path = os.path.abspath(os.fsencode(reference))
    picture, changed = picture_now(catalog, path)
    if picture is None and not (changed or os.path.lexists(path)):
        key = _key(reference)
        picture = catalog.by_keys([key]).get(key)
        if picture is not None:
            return Example(_readable(catalog, picture.path, picture), picture)
        check_no_address(reference)
        path = os.path.abspath(os.fsencode(as_path(reference)))
        picture, changed = picture_now(catalog, path)
        if picture is None and not os.path.lexists(path):
            raise no_picture_error(catalog, reference)
    if picture is None and not os.path.isfile(path):
        what = "is a folder" if os.path.isdir(path) else "is not a regular file"
        hint = (
            "give a picture; all of a folder: pictoscope export --as paths --where folder:NAME | pictoscope similar -"
        )
        raise UsageError(f"{printable(reference)} {what}", hint)
    if changed:
        name = printable(os.path.basename(path))
        context.note(f"{name} has changed since the last scan: its current content is used; {with_keys(RESCAN)}")
    return Example(_readable(catalog, path, picture) if picture and not changed else path, picture)


def _readable(catalog: Catalog, path: bytes, picture: Picture) -> bytes:
    """A path at which the picture can be read, preferably this one: its row may have to be computed."""
    try:
        return readable_path(files_with_first(catalog, picture.key, path))
    except UnreadablePicture:
        return path  # its row may still be stored


def picture_of_phrase(context: Context, text: str) -> Example | None:
    """The picture that a phrase names; None if it is words.

    Raises:
        UsageError: it is a URL, or a path where no picture is.
    """
    check_no_address(text)
    if not is_path(text):
        return None
    path = as_path(text)
    if not os.path.lexists(path):
        raise UsageError(
            no_picture_error(context.project.catalog, text).message,
            "give the path of one, each in quotation marks; if these are words, separate them with spaces, not slashes",
        )
    return find_example(context, path)


def check_words(text: str) -> None:
    """Refuse anything but words.

    Raises:
        UsageError: it is a URL or a path, or holds no word at all.
    """
    check_no_address(text)
    if is_path(text):
        raise UsageError(f"{printable(text)} is a path", "words are needed here")
    check_says_something(text)


def check_says_something(text: str) -> None:
    """Refuse a phrase without a letter, a digit or a symbol such as an emoji.

    Raises:
        UsageError: it is all punctuation.
    """
    if not any(character.isalnum() or ord(character) > _LAST_PUNCTUATION for character in text):
        raise UsageError(f"there is no word in {printable(text)}", "describe what the pictures show")


def _key(reference: str) -> bytes:
    try:
        return bytes.fromhex(reference)
    except ValueError:
        return b""
