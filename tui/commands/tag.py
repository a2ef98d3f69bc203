"""``pictoscope tag``."""

from __future__ import annotations

from argparse import Namespace

from core.errors import UsageError
from core.labels.tag_groups import tag_groups
from core.labels.tags import Tag, Tags
from core.names import short_name
from core.project import Project
from core.text import count
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.parser import Parser
from tui.commands.picture_arguments import add_pictures, chosen
from tui.commands.subcommands import add_command, add_rename, sub_commands


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    add = add_command(commands, "add", "add a tag to pictures; it is created if there is none")
    remove = add_command(commands, "remove", "remove a tag from pictures")
    for change in (add, remove):
        change.add_argument("name", metavar="NAME", help="name of the tag")
        add_pictures(change)
    add.add_argument(
        "--by-group",
        action="store_true",
        help="with --answer: create a tag for each group of the answer, below the tag NAME",
    )
    add_command(commands, "list", "list the tags, and how many pictures have each")
    add_rename(commands, "tag")
    create = add_command(commands, "create", "create a tag without pictures")
    create.add_argument("name", metavar="NAME", help="name of the tag")
    create.add_argument("--colour", metavar="#RRGGBB", help="its colour")
    create.add_argument("--parent", metavar="TAG", help="the parent tag")
    colour = add_command(commands, "colour", "set or remove the colour of a tag")
    colour.add_argument("name", metavar="NAME", help="name of the tag")
    colour.add_argument("colour", nargs="?", metavar="#RRGGBB", help="its colour; left out, the colour is removed")
    parent = add_command(commands, "parent", "move a tag below another one, or to the top level")
    parent.add_argument("name", metavar="NAME", help="name of the tag")
    parent.add_argument(
        "parent", nargs="?", metavar="TAG", help="the parent tag; left out, the tag moves to the top level"
    )
    delete = add_command(commands, "delete", "delete a tag; its pictures stay")
    delete.add_argument("name", metavar="NAME", help="name of the tag")
    merge = add_command(commands, "merge", "add the tag INTO to all pictures of the tag FROM, then delete FROM")
    merge.add_argument("name", metavar="FROM", help="the tag to delete")
    merge.add_argument("new", metavar="INTO", help="the tag to keep")


def run(arguments: Namespace) -> int:
    with open_project(arguments) as project:
        tags = Tags(project.catalog)
        if arguments.command == "list":
            return _list(tags.all(), as_json=arguments.json)
        if arguments.command == "add" and arguments.by_group:
            return _add_by_group(project, arguments)
        if arguments.command in ("add", "remove"):
            return _change(project, tags, arguments)
        if arguments.command == "delete":
            return _delete(tags, arguments)
        return _reshape(tags, arguments)


def _change(project: Project, tags: Tags, arguments: Namespace) -> int:
    listing = chosen(project, arguments, arguments.pictures)
    keys, adds = listing.keys, arguments.command == "add"
    changed = tags.add(arguments.name, keys, listing.made_by) if adds else tags.remove(arguments.name, keys)
    name, pictures, others = short_name(arguments.name), count(changed, "picture"), len(set(keys)) - changed
    words = f"tagged {pictures} as {name}" if adds else f"removed the tag {name} from {pictures}"
    say(f"{words}; {count(others)} {'already had it' if adds else 'did not have it'}" if others else words)
    if arguments.json:
        print_json({"tag": arguments.name, "pictures": len(set(keys)), "changed": changed})
    return 0


def _add_by_group(project: Project, arguments: Namespace) -> int:
    listing = chosen(project, arguments, arguments.pictures)
    if arguments.answer is None or listing.groups is None:
        raise UsageError(
            "--by-group needs an answer with groups",
            "give one: pictoscope cluster --json | pictoscope tag add NAME --answer - --by-group",
        )
    names = tag_groups(project.catalog, arguments.name, listing.keys_by_group(), listing.made_by)
    say(f"{count(len(names), 'tag')} below {short_name(arguments.name)}: {', '.join(map(short_name, names))}")
    if arguments.json:
        print_json({"tag": arguments.name, "tags": names})
    return 0


def _reshape(tags: Tags, arguments: Namespace) -> int:
    name = arguments.name
    if arguments.command == "rename":
        tags.rename(name, arguments.new)
        words = f"{short_name(name)} is now {short_name(arguments.new)}"
    elif arguments.command == "merge":
        tags.merge(name, arguments.new)
        words = f"merged {short_name(name)} into {short_name(arguments.new)}"
    elif arguments.command == "create":
        tags.create(name, arguments.colour, arguments.parent)
        words = f"created the tag {short_name(name)}"
    elif arguments.command == "colour":
        tags.set_colour(name, arguments.colour)
        words = f"{short_name(name)} now has {'the colour ' + arguments.colour if arguments.colour else 'no colour'}"
    else:
        tags.set_parent(name, arguments.parent)
        level = f"below {short_name(arguments.parent)}" if arguments.parent else "at the top level"
        words = f"{short_name(name)} is now {level}"
    say(words)
    if arguments.json:
        stays = arguments.new if arguments.command in ("rename", "merge") else name
        tag = tags.find(stays)
        print_json({"tag": stays, "pictures": tag.pictures if tag else 0})
    return 0


def _delete(tags: Tags, arguments: Namespace) -> int:
    tag = tags.find(arguments.name)
    tags.delete(arguments.name)
    pictures = tag.pictures if tag else 0
    say(f"deleted the tag {short_name(arguments.name)} (was on {count(pictures, 'picture')})")
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
