"""``pictoscope import``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.importing.options import BY, TAGS_MODES, Options
from tui.commands.common import CountLine, open_project, print_json, say
from tui.commands.set import definition

if TYPE_CHECKING:  # `--help` must not pay for NumPy
    from core.importing.report import Report


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "file", metavar="FILE", help="CSV, JSON lines or Parquet with a column path or key; the others are labels"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what matches and what would change, no more")
    parser.add_argument(
        "--by",
        choices=BY,
        default="key",
        help="what names a picture: its key, else its path (default); path alone; name: of the file, where unique",
    )
    parser.add_argument(
        "--tags", choices=TAGS_MODES, default="add", help="put tags beside those that are there (default), or replace"
    )
    parser.add_argument("--clear-empty", action="store_true", help="an empty cell takes the value away")
    parser.add_argument(
        "--new-properties", action="store_true", help="make properties of headings that nobody knows, types guessed"
    )
    parser.add_argument(
        "--define",
        action="append",
        default=[],
        metavar="NAME:TYPE[:CHOICE,CHOICE…]",
        help="make a property of a heading, of this type",
    )
    parser.add_argument("--groups", action="store_true", help="save the column group as groups")
    parser.add_argument("--skip-bad", action="store_true", help="import the rest where cells or lines cannot be")
    parser.add_argument("--encoding", default="", metavar="NAME", help="such as cp1252 (default: found, else UTF-8)")
    parser.add_argument("--delimiter", default="", metavar="C", help="between cells; or tab (default: found)")


def run(arguments: Namespace) -> int:
    """Look, say what would change, and do it."""
    from core.importing.plan import plan

    options = _options(arguments)
    with open_project(arguments) as project, ExitStack() as opened:
        with CountLine("line") as line:
            planned = opened.enter_context(plan(project, Path(arguments.file), options, line.reached))
        hindrance, done = planned.hindrance, False
        if not arguments.json:
            print("\n".join(planned.report.in_words()), flush=True)
            _hint(planned.report, options)
        if not (hindrance or arguments.dry_run):
            changed = planned.apply()
            done = True
            say(f"imported {changed.words}" if changed.any else "nothing has changed")
        if arguments.json:
            print_json(planned.report.as_json() | {"applied": done})
    if hindrance:
        raise hindrance
    return 0


def _options(arguments: Namespace) -> Options:
    define = {name: (kind, tuple(choices)) for name, kind, choices in map(definition, arguments.define)}
    if len(define) < len(arguments.define):
        raise UsageError("--define names one property twice", "leave one of them out")
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
    )


def _hint(report: Report, options: Options) -> None:
    """What else could be imported."""
    if report.unknown and not options.new_properties:
        say("headings that were left out become properties with --new-properties, or --define NAME:TYPE")
    if not options.groups and any(heading.lower() == "group" for heading in report.ignored):
        say("the column group becomes saved groups with --groups")
