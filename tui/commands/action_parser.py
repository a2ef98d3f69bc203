"""The parser of an action, made from its definition."""

from __future__ import annotations

import argparse
from argparse import Namespace
from typing import Any

from core.actions.definition import Action
from core.actions.naming import NamedField
from core.actions.parameters import (
    ChoiceParameter,
    NumberParameter,
    Parameter,
    PicturesParameter,
    ScopeParameter,
    SwitchParameter,
    TargetParameter,
    TextParameter,
    VecTypesParameter,
    WholeParameter,
)
from core.text import printable
from tui.commands.action import add_output
from tui.commands.parser import FILTER, Parser, sentence
from tui.commands.subcommands import add_common

_FROM_STDIN = "; - reads paths from stdin"
_PHRASES = (
    "; words in a row are one phrase; an argument that contains a space is a separate phrase, so quote it; -WORD"
    " excludes what it names, ^2 after a phrase counts it twice"
)
_METAVARS: dict[type[Parameter], str] = {
    VecTypesParameter: "VEC_TYPE[,VEC_TYPE…]",
    ScopeParameter: FILTER,
    TargetParameter: "KIND:NAME",
    WholeParameter: "N",
    NumberParameter: "NUMBER",
    PicturesParameter: "PICTURE",
}
_MARK = "\0"  # before a word that looks like an option but is not one


def action_parser(action: Action[Any]) -> Parser:
    """The parser of the command of an action."""
    parser = Parser(
        prog=f"pictoscope {action.command}", description=printable(sentence(f"{action.title}: {action.help}"))
    )
    add_common(parser)
    add_output(parser)
    for field in action.fields():
        _add_parameter(parser, field)
    return parser


def parse_action(action: Action[Any], arguments: list[str]) -> Namespace:
    """The arguments of an action, and in ``typed`` the option that each was given by, by the name of its parameter.

    Where the action takes words, ``-truck`` is a word and not an option. argparse reads everything that begins with a
    dash as an option, so such words get a mark that no argument contains.

    Raises:
        UsageError: they are wrong.
    """
    parser = action_parser(action)
    typed = parser.typed_options(arguments)
    words = next((one.name for one in action.fields() if isinstance(one, TextParameter) and one.required), "")
    if not words:
        return Namespace(**vars(parser.parse_args(arguments)), typed=typed)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    marked = [_MARK + word if parser.is_word(word) else word for word in arguments[:end]] + arguments[end:]
    parsed = parser.parse_args(marked)
    strays: list[str] = []
    for name, value in vars(parsed).items():
        if isinstance(value, str):
            setattr(parsed, name, value.removeprefix(_MARK))
        elif isinstance(value, list) and name != words:  # `search cat --like a.jpg -truck`
            strays += [word for word in value if word.startswith(_MARK)]
            setattr(parsed, name, [word for word in value if not word.startswith(_MARK)])
    setattr(parsed, words, [word.removeprefix(_MARK) for word in (*getattr(parsed, words), *strays)])
    parsed.typed = typed
    return parsed


def called_on_command_line(field: NamedField, typed: dict[str, str]) -> str:
    """What errors call a parameter: the option that was typed, else its first one; ``PICTURE`` if it has none."""
    if not isinstance(field, Parameter):
        return field.title
    return typed.get(field.name) or (_metavar(field) if _is_positional(field) else field.flag)


def _is_positional(field: Parameter) -> bool:
    return field.required and isinstance(field, PicturesParameter | TextParameter)


def _metavar(field: Parameter) -> str:
    if isinstance(field, TextParameter) and field.required:
        return "TEXT"
    return _METAVARS.get(type(field), field.name.rstrip("_").upper())


def _add_parameter(parser: Parser, field: Parameter) -> None:
    if _is_positional(field):
        more = _FROM_STDIN if isinstance(field, PicturesParameter) else _PHRASES
        parser.add_argument(field.name, nargs="+", metavar=_metavar(field), help=_literal(field.help + more))
        return
    options: dict[str, Any] = {"metavar": _metavar(field)}
    if isinstance(field, PicturesParameter):
        options |= {"nargs": "+", "action": "extend"}
    elif isinstance(field, SwitchParameter):
        options = {"action": argparse.BooleanOptionalAction}
    parser.add_argument(
        *_flags(parser, field), dest=field.name, default=argparse.SUPPRESS, help=_literal(_help(field)), **options
    )


def _flags(parser: Parser, field: Parameter) -> tuple[str, ...]:
    """Its option, and its title as another one, if no other parameter has that: forms and docs/actions.md name it."""
    titled = f"--{field.title.replace(' ', '-').replace('_', '-')}"
    is_free = titled != field.flag and titled not in parser._option_string_actions
    return (field.flag, titled) if is_free else (field.flag,)


def _help(field: Parameter) -> str:
    """Its help, what it takes, and its default."""
    values = ", ".join(field.choices) if isinstance(field, ChoiceParameter) else field.range
    details = [values, f"default: {field.shown_default}" if field.shown_default else ""]
    shown = "; ".join(filter(None, details))
    return f"{field.help} ({shown})" if shown else field.help


def _literal(text: str) -> str:
    """Printable, with per cent signs escaped, which argparse would expand."""
    return printable(text).replace("%", "%%")
