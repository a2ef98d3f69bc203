"""``pictoscope property``: defines properties. ``pictoscope set`` sets their values."""

from __future__ import annotations

from argparse import Namespace

from core.catalog.property_types import PropertyType
from core.labels.properties import Properties
from core.names import short_name
from core.project import Project
from core.text import count
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.parser import Parser
from tui.commands.subcommands import add_command, add_rename, sub_commands

_TYPES = [kind.value for kind in PropertyType]


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    add_command(commands, "list", "list the properties, and how many pictures have a value")
    define = add_command(commands, "define", "define a property")
    define.add_argument("name", metavar="NAME", help="name of the property")
    define.add_argument("type", choices=_TYPES, metavar="TYPE", help=f"what its values are: {', '.join(_TYPES)}")
    define.add_argument(
        "choices", nargs="*", metavar="CHOICE", help="the possible values, for the types choice and choices"
    )
    add_rename(commands, "property")
    choices = add_command(commands, "choices", "set the possible values of a property of the type choice or choices")
    choices.add_argument("name", metavar="NAME", help="name of the property")
    choices.add_argument(
        "choices", nargs="+", metavar="CHOICE", help="all possible values, in the order in which forms list them"
    )
    delete = add_command(commands, "delete", "delete a property and all its values")
    delete.add_argument("name", metavar="NAME", help="name of the property")


def run(arguments: Namespace) -> int:
    with open_project(arguments) as project:
        if arguments.command == "list":
            return _list(project, as_json=arguments.json)
        return _delete(project, arguments) if arguments.command == "delete" else _change(project, arguments)


def _list(project: Project, *, as_json: bool) -> int:
    properties = Properties(project.catalog)
    counts, listed = properties.counts(), properties.all()
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "type": one.type.value,
                    "choices": list(one.choices),
                    "pictures": counts.get(one.id, 0),
                }
                for one in listed
            ]
        )
    elif listed:
        rows = [("property", "type", "pictures", "choices")]
        rows += [(one.name, one.type.value, count(counts.get(one.id, 0)), ", ".join(one.choices)) for one in listed]
        print_table(rows, right=(2,))
    else:
        say("no properties yet: pictoscope property define NAME TYPE")
    return 0


def _change(project: Project, arguments: Namespace) -> int:
    properties, name = Properties(project.catalog), arguments.name
    if arguments.command == "define":
        properties.define(name, PropertyType(arguments.type), arguments.choices)
        say(f"defined the property {short_name(name)} ({arguments.type})")
    elif arguments.command == "choices":
        properties.set_choices(name, arguments.choices)
        say(f"{short_name(name)} now has {count(len(arguments.choices), 'choice')}")
    else:
        properties.rename(name, arguments.new)
        say(f"{short_name(name)} is now {short_name(arguments.new)}")
    if arguments.json:
        definition = properties.find(arguments.new if arguments.command == "rename" else name)
        print_json(
            {"name": definition.name, "type": definition.type.value, "choices": list(definition.choices)}
            if definition
            else None
        )
    return 0


def _delete(project: Project, arguments: Namespace) -> int:
    properties = Properties(project.catalog)
    definition = properties.find(arguments.name)
    pictures = properties.counts().get(definition.id, 0) if definition else 0
    properties.delete(arguments.name)
    say(f"deleted the property {short_name(arguments.name)} (had values on {count(pictures, 'picture')})")
    if arguments.json:
        print_json({"deleted": arguments.name, "pictures": pictures})
    return 0
