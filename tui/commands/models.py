"""``pictoscope models``."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace

from core.models import rates
from core.models.catalogue import ModelSpec, catalogue, find
from core.text import byte_size, rate
from tui.commands.common import print_json, print_table, say


def configure(parser: ArgumentParser) -> None:
    """Its sub-command."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    text = "have models' weights on this machine, for when it will be offline"
    fetch = commands.add_parser("fetch", help=text, description=text)
    fetch.add_argument("models", nargs="+", metavar="MODEL", help="a key, hf:ORG/NAME, open_clip:ARCH/TAG, timm:NAME")
    fetch.add_argument("--json", action="store_true", default=SUPPRESS, help="print JSON")


def run(arguments: Namespace) -> int:
    """List the catalogue, or fetch."""
    return _fetch(arguments) if arguments.command == "fetch" else _list(arguments)


def _list(arguments: Namespace) -> int:
    if arguments.json:
        print_json([_json(spec) for spec in catalogue()])
        return 0
    measured = rates.known()
    rows = [("model", "dim", "text", "here", "size", "measured", "advice")]
    rows += [
        (
            spec.key,
            str(spec.dim or "–"),
            "yes" if spec.text else "–",
            "yes" if spec.available else "no",
            byte_size(spec.size) if spec.size else "–",
            rate(measured[spec.key]) if spec.key in measured else "–",
            spec.advice,
        )
        for spec in catalogue()
    ]
    print_table(rows, right=(1, 4, 5))
    return 0


def _fetch(arguments: Namespace) -> int:
    from core.models.backend import fetch

    specs = [find(key) for key in dict.fromkeys(arguments.models)]
    for spec in specs:
        fetch(spec, say)
        say(f"{spec.key} is here")
    if arguments.json:
        print_json([_json(find(spec.key)) for spec in specs])
    return 0


def _json(spec: ModelSpec) -> dict[str, object]:
    fields = ("key", "weights", "backend", "dim", "text", "available", "size", "licence", "advice")
    return {field: getattr(spec, field) for field in fields}
