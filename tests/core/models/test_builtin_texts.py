"""conse as questions load it: it is the same model as the whole one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.models.backend import Model
from core.models.builtin_texts import ConseTexts
from core.models.catalogue import find
from core.models.options import LoadOptions
from core.models.runtime import for_questions


@pytest.fixture
def texts(conse: Model) -> ConseTexts:
    return ConseTexts(find("conse"), "auto", lambda: conse)


def test_what_it_says_of_itself_is_what_the_whole_model_says(texts: ConseTexts, conse: Model) -> None:
    assert replace(texts.provenance, tools={}) == replace(conse.provenance, tools={})
    assert texts.spec == conse.spec
    assert (texts.precision, texts.longest_text, texts.batch_size, texts.runs_on) == (
        conse.precision,
        conse.longest_text,
        conse.batch_size,
        conse.runs_on,
    )


def test_texts_have_the_rows_of_the_whole_model(texts: ConseTexts, conse: Model) -> None:
    asked = ["a red wall", "a cat 🦄"]
    np.testing.assert_array_equal(texts.encode_texts(asked), conse.encode_texts(asked))
    assert texts.count_tokens(asked[1]) == conse.count_tokens(asked[1])
    assert texts.unknown_words(asked[1]) == conse.unknown_words(asked[1]) == ("🦄",)


def test_a_picture_loads_the_whole_model_once(conse: Model) -> None:
    loaded: list[Model] = []
    texts = ConseTexts(find("conse"), "auto", lambda: loaded.append(conse) or conse)
    texts.encode_texts(["a red wall"])
    assert loaded == []
    picture = Image.new("RGB", (300, 200), "red")
    rows = [texts.encode_pictures([texts.prepare(picture)]) for _ in range(2)]
    assert loaded == [conse]
    np.testing.assert_array_equal(rows[1], conse.encode_pictures([conse.prepare(picture)]))


def test_questions_of_other_models_load_them_whole() -> None:
    assert not isinstance(for_questions(find("effnet-lite0"), LoadOptions()), ConseTexts)
    assert isinstance(for_questions(find("conse"), LoadOptions()), ConseTexts)
