"""The parsers of the app, of all commands, sub-commands and actions."""

from __future__ import annotations

from core.actions.registry import actions
from tui import cli
from tui.commands.action_parser import action_parser
from tui.commands.parser import Parser

PARSERS: tuple[Parser, ...] = (
    cli.app_parser(),
    *(parser for command in cli.COMMANDS for parser in cli.command_parser(command).every_parser()),
    *(action_parser(action) for action in actions()),
)


def words_of(parser: Parser) -> list[str]:
    """The command as one types it, without the name of the program."""
    return parser.prog.split()[1:]
