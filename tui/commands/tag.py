"""``pictoscope tag``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.catalog.names import shown
from core.catalog.tags import Tag, Tags
from core.project import Project
from core.text import count
from tui.commands.chosen import add_pictures, chosen
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.subcommands import add_command


def configure(parser: ArgumentParser) -> None:
    """Its sub-commands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = add_command(commands, "add", "put a tag on pictures; it is made if there is none")
    remove = add_command(commands, "remove", "take a tag off pictures")
    for change in (add, remove):
        change.add_argument("name", metavar="NAME", help="of the tag")
        add_pictures(change)
    add_command(commands, "list", "which tags there are and on how many pictures")
    rename = add_command(commands, "rename", "give a tag another name")
    rename.add_argument("name", metavar="NAME", help="of the tag")
    rename.add_argument("new", metavar="NEW", help="its new name")
    create = add_command(commands, "create", "make a tag that is on no picture yet")
    create.add_argument("name", metavar="NAME", help="of the tag")
    create.add_argument("--colour", metavar="#RRGGBB", help="its colour")
    create.add_argument("--parent", metavar="TAG", help="the tag above it")
    colour = add_command(commands, "colour", "give a tag a colour, or take it away")
    colour.add_argument("name", metavar="NAME", help="of the tag")
    colour.add_argument("colour", nargs="?", metavar="#RRGGBB", help="none takes it away")
    parent = add_command(commands, "parent", "put a tag below another one, or at the top")
    parent.add_argument("name", metavar="NAME", help="of the tag")
    parent.add_argument("parent", nargs="?", metavar="TAG", help="the tag above it; none puts it at the top")
    delete = add_command(commands, "delete", "take a tag off all its pictures and forget it")
    delete.add_argument("name", metavar="NAME", help="of the tag")
    merge = add_command(commands, "merge", "put a tag on every picture of another one, and forget that one")
    merge.add_argument("name", metavar="FROM", help="the tag that goes")
    merge.add_argument("new", metavar="INTO", help="the tag that stays")


def run(arguments: Namespace) -> int:
    """Dispatch."""
    with open_project(arguments) as project:
        tags = Tags(project.catalog)
        if arguments.command == "list":
            return _list(tags.all(), as_json=arguments.json)
        if arguments.command in ("add", "remove"):
            return _change(project, tags, arguments)
        if arguments.command == "delete":
            return _delete(tags, arguments)
        return _reshape(tags, arguments)


def _change(project: Project, tags: Tags, arguments: Namespace) -> int:
    keys = chosen(project, arguments, arguments.pictures).keys
    adds = arguments.command == "add"
    changed = (tags.add if adds else tags.remove)(arguments.name, keys)
    words = f"{count(changed, 'picture')} {'tagged as' if adds else 'no longer tagged as'} {shown(arguments.name)}"
    others = len(set(keys)) - changed
    say(f"{words}; {count(others)} {'were already' if adds else 'were not'}" if others else words)
    if arguments.json:
        print_json({"tag": arguments.name, "pictures": len(set(keys)), "changed": changed})
    return 0


def _reshape(tags: Tags, arguments: Namespace) -> int:
    name = arguments.name
    if arguments.command == "rename":
        tags.rename(name, arguments.new)
        words = f"{shown(name)} is now {shown(arguments.new)}"
    elif arguments.command == "merge":
        tags.merge(name, arguments.new)
        words = f"{shown(name)} was merged into {shown(arguments.new)}"
    elif arguments.command == "create":
        tags.create(name, arguments.colour, arguments.parent)
        words = f"there is a tag {shown(name)} now"
    elif arguments.command == "colour":
        tags.set_colour(name, arguments.colour)
        words = f"{shown(name)} has {'the colour ' + arguments.colour if arguments.colour else 'no colour'} now"
    else:
        tags.set_parent(name, arguments.parent)
        words = f"{shown(name)} is {'below ' + shown(arguments.parent) if arguments.parent else 'at the top'} now"
    say(words)
    if arguments.json:
        stays = arguments.new if arguments.command in ("rename", "merge") else name
        found = tags.find(stays)
        print_json({"tag": stays, "pictures": found.pictures if found else 0})
    return 0


def _delete(tags: Tags, arguments: Namespace) -> int:
    found = tags.find(arguments.name)
    tags.delete(arguments.name)
    pictures = found.pictures if found else 0
    say(f"the tag {shown(arguments.name)} is forgotten; {count(pictures, 'picture')} had it")
    if arguments.json:
        print_json({"deleted": arguments.name, "pictures": pictures})
    return 0


def _list(listed: list[Tag], *, as_json: bool) -> int:
    names = {tag.id: tag.name for tag in listed}
    above = {tag.id: names[tag.parent] if tag.parent is not None else "" for tag in listed}
    if as_json:
        print_json(
            [
                {
                    "name": tag.name,
                    "pictures": tag.pictures,
                    "parent": above[tag.id] or None,
                    "colour": tag.colour or None,
                }
                for tag in listed
            ]
        )
    elif listed:
        rows = [("tag", "pictures", "below", "colour")]
        rows += [(tag.name, count(tag.pictures), above[tag.id], tag.colour) for tag in listed]
        print_table(rows, right=(1,))
    else:
        say("no tags yet: pictoscope tag add NAME PICTURE…")
    return 0
