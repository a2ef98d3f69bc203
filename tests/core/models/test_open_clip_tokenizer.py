"""Texts are cleaned and read without open_clip as they are by it."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from open_clip.tokenizer import SimpleTokenizer, get_clean_fn, random_mask_tokenize

from core.models import open_clip_tokenizer
from core.models.text_cleaning import WAYS, cleaned
from core.models.text_recipe import TextReader

THEIRS = SimpleTokenizer()
TEXTS = [
    "a black cat",
    "  TWO dogs,\ton 1 leash!\n",
    "it's 1999's best; we'LL see they’re",
    "Ünïcödé ☂ 7 \N{LATIN SMALL LETTER LONG S} İ ß",
    "schÃ¶n &amp;amp; &lt;b&gt; &eacute;",
    "snake_case -- don't!!! 12345 ½ ²",
    "日本語の写真 👩‍👩‍👧 \x1b[31mred\x1b[0m",
    "\u0345 below 'a\u0345",
    "\U0003d6c3 new \u0558 and \U00012550",
    "",
    "   ",
    "word " * 200,
    "\ufeff\u200b\u2028a\x00b\x7f",
]
CHARACTERS = st.characters(exclude_categories=("Cs",))
WORDS = st.text(CHARACTERS) | st.text(st.sampled_from("ab'sSEe 1_&;#x<>é☂ſİ\n\t-.!"), max_size=40)


@pytest.fixture(scope="module")
def reader() -> TextReader:
    recipe = open_clip_tokenizer.recipe_of(THEIRS)
    assert recipe is not None
    return TextReader(recipe, open_clip_tokenizer.content_of(THEIRS))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_cleaned_as_by_open_clip(text: str, way: str) -> None:
    assert cleaned(text, way) == get_clean_fn(way)(text)


@given(text=WORDS, way=st.sampled_from(WAYS))
def test_any_text_is_cleaned_as_by_open_clip(text: str, way: str) -> None:
    assert cleaned(text, way) == get_clean_fn(way)(text)


def test_a_way_that_is_not_known_is_refused_and_none_changes_nothing() -> None:
    assert cleaned(" A_b ", "") == " A_b "
    with pytest.raises(ValueError, match="'shouting'"):
        cleaned("a", "shouting")


@pytest.mark.parametrize("text", TEXTS)
def test_texts_have_the_tokens_of_open_clip(reader: TextReader, text: str) -> None:
    check_tokens(reader, text)


@given(text=WORDS)
@example(text="cats' dogs's 'S")
def test_any_text_has_the_tokens_of_open_clip(reader: TextReader, text: str) -> None:
    check_tokens(reader, text)


def test_every_character_has_the_tokens_of_open_clip(reader: TextReader) -> None:
    """Also one that is newer than the Unicode of one of the two libraries. Between letters: what is none parts them."""
    characters = [chr(number) for number in range(sys.maxunicode + 1) if _may_be_given_a_meaning(number)]
    for start in range(0, len(characters), 1 << 14):
        text = cleaned("".join(f"a{character}b3" for character in characters[start : start + (1 << 14)]), "lower")
        assert [one.ids for one in reader._plain.encode_batch([text], add_special_tokens=False)] == [
            THEIRS.encode(text)
        ]


def _may_be_given_a_meaning(number: int) -> bool:
    """Whether Unicode has characters there, or may; of planes without any, and of private ones, one in 251."""
    return (number >> 16 in (0, 1, 2, 3, 14) or number % 251 == 0) and not 0xD800 <= number <= 0xDFFF


SPECIAL = [
    "<start_of_text> a",
    "a<end_of_text>",
    "...<end_of_text>",
    "a <End_Of_Text>",
    "<\N{LATIN SMALL LETTER LONG S}tart_of_text>",
]


@pytest.mark.parametrize("text", SPECIAL)
def test_the_tokenizers_own_tokens_in_a_text_are_left_to_open_clip(reader: TextReader, text: str) -> None:
    assert not reader.can_read(text)
    assert reader.can_read(text.replace("_", "-"))


def check_tokens(reader: TextReader, text: str) -> None:
    assert reader([text])["input_ids"].tolist() == THEIRS([text]).tolist()
    assert reader.count_tokens(text) == len(THEIRS.encode(text)) + 2
    nothing_left = not THEIRS.encode(text) and bool(text.strip())
    assert reader.unknown_words(text) == ((text,) if nothing_left else ())


def test_a_tokenizer_that_drops_tokens_at_random_is_left_to_open_clip() -> None:
    dropping = SimpleTokenizer(reduction_mask="random")
    assert dropping.reduction_fn is random_mask_tokenize
    assert open_clip_tokenizer.recipe_of(dropping) is None


@pytest.mark.parametrize("way", WAYS)
def test_the_way_to_clean_and_the_length_are_the_tokenizers(way: str) -> None:
    recipe = open_clip_tokenizer.recipe_of(SimpleTokenizer(context_length=16, clean=way))
    assert recipe is not None
    assert recipe.special == ("<start_of_text>", "<end_of_text>")
    assert (recipe.longest, recipe.cleaning, recipe.pad_id, recipe.pad_token) == (16, way, 0, "!")
