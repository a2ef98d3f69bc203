"""Commands that have sub-commands."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from typing import Any


def add_command(commands: Any, name: str, text: str) -> ArgumentParser:
    """A sub-command, with the options that every command has."""
    parser: ArgumentParser = commands.add_parser(name, help=text, description=text)
    # Also after the sub-command; SUPPRESS so that leaving them out does not undo what stood before it.
    parser.add_argument("--project", metavar="PATH", default=SUPPRESS, help="project folder")
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
    return parser


def add_rename(commands: Any, what: str) -> None:
    """The sub-command ``rename NAME NEW``."""
    rename = add_command(commands, "rename", f"give a {what} another name")
    rename.add_argument("name", metavar="NAME", help=f"of the {what}")
    rename.add_argument("new", metavar="NEW", help="its new name")
