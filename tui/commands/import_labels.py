"""``pictoscope import``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.importing.notation import DAY_ORDERS, DECIMALS
from core.importing.options import BY, TAGS_MODES, Options
from tui.commands.common import CountLine, open_project, print_json, say
from tui.commands.set import definition

if TYPE_CHECKING:  # `--help` must not import NumPy
    from core.importing.report import Report


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="table (CSV, JSON lines or Parquet) with a column path or key; the other columns are labels",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what matches and what would change, but change nothing"
    )
    parser.add_argument(
        "--by",
        choices=BY,
        default="key",
        help="which column finds a row's picture: key (the path is used where a row has no key), path, or name (the"
        " file name at the end of the path; it must be unique) (default: key)",
    )
    parser.add_argument(
        "--tags", choices=TAGS_MODES, default="add", help="add to the tags of a picture, or replace them (default: add)"
    )
    parser.add_argument("--clear-empty", action="store_true", help="an empty cell clears the value")
    parser.add_argument(
        "--new-properties",
        action="store_true",
        help="create properties for unknown columns; a type other than text is used only if it changes no value",
    )
    parser.add_argument(
        "--define",
        action="append",
        default=[],
        metavar="NAME:TYPE[:CHOICE,CHOICE…]",
        help="define a property of this type for a column",
    )
    parser.add_argument("--groups", action="store_true", help="save a group for each value of the column group")
    parser.add_argument("--skip-bad", action="store_true", help="skip cells and lines that cannot be imported")
    parser.add_argument(
        "--encoding",
        default="",
        metavar="NAME",
        help="encoding, such as cp1252 (default: detected, else UTF-8)",
    )
    parser.add_argument("--decimal", choices=DECIMALS, default=".", help="decimal separator of numbers (default: .)")
    parser.add_argument(
        "--dates",
        choices=DAY_ORDERS,
        default="ymd",
        help="order of day, month and year: ymd is 1999-12-31, dmy is 31/12/1999, mdy is 12/31/1999 (default: ymd)",
    )
    parser.add_argument(
        "--delimiter", default="", metavar="C", help="character between cells, or the word tab (default: detected)"
    )


def run(arguments: Namespace) -> int:
    """Look, say what would change, and do it."""
    from core.importing.plan import plan

    options = _options(arguments)
    with open_project(arguments) as project, ExitStack() as opened:
        with CountLine("line") as line:
            planned = opened.enter_context(plan(project, Path(arguments.file), options, line.reached))
        report, hindrance, done = planned.report, planned.hindrance, False
        if not arguments.json:
            print("\n".join(report.in_words()), flush=True)
            _hint(report, options)
        if not (hindrance or arguments.dry_run):
            changed = planned.apply()
            report, done = replace(report, changes=changed), True  # others may have changed labels since it was planned
            say(f"imported {changed.words}" if changed.any else "nothing has changed")
        if arguments.json:
            print_json(report.as_json() | {"applied": done})
    if hindrance:
        raise hindrance
    return 0


def _options(arguments: Namespace) -> Options:
    define = {name: (kind, tuple(choices)) for name, kind, choices in map(definition, arguments.define)}
    if len(define) < len(arguments.define):
        raise UsageError("--define names a property twice", "leave one of them out")
    return Options(
        by=arguments.by,
        tags=arguments.tags,
        clear_empty=arguments.clear_empty,
        new_properties=arguments.new_properties,
        define=define,
        groups=arguments.groups,
        skip_bad=arguments.skip_bad,
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        decimal=arguments.decimal,
        dates=arguments.dates,
    )


def _hint(report: Report, options: Options) -> None:
    """What else could be imported."""
    if report.unknown and not options.new_properties:
        say("to import the columns that were left out, add --new-properties, or --define NAME:TYPE")
    if not options.groups and any(heading.lower() == "group" for heading in report.ignored):
        say("to save the column group as groups, add --groups")
