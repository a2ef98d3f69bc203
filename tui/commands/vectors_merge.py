"""``pictoscope vectors merge``: take the rows of shards into the project."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import PictoscopeError
from core.project import Project
from core.text import count, printable
from tui.commands.common import CountLine, print_json, say
from tui.commands.subcommands import named_path

if TYPE_CHECKING:
    from core.shards.merge import MergedVectors, MergeReport, Refused

_NAMED = 10  # shards in a line


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "parts",
        nargs="+",
        type=named_path,
        metavar="PART",
        help="a folder that `vectors create --shard N/OF --out FOLDER` wrote; in any order, and as often as you like",
    )


def run(project: Project, arguments: Namespace) -> int:
    """Merge, and say what is missing.

    Raises:
        PictoscopeError: parts were refused.
    """
    from core.shards.merge import merge_parts

    with CountLine("row") as line:
        report = merge_parts(project, [Path(part) for part in arguments.parts], line.reached)
    if arguments.json:
        print_json(_json(report))
    else:
        for merged in report.merged:
            _say_merged(merged, report.pictures)
        if not report.merged and not report.refused:
            say("nothing to merge: these parts hold no vectors yet")
        if len(report.refused) > 1:
            for refused in report.refused:
                say(f"refused: {_words(refused)}")
    if report.refused:
        first = report.refused[0]
        others = f"; {count(len(report.refused) - 1)} more refused" if len(report.refused) > 1 else ""
        raise PictoscopeError(f"refused: {_words(first)}{others}", first.error.hint)
    return 0


def _words(refused: Refused) -> str:
    name, message = printable(refused.folder.name), refused.error.message
    return message if name in message else f"{name}: {message}"


def _say_merged(merged: MergedVectors, pictures: int) -> None:
    name = merged.vec_type.name
    facts = [f"{count(merged.added)} new", f"{count(merged.known)} there already"]
    facts += [f"{count(merged.failed)} could not be read"] if merged.failed else []
    facts += [f"{count(merged.foreign)} of no picture of this project"] if merged.foreign else []
    say(f"{name}: {count(merged.parts, 'part')}, rows: {', '.join(facts)}")
    if not merged.missing:
        say(f"{name}: nothing is missing")
        return
    shards = [f"{shard} ({count(number)})" for shard, number in list(merged.missing.items())[:_NAMED]]
    more = f" and {count(len(merged.missing) - _NAMED)} more" if len(merged.missing) > _NAMED else ""
    say(
        f"{name}: {count(merged.missing_pictures)} of {count(pictures, 'picture')} missing, of the shards "
        f"{', '.join(shards)}{more}"
    )
    first = next(iter(merged.missing))
    say(
        f"compute them: {merged.vec_type.create_command} --shard {first} --out FOLDER on any machine, "
        f"or here: {merged.vec_type.restart_command}"
    )


def _json(report: MergeReport) -> dict[str, Any]:
    return {
        "vec_types": [
            {
                "vec_type": merged.vec_type.name,
                "parts": merged.parts,
                "added": merged.added,
                "known": merged.known,
                "failed": merged.failed,
                "foreign": merged.foreign,
                "missing": merged.missing_pictures,
                "missing_shards": [
                    {"shard": shard.number, "of": shard.of, "pictures": number}
                    for shard, number in merged.missing.items()
                ],
            }
            for merged in report.merged
        ],
        "refused": [
            {
                "part": str(refused.folder),
                "vec_type": refused.vec_type or None,
                "error": refused.error.message,
                "hint": refused.error.hint,
            }
            for refused in report.refused
        ],
    }
