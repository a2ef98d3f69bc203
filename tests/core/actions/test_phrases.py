"""The line of phrases of text search."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.actions.phrases import Phrase, line_of, parse_phrases
from core.errors import UsageError


@pytest.mark.parametrize(
    ("line", "phrases"),
    [
        ("a red balloon", [("a red balloon", 1)]),
        ('"red car" -"truck"', [("red car", 1), ("truck", -1)]),
        ("red car -truck", [("red car", 1), ("truck", -1)]),
        ('"red car"^2 "blue sky"^0.5', [("red car", 2), ("blue sky", 0.5)]),
        ("red car^2 blue", [("red car", 2), ("blue", 1)]),
        ('-"big truck"^3 sea -people^0.5 shore', [("big truck", -3), ("sea", 1), ("people", -0.5), ("shore", 1)]),
        ("a t-shirt, black-and-white - well", [("a t-shirt, black-and-white - well", 1)]),
        ("a^b", [("a^b", 1)]),
        ("cat^.5 dog", [("cat", 0.5), ("dog", 1)]),
        ("old red\\ car^2 sea", [("old", 1), ("red car", 2), ("sea", 1)]),
        ("sea -red\\ car", [("sea", 1), ("red car", -1)]),
        ("“red car”^2 -“truck”", [("red car", 2), ("truck", -1)]),
        ("猫 -犬", [("猫", 1), ("犬", -1)]),
    ],
)
def test_phrases_weights_and_negatives(line: str, phrases: list[tuple[str, float]]) -> None:
    assert [(phrase.text, phrase.weight) for phrase in parse_phrases(line)] == phrases


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('"red car', 'unclosed quotation mark at "red car"'),
        ('a "" b', "nothing between the quotation marks"),
        ('"car"^x', "'x' is not a weight"),
        ('"car"^-1', "'-1' is not a weight"),
        ("car^0", "'0' is not a weight"),
        ("car^1e9", "'1e9' is not a weight"),
        ("car^-1", "'-1' is not a weight"),
        ("^2", r"the weight \^2 has no phrase before it"),
        ("red car ^2", r"the weight \^2 has no phrase before it"),
        ('"red car" ^.5', r"the weight \^.5 has no phrase before it"),
        ("sea -^2", r"the weight \^2 has no phrase before it"),
        ('"cat" -"cat"', "“cat” is both wanted and not wanted"),
        ("Cat^2 -cat", "“cat” is both wanted and not wanted"),
        (" ".join(f'"{number}"' for number in range(65)), "65 phrases are too many"),
    ],
)
def test_mistakes_are_said(line: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint.replace("(", r"\(")):
        parse_phrases(line)


@pytest.mark.parametrize("line", ["apple^99999", '"apple"^0', "-apple^100.5", "apple^-1"])
def test_a_wrong_weight_is_answered_with_the_range(line: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_phrases(line)
    assert refused.value.hint.startswith("a number above 0, at most 100, as in")


def test_the_heaviest_weight_is_one() -> None:
    assert parse_phrases("apple^100")[0].weight == 100


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["a", "red", "car"], "a red car"),
        (["red car^2", "blue sky", "-truck"], '"red car"^2 "blue sky" -truck'),
        (["-big truck^0.5", "sea"], '-"big truck"^0.5 sea'),
        (["red car"], "red car"),
        (['"red car"^2 -truck'], '"red car"^2 -truck'),
        (['"red car"^2', "sea"], '"red car"^2 sea'),
        (["a.jpg", "b.jpg^2"], '"a.jpg" "b.jpg"^2'),
        (["my cat.jpg", "sea"], '"my cat.jpg" sea'),
    ],
)
def test_arguments_of_a_shell_become_the_line_that_means_the_same(arguments: list[str], line: str) -> None:
    assert line_of(arguments) == line


@given(st.text(max_size=60))
def test_any_line_is_parsed_or_refused(line: str) -> None:
    try:
        phrases = parse_phrases(line)
    except UsageError:
        return
    assert all(phrase.text.strip() and phrase.weight for phrase in phrases)


@given(
    st.lists(
        st.builds(
            Phrase,
            st.text("abc é猫-^'", min_size=1, max_size=8).filter(lambda text: text == text.strip() != ""),
            st.sampled_from([1.0, 2.0, 0.5, -1.0, -3.0]),
        ),
        max_size=5,
    )
)
def test_quoted_phrases_come_back_as_they_were(phrases: list[Phrase]) -> None:
    wanted = {phrase.text.casefold() for phrase in phrases if phrase.weight > 0}
    assume(not any(phrase.text.casefold() in wanted for phrase in phrases if phrase.weight < 0))
    line = " ".join(f'{"-" if phrase.weight < 0 else ""}"{phrase.text}"^{abs(phrase.weight):g}' for phrase in phrases)
    assert list(parse_phrases(line)) == phrases
