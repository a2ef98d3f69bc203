"""Recall of one's own tags or captions, by an encoder whose answers are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.actions.definition import Context
from core.arrays import Rows, normalise
from core.catalog.property_types import PropertyType
from core.comparison.advice import advice
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.comparison_json import comparison_json
from core.comparison.known_texts import MOST_TEXTS, read_texts, text_sources
from core.comparison.report_tables import texts_table
from core.comparison.text_recall import TextComparison, _by_chance
from core.errors import ModelError, UsageError
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import EncodingSpec, TextRows
from tests.core.comparison.compared_projects import DIM, keys_in_order, make_project, store_rows

COUNT = 40


def direction(text: str) -> Rows:
    """A direction of its own for each text."""
    seed = sum(place * ord(letter) for place, letter in enumerate(text.casefold(), 1))
    return normalise(np.random.default_rng(seed).normal(size=DIM))


class Reader:
    """An encoder that reads texts as their directions; one vec type sees only noise, one cannot be loaded."""

    def __init__(self, *, deaf: str = "", broken: str = "") -> None:
        self._deaf, self._broken = deaf, broken
        self.asked: list[str] = []

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        name = how.vec_type.name
        if name == self._broken:
            raise ModelError(f"{name} cannot be loaded", "fetch it again")
        self.asked += texts
        rows = [direction(f"{text} unheard" if name == self._deaf else text) for text in texts]
        unknown = tuple((text,) if text == "xyzzy" else () for text in texts)
        return TextRows(np.array(rows, np.float32), (0,) * len(texts), unknown)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """40 pictures without texts."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # the cache of texts
    with make_project(tmp_path / "pictures", COUNT) as made:
        yield made


Captioned = Callable[[Sequence[str]], list[bytes]]


@pytest.fixture
def caption(project: Project) -> Captioned:
    """Give each picture a caption (an empty one is none), and rows that fit it in three vec types."""

    def give(captions: Sequence[str]) -> list[bytes]:
        keys = keys_in_order(project)[: len(captions)]
        properties = Properties(project.catalog)
        properties.define("caption", PropertyType.TEXT)
        properties.set_each("caption", dict(zip(keys, captions, strict=True)))
        noise = 0.02 * np.random.default_rng(3).normal(size=(len(keys), DIM))
        rows = normalise(np.array([direction(" ".join(one.split())) for one in captions]) + noise)
        for name in ("conse", "clip", "effnet-lite0"):
            store_rows(project, name, keys, rows)
        return keys

    return give


def ask(project: Project, reader: Reader | None = None, **options: Any) -> Comparison:
    options = {"measures": {Measure.TEXTS}, "by": "none"} | options
    return compare(Context(project, reader or Reader()), **options)  # type: ignore[arg-type]


def by_texts(found: Comparison) -> TextComparison:
    assert found.by_texts is not None, found.without_texts
    return found.by_texts


def test_captions_find_their_pictures_in_the_models_that_read_them(project: Project, caption: Captioned) -> None:
    caption([f"a picture of thing {number}" for number in range(COUNT)])
    found = ask(project, Reader(deaf="clip"), texts="caption")
    texts = by_texts(found)
    assert [one.vec_type for one in texts.figures] == ["conse", "clip"]  # effnet-lite0 reads no text
    assert [one.value for one in texts.figures[0].recall] == pytest.approx([1, 1, 1])
    assert texts.figures[1].recall[-1].value < 0.6 and texts.figures[1].is_worse
    assert texts.by_chance == pytest.approx((1 / 40, 5 / 40, 10 / 40))
    assert texts.known.words == "40 texts of caption"
    assert "for text conse finds pictures by their caption best (recall at 10 1.00" in advice(found)
    assert "over clip: sure)" in advice(found)


def test_of_pictures_with_the_same_caption_any_counts(project: Project, caption: Captioned) -> None:
    captions = ["a boat", "A boat ", "a  BOAT", "a boat"] * 5 + [f"thing {number}" for number in range(20)]
    caption(captions)
    texts = by_texts(ask(project, texts="caption"))
    assert (texts.texts, texts.known.there) == (21, 21)
    boat = next(n for n, text in enumerate(texts.known.texts) if text.casefold() == "a boat")
    assert len(texts.known.pictures[boat]) == 20
    assert texts.figures[0].recall[0].value == pytest.approx(1)


def test_pictures_without_a_caption_are_left_out_but_are_found_in_the_way(project: Project, caption: Captioned) -> None:
    keys = caption([f"thing {number}" for number in range(10)] + [""] * 30)
    texts = by_texts(ask(project, texts="caption"))
    assert texts.texts == 10
    assert {int(number) for own in texts.known.pictures for number in own} == {
        int(np.searchsorted(np.sort(np.array(keys, "S20")), np.array(key, "S20"))) for key in keys[:10]
    }
    assert texts.by_chance[0] == pytest.approx(1 / 40)  # among all pictures, not only those with a caption


def test_captions_are_searched_as_they_are(project: Project, caption: Captioned) -> None:
    captions = ['"red" ^2 -truck', "black/white, 1931_02", "nothing-like it", "100 % real…"]
    caption([captions[number % 4] for number in range(COUNT)])
    reader = Reader()
    texts = by_texts(ask(project, reader, texts="caption"))
    assert sorted(texts.known.texts) == sorted(captions)
    assert set(reader.asked) == set(captions)
    assert texts.figures[0].recall[0].value == pytest.approx(1)


def test_texts_that_say_nothing_to_a_model_are_left_out_and_counted(project: Project, caption: Captioned) -> None:
    caption(["xyzzy", "***", *(f"thing {number}" for number in range(COUNT - 2))])
    texts = by_texts(ask(project, texts="caption"))
    assert (texts.texts, texts.left_out) == (COUNT - 2, 2)


def test_nothing_but_such_texts_is_said(project: Project, caption: Captioned) -> None:
    caption(["***"] * COUNT)
    found = ask(project, texts="caption")
    assert by_texts(found).texts == 0
    assert "the texts from caption say nothing to a model that reads text" in advice(found)


def test_very_many_are_drawn_by_the_seed_and_it_is_said(
    project: Project, caption: Captioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.comparison.known_texts.MOST_TEXTS", 7)
    caption([f"thing {number}" for number in range(COUNT)])
    found = [by_texts(ask(project, texts="caption", seed=seed)) for seed in (0, 0, 1)]
    assert found[0].known.texts == found[1].known.texts != found[2].known.texts
    assert (found[0].texts, found[0].known.there) == (7, COUNT)
    assert found[0].known.words == "7 of 40 texts of caption, drawn at random"
    assert MOST_TEXTS == 500


def test_a_model_that_cannot_be_loaded_is_named(project: Project, caption: Captioned) -> None:
    caption([f"thing {number}" for number in range(COUNT)])
    texts = by_texts(ask(project, Reader(broken="clip"), texts="caption"))
    assert [one.vec_type for one in texts.figures] == ["conse"]
    assert texts.problems == {"clip": "clip cannot be loaded"}


def test_tags_are_searched_by_their_last_part_with_one_picture_too(project: Project, caption: Captioned) -> None:
    keys = caption(["cat"] * 3 + ["old press"] + [f"thing {number}" for number in range(COUNT - 4)])
    Tags(project.catalog).add("animals/cat", keys[:2])
    Tags(project.catalog).add("pets/cat", keys[2:3])
    Tags(project.catalog).add("machines/old_press", keys[3:4])
    texts = by_texts(ask(project, texts="tags"))
    assert sorted(texts.known.texts) == ["cat", "old press"] and texts.known.words == "2 tags"
    assert texts.figures[0].recall[0].value == pytest.approx(1)


def test_without_a_choice_the_labels_are_the_texts_else_the_first_that_there_are(
    project: Project, caption: Captioned
) -> None:
    keys = caption([f"thing {number % 4}" for number in range(COUNT)])
    assert by_texts(ask(project)).known.source == "caption"
    assert by_texts(ask(project, by="caption")).known.source == "caption"
    Tags(project.catalog).add("one", keys[:20])
    Tags(project.catalog).add("two", keys[20:])
    assert by_texts(ask(project)).known.source == "tags"
    assert by_texts(ask(project, by="tags", measures=set(Measure) - {Measure.ALTERATIONS})).known.source == "tags"
    assert by_texts(ask(project, by="caption")).known.source == "caption"


def test_folders_that_only_stand_in_for_labels_are_the_last_texts(project: Project, caption: Captioned) -> None:
    keys = caption([f"thing {number}" for number in range(COUNT)])
    root = project.folders[0]
    for name in ("harbour", "market"):
        (root / name).mkdir()
    for number, path in enumerate(sorted(root.glob("*.png"))):
        path.rename(root / ("harbour", "market")[number % 2] / path.name)
    project.scan()
    assert len(keys) == COUNT
    found = ask(project, by="", measures={Measure.LABELS, Measure.TEXTS})
    assert found.by_labels is not None and found.by_labels.labelling.source == "folders"
    assert by_texts(found).known.source == "caption"
    assert by_texts(ask(project, by="folders")).known.source == "folders"
    Properties(project.catalog).delete("caption")
    assert by_texts(ask(project, by="", measures={Measure.TEXTS})).known.source == "folders"


def test_choosing_texts_measures_them_beside_the_labels(project: Project, caption: Captioned) -> None:
    keys = caption([f"thing {number}" for number in range(COUNT)])
    found = ask(project, by="", measures=None, texts="caption")
    assert found.by_labels is None and found.by_alterations is None and found.by_texts is not None
    Tags(project.catalog).add("one", keys[:20])
    Tags(project.catalog).add("two", keys[20:])
    found = ask(project, by="", measures=None, texts="caption")
    assert found.by_labels is not None and by_texts(found).known.source == "caption"


def test_without_texts_or_readers_it_says_why(project: Project, caption: Captioned) -> None:
    caption([""] * COUNT)
    assert ask(project).without_texts.startswith("no texts to search for: tag pictures, or import captions")
    found = ask(project, names=["effnet-lite0"])
    assert found.by_texts is None and found.without_texts.startswith("none of these vec types reads text")
    assert comparison_json(found)["without_texts"] == found.without_texts


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("caption", "none of these pictures has a text from caption"),
        ("tags", "none of these pictures has a text from tags"),
        ("year", "the values of year are not texts"),
        ("sorrow", "there is no property sorrow"),
    ],
)
def test_a_source_that_gives_none_is_refused(project: Project, caption: Captioned, source: str, says: str) -> None:
    caption([""] * COUNT)
    Properties(project.catalog).define("year", PropertyType.NUMBER)
    with pytest.raises(UsageError, match=says) as error:
        ask(project, texts=source)
    assert error.value.hint


def test_a_text_needs_a_model_that_reads_it(project: Project, caption: Captioned) -> None:
    caption(["thing"] * COUNT)
    with pytest.raises(UsageError, match="none of these vec types reads text"):
        ask(project, names=["effnet-lite0"], texts="caption")


def test_only_properties_that_hold_words_are_offered(project: Project) -> None:
    properties = Properties(project.catalog)
    for kind in PropertyType:
        properties.define(f"a {kind}", kind, ["x"] if "choice" in kind else [])
    assert text_sources(project) == ["tags", "groups", "a choice", "a choices", "a text", "folders"]


def test_names_of_properties_may_be_written_in_capitals(project: Project, caption: Captioned) -> None:
    keys = caption(["thing"] * COUNT)
    assert read_texts(project, "CAPTION", np.sort(np.array(keys, "S20"))).source == "caption"


def test_chance_is_that_of_all_orders() -> None:
    belongs = [np.array([0, 1]), np.array([3])]
    for places in (1, 2, 3):
        firsts = [set(first) for first in combinations(range(6), places)]
        expected = np.mean([[bool(first & set(own.tolist())) for first in firsts] for own in belongs])
        assert _by_chance(belongs, 6, places) == pytest.approx(expected)


def test_everything_is_in_the_report_and_the_json(project: Project, caption: Captioned) -> None:
    caption([f"<b>thing {number}" for number in range(COUNT)])
    found = ask(project, Reader(deaf="clip"), texts="caption")
    table = texts_table(by_texts(found))
    assert "40 texts of caption" in table and "among the first 10" in table and "0.025" in table
    values = comparison_json(found)["texts"]
    assert (values["source"], values["texts"], values["texts_there"]) == ("caption", 40, 40)
    assert values["recall_at_5_by_chance"] == 0.125
    assert values["vec_types"][0]["recall_at_1"]["value"] == 1 and values["vec_types"][1]["worse_than_best"]


def test_one_text_that_is_found_proves_little(project: Project, caption: Captioned) -> None:
    caption([f"thing {number}" for number in range(COUNT)])
    Tags(project.catalog).add("thing 3", keys_in_order(project)[3:4])
    found = ask(project, names=["conse"], texts="tags")
    assert found.by_texts is not None
    recall = found.by_texts.figures[0].recall[-1]
    assert (found.by_texts.texts, recall.value, recall.high) == (1, 1, 1)
    assert recall.low < found.by_texts.by_chance[-1]
    assert "no model is shown to find pictures by their tags better than chance (recall at 10 1.000, by" in advice(
        found
    )
