"""``pictoscope export``."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.text import count, printable
from tui.commands.chosen import add_pictures, chosen
from tui.commands.common import open_project, print_json, say

# As core.export.export.FORMS, which `--help` need not load.
FORMS = ("paths", "csv", "jsonl", "parquet", "vectors", "projector", "links", "copies", "sheet")
_HINTS = {
    "paths": "one a line",
    "csv": "RFC 4180, UTF-8",
    "jsonl": "one JSON object a line",
    "parquet": "needs pictoscope[parquet]",
    "vectors": "X.npy with X.csv, or X.parquet",
    "projector": "X.tsv with X.metadata.tsv",
    "links": "a new folder",
    "copies": "a new folder",
    "sheet": "X.html or X.png",
}
_SHOWN = 10


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    add_pictures(parser)
    forms = ", ".join(f"{form} ({hint})" for form, hint in _HINTS.items())
    parser.add_argument("--as", dest="form", required=True, choices=FORMS, metavar="FORM", help=forms)
    parser.add_argument("--to", metavar="PATH", help="file or new folder; paths, csv and jsonl go to stdout without it")
    parser.add_argument("--replace", action="store_true", help="write over a file that is there")
    parser.add_argument("--vec-type", metavar="VEC_TYPE", default="", help="which vectors (default: the default ones)")


def run(arguments: Namespace) -> int:
    """Write the file, or to stdout."""
    from core.export.export import export, summary, write_text

    progress = _Progress()
    with open_project(arguments) as project:
        listing = chosen(project, arguments, arguments.pictures)
        if arguments.to in (None, "-"):
            if arguments.json:
                raise UsageError("--json tells of a file", "give one: --to PATH")
            sys.stdout.flush()
            exported = write_text(project, listing, arguments.form, sys.stdout.buffer, null=arguments.null)
        else:
            if arguments.null:
                raise UsageError("-0 is for paths on stdin or stdout", "leave out -0 or --to")
            exported = export(
                project,
                listing,
                arguments.form,
                Path(arguments.to),
                replace=arguments.replace,
                vec_type=arguments.vec_type,
                progress=progress.show,
            )
    progress.end()
    if exported.files or exported.left_out:
        say(summary(exported))
    for path in exported.missing[:_SHOWN]:
        say(f"not there: {printable(path)}")
    if len(exported.missing) > _SHOWN:
        say(f"… and {count(len(exported.missing) - _SHOWN)} more that are not there")
    if arguments.json:
        told: dict[str, Any] = {
            "pictures": exported.pictures,
            "files": [os.fspath(file.absolute()) for file in exported.files],
            "left_out": exported.left_out,
            "missing": [os.fsdecode(path) for path in exported.missing],
        }
        print_json(told)
    return 0


class _Progress:
    """How many pictures have been read: one line on stderr, rewritten; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()

    def show(self, done: int) -> None:
        if self._terminal:
            sys.stderr.write(f"\r{count(done, 'picture')}\x1b[K")
            sys.stderr.flush()

    def end(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
