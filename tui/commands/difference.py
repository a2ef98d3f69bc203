"""``pictoscope difference``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.errors import UsageError
from core.text import display_path
from tui.commands.common import open_project, print_json


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("first", metavar="FIRST", help="path or 40-digit key of a picture of the project")
    parser.add_argument("second", metavar="SECOND", help="path or 40-digit key of the one to compare it with")


def run(arguments: Namespace) -> int:
    """Compare all pixels and say how far they differ."""
    from core.actions.picture_difference import difference_of
    from core.export.listing import of_pictures

    with open_project(arguments) as project:
        named = (arguments.first, arguments.second)
        keys = [of_pictures(project, [name]).keys[0] for name in named]  # they may be the same
        known = project.catalog.by_keys(keys)
        first, second = (known[key] for key in keys)
        for picture in (first, second):
            if not picture.format:
                raise UsageError(
                    f"{display_path(picture.path)} cannot be compared: {picture.problem}",
                    "name a picture that can be read",
                )
        difference = difference_of(project.catalog, first, second)
    if arguments.json:
        height, width = difference.levels.shape[:2]
        print_json(
            {
                "differing": difference.differing,
                "pixels": height * width,
                "largest": difference.largest,
                "width": width,
                "height": height,
                "scaling": str(difference.scaling),
            }
        )
    else:
        print(difference.sentence)
    return 0
