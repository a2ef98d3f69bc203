"""``pictoscope group``."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import get_args

from core.catalog.group_order import order_group
from core.catalog.groups import Combination, Groups
from core.catalog.names import shown
from core.project import Project
from core.text import count
from tui.commands.chosen import add_pictures, add_sort, chosen
from tui.commands.common import open_project, print_json, print_paths, print_table, say
from tui.commands.subcommands import add_command, add_rename


def configure(parser: ArgumentParser) -> None:
    """Its sub-commands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    save = add_command(commands, "save", "keep pictures, in their order, under a name")
    save.add_argument("name", metavar="NAME", help="of the group")
    add_pictures(save)
    add_sort(save)
    save.add_argument("--replace", action="store_true", help="instead of the group of this name, if there is one")
    add_command(commands, "list", "which groups there are")
    show = add_command(commands, "show", "the pictures of a group, in its order")
    show.add_argument("name", metavar="NAME", help="of the group")
    show.add_argument("-0", "--null", action="store_true", help="end paths with NUL instead of newline")
    show.add_argument("--scores", action="store_true", help="print each picture's score before its path")
    delete = add_command(commands, "delete", "forget a group; its pictures stay")
    delete.add_argument("name", metavar="NAME", help="of the group")
    add_rename(commands, "group")
    combine = add_command(commands, "combine", "keep what groups give together as a new group")
    combine.add_argument("name", metavar="NEW", help="of the new group")
    combine.add_argument(
        "how",
        choices=get_args(Combination),
        metavar="HOW",
        help="union, intersection, or difference (A without others)",
    )
    combine.add_argument("groups", nargs="+", metavar="A B", help="two groups or more; the order is that of the first")
    combine.add_argument("--replace", action="store_true", help="instead of the group of this name, if there is one")
    order = add_command(commands, "order", "put the pictures of a group in another order")
    order.add_argument("name", metavar="NAME", help="of the group")
    order.add_argument("by", metavar="BY", help="score (the highest first), path, date, or any other property")
    order.add_argument("--reverse", action="store_true", help="the other way round")


def run(arguments: Namespace) -> int:
    """Dispatch."""
    with open_project(arguments) as project:
        commands = {
            "save": _save,
            "list": _list,
            "show": _show,
            "delete": _delete,
            "rename": _rename,
            "combine": _combine,
            "order": _order,
        }
        return commands[arguments.command](project, arguments)


def _save(project: Project, arguments: Namespace) -> int:
    listing = chosen(project, arguments, arguments.pictures)
    saved = Groups(project.catalog).save(arguments.name, listing.entries(), listing.title, arguments.replace)
    say(f"{count(saved.pictures, 'picture')} kept as {shown(saved.name)}")
    left_out = len(set(listing.keys)) - saved.pictures
    if left_out:
        say(f"{count(left_out)} are not in this project and were left out")
    if arguments.json:
        print_json({"group": saved.name, "pictures": saved.pictures})
    return 0


def _list(project: Project, arguments: Namespace) -> int:
    listed = Groups(project.catalog).all()
    if arguments.json:
        print_json([{"name": one.name, "pictures": one.pictures, "origin": one.origin} for one in listed])
    elif listed:
        rows = [("group", "pictures", "from"), *((one.name, count(one.pictures), one.origin) for one in listed)]
        print_table(rows, right=(1,))
    else:
        say("no groups yet: pictoscope group save NAME PICTURE…")
    return 0


def _show(project: Project, arguments: Namespace) -> int:
    entries = Groups(project.catalog).open(arguments.name)
    pictures = project.catalog.by_keys([key for key, _ in entries])
    there = [(pictures[key].path, key, score) for key, score in entries if key in pictures]
    if len(there) < len(entries):
        say(f"{count(len(entries) - len(there), 'picture')} of it have no file now")
    if arguments.json:
        listed = [{"path": os.fsdecode(path), "key": key.hex(), "score": score} for path, key, score in there]
        print_json({"name": arguments.name, "pictures": listed})
        return 0
    prefixes = [f"{score:.4f}  " if score is not None else "" for _, _, score in there]
    print_paths([path for path, _, _ in there], null=arguments.null, prefixes=prefixes if arguments.scores else ())
    return 0


def _delete(project: Project, arguments: Namespace) -> int:
    Groups(project.catalog).delete(arguments.name)
    say(f"the group {shown(arguments.name)} is forgotten; its pictures stay")
    if arguments.json:
        print_json({"deleted": arguments.name})
    return 0


def _rename(project: Project, arguments: Namespace) -> int:
    Groups(project.catalog).rename(arguments.name, arguments.new)
    say(f"{shown(arguments.name)} is now {shown(arguments.new)}")
    if arguments.json:
        print_json({"group": arguments.new})
    return 0


def _combine(project: Project, arguments: Namespace) -> int:
    groups = Groups(project.catalog)
    saved = groups.combine(arguments.name, arguments.how, *arguments.groups, replace=arguments.replace)
    say(f"{count(saved.pictures, 'picture')} kept as {shown(saved.name)}")
    if arguments.json:
        print_json({"group": saved.name, "pictures": saved.pictures})
    return 0


def _order(project: Project, arguments: Namespace) -> int:
    order_group(project.catalog, arguments.name, arguments.by, arguments.reverse)
    way = ", the other way round" if arguments.reverse else ""
    say(f"{shown(arguments.name)} is ordered by {shown(arguments.by)}{way}")
    if arguments.json:
        print_json({"group": arguments.name, "by": arguments.by, "reverse": arguments.reverse})
    return 0
