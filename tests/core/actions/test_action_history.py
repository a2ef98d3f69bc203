"""Past actions: remembered without loss, by several processes, and never in the way of an answer."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.actions import action_history as history_module
from core.actions.action_history import FILE_NAME, ActionHistory, portable_parameters, still_valid
from core.actions.answer import Answer, Group, Match
from core.actions.definition import Action, Context
from core.actions.parameters import (
    ChoiceParameter,
    NumberParameter,
    Parameter,
    PicturesParameter,
    ScopeParameter,
    SwitchParameter,
    VecTypesParameter,
    WholeParameter,
    WordsParameter,
)
from core.actions.registry import OURS, find
from core.actions.run import ask
from core.errors import CatalogError, UsageError
from core.filters.parser import parse
from core.project import Project
from tests.patience import PATIENCE

KEY = "ab" * 20


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Without pictures."""
    (tmp_path / "pictures").mkdir()
    with Project.open_or_create(tmp_path / "pictures") as opened:
        yield opened


def answer(title: str = "like a.jpg", vec_type: str = "conse", *sizes: int) -> Answer:
    """With groups of so many pictures; one of two if none is given."""
    groups = (Group("g", (Match(bytes(20), b"/a", 0.5),) * size) for size in sizes or (2,))
    return Answer("similar", vec_type, title, tuple(groups))


def remember(project: Project, text: str, found: Answer | None = None) -> bool:
    """A text search that took a quarter of a second."""
    action = find("text_search")
    return ActionHistory(project).remember(action, action.check({"text": text}), found or answer(text), 0.25)


def titles(project: Project) -> list[str]:
    return [past.title for past in ActionHistory(project).all()]


def test_what_was_asked_is_remembered_the_newest_first(project: Project) -> None:
    assert remember(project, "a cat", answer("a cat", "conse", 3, 4))
    assert remember(project, "a\x1b[31m dog", answer("a\x1b[31m dog"))
    newest, oldest = ActionHistory(project).all()
    assert newest.title == "a\\x1b[31m dog"
    assert newest.number > oldest.number
    assert (oldest.action, oldest.title, oldest.vec_type) == ("text_search", "a cat", "conse")
    assert (oldest.pictures, oldest.groups, oldest.seconds) == (7, 2, 0.25)
    assert newest.asked >= oldest.asked > 1_700_000_000
    assert ActionHistory(project).find() == newest
    assert ActionHistory(project).find(oldest.number) == oldest
    assert ActionHistory(project).all(1) == [newest]


def test_the_same_asked_again_moves_to_the_head_and_keeps_its_number(project: Project) -> None:
    for text in ("a cat", "a dog", "a cat"):
        remember(project, text)
    assert titles(project) == ["a cat", "a dog"]
    assert [past.number for past in ActionHistory(project).all()] == [1, 2]  # whoever knows its number finds it


def test_one_is_forgotten_or_all_and_numbers_are_not_used_again(project: Project) -> None:
    history = ActionHistory(project)
    history.forget()
    for text in ("a cat", "a dog", "an elk"):
        remember(project, text)
    last = history.find()
    history.forget(last.number)
    assert titles(project) == ["a dog", "a cat"]
    with pytest.raises(UsageError, match=f"no past action {last.number}"):
        history.values(last.number)
    history.forget()
    assert titles(project) == []
    assert b"a dog" not in (project.path / FILE_NAME).read_bytes()
    with pytest.raises(UsageError, match="no actions yet"):
        history.find()
    remember(project, "an owl")
    assert history.find().number > last.number


def test_the_oldest_are_forgotten(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "ACTIONS_KEPT", 3)
    for number in range(5):
        remember(project, f"text {number}")
    assert titles(project) == ["text 4", "text 3", "text 2"]
    monkeypatch.setattr(history_module, "BYTES_KEPT", 1_000)
    remember(project, "long " * 300)
    assert len(titles(project)) == 1  # the newest can be asked again however long it is
    remember(project, "short")
    assert titles(project) == ["short"]


def test_texts_are_offered_again_each_once(project: Project) -> None:
    for text in ("a cat", "a dog", "a cat"):
        remember(project, text)
    assert ActionHistory(project).texts(find("text_search")) == ["a dog", "a cat"]
    assert ActionHistory(project).texts(find("cluster")) == []


# Parameters


def values_of(field: Parameter) -> st.SearchStrategy[Any]:
    """Values that a field takes."""
    references = st.one_of(
        st.just(KEY), st.text(min_size=1).filter(lambda text: "\0" not in text), st.just("/odd/\udcff\n\x1b.png")
    )
    match field:
        case ChoiceParameter():
            return st.sampled_from(field.choices)
        case SwitchParameter():
            return st.booleans()
        case WholeParameter():
            return st.integers(field.least, field.most)
        case NumberParameter():
            return st.floats(max(field.least, -1e300), min(field.most, 1e300))
        case PicturesParameter():
            return st.lists(references.filter(lambda text: "\udcff" in text or text.isprintable()), min_size=1)
        case ScopeParameter():
            return st.one_of(st.text().filter(is_filter), st.lists(st.just(KEY), min_size=1))
        case WordsParameter():
            words = [f"{word}7" if word.endswith(":") else word for word in field.words]
            return st.lists(st.sampled_from(words), unique=True).map(",".join)
        case VecTypesParameter():
            return st.lists(st.sampled_from(["conse", "effnet-lite0+grey"]))
        case _:
            return st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def is_filter(text: str) -> bool:
    """Whether it can be read; a line that cannot is refused before anything is kept."""
    try:
        parse(text)
    except UsageError:
        return False
    return True


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_parameters_are_kept_without_loss(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp() / "lossless"
    folder.mkdir(exist_ok=True)
    action = data.draw(st.sampled_from(OURS))
    given = {field.name: data.draw(values_of(field), label=field.name) for field in action.fields()}
    given = {field.name: given[field.name] for field in action.fields() if action.counts(field, given)}
    parameters = action.check(given)
    with Project.open_or_create(folder) as project:
        history = ActionHistory(project)
        assert history.remember(action, parameters, answer(), 1.0)
        again = action.check(history.values(history.find().number))
        expected = action.check(portable_parameters(project, action, parameters, answer()))
        assert again == expected
        for field in action.fields():
            if not isinstance(field, PicturesParameter):
                assert getattr(again, field.name) == getattr(parameters, field.name)


def test_pictures_are_kept_by_key_and_found_where_they_moved(context: Context, tmp_path: Path) -> None:
    project, similar = context.project, find("similar")
    folder = project.folders[0]
    picture, outside = folder / "round" / "05.jpg", tmp_path / "outside.png"
    outside.write_bytes((folder / "square" / "02.webp").read_bytes() + b" ")
    chosen = [os.fspath(path) for path in sorted((folder / "square").iterdir())]
    found = ask(similar, context, {"like": [str(picture), str(outside)], "where": chosen, "top": "3"})
    history = ActionHistory(project)
    past = history.find()
    assert (past.action, past.title, past.pictures) == ("similar", found.title, 3)
    values = history.values(past.number)
    key = project.catalog.by_path(os.fsencode(picture)).key  # type: ignore[union-attr]
    assert values["like"] == [key.hex(), str(outside)]
    assert all(len(reference) == 40 for reference in values["where"])
    assert values["vec_type"] == found.vec_type  # though none was given
    picture.rename(folder / "moved.jpg")
    (folder / "square").rename(folder / "elsewhere")
    project.scan()
    again = ask(similar, context, values)
    assert [match.key for match in again.groups[0].matches] == [match.key for match in found.groups[0].matches]
    assert len(history.all()) == 1


def test_an_action_that_fails_is_not_remembered(context: Context) -> None:
    with pytest.raises(UsageError):
        ask(find("similar"), context, {"like": ["/not/there.png"]})
    assert ActionHistory(context.project).all() == []


def test_what_an_action_takes_no_more_is_named_and_left_out() -> None:
    values = {
        "vec_type": "gone",
        "like": [KEY],
        "unlike": "",
        "also": ["conse", "lost"],
        "at_least": 7,
        "top": [1, 2],
        "no such field": 1,
        "where": 3,
    }
    good, wrong = still_valid(find("similar"), values, ["conse"])
    assert good == {"like": (KEY,), "unlike": ()}
    assert wrong is not None
    assert wrong.message == "vec type: there are no vectors gone"
    for odd in ({"like": [1]}, {"also": [1]}, {"vec_type": 5}, {"at_least": {}}, {"like": 7}):
        good, wrong = still_valid(find("similar"), odd, ["conse"])
        assert (good, wrong is None) == ({}, False)
    good, wrong = still_valid(find("similar"), {"like": [KEY], "vec_type": ""}, [])
    assert (good, wrong) == ({"like": (KEY,), "vec_type": ""}, None)


# Trouble


def test_a_project_that_cannot_be_written_costs_nothing_else(project: Project) -> None:
    (project.path / FILE_NAME).mkdir()
    assert not remember(project, "a cat")


def test_a_full_disk_costs_nothing_else(project: Project) -> None:
    remember(project, "a cat")
    size = (project.path / FILE_NAME).stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        assert not remember(project, "a dog " * 1_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert titles(project) == ["a cat"]


@pytest.mark.parametrize("content", [b"no database at all, whatever it says" * 100, b""])
def test_a_damaged_file_is_said_and_begun_anew(project: Project, content: bytes) -> None:
    (project.path / FILE_NAME).write_bytes(content)
    if content:
        with pytest.raises(CatalogError, match="cannot be used"):
            ActionHistory(project).all()
        with pytest.raises(CatalogError, match="cannot be used"):
            ActionHistory(project).forget()
    assert ActionHistory(project).texts(find("text_search")) == []
    assert remember(project, "a cat")
    assert titles(project) == ["a cat"]


@pytest.mark.parametrize("content", ["torn", "[1]", b"\xff", 7])
def test_parameters_that_nobody_of_us_wrote_are_said(project: Project, content: Any) -> None:
    remember(project, "a cat")
    with sqlite3.connect(project.path / FILE_NAME) as database:
        database.execute("UPDATE actions SET parameters = ?", (content,))
    assert ActionHistory(project).texts(find("text_search")) == []
    with pytest.raises(CatalogError, match="cannot be used"):
        ActionHistory(project).values(ActionHistory(project).find().number)


def test_columns_that_hold_anything_are_listed(project: Project) -> None:
    remember(project, "a cat")
    with sqlite3.connect(project.path / FILE_NAME) as database:
        database.execute("UPDATE actions SET asked = 'then', action = x'41', pictures = 'many', seconds = x'00'")
    past = ActionHistory(project).find()
    assert (past.asked, past.action, past.pictures, past.seconds) == (0.0, "A", 0, 0.0)


def test_what_a_newer_pictoscope_wrote_is_left_alone(project: Project) -> None:
    remember(project, "a cat")
    with sqlite3.connect(project.path / FILE_NAME) as database:
        database.execute("PRAGMA user_version = 99")
    assert not remember(project, "a dog")
    assert titles(project) == ["a cat"]


def test_a_writer_that_does_not_end_is_not_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "_WAIT", 0.05)
    remember(project, "a cat")
    with sqlite3.connect(project.path / FILE_NAME, isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        assert not remember(project, "a dog")
        assert titles(project) == ["a cat"]
        database.execute("ROLLBACK")
    assert remember(project, "a dog")


def test_there_is_nothing_to_read_while_another_process_replaces_a_damaged_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(project, "a cat")
    connect = history_module.connect

    def connect_late(path: Path, *arguments: Any, **named: Any) -> sqlite3.Connection:
        path.unlink()
        return connect(path, *arguments, **named)

    monkeypatch.setattr(history_module, "connect", connect_late)
    assert titles(project) == []


def test_processes_that_ask_at_once_lose_nothing(project: Project) -> None:
    code = f"""
import sys
from pathlib import Path
from core.actions import action_history
from core.actions.answer import Answer, Group
from core.actions.action_history import ActionHistory
from core.actions.registry import find
from core.project import Project
action_history._WAIT = {PATIENCE}  # on a loaded machine the others may be long
action = find("text_search")
for number in range(15):
    text = sys.argv[2] + f" {{number}}"
    answer = Answer("text_search", "conse", text, (Group(text, ()),))
    assert ActionHistory(Project(Path(sys.argv[1]))).remember(action, action.check({{"text": text}}), answer, 0.1)
"""
    commands = [[sys.executable, "-c", code, str(project.path), name] for name in "abc"]
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert sorted(titles(project)) == sorted(f"{name} {number}" for name in "abc" for number in range(15))


def test_a_third_partys_values_that_json_cannot_hold_cost_nothing_else(project: Project) -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Odd:
        what: Any = dataclasses.field(default=b"", metadata={"parameter": Parameter("", "what", "anything", b"")})

    action = Action("odd", "odd", "Odd", "odd", "o", Odd, lambda context, parameters: answer())
    assert not ActionHistory(project).remember(action, action.check({"what": b"bytes"}), answer(), 1.0)
    assert ActionHistory(project).remember(action, action.check({"what": {"a": [1]}}), answer(), 1.0)
    assert json.loads(json.dumps(ActionHistory(project).values(1))) == {"what": {"a": [1]}}
