"""The option that says how the app shows pictures. Imports little: ``--help`` needs it."""

from __future__ import annotations

from argparse import ArgumentParser

from tui.graphics.terminal import CHOICES


def add_graphics(parser: ArgumentParser) -> None:
    """Add ``--graphics``; its value is None where it is not given."""
    parser.add_argument(
        "--graphics",
        choices=CHOICES,
        metavar="WAY",
        help=f"how pictures are shown: {', '.join(CHOICES)} (default: the setting, else auto); `pictoscope doctor` says"
        " what the terminal can do",
    )
