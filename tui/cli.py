"""The command ``pictoscope``: parses the arguments and calls a command of :mod:`tui.commands`.

Nothing heavy is imported before the command is known: ``--help`` must answer at once.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from core import __version__, plugins
from core.actions.definition import Action
from core.actions.naming import calling
from core.actions.registry import actions
from core.errors import Ended, PictoscopeError, UsageError
from core.filters.syntax import FilterError
from core.text import json_line, printable
from tui import process
from tui.commands.graphics_option import add_graphics
from tui.commands.parser import Parser, nearest, sentence
from tui.commands.subcommands import add_common, named_path
from tui.terminal import harmless_terminal


@dataclass(frozen=True)
class Command:
    """A sub-command that is not an action.

    Attributes:
        name: as typed.
        help: one line.
        module: of :mod:`tui.commands`; it has ``configure(parser)`` and ``run(arguments) -> int``.
        suffix: of those two functions, where one module has several commands: ``configure_redo``, ``run_redo``.
    """

    name: str
    help: str
    module: str
    suffix: str = ""


COMMANDS = (
    Command("demo", "open the demo collection: real pictures, real models, no network needed", "demo"),
    Command("add", "add picture folders to the project (created if there is none), or look for changes", "add"),
    Command("folders", "list, add, move and remove the picture folders of the project", "folders"),
    Command("models", "list models, download their weights, allow their Python code to run", "models"),
    Command(
        "vectors", "create, list, restart, verify and delete vectors; list failed pictures; set the default", "vectors"
    ),
    Command("compare", "measure which vectors suit this collection, on its own labels", "compare"),
    Command("chart", "draw bars: how many pictures have which tag, folder, date or other property", "chart"),
    Command("judgements", "list, export, import, forget judgements: which pictures are good answers", "judgements"),
    Command("map", "draw the collection in two dimensions: a picture, a page to pan and zoom, or coordinates", "map"),
    Command("jobs", "list jobs, follow one, cancel one", "jobs"),
    Command("measure", "measure mean colour and sharpness of the pictures that no job has processed", "measure"),
    Command("difference", "say how far two pictures differ, pixel by pixel", "difference"),
    Command("explain", "say which regions of two pictures make a model find them alike, and draw them", "explain"),
    Command("tag", "add tags to pictures or remove them; create, rename, merge, colour, nest and delete tags", "tag"),
    Command("set", "set properties of pictures; define and list properties", "set"),
    Command("property", "list, define, rename and delete properties; set their choices", "property"),
    Command("group", "save, list, show, combine, order, rename and delete groups of pictures", "group"),
    Command("stack", "stack pictures: Browse shows only the top one; list stacks, remove pictures from them", "stack"),
    Command("filter", "save, list, rename and delete filters", "filter"),
    Command("export", "write pictures with their labels, scores or vectors, for other programs", "export"),
    Command("import", "read labels and properties from CSV, JSON lines or Parquet", "import_labels"),
    Command("undo", "undo the last change of labels", "undo"),
    Command("redo", "redo the last undone change of labels", "undo", "_redo"),
    Command("history", "list the changes of labels, or the past actions, newest first", "history"),
    Command("again", "run a past action again, with other vectors if you like", "again"),
    Command("doctor", "show what Pictoscope finds: terminal, libraries, models, project", "doctor"),
)

_APP_HELP = "picture folder to open in the app (default: the current folder's project, else Home, which offers it)"


_LIST_INDENT = 16  # where the text begins in the list of commands
_HELP = "help"  # `help COMMAND` is `COMMAND --help`
_NEAR = 0.65  # similarity of a mistyped command, as difflib counts it: `serch`, `tagg`, `simliar`
_OF_THE_APP = ("--project", "--graphics")  # options of which the next word is the value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit code: 0 done, 1 failed, 2 wrong usage, 128 + n ended by signal n."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    process.complete_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a locale without a dash or star prints a question mark
        sys.stdout.reconfigure(errors="replace")
    with process.guarded(), harmless_terminal():
        return _exit_code(given)


def _exit_code(given: list[str]) -> int:
    try:
        try:
            code = _dispatch(given)
        except SystemExit as end:  # of --help and --version
            code = int(end.code or 0)
        sys.stdout.flush()  # here, where an error still becomes one line
        _warn()
        return code
    except BrokenPipeError:
        process.let_go(sys.stdout)  # the reader has closed the pipe, as `head` does
        return 0
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Ended as end:
        return 128 + end.number
    except Exception as error:  # noqa: BLE001  every error becomes one line
        process.let_go(sys.stdout)
        typed = process.typed(error)
        _warn()  # the error is the last line: programs read it there
        report(typed, as_json="--json" in given)
        return 2 if isinstance(typed, UsageError) else 1


def _warn() -> None:
    """Name the plug-ins that could not be loaded."""
    for plug_in in plugins.broken():
        print(f"pictoscope: {printable(plug_in.warning)}", file=sys.stderr)


def report(error: PictoscopeError, *, as_json: bool) -> None:
    """Print an error on stderr: one line with its hint, or one JSON object."""
    if as_json:
        print(json_line({"error": error.message, "hint": error.hint}), file=sys.stderr)
    else:
        hint = f" ({error.hint})" if error.hint else ""
        print(f"pictoscope: {printable(error.message)}{printable(hint)}", file=sys.stderr)


def _dispatch(given: list[str]) -> int:
    index = _command_index(given)
    name = "" if index is None else given[index]
    command = next((command for command in COMMANDS if command.name == name), None)
    action = next((action for action in actions() if action.command == name), None)
    rest = [word for position, word in enumerate(given) if position != index]
    if name == _HELP:
        _check_described(rest)
        return _dispatch([*rest, "--help"])
    if command:
        return _run_command(command, rest)
    if action:
        return _run_action(action, rest)
    if name:
        _check_folder(name, alone=_command_index(rest) is None)
    return _run_app(given)


def _check_folder(word: str, *, alone: bool) -> None:
    """Refuse a word that is neither a command nor a folder, if it resembles a command or others follow it.

    A path is left to the app, which says what is wrong with it.
    """
    if os.sep in word or os.path.lexists(word):
        return
    near = nearest(word, _command_names(), _NEAR)
    if near:
        raise UsageError(f"no command or folder {printable(word)}", f"did you mean `pictoscope {near}`?")
    if not alone:
        raise UsageError(f"no command {printable(word)}", "pictoscope --help lists the commands")


def _check_described(rest: Sequence[str]) -> None:
    """Refuse ``help WORD`` where the word is no command: a folder has no help."""
    index = _command_index(rest)
    if index is None or rest[index] in _command_names():
        return
    near = nearest(rest[index], _command_names())
    hint = f"did you mean `pictoscope {_HELP} {near}`?" if near else "pictoscope --help lists the commands"
    raise UsageError(f"no command {printable(rest[index])}", hint)


def _command_names() -> list[str]:
    return [*(command.name for command in COMMANDS), *(action.command for action in actions()), _HELP]


def _command_index(given: Sequence[str]) -> int | None:
    """Index of the command's name: options may come before it, as in ``pictoscope --project PATH jobs``."""
    for index, word in enumerate(given):
        if not word.startswith("-") and (index == 0 or given[index - 1] not in _OF_THE_APP):
            return index
    return None


def _run_command(command: Command, arguments: list[str]) -> int:
    run = getattr(_module(command), f"run{command.suffix}")
    parser = command_parser(command)
    try:
        return int(run(parser.parse_args(arguments)))
    except FilterError as error:  # the one filter that the command takes
        raise error.as_usage_error(parser.filter_name()) from error


def _module(command: Command) -> ModuleType:
    return importlib.import_module(f"tui.commands.{command.module}")


def command_parser(command: Command) -> Parser:
    """The parser of a sub-command that is not an action."""
    parser = Parser(prog=f"pictoscope {command.name}", description=sentence(command.help))
    add_common(parser)
    getattr(_module(command), f"configure{command.suffix}")(parser)
    return parser


def _run_action(action: Action[object], arguments: list[str]) -> int:
    from tui.commands import action as action_command
    from tui.commands.action_parser import called_on_command_line, parse_action

    parsed = parse_action(action, arguments)
    with calling(lambda field: called_on_command_line(field, parsed.typed)):
        return action_command.run(action, parsed)


def app_parser() -> Parser:
    """The parser of the app; its help lists the commands."""
    listed: list[tuple[str, str]] = [(command.name, command.help) for command in COMMANDS]
    listed[-1:-1] = [(action.command, action.help) for action in actions()]
    parser = Parser(
        prog="pictoscope",
        description="Browse and search picture collections with vision models, in the terminal.",
        epilog="commands:\n"
        + "\n".join(_in_list(name, printable(text)) for name, text in listed)
        + "\n\n`pictoscope help COMMAND` describes a command.\n"
        + "To open a folder named like a command: pictoscope ./NAME",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="pictoscope [FOLDER] [--project PATH] [--graphics WAY] [--fresh]\n       pictoscope COMMAND …",
    )
    parser.add_argument("folder", nargs="?", type=named_path, metavar="FOLDER", help=_APP_HELP)
    add_common(parser, prints_json=False)
    add_graphics(parser)
    parser.add_argument(
        "--fresh", action="store_true", help="open the project as for the first time, not as it was left"
    )
    parser.add_argument("--version", action="version", version=f"pictoscope {__version__}", help="print the version")
    return parser


def _in_list(name: str, text: str) -> str:
    """A command in the list of all, as wide as the rest of the help."""
    width = max(shutil.get_terminal_size().columns - 2, 2 * _LIST_INDENT)
    beginning = f"  {name}".ljust(_LIST_INDENT)
    return textwrap.fill(text, width, initial_indent=beginning, subsequent_indent=" " * _LIST_INDENT)


def _run_app(arguments: list[str]) -> int:
    parsed = app_parser().parse_args(arguments)
    from tui.commands import app

    return app.run(parsed)


if __name__ == "__main__":
    sys.exit(main())
