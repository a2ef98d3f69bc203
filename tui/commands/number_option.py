"""Options that take a whole number: one range each, the same in the help and in the error."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from core.actions.parameters import WholeParameter

_MOST = 10_000_000  # pictures, entries, seeds


def add_number(
    parser: ArgumentParser,
    name: str,
    text: str,
    *,
    least: int = 1,
    most: int = _MOST,
    default: int | None = None,
    default_text: str = "",
    auto: bool = False,
) -> None:
    """Add the option ``name``, or an argument that may be left out if it does not begin with a dash.

    Args:
        parser: of the command.
        name: ``--top``, or ``number``, which is shown as ``N``.
        text: of the help.
        least: smallest allowed.
        most: largest allowed.
        default: where it is left out.
        default_text: what happens where it is left out and there is no ``default``.
        auto: whether 0, the default then, lets the program choose.
    """
    is_option = name.startswith("-")
    number = WholeParameter(
        name.lstrip("-"), name if is_option else "N", text, 0 if auto else default, least, most, auto
    )
    shown = default_text if default is None and not auto else number.shown_default
    options: dict[str, Any] = {} if is_option else {"nargs": "?"}
    parser.add_argument(
        name,
        type=number.check,
        default=number.default,
        metavar="N",
        help=f"{text} ({number.range}{f'; default: {shown}' if shown else ''})",
        **options,
    )
