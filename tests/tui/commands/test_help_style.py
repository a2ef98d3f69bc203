"""The help of all commands, sub-commands and actions has one style.

Each text begins with a small letter and has no full stop, each command with a verb; the paragraph at the top of the
help of a command is the same text as a sentence. A default is written ``default: X``, at the end, in brackets.
"""

from __future__ import annotations

import argparse
import re

import pytest
from cli_helpers import Run, refused
from every_parser import PARSERS, words_of

from core.actions.parameters import NumberParameter, WholeParameter
from core.actions.registry import actions
from tui import cli
from tui.commands.parser import Parser, sentence

VERB = re.compile(
    "add|allow|check|combine|compute|create|define|delete|download|draw|explain|export|find|free|group|import|list|"
    "measure|merge|move|open|print|put|read|remove|rename|reorder|restart|run|save|say|set|show|stack|suggest|tell|undo|"
    "redo|withdraw|write"
)
LISTED = [(command.name, command.help) for command in cli.COMMANDS] + [(one.command, one.help) for one in actions()]
ARGUMENTS = [
    (" ".join([*words_of(parser), argument.metavar or argument.dest]), argument)
    for parser in PARSERS
    for argument in parser.arguments()
]
PARENTS = [parser for parser in PARSERS if parser.sub_commands]


def complaints(text: str) -> list[str]:
    """What the style does not allow in a line of help."""
    found = []
    first = text.split(" ")[0]
    if not text.strip() or text != text.strip():
        found.append("empty or with blanks around it")
    if first[:1].isupper() and not (first.isupper() or "." in first):  # CSV and X.png are no words
        found.append("begins with a capital letter")
    if text.endswith(".") and not text.endswith("…"):
        found.append("ends with a full stop")
    if re.search(r"[a-z)]\. [A-Z]", text):
        found.append("several sentences: use a semicolon")
    if "default" in text and re.search(r"\(default[^:]|default \S+\)", text):
        found.append("a default is written `default: X`")
    if (told := re.search(r"default: ", text)) and ")" not in text[told.start() :]:
        found.append("a default stands in brackets at the end")
    return found


def test_the_rules_find_what_they_are_for() -> None:
    for text in ("", "Write a file", "write a file.", "write. It is", "how many (default 5)", "how many, default: 5"):
        assert complaints(text), text
    for text in ("CSV or JSON", "X.png, X.html", "how many (1 to 5; default: 5)", "the default vec type"):
        assert not complaints(text), text


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS, ids=[name for name, _ in ARGUMENTS])
def test_an_argument_is_described_in_one_style(name: str, argument: argparse.Action) -> None:
    assert argument.help
    if argument.help != argparse.SUPPRESS:
        assert complaints(argument.help) == []


@pytest.mark.parametrize(("name", "text"), LISTED)
def test_a_command_begins_with_a_verb(name: str, text: str) -> None:
    assert complaints(text) == []
    assert VERB.fullmatch(text.split()[0].rstrip(","))


@pytest.mark.parametrize("parser", PARENTS, ids=lambda parser: parser.prog)
def test_a_sub_command_begins_with_a_verb(parser: Parser) -> None:
    assert parser.sub_commands
    for listed in parser.sub_commands._get_subactions():
        assert complaints(listed.help or "") == []
        assert VERB.fullmatch((listed.help or "").split()[0])


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_the_help_of_a_command_begins_with_a_sentence_and_has_the_common_options(run: Run, parser: Parser) -> None:
    assert parser.description
    assert re.fullmatch(r"[A-Z][^\n]*\.", parser.description)
    said = run(*words_of(parser), "--help")
    assert (said.code, said.err) == (0, "")
    assert " ".join(parser.description.split()) in " ".join(said.out.split())
    assert said.out.startswith(f"usage: {parser.prog} ")
    assert "\n  -h, --help " in said.out and "\n  --project PATH " in said.out
    assert ("\n  --json " in said.out) == bool(words_of(parser))  # the app prints nothing
    assert max(map(len, said.out.splitlines())) <= 80


def test_the_paragraph_of_a_command_is_its_line() -> None:
    for command in cli.COMMANDS:
        assert cli.command_parser(command).description == sentence(command.help)
    for parser in PARENTS:
        assert parser.sub_commands
        for listed in parser.sub_commands._get_subactions():
            described = parser.sub_commands.choices[listed.dest].description or ""
            assert described.startswith(sentence(listed.help or ""))


@pytest.mark.parametrize("parser", PARENTS, ids=lambda parser: parser.prog)
def test_a_command_with_sub_commands_lists_them_in_usage_help_and_error(run: Run, parser: Parser) -> None:
    assert parser.sub_commands
    names = list(parser.sub_commands.choices)
    words = words_of(parser)
    told = run(*words, "--help").out
    assert " | ".join(names) in " ".join(told.split("\n\n")[0].split())
    part = told.partition("\ncommands:\n")[2]
    assert re.findall(r"^  (\S+)", part, re.MULTILINE) == names
    if parser.needs_command:
        hint = refused(run, *words, code=2, says=f"{' '.join(words)} needs a COMMAND")
        assert hint == f"one of: {', '.join(names)}"
    else:
        assert run(*words).code == 0
    assert refused(run, *words, "qqqqqq", code=2, says="has no COMMAND qqqqqq") == f"one of: {', '.join(names)}"
    for name in names:
        typed = name[:-1] + "zz"
        if typed not in names:
            refused(run, *words, typed, code=2, says=f"has no COMMAND {typed}")


def test_sub_commands_are_recognised_without_one_of_their_letters(run: Run) -> None:
    for parser in PARENTS:
        assert parser.sub_commands
        for name in parser.sub_commands.choices:
            hint = refused(run, *words_of(parser), name[:1] + name[2:], code=2, says="has no COMMAND")
            assert hint.startswith(f"did you mean `{parser.prog} ")


def test_every_number_says_its_range_and_its_default() -> None:
    for _, argument in ARGUMENTS:
        number = getattr(argument.type, "__self__", None)
        if argument.metavar in ("N", "NUMBER"):
            assert re.search(r"\(-?[\d.,]+ to [\d.,]+(; [^)]+)?\)$", argument.help or "")
        if isinstance(number, WholeParameter | NumberParameter):
            assert argument.metavar == "N"
        assert argument.type is not int and argument.type is not float
