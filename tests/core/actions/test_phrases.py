"""The line of phrases of text search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions.phrases import Phrase, parse_phrases
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
        ("猫 -犬", [("猫", 1), ("犬", -1)]),
    ],
)
def test_phrases_weights_and_negatives(line: str, phrases: list[tuple[str, float]]) -> None:
    assert [(phrase.text, phrase.weight) for phrase in parse_phrases(line)] == phrases


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('"red car', 'a quotation mark is left open at "red car"'),
        ('a "" b', "nothing between the quotation marks"),
        ('"car"^x', "'x' is not a weight"),
        ('"car"^-1', "'-1' is not a weight"),
        ("car^0", "'0' is not a weight"),
        ("car^1e9", "'1e9' is not a weight"),
        (" ".join(f'"{number}"' for number in range(65)), "65 phrases are too many"),
    ],
)
def test_mistakes_are_said(line: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint.replace("(", r"\(")):
        parse_phrases(line)


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
    line = " ".join(f'{"-" if phrase.weight < 0 else ""}"{phrase.text}"^{abs(phrase.weight):g}' for phrase in phrases)
    assert list(parse_phrases(line)) == phrases
