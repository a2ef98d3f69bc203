"""``pictoscope judgements``."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.errors import UsageError
from core.labels.judgements import Judgement, Judgements
from core.project import Project
from core.text import count, printable
from tui.commands.common import check_replace, open_project, print_json, print_table, say
from tui.commands.parser import Parser
from tui.commands.picture_arguments import SOURCES, add_pictures, chosen
from tui.commands.subcommands import add_command, sub_commands

_FORMATS = {"csv": (".csv",), "jsonl": (".jsonl", ".ndjson")}
_NONE = "no judgements yet: pictoscope compare --judge"


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    listed = add_command(commands, "list", "print each judged question: who judged how many pictures relevant or not")
    _person(listed)
    export = add_command(
        commands, "export", "write judgements as CSV or JSON lines, as the file name ends; - writes CSV on stdout"
    )
    export.add_argument("file", metavar="FILE", help="file to write, whose name ends in .csv or .jsonl")
    export.add_argument("--replace", action="store_true", help="replace an existing file")
    _person(export)
    read = add_command(commands, "import", "read judgements from CSV, JSON lines or Parquet, in one step")
    read.add_argument("file", metavar="FILE", help="a file with the headings of `judgements export`")
    read.add_argument(
        "--dry-run", action="store_true", help="print what matches and what would change, but change nothing"
    )
    read.add_argument("--skip-bad", action="store_true", help="skip lines that cannot be imported")
    forget = add_command(
        commands,
        "forget",
        "withdraw judgements: about questions, of a person, or all; undo brings them back",
    )
    add_pictures(forget)
    _person(forget)
    forget.add_argument("--all", action="store_true", help="all judgements, of everybody")


def run(arguments: Namespace) -> int:
    commands = {"list": _list, "export": _export, "import": _import, "forget": _forget}
    with open_project(arguments) as project:
        return commands[arguments.command](project, arguments)


def _person(parser: ArgumentParser) -> None:
    parser.add_argument("--person", default="", metavar="NAME", help="only judgements of this person")


def _judgements_of(project: Project, person: str) -> list[Judgement]:
    """The judgements of a person, or all.

    Raises:
        UsageError: no person of this name has judged.
    """
    judgements = Judgements(project.catalog)
    selected = judgements.all(person)
    if person and not selected:
        persons = ", ".join(map(printable, judgements.persons()))
        raise UsageError(
            f"{printable(person)} has judged nothing", f"there are judgements of {persons}" if persons else _NONE
        )
    return selected


def _list(project: Project, arguments: Namespace) -> int:
    from core.export.judgements import judgements_json

    selected = _judgements_of(project, arguments.person)
    if arguments.json:
        print_json(judgements_json(project.catalog, selected))
        return 0
    if not selected:
        say(_NONE)
        return 0
    pictures = project.catalog.by_keys([one.question.picture for one in selected if one.question.picture])
    totals: dict[tuple[str, str], list[int]] = {}
    for one in selected:
        picture = pictures.get(one.question.picture)
        gone = f"{one.question.picture.hex()} (no file)"
        name = one.question.text or (os.fsdecode(picture.path) if picture else gone)
        totals.setdefault((one.person, name), [0, 0])[0 if one.relevant else 1] += 1
    rows = [("person", "relevant", "not", "question")]
    rows += [(who, count(good), count(bad), name) for (who, name), (good, bad) in sorted(totals.items())]
    print_table(rows, right=(1, 2))
    return 0


def _export(project: Project, arguments: Namespace) -> int:
    from core.export.judgements import write_judgements_csv, write_judgements_json_lines
    from core.export.target import whole_files

    selected = _judgements_of(project, arguments.person)
    if arguments.file == "-":
        check_replace(arguments, None, "a file")
        write_judgements_csv(project.catalog, selected, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return 0
    target = Path(arguments.file)
    ending = target.suffix.lower()
    form = next((name for name, endings in _FORMATS.items() if ending in endings), "")
    if not form:
        raise UsageError(f"{printable(target)}: which format?", "give a name that ends in .csv or .jsonl")
    write = write_judgements_csv if form == "csv" else write_judgements_json_lines
    with whole_files(project, [target], arguments.replace) as (stream,):
        written = write(project.catalog, selected, stream)
    say(f"{count(written, 'judgement')} written to {printable(target)}")
    if arguments.json:
        print_json({"file": os.fspath(target), "judgements": written})
    return 0


def _import(project: Project, arguments: Namespace) -> int:
    from core.importing.judgements import read_judgements

    imported = read_judgements(project, Path(arguments.file))
    hindrance, done = imported.hindrance(skip_bad=arguments.skip_bad), False
    if not arguments.json:
        print("\n".join(imported.in_words()), flush=True)
    if not (hindrance or arguments.dry_run):
        changed = imported.apply(project.catalog) if imported.new or imported.changed else 0
        done = True
        say(f"imported {count(changed, 'judgement')}" if changed else "nothing has changed")
    if arguments.json:
        print_json(imported.as_json() | {"applied": done})
    if hindrance:
        raise hindrance
    return 0


def _forget(project: Project, arguments: Namespace) -> int:
    about = arguments.pictures or any(getattr(arguments, name) is not None for name in SOURCES)
    if not (about or arguments.person or arguments.all):
        raise UsageError("forget which judgements?", "name pictures that were questions, --person NAME, or --all")
    if arguments.all and (about or arguments.person):
        raise UsageError("--all is everything", "leave out pictures and --person, or --all")
    selected = _judgements_of(project, arguments.person)
    if about:
        keys = set(chosen(project, arguments, arguments.pictures).keys)
        selected = [one for one in selected if one.question.picture in keys]
    gone = Judgements(project.catalog).forget_all(selected)
    say(f"forgot {count(gone, 'judgement')}: `pictoscope undo` brings them back" if gone else "nothing to forget")
    if arguments.json:
        print_json({"judgements": gone})
    return 0
