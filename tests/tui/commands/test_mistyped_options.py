"""Options that no command has: the nearest one is named. Arguments too many, values that are missing."""

from __future__ import annotations

import argparse

import pytest
from cli_helpers import Run, refused
from every_parser import PARSERS, words_of

from tui.commands.parser import Parser, nearest


def options_of(parser: Parser) -> list[str]:
    """All its long options."""
    shown = [one for one in parser.arguments() if one.help != argparse.SUPPRESS]
    return [name for one in shown for name in one.option_strings if name.startswith("--")]


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_an_option_without_one_letter_with_two_exchanged_or_begun_is_recognised(run: Run, parser: Parser) -> None:
    options = options_of(parser)
    assert options
    for option in options:
        if len(option) < 6:  # too little is left of them
            continue
        for typed in (option[:-2] + option[-1], option[:3] + option[4] + option[3] + option[5:], option[:-1]):
            if typed in options:
                continue
            hint = refused(run, *words_of(parser), typed, code=2, says=f"has no option {typed}")
            assert hint == f"did you mean --{nearest(typed[2:], [name[2:] for name in options])}?"


def test_the_option_that_was_meant_is_named(run: Run) -> None:
    for words, meant in (
        ("similar a.jpg --tpo 5", "--top"),
        ("similar a.jpg --tpo=5", "--top"),
        ("similar a.jpg --Top 5", "--top"),
        ("similar a.jpg --vectype conse", "--vec-type"),
        ("vectors create effnet-lite0 --grey", "--greyscale"),
        ("search a cat --tmplate x", "--template"),
        ("cluster --no-word", "--no-words"),
        ("--frsh", "--fresh"),
        ("tag --projct .", "--project"),
    ):
        assert refused(run, *words.split(), code=2, says="has no option --") == f"did you mean {meant}?"


def test_an_option_like_no_other_leads_to_the_help(run: Run) -> None:
    assert refused(run, "similar", "a.jpg", "--zzz", code=2, says="similar has no option --zzz") == (
        "see `pictoscope similar --help`"
    )


def test_a_missing_value_and_a_needless_one_are_said_of_the_option_that_was_typed(run: Run) -> None:
    refused(run, "similar", "a.jpg", "--results", code=2, says="--results: a value is missing")
    refused(run, "similar", "a.jpg", "--top", code=2, says="--top: a value is missing")
    refused(run, "jobs", "--json=3", code=2, says="--json: it takes no value")
    refused(run, "jobs", "extra", code=2, says="extra: one argument too many")
    refused(run, "vectors", "default", "a", "b", code=2, says="b: one argument too many")
