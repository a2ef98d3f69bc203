"""Numbers on the command line: each has one range, which the help, every error and what is accepted agree on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from cli_helpers import Run, refused
from every_parser import PARSERS, words_of

from core.actions.parameters import NumberParameter, WholeParameter
from core.actions.registry import actions
from core.errors import UsageError
from core.project import Project

Number = WholeParameter | NumberParameter
# By command: the numbers of actions, and those of other commands, whose type checks them.
NUMBERS: list[tuple[list[str], str, Number]] = [
    *(
        ([action.command], field.flag, field)
        for action in actions()
        for field in action.fields()
        if isinstance(field, Number)
    ),
    *(
        (words_of(parser), next(iter(argument.option_strings), ""), number)
        for parser in PARSERS
        for argument in parser.arguments()
        if isinstance(number := getattr(argument.type, "__self__", None), Number)
    ),
]
IDS = [" ".join([*words, option]) for words, option, _ in NUMBERS]
# Arguments that a command must be given beside the number.
NEEDED = {"similar": ["a.jpg"], "search": ["a cat"], "vectors create": ["effnet-lite0"], "map": ["--out", "map.png"]}


def test_all_commands_with_numbers_are_here() -> None:
    assert {" ".join(words) for words, *_ in NUMBERS} >= {
        "again", "chart", "cluster", "cluster-by", "compare", "duplicates", "history", "map", "recommend", "search",
        "similar", "vectors create", "vectors restart",
    }  # fmt: skip


def values(number: Number) -> tuple[list[str], list[str]]:
    """Values that are in the range, and others."""
    step = 1 if isinstance(number, WholeParameter) else 0.001
    good, bad = [number.least, number.most], [number.least - step, number.most + step]
    (good if number.auto or number.least <= 0 <= number.most else bad).append(0)
    words = ["", "x", "--", "1 2", "1,5", "nan", "inf", "-inf", "9" * 400, "1e999"]
    words += ["1.5"] if isinstance(number, WholeParameter) else []
    (good if number.auto else bad).extend(["auto"])
    good += ["none"] if isinstance(number, NumberParameter) and number.limit else []
    takes_nothing = number.auto or getattr(number, "limit", False)
    return [str(one) for one in good], [str(one) for one in bad if str(one) != "0" or not number.auto] + [
        one for one in words if one or not takes_nothing
    ]


@pytest.fixture
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: pictures and a project."""
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(("words", "option", "number"), NUMBERS, ids=IDS)
def test_a_number_outside_its_range_is_refused_with_the_range(
    run: Run,
    project: Project,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    option: str,
    number: Number,
) -> None:
    monkeypatch.chdir(folder)
    needed = NEEDED.get(" ".join(words), [])
    assert number.range in " ".join(run(*words, "--help").out.split())
    for value in values(number)[1]:
        typed = [f"{option}={value}"] if option else ["--", value]
        said = run(*words, *needed, *typed)
        assert (said.code, said.out) == (2, ""), (value, said.err)
        assert said.err.startswith(f"pictoscope: {option or 'N'}: ")
        assert said.err.endswith(f"({number.range})\n"), (value, said.err)
        assert len(said.err) < 300


@pytest.mark.parametrize(("words", "option", "number"), NUMBERS, ids=IDS)
def test_a_number_in_its_range_is_taken(words: list[str], option: str, number: Number) -> None:
    for value in values(number)[0]:
        assert math.isfinite(number.check(value))
    for value in values(number)[1]:
        with pytest.raises(UsageError):
            number.check(value)


@pytest.mark.parametrize(("words", "option", "number"), NUMBERS, ids=IDS)
def test_zero_means_automatic_only_where_the_help_says_so(
    run: Run, words: list[str], option: str, number: Number
) -> None:
    assert ("auto or 0: the program chooses" in number.range) == number.auto
    if not number.auto and not number.least <= 0 <= number.most:
        with pytest.raises(UsageError, match="0 is out of range"):
            number.check("0")


def test_seconds_behind_a_word_have_a_range_too(run: Run) -> None:
    hint = refused(run, "duplicates", "--ignore", "burst:100000", code=2, says="--ignore: 100000 is out of range")
    assert hint == "0 to 86,400"
    refused(run, "duplicates", "--ignore", f"burst:{'9' * 400}", code=2, says="is out of range")
