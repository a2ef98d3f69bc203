"""``pictoscope history --actions``, ``again``, and an answer's groups as tags."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.labels.tags import Tags
from core.project import Project
from tui.commands import picture_arguments


def test_an_action_is_listed_and_run_again(run: Run, filled: Path) -> None:
    first = run("similar", "round/05.jpg", "--vec-type", "effnet-lite0", "--top", "3", "--json").json
    run("cluster", "--k", "3", "--no-words")
    newest, oldest = run("history", "--actions", "--json").json
    assert (newest["action"], newest["title"], newest["groups"]) == ("cluster", "3 clusters of 25 pictures", 3)
    assert (oldest["action"], oldest["pictures"], oldest["vec_type"]) == ("similar", 3, "effnet-lite0")
    assert len(oldest["parameters"]["like"][0]) == 40
    lines = run("history", "--actions", "--top", "1").out.splitlines()
    assert lines[0].split() == ["when", "action", "question", "vec", "type", "pictures", "groups", "took"]
    assert lines[1].split()[:1] + lines[1].split()[3:7] == [str(newest["number"]), "cluster", "3", "clusters", "of"]
    (filled / "round" / "05.jpg").rename(filled / "moved.jpg")
    run("add")
    again = run("again", oldest["number"], "--json").json
    assert again["groups"][0]["name"] == "like moved.jpg"
    assert again["groups"][0]["pictures"] == first["groups"][0]["pictures"]
    other = run("again", "--vec-type", "effnet-lite0+grey", "--json").json  # the newest: the one just asked again
    assert (other["action"], other["vec_type"]) == ("similar", "effnet-lite0+grey")
    paths = [picture["path"] for picture in other["groups"][0]["pictures"]]
    assert run("again", "-0").out == "".join(f"{path}\0" for path in paths)


def test_what_cannot_be_run_again_says_why(run: Run, filled: Path) -> None:
    assert run("history", "--actions").err == "no actions yet\n"
    assert run("history", "--actions", "--json").json == []
    refused(run, "again", code=2, says="no actions yet")
    run("similar", "round/05.jpg", "--vec-type", "effnet-lite0")
    refused(run, "again", "77", code=2, says="there is no past action 77")
    refused(run, "again", "--vec-type", "lost", code=2, says="there are no vectors lost")
    (filled / "round" / "05.jpg").unlink()
    run("add")
    refused(run, "again", code=2, says="similar to: there is no picture")


def test_the_groups_of_an_answer_become_tags(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run("cluster", "--method", "hdbscan", "--least", "4", "--no-words", "--json").out
    monkeypatch.setattr(picture_arguments.sys, "stdin", io.TextIOWrapper(io.BytesIO(answer.encode())))
    said = run("tag", "add", "kinds", "--answer", "-", "--by-group", "--json")
    assert said.code == 0
    with Project.open_or_create(filled) as project:
        tags = {tag.name: tag for tag in Tags(project.catalog).all()}
        parent = tags.pop("kinds")
        assert sorted(tags) == sorted(said.json["tags"])
        assert tags
        assert "unclustered" not in tags
        assert all(tag.parent == parent.id and tag.pictures for tag in tags.values())
    assert run("undo").err.startswith("undone: tag ")
    assert run("tag", "list", "--json").json == []


def test_by_group_needs_an_answer_with_groups(run: Run, filled: Path, tmp_path: Path) -> None:
    refused(
        run, "tag", "add", "kinds", "--by-group", "round/05.jpg", code=2, says="--by-group needs an answer with groups"
    )
    file = tmp_path / "answer.json"
    file.write_text(run("similar", "round/05.jpg", "--vec-type", "effnet-lite0", "--json").out)
    refused(
        run,
        "tag",
        "add",
        "kinds",
        "--by-group",
        "--answer",
        file,
        code=2,
        says="--by-group needs an answer with groups",
    )
