"""``pictoscope models``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.models import rates
from core.models.catalogue import CATALOGUE
from core.text import rate
from tui.commands.common import print_json, print_table


def configure(parser: ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(arguments: Namespace) -> int:
    """List the catalogue."""
    if arguments.json:
        fields = ("key", "weights", "backend", "dim", "text", "available")
        print_json([{field: getattr(spec, field) for field in fields} for spec in CATALOGUE])
        return 0
    measured = rates.known()
    rows = [("model", "dim", "text", "here", "measured", "advice")]
    rows += [
        (
            spec.key,
            str(spec.dim),
            "yes" if spec.text else "–",
            "yes" if spec.available else "no",
            rate(measured[spec.key]) if spec.key in measured else "–",
            spec.advice,
        )
        for spec in CATALOGUE
    ]
    print_table(rows, right=(1, 4))
    return 0
