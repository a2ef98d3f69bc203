"""Pictures by phrases and by tags: nearest or all that fit, a minimum, the rest, parents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.actions.answer import Answer, Group
from core.actions.cluster_by import split_names
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import Question
from core.arrays import normalise
from core.errors import UsageError
from core.labels.tags import Tags
from core.project import Project
from core.vectors.encoder import EncodingSpec
from core.vectors.store import Reader
from tests.remembering_encoder import RememberingEncoder


def ask(context: Context, **values: object) -> Answer:
    return Question.of(find("cluster_by"), values).ask(context)


def group(answer: Answer, name: str) -> Group:
    return next(group for group in answer.groups if group.name == name)


def every(context: Context) -> list[bytes]:
    return [bytes(key).ljust(20, b"\0") for key in context.project.catalog.keys().tolist()]


def test_names_stand_between_commas_and_each_once() -> None:
    assert split_names(' cat, "a dog, asleep" ,cat,, red car ') == ["cat", "a dog, asleep", "red car"]
    assert split_names(" , ,") == split_names("") == []


def test_each_picture_goes_to_its_nearest_phrase(context: Context) -> None:
    names = ["a ball", "a box", "a flag"]
    answer = ask(context, names=", ".join(names))
    snapshot = Reader(context.project.vectors_folder / "conse").snapshot()
    texts = context.encoder.texts(EncodingSpec.of(snapshot.manifest), names).rows
    cosines = {key: texts @ snapshot.rows[snapshot.row_of(key)] for key in every(context)}
    seen = []
    for found in answer.groups:
        scores = [match.score for match in found.matches]
        assert scores == sorted(scores, reverse=True)
        assert found.score == pytest.approx(np.mean(scores))
        for match in found.matches:
            assert names[int(cosines[match.key].argmax())] == found.name
            assert match.score == pytest.approx(cosines[match.key].max(), abs=1e-5)
            seen.append(match.key)
    assert sorted(seen) == every(context)
    assert (answer.action, answer.vec_type, answer.title) == ("cluster_by", "conse", "25 pictures by 3 texts")


def test_below_the_minimum_a_picture_goes_to_the_rest(context: Context) -> None:
    scores = sorted(m.score or 0 for g in ask(context, names="a ball, a box").groups for m in g.matches)
    answer = ask(context, names="a ball, a box", minimum=scores[10])
    assert answer.groups[-1].name == "the rest"
    assert len(answer.groups[-1].matches) == 10
    assert min(m.score or 0 for g in answer.groups[:-1] for m in g.matches) >= scores[10]
    nothing = ask(context, names="a ball", minimum=1)
    assert [(g.name, len(g.matches)) for g in nothing.groups] == [("the rest", 25)]
    assert "no pictures for: a ball" in nothing.note


def test_with_many_a_picture_is_in_every_cluster_that_it_fits(context: Context) -> None:
    low = ask(context, names="a ball, a box", many=True, minimum=-0.99)
    assert [len(g.matches) for g in low.groups] == [25, 25]
    adapted = ask(context, names="a ball, a box", many=True)
    there = {match.key for g in adapted.groups for match in g.matches}
    assert there == set(every(context))
    assert adapted.groups[-1].name == "the rest"


@pytest.mark.parametrize("names", ["", " , ,", '""'])
def test_without_a_phrase_it_is_said_how_to_give_one(context: Context, names: str) -> None:
    with pytest.raises(UsageError, match="no phrases given") as caught:
        ask(context, names=names)
    assert "cat, dog" in caught.value.hint


def test_texts_need_a_model_that_reads_them_and_the_error_says_which_do(context: Context) -> None:
    with pytest.raises(UsageError, match="effnet-lite0 reads no text") as caught:
        ask(context, names="a cat", vec_type="effnet-lite0")
    assert caught.value.hint == "vectors that can: conse"


# Tags


@pytest.fixture
def tagged(context: Context) -> Context:
    """``shape`` above ``round`` and ``square``, each on three pictures of its folder; ``empty`` on none."""
    tags = Tags(context.project.catalog)
    pictures = context.project.catalog.by_keys(every(context)).values()
    tags.create("shape")
    tags.create("empty")
    for name in ("round", "square"):
        mine = sorted(picture.key for picture in pictures if f"/{name}/" in os.fsdecode(picture.path))
        tags.add(name, mine[:3])
        tags.set_parent(name, "shape")
    grey = next(picture.key for picture in pictures if picture.name == "05-grey.png")
    tags.add("shape", [grey])
    return context


def names_of(answer: Answer) -> set[str]:
    return {group.name for group in answer.groups}


@pytest.mark.parametrize(
    ("parents", "names"),
    [("use", {"shape", "round", "square"}), ("combine", {"round", "square"}), ("ignore", {"round", "square"})],
)
def test_tags_above_others_are_used_combined_or_ignored(tagged: Context, parents: str, names: set[str]) -> None:
    answer = ask(tagged, by="tags", vec_type="effnet-lite0", parents=parents)
    assert names_of(answer) == names
    assert sorted(match.key for g in answer.groups for match in g.matches) == every(tagged)
    assert "no pictures with vectors: empty" in answer.note


def test_a_tags_anchor_is_the_mean_of_its_pictures_and_when_combined_of_those_above_too(tagged: Context) -> None:
    snapshot = Reader(tagged.project.vectors_folder / "effnet-lite0").snapshot()
    tags = Tags(tagged.project.catalog)
    for parents, own in (("ignore", ["round"]), ("combine", ["round", "shape"])):
        answer = ask(tagged, by="tags", names="round", vec_type="effnet-lite0", parents=parents)
        keys = [bytes(key).ljust(20, b"\0") for name in own for key in tags.keys(name, below=False).tolist()]
        anchor = normalise(sum(snapshot.rows[snapshot.row_of(key)] for key in keys))
        for match in group(answer, "round").matches:
            assert match.score == pytest.approx(float(anchor @ snapshot.rows[snapshot.row_of(match.key)]), abs=1e-5)


def test_a_tags_name_can_stand_for_it(tagged: Context) -> None:
    by_name = ask(tagged, by="tags", anchor="names", parents="ignore")
    assert by_name.vec_type == "conse"
    assert names_of(by_name) <= {"round", "square", "empty"}
    combined = ask(tagged, by="tags", names="round", anchor="names", parents="combine")
    text = ask(tagged, names="shape round")
    assert [m.score for m in combined.groups[0].matches] == [m.score for m in text.groups[0].matches]


def test_a_part_of_the_collection_is_put_to_the_tags_of_all_of_it(tagged: Context) -> None:
    some = tuple(key.hex() for key in every(tagged)[:5])
    answer = ask(tagged, by="tags", vec_type="effnet-lite0", where=some)
    assert sorted(m.key.hex() for g in answer.groups for m in g.matches) == sorted(some)


@pytest.mark.parametrize(
    ("names", "words"),
    [("square, nowhere", "there is no tag nowhere"), ("empty", "no tag has a picture with vectors")],
)
def test_tags_that_cannot_serve_are_said(tagged: Context, names: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ask(tagged, by="tags", names=names, vec_type="effnet-lite0")


def test_without_tags_it_is_said(context: Context) -> None:
    with pytest.raises(UsageError, match="there are no such tags"):
        ask(context, by="tags")


@pytest.fixture
def demo(demo_template: Path, quick_encoder: RememberingEncoder) -> Iterator[Context]:
    with Project.open_or_create(demo_template) as project:
        yield Context(project, quick_encoder)


def test_pictures_go_to_what_they_show(demo: Context) -> None:
    answer = ask(demo, names="a cat, a dog, a bird, a car, a musical instrument, a flower, a house")
    for name, words in (("a cat", ("cat", "kitten")), ("a car", ("car", "bus", "tractor", "truck"))):
        paths = [os.fsdecode(match.path) for match in group(answer, name).matches[:5]]
        assert all(any(word in path for word in words) for path in paths), paths
