"""Which pictures a command is about: named, read from stdin, by a filter, a group, a tag, or what an action found."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.catalog.filter import FilterError
from core.errors import UsageError
from core.project import Project

if TYPE_CHECKING:  # `--help` must not pay for NumPy
    from core.export.listing import Listing

_DESCENDING = ":desc"
_SOURCES = ("where", "group", "tag", "answer")


def add_pictures(parser: ArgumentParser) -> None:
    """``PICTURE…``, and the options that stand for them."""
    parser.add_argument(
        "pictures", nargs="*", metavar="PICTURE", help="paths or 40-digit keys; - reads paths from stdin, one a line"
    )
    add_sources(parser)


def add_sources(parser: ArgumentParser) -> None:
    """The options that stand for pictures."""
    parser.add_argument("--where", metavar="FILTER", help="the pictures that a filter means, such as 'tag:cat'")
    parser.add_argument("--group", metavar="NAME", help="the pictures of a saved group")
    parser.add_argument("--tag", metavar="NAME", help="the pictures that carry a tag or one below it")
    parser.add_argument("--answer", metavar="FILE", help="the pictures that an action printed with --json; - is stdin")
    parser.add_argument("-0", "--null", action="store_true", help="paths end with NUL instead of newline")


def add_sort(parser: ArgumentParser) -> None:
    """The option that orders pictures, for commands whose order counts."""
    parser.add_argument(
        "--sort", metavar="PROPERTY[:desc]", help="order them by date, size, tag, a property…; :desc the largest first"
    )


def chosen(project: Project, arguments: Namespace, pictures: Sequence[str]) -> Listing:
    """The pictures that the arguments speak of.

    Raises:
        UsageError: none or several ways are used, or what they name is not there, or nothing sorts like that.
    """
    from core.export.listing import ordered_by

    found = _found(project, arguments, pictures)
    if sort := getattr(arguments, "sort", None):
        found = ordered_by(project, found, sort.removesuffix(_DESCENDING), sort.endswith(_DESCENDING))
    return found


def _found(project: Project, arguments: Namespace, pictures: Sequence[str]) -> Listing:
    from core.export import listing

    used = [name for name in _SOURCES if getattr(arguments, name) is not None]
    if len(used) + bool(pictures) != 1:
        raise UsageError("which pictures?", "give paths, or one of --where, --group, --tag, --answer")
    if pictures:
        return listing.of_pictures(project, references(pictures, null=arguments.null))
    if arguments.where is not None:
        try:
            return listing.where(project, arguments.where)
        except FilterError as error:
            raise UsageError(f"--where, at character {error.at + 1}: {error.message}", error.hint) from None
    if arguments.group is not None:
        return listing.of_group(project, arguments.group)
    if arguments.tag is not None:
        return listing.of_tag(project, arguments.tag)
    return listing.of_answer(_text(arguments.answer))


def references(words: Sequence[str], *, null: bool) -> list[str]:
    """Words of the command line; for ``-`` the paths on stdin, bytes as they come."""
    found: list[str] = []
    for word in words:
        if word != "-":
            found.append(word)
            continue
        listed = sys.stdin.buffer.read().split(b"\0" if null else b"\n")
        found += [os.fsdecode(path) for path in listed if path]
    return found


def _text(file: str) -> str:
    content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"--answer: not UTF-8 at byte {error.start:,}", "give what an action prints with --json"
        ) from None
