"""Similar pictures and text search on real vectors."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import Question
from core.errors import UnreadablePicture, UsageError, VectorsMissing
from core.vectors import store
from core.vectors.encoder import EncodingSpec
from core.vectors.store import Reader, Writer


def ask(context: Context, action: str, **values: object) -> Answer:
    return Question.of(find(action), values).ask(context)


def folder(context: Context) -> Path:
    return context.project.folders[0]


def names(answer: Answer) -> list[str]:
    return [os.path.basename(match.path).decode() for match in answer.groups[0].matches]


def picture(context: Context, name: str) -> str:
    return str(next(folder(context).glob(f"*/{name}")))


def key_of(context: Context, path: str) -> bytes:
    found = context.project.catalog.by_path(path)
    assert found is not None
    return found.key


def test_all_others_are_ranked_by_cosine_and_the_query_is_left_out(context: Context) -> None:
    answer = ask(context, "similar", like=[picture(context, "07.webp")], vec_type="effnet-lite0")
    snapshot = Reader(context.project.vectors_folder / "effnet-lite0").snapshot()
    own = snapshot.row_of(key_of(context, picture(context, "07.webp")))
    scores = snapshot.rows @ snapshot.rows[own]
    expected = [number for number in np.argsort(-scores, kind="stable").tolist() if number != own]
    matches = answer.groups[0].matches
    assert [match.key for match in matches] == [bytes(snapshot.keys[n]).ljust(20, b"\0") for n in expected]
    np.testing.assert_allclose([match.score for match in matches], scores[expected], atol=1e-6)
    assert (answer.action, answer.vec_type, answer.note) == ("similar", "effnet-lite0", "")
    assert answer.title == answer.groups[0].name == "like 07.webp"
    assert all(os.path.isfile(match.path) for match in matches)


def test_a_cropped_and_greyed_copy_comes_first(context: Context) -> None:
    answer = ask(context, "similar", like=[picture(context, "05.jpg")], vec_type="effnet-lite0+grey", top=1)
    assert names(answer) == ["05-grey.png"]


def test_several_pictures_are_asked_for_their_mean_direction(context: Context) -> None:
    chosen = [picture(context, name) for name in ("01.png", "02.webp", "03.bmp")]
    answer = ask(context, "similar", like=chosen, vec_type="conse", top=5)
    assert answer.title == "like 3 pictures"
    assert not {"01.png", "02.webp", "03.bmp"} & set(names(answer))
    snapshot = Reader(context.project.vectors_folder / "conse").snapshot()
    own = [snapshot.row_of(key_of(context, path)) for path in chosen]
    mean = snapshot.rows[own].mean(axis=0)
    scores = snapshot.rows @ (mean / np.linalg.norm(mean))
    scores[own] = -2
    best = np.argsort(-scores)[:5]
    np.testing.assert_allclose([match.score for match in answer.groups[0].matches], scores[best], atol=1e-6)


@pytest.mark.parametrize("vec_type", ["effnet-lite0", "effnet-lite0+grey", "conse"])
def test_a_file_from_outside_is_computed_and_finds_its_like(context: Context, tmp_path: Path, vec_type: str) -> None:
    outside = tmp_path / "outside\n\x1b[1m.png"
    shutil.copyfile(picture(context, "11.png"), outside)
    answer = ask(context, "similar", like=[str(outside)], vec_type=vec_type, top=3)
    assert names(answer)[0] == "11.png"
    assert answer.groups[0].matches[0].score == pytest.approx(1, abs=1e-4)
    assert answer.title == "like outside\\n\\x1b[1m.png"


def test_files_from_outside_and_pictures_of_the_project_can_be_mixed(context: Context, tmp_path: Path) -> None:
    outside = tmp_path / "mirrored.png"
    with Image.open(picture(context, "11.png")) as image:
        ImageOps.mirror(image).save(outside)
    mixed = ask(context, "similar", like=[picture(context, "13.bmp"), str(outside)], vec_type="effnet-lite0")
    turned = ask(context, "similar", like=[str(outside), picture(context, "13.bmp")], vec_type="effnet-lite0")
    assert names(mixed) == names(turned)
    assert "13.bmp" not in names(mixed)
    assert names(mixed)[0] == "11.png"


def test_a_picture_can_be_named_by_its_key(context: Context) -> None:
    path = picture(context, "07.webp")
    by_key = ask(context, "similar", like=[key_of(context, path).hex()], vec_type="conse", top=4)
    assert by_key == ask(context, "similar", like=[path], vec_type="conse", top=4)


def test_a_relative_path_is_seen_from_where_one_is(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(context) / "round")
    answer = ask(context, "similar", like=["../square/00.jpg"], top=2)
    assert answer.title == "like 00.jpg"
    assert "00.jpg" not in names(answer)


@pytest.mark.parametrize("reference", ["nowhere.jpg", "/no/such.png", "0" * 40, "abcd", "a\0b", "x\udcff\n"])
def test_a_picture_that_does_not_exist_is_said(context: Context, reference: str) -> None:
    with pytest.raises(UsageError, match="there is no picture ") as caught:
        ask(context, "similar", like=[reference])
    assert "\n" not in caught.value.message


def test_a_file_that_is_no_picture_is_said_with_its_reason(context: Context, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UnreadablePicture, match=r"notes\.txt: not a picture in a known format"):
        ask(context, "similar", like=[str(tmp_path / "notes.txt")])
    with pytest.raises(UsageError, match="is a folder"):
        ask(context, "similar", like=[str(tmp_path)])


def test_text_finds_pictures_by_the_cosine_of_its_vector(context: Context) -> None:
    answer = ask(context, "text_search", text="a balloon", top=6)
    assert (answer.action, answer.vec_type, answer.title) == ("text_search", "conse", "“a balloon”")
    snapshot = Reader(context.project.vectors_folder / "conse").snapshot()
    (query,) = context.encoder.texts(EncodingSpec.of(snapshot.manifest), ["a balloon"]).rows
    best = np.sort(snapshot.rows @ query)[::-1][:6]
    np.testing.assert_allclose([match.score for match in answer.groups[0].matches], best, atol=1e-6)


def test_text_is_refused_where_the_model_reads_none_and_falls_to_one_that_does(context: Context) -> None:
    from dataclasses import replace

    with pytest.raises(UsageError, match="effnet-lite0 reads no text"):
        ask(context, "text_search", text="a cat", vec_type="effnet-lite0")
    context.project.update_settings(lambda settings: replace(settings, default_vec_type="effnet-lite0"))
    assert ask(context, "text_search", text="a cat").vec_type == "conse"
    assert ask(context, "similar", like=[picture(context, "07.webp")]).vec_type == "effnet-lite0"


def test_without_vectors_the_way_to_them_is_said(context: Context) -> None:
    for name in ("conse", "effnet-lite0", "effnet-lite0+grey"):
        store.delete(context.project.vectors_folder / name)
    for action, values, hint in (
        ("similar", {"like": [picture(context, "07.webp")]}, "vectors create effnet-lite0"),
        ("text_search", {"text": "a cat"}, "vectors create conse"),
    ):
        with pytest.raises(VectorsMissing) as caught:
            ask(context, action, **values)
        assert hint in caught.value.hint


def test_incomplete_vectors_serve_and_the_answer_says_so(context: Context) -> None:
    new = folder(context) / "new.png"
    Image.new("RGB", (50, 50), "purple").save(new)
    context.project.scan()
    note = "effnet-lite0 covers 25 of 26 pictures: Restart computes the rest"
    answer = ask(context, "similar", like=[picture(context, "07.webp")], vec_type="effnet-lite0")
    assert (answer.note, len(answer.groups[0].matches)) == (note, 24)
    # Itself not computed yet, it can be asked for all the same.
    answer = ask(context, "similar", like=[str(new)], vec_type="effnet-lite0")
    assert (answer.note, len(answer.groups[0].matches)) == (note, 25)
    assert ask(context, "text_search", text="purple").note.startswith("conse covers 25 of 26")
    with Writer(context.project.vectors_folder / "effnet-lite0"):  # as a job has it
        answer = ask(context, "similar", like=[picture(context, "07.webp")], vec_type="effnet-lite0")
    assert answer.note == "effnet-lite0 covers 25 of 26 pictures: the rest is being computed"


def test_pictures_that_cannot_be_read_are_nothing_that_restart_could_compute(context: Context) -> None:
    from core.vectors.failures import Failure

    broken = folder(context) / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff")
    context.project.scan()
    with Writer(context.project.vectors_folder / "conse") as writer:
        writer.append(
            [],
            np.zeros((0, 384), np.float32),
            [Failure(key_of(context, str(broken)), os.fsencode(broken), "damaged")],
        )
    assert ask(context, "text_search", text="a cat").note == ""


def test_pictures_that_left_the_project_are_not_shown(context: Context) -> None:
    for path in sorted((folder(context) / "square").iterdir())[:5]:
        path.unlink()
    context.project.scan()
    answer = ask(context, "text_search", text="a cat", top=1000)
    assert len(answer.groups[0].matches) == 20
    assert all(os.path.exists(match.path) for match in answer.groups[0].matches)
    assert answer.note == ""


def test_an_answer_as_json_has_the_documented_shape(context: Context) -> None:
    odd = os.fsencode(folder(context)) + b"/odd \xff\n.png"
    shutil.copyfile(picture(context, "07.webp"), odd)
    os.unlink(picture(context, "07.webp"))
    context.project.scan()
    answer = ask(context, "similar", like=[picture(context, "09.gif")], vec_type="conse", top=1000)
    shown = json.loads(json.dumps(answer.to_json()))
    assert list(shown) == ["action", "vec_type", "groups", "distribution"]
    assert sum(shown["distribution"]["counts"]) == 24
    (group,) = shown["groups"]
    assert list(group) == ["name", "score", "pictures"]
    assert (group["name"], group["score"], len(group["pictures"])) == ("like 09.gif", None, 24)
    for entry, match in zip(group["pictures"], answer.groups[0].matches, strict=True):
        assert list(entry) == ["path", "key", "score"]
        assert os.fsencode(entry["path"]) == match.path
        assert (bytes.fromhex(entry["key"]), entry["score"]) == (match.key, match.score)
    assert odd in [match.path for match in answer.groups[0].matches]


def test_a_note_is_part_of_the_json() -> None:
    assert Answer("similar", "conse", "x", (), note="incomplete").to_json()["note"] == "incomplete"


@pytest.mark.parametrize("by", ["path", "key"])
def test_a_picture_without_a_row_is_computed_from_another_of_its_files(context: Context, by: str) -> None:
    first, second = folder(context) / "new.png", folder(context) / "square" / "new copy.png"
    Image.new("RGB", (40, 30), "teal").save(first)
    shutil.copy2(first, second)
    context.project.scan()
    expected = names(ask(context, "similar", like=[str(second)], vec_type="effnet-lite0"))
    key = key_of(context, str(first)).hex()
    first.unlink()
    like = str(first) if by == "path" else key
    assert names(ask(context, "similar", like=[like], vec_type="effnet-lite0")) == expected
