"""The command line, started warm: by tests, and by the shells that they start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.warm_start import also_warm
from tui import cli


@contextmanager
def warm_commands(*programs: str, imported: Sequence[str] = ()) -> Iterator[None]:
    """Inside, ``python -m tui.cli`` starts warm, and so do these programs; the server imports these modules too."""
    modules = [f"tui.commands.{command.module}" for command in cli.COMMANDS]
    with also_warm("tui.cli", *programs, imported=[*modules, "core.catalog.scan_writes", *imported]):
        yield
