"""``pictoscope vectors failures``: the pictures that could not be read."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from core.project import Project
from core.text import count, display_path, moment
from core.vectors.ledger import Ledger, LedgerEntry, read_ledger, to_csv
from tui.commands.common import print_bytes, print_json, print_paths, print_table, say


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="vec types (default: all)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="print a CSV table")
    form.add_argument("--paths", action="store_true", help="print only the paths, one per line")
    form.add_argument("-0", "--null", action="store_true", help="print only the paths, each followed by NUL")


def run(project: Project, arguments: Namespace) -> int:
    """Print them: a table, paths, CSV or JSON."""
    ledger = read_ledger(project.catalog, project.vectors_folder, list(dict.fromkeys(arguments.vec_types)))
    for name, problem in ledger.problems:
        say(f"skipped {name}: {problem}")
    if not ledger.entries:
        say("no failed pictures")
    if arguments.json:
        print_json([entry.to_json() for entry in ledger.entries])
    elif arguments.csv:
        print_bytes(to_csv(ledger.entries))
    elif arguments.paths or arguments.null:
        print_paths(list(dict.fromkeys(entry.path for entry in ledger.entries)), null=arguments.null)
    elif ledger.entries:
        print_table([("picture", "vec type", "reason", "tried"), *map(_row, ledger.entries)])
        _summarise(ledger)
    return 0


def _row(entry: LedgerEntry) -> tuple[str, ...]:
    return display_path(entry.path), ", ".join(entry.vec_types) or "–", entry.reason, moment(entry.when)


def _summarise(ledger: Ledger) -> None:
    """On stderr how many of which kind, and how they are tried again."""
    sys.stdout.flush()  # the table first
    kinds = ", ".join(f"{count(number)} {kind}" for kind, number in ledger.kinds)
    say(f"{count(ledger.pictures, 'picture')} could not be read: {kinds}")
    if ledger.vec_types:
        say(f"try them again: pictoscope vectors restart {' '.join(ledger.vec_types)}")
