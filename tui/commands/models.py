"""``pictoscope models``."""

from __future__ import annotations

from argparse import Namespace

from core.errors import UsageError
from core.models import rates
from core.models.catalogue import ModelSpec, catalogue, find
from core.text import byte_size, count, rate
from tui.commands.common import print_json, print_table, say
from tui.commands.parser import Parser
from tui.commands.subcommands import add_command, sub_commands


def configure(parser: Parser) -> None:
    """Its sub-commands; without one the models are listed."""
    commands = sub_commands(parser, required=False)
    fetch = add_command(commands, "fetch", "download the weights of models, for use without a network")
    fetch.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="a name that `models` prints, hf:ORG/NAME, open_clip:ARCH/TAG or timm:NAME",
    )
    trust = add_command(
        commands,
        "trust",
        "allow the Python code of a model's repository to run, in the version on this machine",
        "Changed code needs your consent again.",
    )
    trust.add_argument(
        "model", metavar="MODEL", help="a name that `models` prints, hf:ORG/NAME, or the path of a folder"
    )


def run(arguments: Namespace) -> int:
    """List the catalogue, fetch, or consent."""
    handlers = {"fetch": _fetch, "trust": _trust}
    return handlers.get(arguments.command, _list)(arguments)


def _list(arguments: Namespace) -> int:
    if arguments.json:
        print_json([_json(spec) for spec in catalogue()])
        return 0
    measured = rates.known()
    rows = [("model", "dim", "text", "installed", "size", "measured", "advice")]
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
        say(f"{spec.key} is on this machine")
    if arguments.json:
        print_json([_json(find(spec.key)) for spec in specs])
    return 0


def _trust(arguments: Namespace) -> int:
    from core.models import consent, hub

    spec = find(arguments.model)
    if spec.folder is None and not spec.repository:
        raise UsageError(f"{spec.key} runs no code from a repository or a folder", "it needs no consent")
    folder = spec.folder or hub.fetch(spec.repository, say, remote_code=True, gated=spec.gated, key=spec.key)
    files = consent.code_files(folder)
    if not files:
        raise UsageError(f"{spec.key} has no Python code in {folder}", "it needs no consent")
    kept = consent.give(spec, folder)
    if arguments.json:
        print_json({"model": spec.key, "folder": str(folder), "files": files, "consent": str(kept)})
    else:
        code = count(len(files), "Python file")
        say(f"{spec.key} may run {code} in {folder}; to withdraw your consent, delete {kept}")
    return 0


def _json(spec: ModelSpec) -> dict[str, object]:
    fields = ("key", "weights", "backend", "dim", "text", "available", "size", "licence", "advice")
    return {field: getattr(spec, field) for field in fields}
