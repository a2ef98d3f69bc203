"""``pictoscope undo``, ``redo`` and ``history``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.labels.tags import Tags
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def test_what_was_done_is_undone_and_done_again(run: Run, project: Project) -> None:
    tags = Tags(project.catalog)
    run("tag", "add", "bird", "--where", "folder:birds")
    run("tag", "add", "tree", "fir.png")
    assert run("undo").err == "undone: tag 1 picture as tree\n"
    assert run("undo", "--json").json == {"undone": "tag 4 pictures as bird"}
    assert tags.all() == []
    assert run("redo").err == "redone: tag 4 pictures as bird\n"
    assert [(tag.name, tag.pictures) for tag in tags.all()] == [("bird", 4)]
    newest, oldest = run("history", "--json").json
    assert (newest["name"], newest["undone"]) == ("tag 1 picture as tree", True)
    assert (oldest["name"], oldest["undone"], oldest["changes"]) == ("tag 4 pictures as bird", False, 5)
    assert [line.split()[0] for line in run("history").out.splitlines()[:2]] == ["when", "undone"]
    assert len(run("history", "--top", "1", "--json").json) == 1


def test_where_there_is_nothing_it_is_said(run: Run) -> None:
    refused(run, "undo", code=1, says="there is nothing to undo")
    refused(run, "redo", code=1, says="there is nothing to redo")
    assert run("history").err == "no changes yet\n"
    assert run("history", "--json").json == []
    refused(run, "history", "--top", "0", code=2, says="out of range")
