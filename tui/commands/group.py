"""``pictoscope group``."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import get_args

from core.filters.group_order import order_group
from core.labels.groups import Combination, Groups, origin_of
from core.names import short_name
from core.project import Project
from core.text import count
from tui.commands.common import open_project, print_json, print_paths, print_table, say
from tui.commands.parser import Parser
from tui.commands.picture_arguments import add_pictures, add_sort, chosen
from tui.commands.subcommands import add_command, add_rename, sub_commands


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    save = add_command(commands, "save", "save pictures, in the given order, as a group")
    save.add_argument("name", metavar="NAME", help="name of the group")
    add_pictures(save)
    add_sort(save)
    save.add_argument("--replace", action="store_true", help="replace the group of this name if there is one")
    add_command(commands, "list", "list the groups")
    show = add_command(commands, "show", "print the pictures of a group, in its order")
    show.add_argument("name", metavar="NAME", help="name of the group")
    show.add_argument("-0", "--null", action="store_true", help="end paths with NUL instead of newline")
    show.add_argument("--scores", action="store_true", help="print each picture's score before its path")
    delete = add_command(commands, "delete", "delete a group; its pictures stay")
    delete.add_argument("name", metavar="NAME", help="name of the group")
    add_rename(commands, "group")
    combine = add_command(commands, "combine", "combine groups into a new group")
    combine.add_argument("name", metavar="NEW", help="name of the new group")
    combine.add_argument(
        "how",
        choices=get_args(Combination),
        metavar="HOW",
        help="union, intersection or difference (the first group without the others)",
    )
    combine.add_argument(
        "groups", nargs="+", metavar="A B", help="two or more groups; pictures keep the order of the first one"
    )
    combine.add_argument("--replace", action="store_true", help="replace the group of this name if there is one")
    order = add_command(commands, "order", "reorder the pictures of a group")
    order.add_argument("name", metavar="NAME", help="name of the group")
    order.add_argument("by", metavar="BY", help="order: score (highest first), path, date or any other property")
    order.add_argument("--reverse", action="store_true", help="reverse the order")


def run(arguments: Namespace) -> int:
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
    origin = origin_of(listing.title, listing.made_by)
    saved = Groups(project.catalog).save(arguments.name, listing.entries(), origin, arguments.replace)
    say(f"saved {count(saved.pictures, 'picture')} as {short_name(saved.name)}")
    left_out = len(set(listing.keys)) - saved.pictures
    if left_out:
        say(f"left out {count(left_out, 'picture')} that {'is' if left_out == 1 else 'are'} not in this project")
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
        gone = len(entries) - len(there)
        say(f"{count(gone, 'picture')} of the group {'has' if gone == 1 else 'have'} no file")
    if arguments.json:
        listed = [{"path": os.fsdecode(path), "key": key.hex(), "score": score} for path, key, score in there]
        print_json({"name": arguments.name, "pictures": listed})
        return 0
    prefixes = [f"{score:.4f}  " if score is not None else "" for _, _, score in there]
    print_paths([path for path, _, _ in there], null=arguments.null, prefixes=prefixes if arguments.scores else ())
    return 0


def _delete(project: Project, arguments: Namespace) -> int:
    Groups(project.catalog).delete(arguments.name)
    say(f"deleted the group {short_name(arguments.name)}; its pictures stay")
    if arguments.json:
        print_json({"deleted": arguments.name})
    return 0


def _rename(project: Project, arguments: Namespace) -> int:
    Groups(project.catalog).rename(arguments.name, arguments.new)
    say(f"{short_name(arguments.name)} is now {short_name(arguments.new)}")
    if arguments.json:
        print_json({"group": arguments.new})
    return 0


def _combine(project: Project, arguments: Namespace) -> int:
    groups = Groups(project.catalog)
    saved = groups.combine(arguments.name, arguments.how, *arguments.groups, replace=arguments.replace)
    say(f"saved {count(saved.pictures, 'picture')} as {short_name(saved.name)}")
    if arguments.json:
        print_json({"group": saved.name, "pictures": saved.pictures})
    return 0


def _order(project: Project, arguments: Namespace) -> int:
    order_group(project.catalog, arguments.name, arguments.by, arguments.reverse)
    way = ", reversed" if arguments.reverse else ""
    say(f"{short_name(arguments.name)} is now ordered by {short_name(arguments.by)}{way}")
    if arguments.json:
        print_json({"group": arguments.name, "by": arguments.by, "reverse": arguments.reverse})
    return 0
