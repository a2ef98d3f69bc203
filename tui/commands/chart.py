"""``pictoscope chart``: how many pictures have which tag, folder, date or other property."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len

from core.errors import UsageError
from core.filters.ordering import SPANS
from core.text import count, display_path
from tui.commands.common import check_replace, has_block_characters, open_project, print_json, say
from tui.commands.number_option import add_number
from tui.commands.picture_arguments import add_filter
from tui.widgets.cells import fit, shorten_left

if TYPE_CHECKING:  # `--help` must not import NumPy
    from core.charts.bars import Chart

_MOST = 50
_SORTS = ("value", "pictures")
_WIDTH = 100  # of a chart that goes into a pipe or a file
_NARROWEST = 10  # cells of the longest bar


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--by",
        default="tag",
        metavar="PROPERTY",
        help="tag, group, folder, date, camera, format, colour or any other property (default: tag)",
    )
    parser.add_argument(
        "--span", choices=SPANS, help="unit of dates (default: the shortest that makes 40 bars at most)"
    )
    add_filter(parser)
    parser.add_argument(
        "--sort", choices=_SORTS, default="value", help="by value, or the most pictures first (default: value)"
    )
    add_number(parser, "--most", "bars at most; others are joined", least=2, default=_MOST)
    parser.add_argument("--to", metavar="FILE", help="file to write: X.png, X.html, or X.csv with all values")
    parser.add_argument("--replace", action="store_true", help="overwrite an existing file")


def run(arguments: Namespace) -> int:
    """Print the bars, or write them."""
    from core.charts.bars import chart
    from core.charts.files import check_chart, save_chart

    target = Path(arguments.to) if arguments.to is not None else None
    check_replace(arguments, target, "--to FILE")
    with open_project(arguments) as project:
        if target:
            check_chart(project, target, arguments.replace)
        counted = chart(project, arguments.by, arguments.span, arguments.where)
        if arguments.span and not counted.span:
            raise UsageError(
                f"--span: it applies only to dates, not to {counted.by}", "leave it out, or choose --by date"
            )
        if arguments.sort == "pictures":
            counted = counted.sorted()
        if target:
            shown = counted if target.suffix.lower() == ".csv" else counted.shortened(arguments.most)
            save_chart(project, shown, target, replace=arguments.replace)
            say(f"{count(len(shown.bars), 'bar')} in {display_path(target)}")
    if arguments.json:
        print_json(
            {
                "by": counted.by,
                "span": counted.span,
                "where": counted.where,
                "pictures": counted.pictures,
                "bars": [{"name": bar.name, "pictures": bar.pictures} for bar in counted.bars],
                **({"file": str(target)} if target else {}),
            }
        )
    elif not target:
        _print(counted.shortened(arguments.most))
    return 0


def _print(found: Chart) -> None:
    from core.charts.text_bars import text_bar

    print(found.title)
    labels = [found.label(bar) for bar in found.bars]
    numbers = [count(bar.pictures) for bar in found.bars]
    width = shutil.get_terminal_size((_WIDTH, 24)).columns
    number_width = max(map(len, numbers), default=0)
    label_width = min(max(map(cell_len, labels), default=0), max(width // 2, 1))
    room = max(width - label_width - number_width - 5, _NARROWEST)
    for bar, label, number in zip(found.bars, labels, numbers, strict=True):
        drawn = text_bar(bar.pictures / max(found.most, 1), room, ascii_only=not has_block_characters())
        print(f"{fit(shorten_left(label, label_width), label_width)}  {number:>{number_width}}  {drawn}".rstrip())
