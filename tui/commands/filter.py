"""``pictoscope filter``: lines that are kept under a name."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.catalog.filter import FilterError
from core.catalog.names import shown
from core.catalog.saved_filters import SavedFilters
from core.errors import UsageError
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.subcommands import add_command


def configure(parser: ArgumentParser) -> None:
    """Its sub-commands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_command(commands, "list", "which filters are kept")
    save = add_command(commands, "save", "keep a filter under a name")
    save.add_argument("name", metavar="NAME", help="of the filter")
    save.add_argument("line", metavar="FILTER", help="such as 'tag:cat and width>2000'")
    save.add_argument("--replace", action="store_true", help="instead of the filter of this name, if there is one")
    rename = add_command(commands, "rename", "give a filter another name")
    rename.add_argument("name", metavar="NAME", help="of the filter")
    rename.add_argument("new", metavar="NEW", help="its new name")
    delete = add_command(commands, "delete", "forget a filter")
    delete.add_argument("name", metavar="NAME", help="of the filter")


def run(arguments: Namespace) -> int:
    """Dispatch."""
    with open_project(arguments) as project:
        filters = SavedFilters(project.catalog)
        if arguments.command == "list":
            return _list(filters, as_json=arguments.json)
        name = arguments.name
        if arguments.command == "save":
            _save(filters, arguments)
            answer = {"name": name, "line": arguments.line}
        elif arguments.command == "rename":
            filters.rename(name, arguments.new)
            say(f"{shown(name)} is now {shown(arguments.new)}")
            answer = {"name": arguments.new, "line": filters.line(arguments.new)}
        else:
            filters.delete(name)
            say(f"the filter {shown(name)} is forgotten")
            answer = {"deleted": name}
        if arguments.json:
            print_json(answer)
    return 0


def _save(filters: SavedFilters, arguments: Namespace) -> None:
    try:
        filters.save(arguments.name, arguments.line, arguments.replace)
    except FilterError as error:
        raise UsageError(f"at character {error.at + 1} of the filter: {error.message}", error.hint) from None
    say(f"kept as {shown(arguments.name)}")


def _list(filters: SavedFilters, *, as_json: bool) -> int:
    kept = filters.all()
    if as_json:
        print_json([{"name": name, "line": line} for name, line in kept.items()])
    elif kept:
        print_table([("filter", "line"), *kept.items()])
    else:
        say("no filters yet: pictoscope filter save NAME FILTER")
    return 0
