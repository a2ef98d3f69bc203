"""Every action where there is little or nothing to compute on: an answer that says so, or a sentence."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from asked import ASKED, asked, every_action_is_asked, leave_vectors_of, make_equal, pictures_in

from core.actions.definition import Context
from core.actions.ordered import ordered
from core.actions.registry import find
from core.actions.run import Question
from core.errors import PictoscopeError, TooFewVectors, UsageError
from core.filters.ordering import Order
from core.project import Project
from core.vectors.failures import Failure
from core.vectors.store import Writer
from tests.remembering_encoder import RememberingEncoder

# A collection of which so many pictures have vectors, and the key of a picture; made once, as actions change nothing.
Collection = Callable[[str], tuple[Context, bytes]]

each_question = pytest.mark.parametrize(("action", "question"), ASKED)


@pytest.fixture(scope="module")
def collection(
    filled_template: Path, tmp_path_factory: pytest.TempPathFactory, quick_encoder: RememberingEncoder
) -> Iterator[Collection]:
    """Gives collections by name: ``0``, ``1`` … rows, ``equal`` rows, or all pictures ``deleted``."""
    with ExitStack() as opened:
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home")))

        @functools.cache
        def made(name: str) -> tuple[Context, bytes]:
            folder = tmp_path_factory.mktemp(name) / "pictures"
            shutil.copytree(filled_template, folder)
            project = opened.enter_context(Project.open_or_create(folder))
            key = leave_vectors_of(project, int(name) if name.isdecimal() else 25)
            if name == "equal":
                make_equal(project)
            if name == "deleted":
                for path in pictures_in(folder):
                    path.unlink()
                project.scan()
            return Context(project, quick_encoder), key

        yield made


def told(context: Context, action: str, values: dict[str, object]) -> str:
    """All that is said beside an answer, or instead of one."""
    try:
        return Question.of(find(action), values).ask(context).note
    except PictoscopeError as error:
        return f"{error.message} ({error.hint})"


def test_every_action_of_the_registry_is_asked_here() -> None:
    assert every_action_is_asked()


@pytest.mark.parametrize("number", ["0", "1", "2", "12"])
@each_question
def test_a_sentence_offers_restart(collection: Collection, action: str, question: str, number: str) -> None:
    context, key = collection(number)
    said = told(context, action, asked(action, question, key))
    assert "Restart" in said
    assert f"{number} of 25 pictures" in said or "of 3 pictures" in said


@each_question
def test_without_a_row_how_many_pictures_have_none_is_said(collection: Collection, action: str, question: str) -> None:
    context, key = collection("0")
    said = told(context, action, asked(action, question, key))
    assert "0 of 25 pictures have " in said
    assert " vectors: the pictures changed" in said
    assert "pictoscope vectors restart " in said


@each_question
def test_a_part_without_vectors_is_said_too(collection: Collection, action: str, question: str) -> None:
    context, key = collection("12")
    without = [os.fspath(path) for path in pictures_in(context.project.folders[0])[12:15]]
    said = told(context, action, asked(action, question, key) | {"where": without})
    assert "within: 0 of 3 pictures have " in said
    assert "Restart" in said


@each_question
def test_a_filter_that_nothing_passes_is_said(collection: Collection, action: str, question: str) -> None:
    context, key = collection("25")
    with pytest.raises(UsageError, match="within: no picture matches width>100000"):
        Question.of(find(action), asked(action, question, key) | {"where": "width>100000"}).ask(context)


@each_question
def test_equal_rows_are_no_trouble(collection: Collection, action: str, question: str) -> None:
    context, key = collection("equal")
    answer = Question.of(find(action), asked(action, question, key)).ask(context)
    if action != "duplicates":  # there pixels decide, and the pictures differ
        assert sum(len(group.matches) for group in answer.groups) >= 20


@each_question
def test_after_every_picture_was_deleted_that_is_said(collection: Collection, action: str, question: str) -> None:
    context, key = collection("deleted")
    with pytest.raises(UsageError, match=r"the project has no pictures|there is no picture"):
        Question.of(find(action), asked(action, question, key)).ask(context)


def test_pictures_that_could_not_be_read_are_said(context: Context) -> None:
    keys = [picture.key for picture in context.project.catalog.pictures(context.project.catalog.picture_ids())]
    with Writer(context.project.vectors_folder / "effnet-lite0") as writer:
        writer.void(keys[1:])
        writer.append([], np.zeros((0, 1280), np.float32), [Failure(key, b"x", "torn") for key in keys[1:]])
    with pytest.raises(UsageError, match="24 of 25 pictures could not be read, 1 have") as caught:
        Question.of(find("cluster"), {"vec_type": "effnet-lite0"}).ask(context)
    assert caught.value.hint == "see why: pictoscope vectors failures effnet-lite0"


@pytest.mark.parametrize("number", ["0", "1", "12"])
def test_order_by_similarity_offers_restart(collection: Collection, number: str) -> None:
    context, _ = collection(number)
    ids = context.project.catalog.picture_ids()
    last = context.project.catalog.by_path(os.fspath(pictures_in(context.project.folders[0])[-1]))
    assert last is not None
    with pytest.raises(TooFewVectors, match=f"{number} of 25 pictures have them") as caught:
        ordered(context.project, ids, Order(like=last.key, like_name=last.name, vec_type="effnet-lite0"))
    assert "Restart" in caught.value.hint


def test_order_by_similarity_with_equal_rows(collection: Collection) -> None:
    context, key = collection("equal")
    ids = context.project.catalog.picture_ids()
    found = ordered(context.project, ids, Order(like=key, like_name="A", vec_type="effnet-lite0"))
    assert sorted(found.ids) == sorted(ids)


def test_equal_rows_have_no_words(collection: Collection) -> None:
    context, _ = collection("equal")
    (group,) = Question.of(find("cluster"), {"vec_type": "conse", "words": True}).ask(context).groups
    assert group.name.startswith("like ")


@each_question
def test_rows_that_are_all_the_same_are_said_to_be(collection: Collection, action: str, question: str) -> None:
    context, key = collection("equal")
    assert "are the same: no picture is nearer than another" in told(context, action, asked(action, question, key))
    context, key = collection("12")
    assert "are the same" not in told(context, action, asked(action, question, key))
