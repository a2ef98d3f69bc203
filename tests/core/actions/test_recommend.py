"""Recommending for a tag, a saved group or pictures, on real vectors."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.actions.answer import Answer, Match
from core.actions.definition import Context
from core.actions.recommend_session import Suggestions, start_session
from core.actions.registry import find
from core.actions.run import Question
from core.errors import Cancelled, TooFewVectors, UnreadablePicture, UsageError, VectorsMissing
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.project import Project
from core.vectors import store
from core.vectors.store import Reader, Writer
from tests.remembering_encoder import RememberingEncoder

VEC_TYPE = "conse"


def ask(context: Context, **values: object) -> Answer:
    return Question.of(find("recommend"), values).ask(context)


def names(answer: Answer) -> list[str]:
    return [os.path.basename(match.path).decode() for match in answer.groups[0].matches]


def keys_of(context: Context, *files: str) -> list[bytes]:
    top = context.project.folders[0]
    found = [context.project.catalog.by_path(next(top.rglob(name))) for name in files]
    return [picture.key for picture in found if picture]


def every_key(context: Context) -> list[bytes]:
    catalog = context.project.catalog
    return [picture.key for picture in catalog.pictures(catalog.picture_ids())]


# -- what it finds ---------------------------------------------------------------------------------------------------


@pytest.fixture
def demo(demo_template: Path, quick_encoder: RememberingEncoder) -> Iterator[Context]:
    with Project.open_or_create(demo_template) as project:
        yield Context(project, quick_encoder)


@pytest.mark.parametrize(("folder", "right"), [("animals/cats", 2), ("transport/cars", 3), ("animals/birds", 2)])
def test_three_examples_bring_more_of_their_kind(demo: Context, folder: str, right: int) -> None:
    examples = sorted((demo.project.folders[0] / folder).iterdir())[:3]
    answer = ask(demo, like=[str(path) for path in examples], vec_type="effnet-lite0", top=3)
    assert sum(f"/{folder}/" in os.fsdecode(match.path) for match in answer.groups[0].matches) >= right


def test_refusing_what_is_not_meant_leaves_what_is(demo: Context) -> None:
    """Cats and no other animals: what is refused takes its like along."""
    examples = sorted((demo.project.folders[0] / "animals/cats").iterdir())[:3]
    session = start_session(demo, "effnet-lite0", "", [str(path) for path in examples], (), "")

    def other_animals() -> int:
        return sum(b"/animals/" in match.path and b"/cats/" not in match.path for match in session.rank(12).matches)

    before = other_animals()
    for match in session.rank(12).matches:
        (session.target.accept if b"/cats/" in match.path else session.target.refuse)([match.key])
    assert other_animals() < before


# -- what is never shown ---------------------------------------------------------------------------------------------


def test_members_and_refused_ones_are_never_suggested(context: Context) -> None:
    catalog = context.project.catalog
    Tags(catalog).add("round", keys_of(context, "01.png", "03.bmp"))
    seen: set[bytes] = set()
    first = start_session(context, VEC_TYPE, "tag:round", (), (), "")
    while matches := first.rank(4).matches:
        shown = [match.key for match in matches]
        assert not seen & set(shown)
        seen |= set(shown)
        first.target.refuse(shown[:2])
        first.target.accept(shown[2:])
    assert seen | set(keys_of(context, "01.png", "03.bmp")) == set(every_key(context))
    assert first.rank(4).note == "every picture is decided"
    assert names(ask(context, for_="tag:round", vec_type="effnet-lite0")) == []


def test_a_project_that_is_opened_again_remembers(context: Context) -> None:
    catalog = context.project.catalog
    Groups(catalog).save("squares", [(key, None) for key in keys_of(context, "00.jpg", "02.webp")])
    first = start_session(context, VEC_TYPE, "group:squares", (), (), "")
    refused, accepted = (match.key for match in first.rank(2).matches)
    first.target.refuse([refused])
    first.target.accept([accepted])
    with Project(context.project.path) as again:
        later = start_session(Context(again, context.encoder), VEC_TYPE, "group:squares", (), (), "").rank(100)
    assert not {refused, accepted} & {match.key for match in later.matches}
    assert (later.refused, len(later.members)) == ({refused}, 3)


def test_the_order_is_the_same_each_time(context: Context) -> None:
    like = [key.hex() for key in keys_of(context, "00.jpg", "02.webp", "04.gif")]
    one, other = (ask(context, like=like, vec_type=VEC_TYPE) for _ in range(2))
    assert [(match.key, match.score) for match in one.groups[0].matches] == [
        (match.key, match.score) for match in other.groups[0].matches
    ]
    scores = [match.score for match in one.groups[0].matches if match.score is not None]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 22


def test_refusing_pushes_the_like_down(context: Context) -> None:
    """The grey crop of a refused picture goes with it."""
    like = [key.hex() for key in keys_of(context, "07.webp", "09.gif")]
    session = start_session(context, "effnet-lite0+grey", "", like, (), "")
    before = {match.key: match.score or 0 for match in session.rank(100).matches}
    original, copy = keys_of(context, "05.jpg", "05-grey.png")
    session.target.refuse([original])
    after = {match.key: match.score or 0 for match in session.rank(100).matches}
    assert abs(after[copy]) < abs(before[copy])


def test_what_is_undone_is_suggested_again(context: Context) -> None:
    session = start_session(context, VEC_TYPE, "", [key.hex() for key in keys_of(context, "00.jpg")], (), "")
    before = session.rank(100)
    session.target.refuse([before.matches[0].key])
    assert session.rank(100).matches[0].key != before.matches[0].key
    assert session.target.undo() == "refuse 1 picture"
    assert session.rank(100).matches == before.matches


def test_pictures_added_while_it_is_worked_on_are_candidates(context: Context) -> None:
    session = start_session(context, VEC_TYPE, "", [key.hex() for key in keys_of(context, "00.jpg")], (), "")
    count = len(session.rank(100).matches)
    gone = next(context.project.folders[0].rglob("03.bmp"))
    content = gone.read_bytes()
    gone.unlink()
    context.project.scan()
    assert len(session.rank(100).matches) == count - 1
    gone.write_bytes(content)
    context.project.scan()
    assert len(session.rank(100).matches) == count


# -- what it says ------------------------------------------------------------------------------------------------------


def test_an_answer_as_json_has_the_documented_shape(context: Context) -> None:
    like = [key.hex() for key in keys_of(context, "00.jpg", "02.webp")]
    answer = ask(context, like=like, vec_type="conse", top=3)
    shown = json.loads(json.dumps(answer.to_json()))
    assert (shown["action"], shown["vec_type"]) == ("recommend", "conse")
    assert (shown["groups"][0]["name"], len(shown["groups"][0]["pictures"])) == ("like 2 pictures", 3)


def test_it_says_where_candidates_become_less_alike_than_the_examples(context: Context) -> None:
    like = [key.hex() for key in keys_of(context, "00.jpg", "02.webp", "04.gif", "06.png")]
    found = start_session(context, VEC_TYPE, "", like, (), "").rank(100)
    assert found.limit in ("00.jpg", "02.webp", "04.gif", "06.png")
    assert 0 <= found.likely <= len(found.matches)
    few = start_session(context, VEC_TYPE, "", like[:2], (), "").rank(100)
    assert (few.limit, few.remark) == ("", "")


def test_examples_from_outside_teach_as_well(context: Context, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    shutil.copyfile(next(context.project.folders[0].rglob("05.jpg")), outside)
    outside.write_bytes(outside.read_bytes() + b"\0")  # another content, the same picture
    answer = ask(context, like=[str(outside)], vec_type=VEC_TYPE, top=1)
    assert names(answer) == ["05.jpg"]


def test_an_incomplete_vec_type_is_said_to_be_one(context: Context) -> None:
    (missing,) = keys_of(context, "03.bmp")
    with Writer(context.project.vectors_folder / VEC_TYPE) as writer:
        writer.void([missing])
    Tags(context.project.catalog).add("round", [missing, *keys_of(context, "01.png")])
    note = ask(context, for_="tag:round", vec_type=VEC_TYPE).note
    assert note == f"{VEC_TYPE} covers 24 of 25 pictures: Restart computes the rest · 1 example without vectors"


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        ({}, "for: it is missing, and so are examples", "write tag:NAME or group:NAME, or give pictures: similar to"),
        ({"for_": "cat"}, "for: cat is neither a tag nor a group", "write tag:NAME or group:NAME"),
        ({"for_": "tag:rund"}, "for: there is no tag rund", "did you mean round?"),
        ({"for_": "group:x"}, "for: there is no group x", "there are none yet"),
        ({"for_": "tag:empty"}, "tag:empty has no pictures yet", "add the first few yourself"),
        (
            {"like": ["nowhere.png"]},
            "similar to: there is no picture nowhere.png",
            "give a path, or a picture's 40-digit key",
        ),
    ],
)
def test_what_cannot_be_is_said(context: Context, values: dict[str, object], message: str, hint: str) -> None:
    Tags(context.project.catalog).create("round")
    Tags(context.project.catalog).create("empty")
    with pytest.raises(UsageError) as caught:
        ask(context, **values)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_group_none_of_whose_pictures_has_vectors(context: Context) -> None:
    missing = keys_of(context, "01.png", "03.bmp")
    with Writer(context.project.vectors_folder / VEC_TYPE) as writer:
        writer.void(missing)
    Tags(context.project.catalog).add("round", missing)
    with pytest.raises(TooFewVectors, match="tag:round: 0 of 2 pictures have conse vectors"):
        ask(context, for_="tag:round", vec_type=VEC_TYPE)
    assert len(names(ask(context, for_="tag:round", vec_type="effnet-lite0"))) == 23


def test_all_vectors_equal(context: Context) -> None:
    folder = context.project.vectors_folder / VEC_TYPE
    manifest = Reader(folder).snapshot().manifest
    store.delete(folder)
    store.create(folder, manifest)
    keys = every_key(context)
    with Writer(folder) as writer:
        writer.append(keys, np.full((len(keys), manifest.dim), manifest.dim**-0.5, np.float32))
    answer = ask(context, like=[keys[0].hex(), keys[1].hex()], vec_type=VEC_TYPE)
    assert [match.key for match in answer.groups[0].matches] == keys[2:]


def test_one_picture_in_the_project(context: Context) -> None:
    for path in [path for path in context.project.folders[0].rglob("*.*") if path.is_file()]:
        if ".pictoscope" not in path.parts and path.name != "05.jpg":
            path.unlink()
    context.project.scan()
    answer = ask(context, like=[key.hex() for key in keys_of(context, "05.jpg")], vec_type=VEC_TYPE)
    assert (names(answer), answer.note) == ([], "every picture is decided")


def test_vectors_deleted_while_it_is_worked_on(context: Context) -> None:
    session = start_session(context, VEC_TYPE, "", [key.hex() for key in keys_of(context, "00.jpg")], (), "")
    session.rank(3)
    store.delete(context.project.vectors_folder / VEC_TYPE)
    with pytest.raises(VectorsMissing, match="conse have no rows yet"):
        session.rank(3)


def test_a_tag_deleted_while_it_is_worked_on(context: Context) -> None:
    Tags(context.project.catalog).add("round", keys_of(context, "01.png"))
    session = start_session(context, VEC_TYPE, "tag:round", (), (), "")
    session.rank(3)
    Tags(context.project.catalog).delete("round")
    with pytest.raises(UsageError, match="there is no tag round"):
        session.rank(3)


def test_it_can_be_stopped(context: Context) -> None:
    stop = threading.Event()
    stop.set()
    stopped = Context(context.project, context.encoder, stop)
    with pytest.raises(Cancelled):
        ask(stopped, like=[key.hex() for key in keys_of(context, "00.jpg")], vec_type=VEC_TYPE)


def test_a_file_that_is_no_picture(context: Context, tmp_path: Path) -> None:
    (tmp_path / "torn.png").write_bytes(b"no picture")
    with pytest.raises(UnreadablePicture):
        ask(context, like=[str(tmp_path / "torn.png")], vec_type=VEC_TYPE)


def test_where_the_likely_pictures_end_is_said_by_the_number_of_a_picture() -> None:
    matches = tuple(Match(bytes([number]) * 20, b"/a", 0.5) for number in range(20))
    many = Suggestions("clip", matches, 12, "butterfly.png", (), frozenset(), "")
    assert many.remark == "from no. 13 on, less similar than your weak example butterfly.png"
    assert replace(many, likely=0).remark == "all less similar than your weak example butterfly.png"
    assert replace(many, likely=20).remark == replace(many, limit="").remark == ""
