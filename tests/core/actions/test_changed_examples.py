"""A picture whose file was changed since the last scan: its current content counts, and that is said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from core.actions.action_history import ActionHistory
from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import Question, ask
from core.catalog.lookup import keys_at, keys_named
from core.errors import UsageError

SAID = "has changed since the last scan: its current content is used"


def similar(context: Context, path: Path) -> Answer:
    fresh = Context(context.project, context.encoder)
    return ask(find("similar"), fresh, {"like": [os.fspath(path)], "vec_type": "effnet-lite0+grey", "top": 3})


def first(answer: Answer) -> str:
    return os.fsdecode(os.path.basename(answer.groups[0].matches[0].path))


def file(context: Context, name: str) -> Path:
    return next(context.project.folders[0].glob(f"*/{name}"))


def exchange(one: Path, two: Path) -> None:
    """Names and times: nothing but inode and ctime tells."""
    times = os.stat(one)
    between = one.with_name("between")
    one.rename(between)
    two.rename(one)
    between.rename(two)
    for path in (one, two):
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("looked_at", ["touched", "permissions", "as it was", "gone"])
def test_a_file_with_the_same_content_needs_no_word(context: Context, looked_at: str) -> None:
    path = file(context, "05.jpg")
    if looked_at == "touched":
        os.utime(path)
    elif looked_at == "permissions":
        path.chmod(0o600)
    elif looked_at == "gone":
        path.unlink()
    answer = similar(context, path)
    assert (first(answer), SAID in answer.note) == ("05-grey.png", False)


def test_a_file_that_was_replaced_is_asked_for_as_it_is_now(context: Context) -> None:
    path = file(context, "07.webp")
    before = similar(context, path)
    with Image.open(file(context, "05.jpg")) as picture:
        ImageOps.flip(ImageOps.flip(picture.convert("RGB"))).save(path, "WEBP", quality=95)
    answer = similar(context, path)
    assert SAID in answer.note
    assert "ctrl+l or pictoscope add" in answer.note
    assert first(answer) in ("05.jpg", "05-grey.png") != first(before)
    past = ActionHistory(context.project)
    assert past.values(past.find().number)["like"] == [os.fspath(path)]
    context.project.scan()
    assert SAID not in similar(context, path).note


def test_a_file_that_has_another_picture_of_the_project_now_is_that_picture(context: Context) -> None:
    one, two = file(context, "05.jpg"), file(context, "07.webp")
    paths = [os.fsencode(path) for path in (one, two)]
    before = keys_at(context.project.catalog, paths)
    exchange(one, two)
    now = keys_at(context.project.catalog, paths)
    assert now == {paths[0]: before[paths[1]], paths[1]: before[paths[0]]}
    assert keys_named(context.project.catalog, [os.fspath(one)]) == [before[paths[1]]]
    answer = similar(context, two)
    assert SAID in answer.note
    assert (first(answer), len(answer.groups[0].matches)) == ("05-grey.png", 3)


def test_labels_are_not_put_on_what_a_file_was_before(context: Context) -> None:
    path = file(context, "07.webp")
    shutil.copyfile(file(context, "05.jpg"), path)
    with path.open("ab") as stream:
        stream.write(b"more")
    assert keys_at(context.project.catalog, [os.fsencode(path)]) == {}
    with pytest.raises(UsageError, match="is not in the project") as caught:
        keys_named(context.project.catalog, [os.fspath(path)])
    assert "changed since the last scan" in caught.value.hint


@pytest.mark.parametrize("name", ["similar", "text_search", "recommend"])
def test_every_action_that_takes_examples_says_it(context: Context, name: str) -> None:
    path = file(context, "07.webp")
    with Image.open(file(context, "05.jpg")) as picture:
        picture.save(path, "WEBP")
    values = {"like": [os.fspath(path)], "vec_type": "conse"} | ({"text": "a leaf"} if name == "text_search" else {})
    assert SAID in Question.of(find(name), values).ask(context).note
