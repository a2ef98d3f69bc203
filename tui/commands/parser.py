"""The parser of every command: one style of help, and errors that name what was typed and what was probably meant."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import takewhile
from typing import Any, NoReturn

from core.errors import UsageError
from core.text import printable

FILTER = "FILTER"  # stands for a filter in the help of all commands that take one
_NEAR = 0.6  # similarity of a mistyped option or sub-command, as difflib counts it: `tpo`, `grey` (greyscale)
_NEGATIVE = re.compile(r"-(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_NO_VALUE = ("expected one argument", "expected at least one argument")  # argparse's words
_NEEDS_NONE = "ignored explicit argument"
_MISSING = "the following arguments are required: "


class Help(argparse.HelpFormatter):
    """The usage lists the sub-commands by name, a part of its own describes them."""

    def _format_action(self, action: argparse.Action) -> str:
        """Like argparse, but without the line of all names above the sub-commands: the usage has it."""
        if isinstance(action, argparse._SubParsersAction):
            return "".join(self._format_action(one) for one in action._get_subactions())
        return super()._format_action(action)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        """Like argparse, but with the names of the sub-commands."""
        if isinstance(action, argparse._SubParsersAction):
            names = f"{' | '.join(action.choices)} ..."
            return f"[{names}]" if str(action.metavar).startswith("[") else names
        return super()._format_args(action, default_metavar)


class Parser(argparse.ArgumentParser):
    """Raises :class:`UsageError`, so that ``--json`` prints wrong usage as JSON too. Options cannot be abbreviated."""

    def __init__(self, **options: Any) -> None:
        options = {"formatter_class": Help, **options}
        super().__init__(**options, allow_abbrev=False, exit_on_error=False)
        self.color = False  # Python 3.14 would colour the help, which contains texts of plug-ins
        self.needs_command = False  # whether a sub-command must be given

    def error(self, message: str) -> NoReturn:
        """Raise :class:`UsageError`."""
        raise UsageError(self._in_our_words(message), self._see_help)

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Like argparse, but a list that may be empty is not called missing."""
        action = super().add_argument(*names, **options)
        if action.nargs == "*":
            action.required = False
        return action

    def is_word(self, word: str) -> bool:
        """Whether a word begins with one dash but is not an option of this parser."""
        return word[:1] == "-" and word[1:2] not in ("", "-") and word not in self._option_string_actions

    def typed_options(self, arguments: Sequence[str]) -> dict[str, str]:
        """The option that each value was given by, where it has several names; by the name of the value."""
        end = arguments.index("--") if "--" in arguments else len(arguments)
        options = [word.partition("=")[0] for word in arguments[:end]]
        known = self._option_string_actions
        return {known[option].dest: option for option in options if option in known}

    @property
    def sub_commands(self) -> argparse._SubParsersAction[Parser] | None:
        """What :func:`tui.commands.subcommands.sub_commands` has added."""
        return next((one for one in self._actions if isinstance(one, argparse._SubParsersAction)), None)

    def arguments(self) -> list[argparse.Action]:
        """Its own arguments and options, without sub-commands."""
        return [one for one in self._actions if not isinstance(one, argparse._SubParsersAction)]

    def every_parser(self) -> Iterator[Parser]:
        """This parser and those of its sub-commands."""
        yield self
        if self.sub_commands:
            for parser in self.sub_commands.choices.values():
                yield from parser.every_parser()

    def filter_name(self) -> str:
        """What the filter of this command, or of its sub-commands, is called: ``--where`` or ``FILTER``."""
        filters = (one for parser in self.every_parser() for one in parser.arguments() if one.metavar == FILTER)
        found = next(filters, None)
        return found.option_strings[0] if found and found.option_strings else FILTER

    @property
    def _name(self) -> str:
        """The command as errors call it: ``tag add``; the program itself is none."""
        return self.prog.partition(" ")[2] or "pictoscope"

    @property
    def _see_help(self) -> str:
        return f"see `{self.prog} --help`"

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Like argparse, but ``--where=--`` has the value ``--``; older versions of argparse make a list of it."""
        if action.option_strings and action.nargs is None and arg_strings == ["--"]:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def _parse_optional(self, arg_string: str) -> Any:
        """Like argparse, but a negative number is a value, as in ``--minimum -1``.

        Because of the option ``-0``, argparse would read ``-1`` as another option and ``-0.5`` as ``-0`` with a value.
        """
        if _NEGATIVE.fullmatch(arg_string) and arg_string not in self._option_string_actions:
            return None
        return super()._parse_optional(arg_string)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Like argparse, but a write error is raised: argparse would cut the help and exit with code 0."""
        if message:
            (file or sys.stderr).write(message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Like argparse, but says what was probably meant."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if isinstance(action, argparse._SubParsersAction):
            near = nearest(str(value), choices)
            hint = f"did you mean `{self.prog} {near}`?" if near else f"one of: {', '.join(choices)}"
            raise UsageError(f"{self._name} has no COMMAND {printable(str(value))}", hint)
        name = action.option_strings[0] if action.option_strings else str(action.metavar or action.dest)
        raise UsageError(f"{name}: {printable(str(value))!r} is not a choice", f"one of: {', '.join(choices)}")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Like argparse, but nothing unknown is left, and a list may continue after an option.

        In ``tag add cat --json a.jpg`` argparse ends the list at the first option, even before its first word, and
        returns the rest as unknown.

        Raises:
            UsageError: an option or argument is unknown, wrong or missing.
        """
        given = list(sys.argv[1:] if args is None else args)
        if unknown := next(filter(self._is_unknown, self._own_words(given)), ""):
            raise self._no_option(unknown)  # before what argparse would miss
        try:
            parsed, extras = super().parse_known_args(given, namespace)
        except argparse.ArgumentError as error:
            raise self._in_words(error, given) from None
        lists = [action for action in self._actions if not action.option_strings and action.nargs in ("*", "+")]
        if lists and extras and all(word == "-" or not word.startswith("-") for word in extras):
            setattr(parsed, lists[-1].dest, [*getattr(parsed, lists[-1].dest), *extras])
            extras = []
        if extras:
            raise UsageError(f"{printable(extras[0])}: one argument too many", self._see_help)
        if self.needs_command and self.sub_commands and getattr(parsed, self.sub_commands.dest) is None:
            raise UsageError(f"{self._name} needs a COMMAND", f"one of: {', '.join(self.sub_commands.choices)}")
        return parsed, extras

    def _in_words(self, error: argparse.ArgumentError, given: Sequence[str]) -> UsageError:
        """The error of argparse for an argument, with the name that was typed."""
        names = (error.argument_name or "").split("/")
        typed = {word.partition("=")[0] for word in given}
        name = next((one for one in names if one in typed), names[0])
        message = self._in_our_words(error.message)
        return UsageError(f"{name}: {message}" if name else message, self._see_help)

    def _in_our_words(self, message: str) -> str:
        """What argparse says of the arguments, shorter."""
        if message.startswith(_MISSING):
            return f"{self._name} needs {message.removeprefix(_MISSING)}"
        if message.startswith(_NEEDS_NONE):
            return "it takes no value"
        return "a value is missing" if message in _NO_VALUE else message

    def _own_words(self, given: Sequence[str]) -> Iterator[str]:
        """The words that may be options of this parser: those before ``--`` and before a sub-command."""
        names = self.sub_commands.choices if self.sub_commands else ()
        return takewhile(lambda word: word != "--" and word not in names, given)

    def _is_unknown(self, word: str) -> bool:
        """Whether a word can only be an option, and there is none of this name."""
        name = word.partition("=")[0]
        if word[:1] != "-" or word in ("-", "--") or " " in name or _NEGATIVE.fullmatch(word):
            return False
        known = self._option_string_actions
        return name not in known and (name.startswith("--") or name[:2] not in known)

    def _no_option(self, word: str) -> UsageError:
        """The error for an option that this command does not have; its hint names the nearest one."""
        option = word.partition("=")[0]
        known = [name for one in self._actions if one.help != argparse.SUPPRESS for name in one.option_strings]
        near = nearest(option.lstrip("-"), [name.lstrip("-") for name in known])
        found = next((name for name in known if near and name.lstrip("-") == near), "")
        return UsageError(
            f"{self._name} has no option {printable(option)}", f"did you mean {found}?" if found else self._see_help
        )


def nearest(word: str, known: Iterable[str], least: float = _NEAR) -> str:
    """The known word that was probably meant: the only one that begins so, else the most similar; empty for none.

    Args:
        word: as typed.
        known: the words.
        least: similarity, as difflib counts it.
    """
    names = list(known)
    longer = [name for name in names if len(word) > 1 and name.startswith(word)]
    if len(longer) == 1:
        return longer[0]
    return next(iter(get_close_matches(word.lower(), names, n=1, cutoff=least)), "")


def sentence(text: str) -> str:
    """A line of help as the paragraph that begins the help of its command."""
    return f"{text[:1].upper()}{text[1:]}."
