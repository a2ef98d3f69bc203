"""``pictoscope folders``: the picture folders of a project."""

from __future__ import annotations

import os
from argparse import Namespace

from core.folder_paths import picture_folder
from core.folders import move_folder, picture_folders, remove_folder
from core.project import Project
from core.text import count, printable
from tui.commands.common import open_project, print_json, print_table, report_json, say, scan
from tui.commands.large_folders import add_yes, ask_for_large
from tui.commands.parser import Parser
from tui.commands.subcommands import add_command, sub_commands


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    add_command(commands, "list", "list the picture folders of the project, and whether they exist")
    add = add_command(commands, "add", "add picture folders and look for their pictures")
    add.add_argument("folders", nargs="+", metavar="FOLDER", help="picture folders")
    add_yes(add)
    move = add_command(commands, "move", "tell the project where a moved picture folder is now; no file is read again")
    move.add_argument("old", metavar="OLD", help="the old path, which need not exist any more")
    move.add_argument("new", metavar="NEW", help="the new path")
    remove = add_command(
        commands, "remove", "remove a picture folder from the project; files, labels and vectors are kept"
    )
    remove.add_argument("folder", metavar="FOLDER", help="a path that `folders list` prints")


def run(arguments: Namespace) -> int:
    with open_project(arguments) as project:
        if arguments.command == "list":
            _list(project, as_json=arguments.json)
        elif arguments.command == "add":
            _add(project, arguments.folders, yes=arguments.yes, as_json=arguments.json)
        elif arguments.command == "move":
            _move(project, arguments)
        else:
            removed = remove_folder(project, arguments.folder)
            say(str(removed))
            if arguments.json:
                answer = {"pictures": removed.pictures, "without_file": removed.without_file}
                print_json({"removed": os.fspath(removed.path), **answer})
    return 0


def _list(project: Project, *, as_json: bool) -> None:
    there = picture_folders(project)
    if as_json:
        print_json(
            [
                {
                    "folder": os.fspath(folder.path),
                    "there": folder.exists,
                    "files": folder.files,
                    "pictures": folder.pictures,
                }
                for folder in there
            ]
        )
    elif there:
        rows = [
            (printable(folder.path), "yes" if folder.exists else "no", count(folder.files), count(folder.pictures))
            for folder in there
        ]
        print_table([("folder", "there", "files", "pictures"), *rows], right=(2, 3))
    else:
        say("no picture folders: pictoscope folders add FOLDER")


def _add(project: Project, folders: list[str], *, yes: bool, as_json: bool) -> None:
    ask_for_large([picture_folder(folder) for folder in folders], yes=yes)
    for folder in folders:
        project.add_folder(folder)
    report = scan(project)
    if as_json:
        print_json(report_json(project, report))


def _move(project: Project, arguments: Namespace) -> None:
    moved = move_folder(project, arguments.old, arguments.new)
    say(str(moved))
    if moved.found < moved.files:
        missing = count(moved.files - moved.found, "file")
        say(f"the other {missing} will be removed from the project by the next scan: pictoscope add")
    if moved.old.is_dir():
        say(f"{printable(moved.old)} still exists, but is no longer a folder of the project")
    if arguments.json:
        answer = {"files": moved.files, "found": moved.found, "pictures": moved.pictures}
        print_json({"old": os.fspath(moved.old), "new": os.fspath(moved.new), **answer})
