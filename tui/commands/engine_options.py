"""``--engine`` and what belongs to it: rows are computed on the workers of a cluster."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from core.errors import UsageError

if TYPE_CHECKING:
    from core.engines.choice import EngineChoice


def configure(parser: ArgumentParser, *, others: str = "") -> None:
    """The options.

    Args:
        parser: of a command that computes vectors.
        others: another option of the command with which ``--map`` applies, as in ``" or --shard"``.
    """
    parser.add_argument(
        "--engine",
        metavar="ADDRESS",
        help="compute on the workers of a cluster, as in dask://localhost:8786 (needs pip install 'pictoscope[dask]')",
    )
    parser.add_argument(
        "--map",
        dest="elsewhere",
        action="append",
        default=[],
        metavar="FOLDER=THERE",
        help="where a picture folder of the project, or a folder above it, is on the machine that computes (with"
        f" --engine{others}; may be repeated)",
    )
    parser.add_argument(
        "--send-pictures",
        action="store_true",
        help="send the pictures to workers that do not see their files (with --engine)",
    )


def chosen(arguments: Namespace) -> EngineChoice | None:
    """The engine; None to compute on this machine.

    Raises:
        UsageError: not the address of an engine that can be used here, or an option that needs one.
    """
    if arguments.engine is None:
        for option, given in (("--map", arguments.elsewhere), ("--send-pictures", arguments.send_pictures)):
            if given:
                others = "--engine or --shard" if option == "--map" and hasattr(arguments, "shard") else "--engine"
                raise UsageError(f"{option}: it applies only with {others}", f"leave it out, or add {others}")
        return None
    from core.engines import registry
    from core.engines.choice import EngineChoice
    from core.shards.picture_folders import parse_elsewhere

    choice = EngineChoice(arguments.engine, parse_elsewhere(arguments.elsewhere), arguments.send_pictures)
    registry.check(choice)
    return choice
