"""Every command that takes a filter says in the same words what is wrong with it, and where."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from cli_helpers import Run, refused
from every_parser import PARSERS, words_of

from tui.commands.parser import FILTER

FILTERS = [
    (words_of(parser), argument) for parser in PARSERS for argument in parser.arguments() if argument.metavar == FILTER
]
# What a command must be given beside the filter.
NEEDED = {
    "export": ["--as", "csv"],
    "filter save": ["mine"],
    "group save": ["mine"],
    "map": ["--out", "../map.csv"],
    "search": ["a cat"],
    "set": ["year=1"],
    "similar": ["square/00.jpg"],
    "cluster-by": ["--names", "cat"],
    "recommend": ["--like", "square/00.jpg"],
    "tag add": ["mine"],
    "tag remove": ["mine"],
}
WRONG = {
    "width>3 and width>>2": (">2 is not a number", 19),
    "width>3 wdth>3": ("there is no property wdth", 9),
    "tag:nosuch": ("there is no tag nosuch", 1),
    "untagged and saved:nosuch": ("there is no filter nosuch", 14),
    "covered:nosuch": ("there are no vectors nosuch", 1),
}


def test_the_commands_that_take_a_filter_are_here() -> None:
    assert {" ".join(words) for words, _ in FILTERS} >= {"chart", "compare", "map", "similar", "filter save", *NEEDED}


@pytest.mark.parametrize(("words", "argument"), FILTERS, ids=[" ".join(words) for words, _ in FILTERS])
def test_a_wrong_filter_is_said_with_its_argument_and_place(
    run: Run, random_vectors: Path, words: list[str], argument: argparse.Action
) -> None:
    for line, (message, place) in WRONG.items():
        for option in argument.option_strings or [""]:
            given = [f"{option}={line}"] if option else [line]
            says = f"{option or FILTER}, at character {place}: {message}"
            assert refused(run, *words, *NEEDED.get(" ".join(words), []), *given, code=2, says=says)
