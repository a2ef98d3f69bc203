"""``pictoscope export``."""

from __future__ import annotations

import io
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UsageError
from core.export.forms import FOLDER_FORMS, FORMS, TEXT_FORMS, VECTOR_FORMS
from core.project import Project
from core.text import count, printable
from tui.commands.common import CountLine, check_replace, open_project, print_bytes, print_json, print_paths, say
from tui.commands.picture_arguments import add_pictures, add_sort, chosen

if TYPE_CHECKING:  # `--help` must not import NumPy
    from core.export.export import ExportResult
    from core.export.listing import Listing

_HINTS = {
    "paths": "one per line",
    "csv": "RFC 4180, UTF-8; texts that a spreadsheet would read as formulas get an apostrophe",
    "jsonl": "one JSON object per line",
    "parquet": "needs pictoscope[parquet]",
    "vectors": "X.npy with X.csv, or X.parquet",
    "projector": "X.tsv with X.metadata.tsv",
    "links": "a new folder of links; with several groups, a sub-folder for each",
    "copies": "the same with copies",
    "sheet": "X.html or X.png",
}
_SHOWN = 10


def configure(parser: ArgumentParser) -> None:
    add_pictures(parser)
    forms = "what to write: " + ", ".join(f"{form} ({hint})" for form, hint in _HINTS.items())
    parser.add_argument("--as", dest="form", required=True, choices=FORMS, metavar="FORM", help=forms)
    add_sort(parser)
    parser.add_argument(
        "--to", metavar="PATH", help="file or new folder to write; without it paths, csv and jsonl go to stdout"
    )
    parser.add_argument("--replace", action="store_true", help="overwrite an existing file")
    parser.add_argument(
        "--vec-type", metavar="VEC_TYPE", default="", help="vectors to export (default: the default vec type)"
    )


def run(arguments: Namespace) -> int:
    """Write the file, or to stdout."""
    to_stdout = arguments.to in (None, "-")
    if to_stdout and arguments.form not in TEXT_FORMS:
        raise UsageError(f"--as {arguments.form} cannot be written to stdout", "add --to PATH")
    if arguments.form in FOLDER_FORMS and arguments.replace:
        raise UsageError(
            f"--replace: it does not apply to --as {arguments.form}", "leave it out, and name a new folder"
        )
    check_replace(arguments, not to_stdout, "--to PATH")
    if arguments.vec_type and arguments.form not in VECTOR_FORMS:
        forms = " or ".join(VECTOR_FORMS)
        raise UsageError(f"--vec-type: it applies only with --as {forms}", f"leave it out, or choose --as {forms}")
    with open_project(arguments) as project:
        listing = chosen(project, arguments, arguments.pictures)
        if to_stdout and arguments.json:
            raise UsageError("--json describes a written file, but there is none", "add --to PATH, or leave --json out")
        exported = _print(project, listing, arguments) if to_stdout else _write(project, listing, arguments)
    _tell(exported)
    if arguments.json:
        told: dict[str, Any] = {
            "pictures": exported.pictures,
            "files": [os.fspath(file.absolute()) for file in exported.files],
            "left_out": exported.left_out,
            "missing": [os.fsdecode(path) for path in exported.missing],
        }
        print_json(told)
    return 0


def _write(project: Project, listing: Listing, arguments: Namespace) -> ExportResult:
    from core.export.export import export

    with CountLine("picture", len(listing.keys)) as line:
        return export(
            project,
            listing,
            arguments.form,
            Path(arguments.to),
            replace=arguments.replace,
            vec_type=arguments.vec_type,
            null=arguments.null,
            progress=line.reached,
        )


def _print(project: Project, listing: Listing, arguments: Namespace) -> ExportResult:
    """Bytes as they are into a pipe; made harmless on a terminal."""
    from core.export.export import write_text

    sys.stdout.flush()
    if not sys.stdout.isatty():
        return write_text(project, listing, arguments.form, sys.stdout.buffer, null=arguments.null)
    content = io.BytesIO()
    exported = write_text(project, listing, arguments.form, content, null=True)
    if arguments.form == "paths":
        print_paths(content.getvalue().split(b"\0")[:-1], null=arguments.null)
    else:
        print_bytes(content.getvalue())
    return exported


def _tell(exported: ExportResult) -> None:
    from core.export.export import summary

    if exported.files or exported.left_out:
        say(summary(exported))
    for path in exported.missing[:_SHOWN]:
        say(f"missing: {printable(path)}")
    if len(exported.missing) > _SHOWN:
        say(f"… and {count(len(exported.missing) - _SHOWN)} more")
