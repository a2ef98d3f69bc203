"""The command ``pictoscope``. Parses and dispatches; what the commands do lies in :mod:`tui.commands`.

Nothing heavy is imported before it is known what is asked for: ``--help`` must answer at once.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from core import __version__
from core.actions.definition import Action
from core.actions.parameters import (
    ChoiceParameter,
    Parameter,
    PicturesParameter,
    ScopeParameter,
    SwitchParameter,
    TextParameter,
    VecTypesParameter,
)
from core.actions.registry import actions
from core.errors import PictoscopeError, UsageError
from core.text import json_line, printable
from tui.terminal import harmless_terminal


@dataclass(frozen=True)
class Command:
    """A sub-command that is no action.

    Attributes:
        name: as typed.
        help: one line.
        module: of :mod:`tui.commands`; it has ``configure(parser)`` and ``run(arguments) -> int``.
    """

    name: str
    help: str
    module: str


COMMANDS = (
    Command("demo", "look at the demo collection: real pictures, real models, no network", "demo"),
    Command("add", "add picture folders to the project (made if there is none), or look for changes", "add"),
    Command("models", "list the models", "models"),
    Command("vectors", "create, list, restart, verify, delete vectors; failures; the default ones", "vectors"),
    Command("jobs", "list the jobs, follow one, cancel one", "jobs"),
    Command("tag", "put tags on pictures or take them off; make, rename, merge, colour, nest, delete tags", "tag"),
    Command("set", "write down properties of pictures; define and list properties", "set"),
    Command("property", "list, define, rename, delete properties; say what may be chosen", "property"),
    Command("group", "save, list, show, combine, order, rename, delete groups of pictures", "group"),
    Command("filter", "save, list, rename, delete filters", "filter"),
    Command("undo", "take the last change of labels back", "undo"),
    Command("redo", "do again what was undone last", "redo"),
    Command("history", "what was changed, the newest first", "history"),
    Command("doctor", "what Pictoscope finds here: terminal, libraries, models, project", "doctor"),
)

_APP_HELP = "open a picture folder in the app (the current folder's project, or Home, if left out)"


class Parser(argparse.ArgumentParser):
    """Errors as our own, so that ``--json`` gets them as JSON too. No abbreviations: we look for the options too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)
        self.color = False  # Python 3.14 would colour the help, which packages' texts are part of

    def error(self, message: str) -> NoReturn:
        """Wrong usage.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, f"see `{self.prog} --help`")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's, but a list may go on after an option: ``tag add cat --json a.jpg``.

        argparse ends it at the first option, even before its first word, and hands back what follows.
        """
        parsed, extras = super().parse_known_args(args, namespace)
        lists = [action for action in self._actions if not action.option_strings and action.nargs in ("*", "+")]
        if lists and extras and all(word == "-" or not word.startswith("-") for word in extras):
            setattr(parsed, lists[-1].dest, [*getattr(parsed, lists[-1].dest), *extras])
            extras = []
        return parsed, extras


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit code: 0 done, 1 failed, 2 wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a locale that has no dash or star gets a question mark
        sys.stdout.reconfigure(errors="replace")
    with harmless_terminal():
        return _exit_code(given)


def _exit_code(given: list[str]) -> int:
    try:
        code = _dispatch(given)
        sys.stdout.flush()  # here, where an error of it still becomes one line
        return code
    except PictoscopeError as error:
        report(error, as_json="--json" in given)
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        # `| head` has seen enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        report(PictoscopeError(where + reason, "check its permissions and the free space"), as_json="--json" in given)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def report(error: PictoscopeError, *, as_json: bool) -> None:
    """An error on stderr: one line that says what to do, or one JSON object."""
    if as_json:
        print(json_line({"error": error.message, "hint": error.hint}), file=sys.stderr)
    else:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"pictoscope: {printable(error.message)}{printable(hint)}", file=sys.stderr)


def _dispatch(given: list[str]) -> int:
    place = _command_place(given)
    name = "" if place is None else given[place]
    command = next((command for command in COMMANDS if command.name == name), None)
    action = next((action for action in actions() if action.command == name), None)
    rest = [word for position, word in enumerate(given) if position != place]
    if command:
        return _run_command(command, rest)
    if action:
        return _run_action(action, rest)
    return _run_app(given)


def _command_place(given: Sequence[str]) -> int | None:
    """Where the command stands: options may come before it, as in ``pictoscope --project PATH jobs``."""
    for place, word in enumerate(given):
        if not word.startswith("-") and (place == 0 or given[place - 1] != "--project"):
            return place
    return None


def _run_command(command: Command, arguments: list[str]) -> int:
    module = importlib.import_module(f"tui.commands.{command.module}")
    parser = Parser(prog=f"pictoscope {command.name}", description=command.help)
    common(parser)
    module.configure(parser)
    return int(module.run(parser.parse_args(arguments)))


def _run_action(action: Action[object], arguments: list[str]) -> int:
    parser = Parser(prog=f"pictoscope {action.command}", description=printable(f"{action.title}: {action.help}."))
    common(parser)
    parser.add_argument("-0", "--null", action="store_true", help="end paths with NUL instead of newline")
    parser.add_argument("--scores", action="store_true", help="print each picture's score before its path")
    for field in action.fields():
        _add_parameter(parser, field)
    from tui.commands import action as action_command

    return action_command.run(action, parser.parse_args(arguments))


def _add_parameter(parser: argparse.ArgumentParser, field: Parameter) -> None:
    flag = f"--{field.name.rstrip('_').replace('_', '-')}"  # `for_`: the word itself is Python's
    help_text = printable(field.help)
    shown = f" (default {field.default})" if field.default not in ("", None, (), False) else ""
    if isinstance(field, PicturesParameter) and field.required:
        parser.add_argument(field.name, nargs="+", metavar="PICTURE", help=help_text)
    elif isinstance(field, TextParameter) and field.required:
        parser.add_argument(field.name, nargs="+", metavar="TEXT", help=help_text)
    elif isinstance(field, PicturesParameter):
        options: dict[str, Any] = {"nargs": "+", "action": "extend", "metavar": "PICTURE"}
        parser.add_argument(flag, dest=field.name, default=argparse.SUPPRESS, help=help_text, **options)
    elif isinstance(field, SwitchParameter):
        parser.add_argument(
            flag, dest=field.name, default=argparse.SUPPRESS, action=argparse.BooleanOptionalAction, help=help_text
        )
    else:
        if isinstance(field, ChoiceParameter):
            shown = printable(f": {', '.join(field.choices)}{shown}")
        metavar = {VecTypesParameter: "VEC_TYPE[,VEC_TYPE…]", ScopeParameter: "FILTER"}.get(type(field))
        parser.add_argument(
            flag,
            dest=field.name,
            default=argparse.SUPPRESS,
            metavar=metavar,
            help=_literal(help_text + printable(shown)),
        )


def _literal(text: str) -> str:
    """argparse fills in what stands behind a per cent sign."""
    return text.replace("%", "%%")


def _run_app(arguments: list[str]) -> int:
    listed: list[tuple[str, str]] = [(command.name, command.help) for command in COMMANDS]
    listed[-1:-1] = [(action.command, action.help) for action in actions()]
    parser = Parser(
        prog="pictoscope",
        description="Looks at picture collections through vision models, from the terminal.",
        epilog="commands:\n"
        + "\n".join(printable(f"  {name:<10} {text}") for name, text in listed)
        + "\n\n`pictoscope COMMAND --help` tells more of each. A folder that is called like a command: ./NAME",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="pictoscope [FOLDER] [--project PATH]\n       pictoscope COMMAND …",
    )
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help=_APP_HELP)
    parser.add_argument(
        "--project", metavar="PATH", help="project folder (default: found from the current folder upwards)"
    )
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"pictoscope {__version__}")
    parsed = parser.parse_args(arguments)
    from tui.commands import app

    return app.run(parsed)


def common(parser: argparse.ArgumentParser) -> None:
    """The options that every command has."""
    parser.add_argument(
        "--project", metavar="PATH", help="project folder (default: found from the current folder upwards)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


if __name__ == "__main__":
    sys.exit(main())
