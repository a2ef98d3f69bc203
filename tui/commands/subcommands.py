"""Commands that have sub-commands."""

from __future__ import annotations

import argparse
from argparse import SUPPRESS, ArgumentTypeError
from typing import TypeAlias

from tui.commands.parser import Parser, sentence

SubCommands: TypeAlias = "argparse._SubParsersAction[Parser]"
_PROJECT = "project folder (default: the project of the current folder or of one above it)"


def sub_commands(parser: Parser, *, required: bool = True) -> SubCommands:
    """Prepare a command for :func:`add_command`. ``required``: whether one of its sub-commands must be given."""
    parser.needs_command = required
    parser.epilog = f"`{parser.prog} COMMAND --help` describes a command."
    return parser.add_subparsers(dest="command", title="commands", metavar="COMMAND" if required else "[COMMAND]")


def add_command(commands: SubCommands, name: str, text: str, *more: str) -> Parser:
    """Add a sub-command with the options that every command has; ``more``: sentences after the text in its help."""
    parser = commands.add_parser(name, help=text, description=" ".join([sentence(text), *more]))
    # These may also come after the sub-command; SUPPRESS keeps a value that was given before it.
    parser.add_argument("--project", type=named_path, metavar="PATH", default=SUPPRESS, help=_PROJECT)
    parser.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")
    return parser


def add_common(parser: Parser, *, prints_json: bool = True) -> None:
    """Add the options that every command has. ``prints_json``: whether its help names ``--json``."""
    parser.add_argument("--project", type=named_path, metavar="PATH", help=_PROJECT)
    parser.add_argument("--json", action="store_true", help="print JSON" if prints_json else SUPPRESS)


def add_rename(commands: SubCommands, what: str) -> None:
    """Add the sub-command ``rename NAME NEW``."""
    rename = add_command(commands, "rename", f"rename a {what}")
    rename.add_argument("name", metavar="NAME", help=f"name of the {what}")
    rename.add_argument("new", metavar="NEW", help="its new name")


def named_path(path: str) -> str:
    """Refuse an empty path, as of an unset shell variable: it would mean the current folder."""
    if not path:
        raise ArgumentTypeError("an empty path is not a folder: is a variable not set?")
    return path
