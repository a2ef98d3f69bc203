"""``pictoscope vectors index``: codes, so that vec types that exceed memory answer faster."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from core.project import Project
from core.text import byte_size, count
from core.vectors import indexing
from core.vectors.store import Reader
from tui.commands.common import print_json, say

HELP = "write 8-bit codes of the rows: vec types that exceed memory answer faster, with the same answers"


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="vec types (default: all)")
    parser.add_argument("--remove", action="store_true", help="delete the codes; the rows are not touched")


def run(project: Project, arguments: Namespace, names: Sequence[str]) -> int:
    """Index these vec types, or remove their codes."""
    answers: list[dict[str, Any]] = []
    for name in names:
        folder = project.vectors_folder / name
        if arguments.remove:
            removed = indexing.remove_index(folder)
            say(f"{name}: {'the codes were deleted' if removed else 'there were no codes'}")
            answers.append({"vec_type": name, "removed": removed})
            continue
        coded = indexing.index(folder)
        size = indexing.code_bytes(Reader(folder).snapshot())
        say(f"{name}: codes of {count(coded, 'row')}, {byte_size(size)}")
        answers.append({"vec_type": name, "rows": coded, "bytes": size})
    if arguments.json:
        print_json(answers)
    return 0
