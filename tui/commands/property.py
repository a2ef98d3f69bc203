"""``pictoscope property``: which properties there are. Values are written down by ``pictoscope set``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.catalog.names import shown
from core.catalog.properties import Properties
from core.catalog.property_types import PropertyType
from core.project import Project
from core.text import count
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.subcommands import add_command

_TYPES = [kind.value for kind in PropertyType]


def configure(parser: ArgumentParser) -> None:
    """Its sub-commands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_command(commands, "list", "which properties there are, and how many pictures have a value")
    define = add_command(commands, "define", "make a property")
    define.add_argument("name", metavar="NAME", help="of the property")
    define.add_argument("type", choices=_TYPES, metavar="TYPE", help=", ".join(_TYPES))
    define.add_argument("choices", nargs="*", metavar="CHOICE", help="what may be chosen, for choice and choices")
    rename = add_command(commands, "rename", "give a property another name")
    rename.add_argument("name", metavar="NAME", help="of the property")
    rename.add_argument("new", metavar="NEW", help="its new name")
    choices = add_command(commands, "choices", "say anew what may be chosen")
    choices.add_argument("name", metavar="NAME", help="of the property")
    choices.add_argument("choices", nargs="+", metavar="CHOICE", help="all of them, in the order to offer them")
    delete = add_command(commands, "delete", "forget a property and all its values")
    delete.add_argument("name", metavar="NAME", help="of the property")


def run(arguments: Namespace) -> int:
    """Dispatch."""
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
        say(f"there is a property {shown(name)} ({arguments.type}) now")
    elif arguments.command == "choices":
        properties.set_choices(name, arguments.choices)
        say(f"{shown(name)} has {count(len(arguments.choices), 'choice')} now")
    else:
        properties.rename(name, arguments.new)
        say(f"{shown(name)} is now {shown(arguments.new)}")
    if arguments.json:
        found = properties.find(arguments.new if arguments.command == "rename" else name)
        print_json({"name": found.name, "type": found.type.value, "choices": list(found.choices)} if found else None)
    return 0


def _delete(project: Project, arguments: Namespace) -> int:
    properties = Properties(project.catalog)
    found = properties.find(arguments.name)
    pictures = properties.counts().get(found.id, 0) if found else 0
    properties.delete(arguments.name)
    say(f"the property {shown(arguments.name)} is forgotten; {count(pictures, 'picture')} had a value")
    if arguments.json:
        print_json({"deleted": arguments.name, "pictures": pictures})
    return 0
