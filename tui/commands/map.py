"""``pictoscope map``: the collection in two dimensions."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.maps.methods import AGREEMENT, CLUSTER, NONE
from core.project import Project
from core.text import count, display_path
from tui.commands.common import CountLine, StatusLine, open_project, print_json, say
from tui.commands.follow import follow
from tui.commands.number_option import add_number
from tui.commands.picture_arguments import add_filter

if TYPE_CHECKING:  # `--help` must not import NumPy
    from core.key_arrays import Keys
    from core.maps.colouring import Colouring
    from core.maps.export import MapExport
    from core.maps.layout import Layout


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "vec_type", nargs="?", default="", metavar="VEC_TYPE", help="vectors (default: the default vec type)"
    )
    parser.add_argument(
        "--method",
        choices=("pca", "pacmap"),
        default="pca",
        help="pca: the two directions of the largest spread, at once; pacmap: keeps near pictures near, made by a job "
        "that goes on after Ctrl+C, needs pictoscope[map] (default: pca)",
    )
    add_filter(parser, "; places do not change")
    parser.add_argument(
        "--colour-by",
        default=NONE,
        metavar="WHAT",
        help=f"tag, folder, date (by year), {CLUSTER}, a property, {AGREEMENT}VEC_TYPE (nearest that both have), or "
        f"{NONE} (default: {NONE})",
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help="file to write: X.png (a picture with thumbnails), X.html (one page to pan and zoom), X.csv or "
        "X.parquet (coordinates)",
    )
    parser.add_argument("--replace", action="store_true", help="overwrite an existing file")
    add_number(parser, "--seed", "seed of the random draws", least=0, default=0)
    parser.add_argument("--again", action="store_true", help="place all pictures again, even if a stored map holds")


def run(arguments: Namespace) -> int:
    """Place, colour and write."""
    from core.filters.evaluation import keys_where
    from core.maps.export import check_ending, export_map

    target = Path(arguments.out)
    check_ending(target)  # before minutes of work
    with open_project(arguments) as project:
        within = keys_where(project.catalog, arguments.where, project.coverage_keys) if arguments.where else None
        if code := _made_by_job(project, arguments):
            return code
        layout, colouring = _read(project, arguments, within)
        with CountLine("picture", len(layout.keys)) as line:
            written = export_map(project, layout, colouring, target, replace=arguments.replace, progress=line.reached)
    _tell(layout, written)
    if arguments.json:
        print_json(_summary(layout, colouring, written))
    return 0


def _made_by_job(project: Project, arguments: Namespace) -> int:
    """Have a job make a map that takes long, and follow it. The exit code if it is left to itself, else 0."""
    from core.jobs.map_task import MapTask
    from core.maps.job import start_map
    from core.maps.layout import MapMissing, lay_out
    from core.vectors.vec_types import choose

    if arguments.method != "pacmap":
        return 0
    name = choose(project.vectors_folder, arguments.vec_type, project.settings.default_vec_type, needs_text=False).name
    try:
        lay_out(project, name, arguments.method, seed=arguments.seed, again=arguments.again, may_take_long=False)
    except MapMissing as missing:
        if not arguments.again:
            say(missing.message)
        job = start_map(project, MapTask(name, arguments.method, arguments.seed, arguments.again))
        return follow(job, as_json=arguments.json)
    return 0


def _read(project: Project, arguments: Namespace, within: Keys | None) -> tuple[Layout, Colouring]:
    from core.maps.colouring import colour_by
    from core.maps.layout import lay_out

    is_slow = arguments.method == "pacmap"  # a job has just made it, if it was to be made
    with StatusLine() as line:
        layout = lay_out(
            project,
            arguments.vec_type,
            arguments.method,
            seed=arguments.seed,
            again=arguments.again and not is_slow,
            may_take_long=not is_slow,
            say=line.show,
        )
        if within is not None:
            layout = layout.within(within)
        return layout, colour_by(project, layout, arguments.colour_by, seed=arguments.seed)


def _tell(layout: Layout, written: MapExport) -> None:
    note = f" ({written.note})" if written.note else ""
    say(f"{count(written.pictures, 'picture')} in {display_path(written.file)}{note}")
    for text in layout.notes:
        say(text)


def _summary(layout: Layout, colouring: Colouring, written: MapExport) -> dict[str, Any]:
    return {
        "file": os.fspath(written.file.absolute()),
        "vec_type": layout.vec_type,
        "method": layout.method,
        "pictures": written.pictures,
        "share_of_spread": layout.share,
        "coloured_by": colouring.source,
        "colours": [
            {"name": name, "colour": "#{:02x}{:02x}{:02x}".format(*colour), "pictures": pictures}
            for name, colour, pictures, _ in colouring.legend()
        ],
        "notes": [*layout.notes, *([written.note] if written.note else [])],
    }
