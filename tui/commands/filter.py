"""``pictoscope filter``: saved filters."""

from __future__ import annotations

from argparse import Namespace

from core.filters.saved import SavedFilters
from core.names import short_name
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.parser import FILTER, Parser
from tui.commands.subcommands import add_command, add_rename, sub_commands


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    add_command(commands, "list", "list the saved filters")
    save = add_command(commands, "save", "save a filter under a name")
    save.add_argument("name", metavar="NAME", help="name of the filter")
    save.add_argument("line", metavar=FILTER, help="the filter, such as 'tag:cat and width>2000'")
    save.add_argument("--replace", action="store_true", help="replace the filter of this name if there is one")
    add_rename(commands, "filter")
    delete = add_command(commands, "delete", "delete a filter")
    delete.add_argument("name", metavar="NAME", help="name of the filter")


def run(arguments: Namespace) -> int:
    with open_project(arguments) as project:
        filters = SavedFilters(project.catalog, project.coverage_keys)
        if arguments.command == "list":
            return _list(filters, as_json=arguments.json)
        name = arguments.name
        if arguments.command == "save":
            _save(filters, arguments)
            answer = {"name": name, "line": arguments.line}
        elif arguments.command == "rename":
            filters.rename(name, arguments.new)
            say(f"{short_name(name)} is now {short_name(arguments.new)}")
            answer = {"name": arguments.new, "line": filters.line(arguments.new)}
        else:
            filters.delete(name)
            say(f"deleted the filter {short_name(name)}")
            answer = {"deleted": name}
        if arguments.json:
            print_json(answer)
    return 0


def _save(filters: SavedFilters, arguments: Namespace) -> None:
    filters.save(arguments.name, arguments.line, arguments.replace)
    say(f"saved as {short_name(arguments.name)}")


def _list(filters: SavedFilters, *, as_json: bool) -> int:
    kept = filters.all()
    if as_json:
        print_json([{"name": name, "line": line} for name, line in kept.items()])
    elif kept:
        print_table([("filter", "line"), *kept.items()])
    else:
        say("no filters yet: pictoscope filter save NAME FILTER")
    return 0
