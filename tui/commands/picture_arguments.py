"""The arguments that select pictures: paths, stdin, a filter, a group, a tag, or the answer of an action."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.project import Project
from core.text import printable
from tui.commands.parser import FILTER

if TYPE_CHECKING:  # `--help` must not import NumPy
    from core.export.listing import Listing

STDIN = "-"  # as a picture: read paths from stdin
_DESCENDING = ":desc"
SOURCES = ("where", "group", "tag", "answer")


def add_pictures(parser: ArgumentParser) -> None:
    """Add ``PICTURE…`` and the options that select pictures."""
    parser.add_argument(
        "pictures", nargs="*", metavar="PICTURE", help="paths or 40-digit keys; - reads paths from stdin, one per line"
    )
    add_sources(parser)


def add_filter(parser: ArgumentParser, more: str = "") -> None:
    """Add ``--where`` for commands that look at all pictures without it; ``more``: what else the help says of it."""
    text = f"only pictures that match a filter, such as 'tag:cat'{more}"
    parser.add_argument("--where", default="", metavar=FILTER, help=text)


def add_sources(parser: ArgumentParser) -> None:
    """Add the options that select pictures."""
    parser.add_argument("--where", metavar=FILTER, help="pictures that match a filter, such as 'tag:cat'")
    parser.add_argument("--group", metavar="NAME", help="pictures of a group")
    parser.add_argument("--tag", metavar="NAME", help="pictures that have a tag or one below it")
    parser.add_argument(
        "--answer", metavar="FILE", help="pictures of an answer: a file with the --json output of an action; - is stdin"
    )
    parser.add_argument("-0", "--null", action="store_true", help="paths on stdin end with NUL instead of newline")


def add_sort(parser: ArgumentParser) -> None:
    """Add the option that sorts pictures, for commands that keep the order."""
    parser.add_argument(
        "--sort",
        metavar="PROPERTY[:desc]",
        help="sort by date, size, tag or any property; with :desc the largest first",
    )


def chosen(project: Project, arguments: Namespace, pictures: Sequence[str]) -> Listing:
    """The pictures that the arguments select.

    Raises:
        UsageError: none or several kinds of arguments, an unknown name, or an unknown sort order.
    """
    from core.export.listing import ordered_by

    found = _found(project, arguments, pictures)
    if sort := getattr(arguments, "sort", None):
        found = ordered_by(project, found, sort.removesuffix(_DESCENDING), sort.endswith(_DESCENDING))
    return found


def _found(project: Project, arguments: Namespace, pictures: Sequence[str]) -> Listing:
    from core.export import listing

    used = [name for name in SOURCES if getattr(arguments, name) is not None]
    if len(used) + bool(pictures) != 1:
        raise UsageError(
            "pictures are given in several ways" if used else "no pictures are given",
            "give either paths or one of --where, --group, --tag, --answer",
        )
    if pictures:
        return listing.of_pictures(project, references(pictures, null=arguments.null))
    if arguments.where is not None:
        return listing.of_filter(project, arguments.where)
    if arguments.group is not None:
        return listing.of_group(project, arguments.group)
    if arguments.tag is not None:
        return listing.of_tag(project, arguments.tag)
    return listing.of_answer(_text(arguments.answer))


def references(words: Sequence[str], *, null: bool) -> list[str]:
    """The words of the command line, with ``-`` replaced by the paths on stdin, byte for byte.

    Paths end with NUL if ``null`` is set or stdin contains one, since no path can; else with a newline, or all with a
    carriage return and a newline, as programs on Windows write them.
    """
    found: list[str] = []
    for word in words:
        if word != STDIN:
            found.append(word)
            continue
        listed = sys.stdin.buffer.read()
        with_nul = null or b"\0" in listed
        paths = [path for path in listed.split(b"\0" if with_nul else b"\n") if path]
        if not with_nul and all(path.endswith(b"\r") for path in paths):
            paths = [path[:-1] for path in paths if path != b"\r"]
        found += [os.fsdecode(path) for path in paths]
    return found


def _text(file: str) -> str:
    try:
        content = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except FileNotFoundError:
        raise UsageError(f"--answer: there is no file {printable(file)}", "check the spelling") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"--answer: not UTF-8 at byte {error.start:,}", "give the --json output of an action"
        ) from None
