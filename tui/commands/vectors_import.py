"""``pictoscope vectors import``: vectors that another program made."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from core.importing.options import BY
from core.project import Project
from core.text import count
from tui.commands.common import CountLine, print_json, say
from tui.commands.subcommands import named_path


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a row for each picture: .npy with keys or paths beside it (CSV, or a text with one per line), Parquet"
        " with a column vector and a column key or path, safetensors, or an Embedding Projector's TSV",
    )
    parser.add_argument(
        "--as", dest="name", required=True, metavar="NAME", help="the vec type is called own.NAME; it may exist already"
    )
    parser.add_argument(
        "--keys",
        type=named_path,
        metavar="FILE",
        help="a table with a column key or path, or a text with one of these per line, for the rows in order",
    )
    parser.add_argument(
        "--by",
        choices=BY,
        default="key",
        help="what finds a row's picture: key (the path is used where a row has no key), path, or name (the file name"
        " at the end of the path; it must be unique) (default: key)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what matches, but import nothing")
    parser.add_argument("--replace", action="store_true", help="replace rows that differ from those of the file")
    parser.add_argument("--skip-bad", action="store_true", help="skip rows that cannot be imported")


def run(project: Project, arguments: Namespace) -> int:
    """Look, say what would change, and do it."""
    from core.importing.vectors.plan import VectorsOptions, plan_vectors

    options = VectorsOptions(
        Path(arguments.keys) if arguments.keys else None, arguments.by, arguments.replace, arguments.skip_bad
    )
    with CountLine("row") as line:
        plan = plan_vectors(project, Path(arguments.file), arguments.name, options, line.reached)
    hindrance, report = plan.hindrance, plan.report
    if not arguments.json:
        print("\n".join(report.in_words()), flush=True)
    done = not (hindrance or arguments.dry_run)
    if done:
        with CountLine("row", report.rows) as line:
            written = plan.apply(line.reached)
        parts = [f"{count(written.added, 'row')} imported into {report.vec_type}"] if written.added else []
        parts += [f"{count(written.replaced, 'row')} replaced"] if written.replaced else []
        say(", ".join(parts) or "nothing has changed")
    if report.other and not options.replace and not hindrance:
        say(f"{count(report.other, 'picture')} kept another row: --replace takes that of the file")
    if arguments.json:
        print_json(report.as_json() | {"applied": done})
    if hindrance:
        raise hindrance
    return 0
