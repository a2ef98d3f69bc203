"""``pictoscope stack``."""

from __future__ import annotations

import os
from argparse import Namespace

from core.labels.stacks import Stacks
from core.project import Project
from core.text import count
from tui.commands.common import open_project, print_json, print_paths, say
from tui.commands.parser import Parser
from tui.commands.picture_arguments import add_pictures, add_sort, chosen
from tui.commands.subcommands import add_command, sub_commands


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    add = add_command(
        commands,
        "add",
        "stack pictures, the first on top; stacks that contain any of them are merged",
        "Browse shows the top picture, actions still use all pictures, and Duplicates does not ask about them.",
    )
    add_pictures(add)
    add_sort(add)
    listed = add_command(
        commands, "list", "print the pictures of each stack, the top one first, with an empty line between stacks"
    )
    listed.add_argument("-0", "--null", action="store_true", help="end paths with NUL instead of newline")
    add_pictures(add_command(commands, "remove", "remove pictures from their stacks; they stay in the project"))


def run(arguments: Namespace) -> int:
    with open_project(arguments) as project:
        commands = {"add": _add, "list": _list, "remove": _remove}
        return commands[arguments.command](project, arguments)


def _add(project: Project, arguments: Namespace) -> int:
    keys = chosen(project, arguments, arguments.pictures).keys
    pictures = Stacks(project.catalog).stack(keys)
    say(f"stacked {count(pictures, 'picture')}")
    if arguments.json:
        print_json({"pictures": pictures})
    return 0


def _list(project: Project, arguments: Namespace) -> int:
    stacks = Stacks(project.catalog).all()
    pictures = project.catalog.by_keys([key for stack in stacks for key in stack])
    there = [[(pictures[key].path, key) for key in stack if key in pictures] for stack in stacks]
    if arguments.json:
        print_json([[{"path": os.fsdecode(path), "key": key.hex()} for path, key in stack] for stack in there])
    elif there:
        lines = [line for stack in there for line in (b"", *(path for path, _ in stack))]
        print_paths(lines[1:], null=arguments.null)
    else:
        say("no stacks yet: pictoscope stack add PICTURE PICTURE…")
    return 0


def _remove(project: Project, arguments: Namespace) -> int:
    taken = Stacks(project.catalog).unstack(chosen(project, arguments, arguments.pictures).keys)
    say(f"removed {count(taken, 'picture')} from stacks")
    if arguments.json:
        print_json({"pictures": taken})
    return 0
